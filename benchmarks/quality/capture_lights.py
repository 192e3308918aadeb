"""Lights from spheres: rendered captures with and without glossy spheres, and what fastrti finds in them."""

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.markdown import table
from fastrti.synth import Settings, Truth, place_spheres, write_capture

SPHERES, NONE, POSITIONS = "spheres", "no sphere", "two spheres half a picture apart"
SEEDS = {SPHERES: range(200), NONE: range(50), POSITIONS: range(20)}

_SIZES = ((640, 480), (480, 640), (480, 360), (600, 400))
_RADII = (15.0, 120.0)  # pixels
_LOST = 0.1  # of the radius: a circle farther off than this, or of another size, is not the sphere


def settings_of(case: str, seed: int) -> Settings:
    """The capture of a seed: all that differs between captures is drawn."""
    rng = np.random.default_rng((seed, 20, list(SEEDS).index(case)))
    width, height = _SIZES[rng.integers(len(_SIZES))]
    count = {SPHERES: int(rng.integers(1, 5)), NONE: 0, POSITIONS: 2}[case]
    perspective = float(rng.uniform(0.8, 2.5)) if rng.random() < 0.5 else None
    near = case == POSITIONS or (count > 1 and rng.random() < 0.5)
    tablet = float(rng.uniform(0.4, 0.7))
    if case == POSITIONS:
        width, height = 640, 480
        r = float(rng.uniform(30, 60))
        y = rng.uniform(r + 12, height - r - 12, 2)
        spheres: tuple[tuple[float, float, float], ...] = ((160.0, float(y[0]), r), (480.0, float(y[1]), r))
    else:
        r = float(np.exp(rng.uniform(*np.log(_RADII))))
        spheres = _placed(width, height, count, r, seed, tablet)
    return Settings(
        width,
        height,
        lights=int(rng.integers(12, 33)),
        seed=seed,
        lamps="hand" if rng.random() < 0.5 else "dome",
        lamp_distance=float(rng.uniform(1.2, 3)) if near else None,
        focal_length=perspective,
        tablet=tablet,
        spheres=spheres,
        sphere_kinds=tuple(rng.choice(["black", "black", "red", "blue", "steel"], 4)),
        clutter=int(rng.integers(0, 10)),
        no_flash=int(rng.integers(0, 2)),
        noise=float(rng.uniform(0.001, 0.005)),
        quality=int(rng.integers(80, 96)),
    )


def _placed(
    width: int, height: int, count: int, radius: float, seed: int, tablet: float
) -> tuple[tuple[float, float, float], ...]:
    """The spheres, of about one radius; smaller ones where the picture is too small for them."""
    for shrunk in radius * 0.85 ** np.arange(8):
        try:
            return place_spheres(width, height, count, (0.9 * shrunk, 1.1 * shrunk), seed, tablet)
        except ValueError:
            continue
    return ()


def measure(case: str, seed: int, data: Path | None = None) -> dict[str, Any]:
    """Spheres found, missed and invented; errors of directions in degrees, of positions as a share of the distance."""
    with tempfile.TemporaryDirectory() as folder:
        truth = write_capture(Path(folder) / "capture", settings_of(case, seed))
        (Path(folder) / "capture" / "dirs.lp").unlink()
        found = _found(Path(folder) / "capture", truth)
    return _compared(truth, found)
