"""Lights from spheres: rendered captures with and without glossy spheres, and what fastrti finds in them."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.markdown import table
from fastrti.errors import ArgumentError, CollectionError
from fastrti.synth import Settings, Truth, place_spheres, write_capture

SPHERES, NONE, POSITIONS = "spheres", "no sphere", "two spheres half a picture apart"
SEEDS = {SPHERES: range(200), NONE: range(50), POSITIONS: range(20)}

TEXT = """## Lights from spheres

Captures of one to four glossy spheres, captures of the same kind of table without a sphere, and captures with two
spheres half a picture apart. Tables, clutter, lamps, camera, noise and JPEG quality differ from capture to capture. In
half of the captures a flash did not fire. The tables say how many were measured."""

_SIZES = ((640, 480), (480, 640), (480, 360), (600, 400))
_RADII = (15.0, 120.0)  # pixels
_FILM = 36.0  # mm, the long side of a picture on 35-mm film
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
        except ArgumentError:
            continue
    return ()


@dataclass(frozen=True)
class Found:
    """What fastrti found in a capture.

    Attributes:
        circles: (x, y, radius) of the spheres, in pixels.
        lights: the direction of each photograph's light, or None.
        positions: of each photograph's lamp, in picture widths, or None.
    """

    circles: list[tuple[float, float, float]]
    lights: list[NDArray[np.float64] | None]
    positions: list[NDArray[np.float64] | None]


def measure(case: str, seed: int, data: Path | None = None) -> dict[str, Any]:
    """Spheres found, missed and invented; errors of directions in degrees, of positions as a share of the distance."""
    with tempfile.TemporaryDirectory() as folder:
        truth = write_capture(Path(folder) / "capture", settings_of(case, seed))
        (Path(folder) / "capture" / "dirs.lp").unlink()
        found = _found(Path(folder) / "capture", truth)
    return _compared(truth, found)


def _found(folder: Path, truth: Truth) -> Found:
    """What fastrti finds in a folder; it knows the focal length, as EXIF would say it."""
    from fastrti.capture.spheres.find_lights import find_lights

    settings, count = truth.settings, len(truth.names)
    long = settings.width / max(settings.width, settings.height)
    focal_length = None if settings.focal_length is None else _FILM * settings.focal_length * long
    try:
        found = find_lights(folder, focal_length=focal_length)
    except CollectionError:  # no sphere was found
        return Found([], [None] * count, [None] * count)
    none = np.full((count, 3), np.nan)
    lights, positions = (
        [vector if np.isfinite(vector).all() else None for vector in vectors]
        for vectors in (found.lights, none if found.positions is None else found.positions)
    )
    return Found([(sphere.x, sphere.y, sphere.radius) for sphere in found.spheres], lights, positions)


def _compared(truth: Truth, found: Found) -> dict[str, Any]:
    """What was found beside what is true."""
    left = list(range(len(found.circles)))
    matched = []
    for sphere in truth.spheres:
        near = [k for k in left if _is(sphere, found.circles[k])]
        left = [k for k in left if k not in near]
        matched.append(bool(near))
    dark = set(truth.no_flash)
    angles, positions = [], []
    for number, light in enumerate(truth.lights):
        if number not in dark and found.lights[number] is not None:
            angles.append(float(np.degrees(np.arccos(np.clip(np.dot(light, found.lights[number]), -1, 1)))))
            if truth.positions is not None and found.positions[number] is not None:
                true = np.array(truth.positions[number])
                positions.append(float(np.linalg.norm(found.positions[number] - true) / np.linalg.norm(true)))
    return {
        "radii": [round(sphere.radius, 1) for sphere in truth.spheres],
        "found": matched,
        "false": len(left),
        "lights": len(truth.lights) - len(dark),
        "angles": [round(angle, 3) for angle in angles],
        "dark_with_light": sum(found.lights[number] is not None for number in dark),
        "positions": [round(share, 4) for share in positions],
    }


def _is(sphere: Any, circle: tuple[float, float, float]) -> bool:
    x, y, r = circle
    return bool(
        np.hypot(x - sphere.x, y - sphere.y) < _LOST * sphere.radius + 1
        and abs(r - sphere.radius) < _LOST * sphere.radius + 1
    )


_BINS = ((15, 25), (25, 40), (40, 80), (80, 140))  # pixels of radius


def section(rows: Sequence[Any]) -> str:
    """Two tables: spheres and directions by the radius, then captures without spheres, and positions."""
    spheres = [row.numbers for row in rows if row.case == SPHERES]
    lines = []
    for low, high in _BINS:
        found = [f for n in spheres for r, f in zip(n["radii"], n["found"]) if low <= r < high]
        angles = [mean(n["angles"]) for n in spheres if n["angles"] and low <= max(n["radii"]) < high]
        if found:
            off = f"{mean(angles):.2f}° (worst capture {max(angles):.2f}°)" if angles else "–"
            lines.append([f"{low}–{high} pixels", f"{sum(found)} of {len(found)}", off])
    tables = [table(["radius", "spheres found", "directions are off by, mean of captures"], lines)] if lines else []
    without = [row.numbers for row in rows if row.case == NONE]
    positions = [row.numbers for row in rows if row.case == POSITIONS]
    shares = [share for n in positions for share in n["positions"]]
    lights = [(len(n["angles"]), n["lights"]) for n in spheres]
    facts = [
        ["false spheres in captures with spheres", f"{sum(n['false'] for n in spheres)} in {len(spheres)}"],
        ["photographs whose light was found", f"{sum(a for a, _ in lights)} of {sum(b for _, b in lights)}"],
        ["photographs without a flash that got a light", str(sum(n["dark_with_light"] for n in spheres))],
        [
            "captures without a sphere in which one was found",
            f"{sum(n['false'] > 0 for n in without)} of {len(without)}",
        ],
    ]
    if shares:
        error = f"{100 * mean(shares):.1f} % of the distance in {len(positions)} captures"
        facts.append(["positions from two spheres, mean error", error])
    return "\n\n".join([*tables, table(["", ""], facts)])
