"""Uneven exposures, wrong lights and shifts: two scenes of SynthRTI, spoilt, with and without fastrti's corrections."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from benchmarks.common.markdown import table
from benchmarks.quality.robustness import Pair, as_photographed, uneven_exposures, wrong_lights
from benchmarks.quality.scenes import find_scenes
from fastrti import Mlic, Renderer, fit
from fastrti.scoring.evaluate import evaluate
from fastrti.srgb import srgb_decode, srgb_encode, to_bytes
from fastrti.synth.filters import cropped

SCENES = ("Single/Object1/material8", "Multi/Object2/material5")  # a smooth one, a glossy one
TEXT = """## Exposures, lights and shifts

Two scenes of SynthRTI, a smooth one and a glossy one, spoilt as in [Experiments](../experiments.md). The spoilt
photographs are fitted with the default student, and the result is scored on good photographs under new lights."""

_SHIFT = 3.0  # pixels
_CORRECTED, _OFF = "corrected", "not corrected"


def moved(train: Mlic, test: Mlic) -> Pair:
    """Photographs are moved by up to three pixels, as where the tripod was touched again and again."""
    rng = np.random.default_rng(0)
    angles, lengths = rng.uniform(0, 2 * np.pi, len(train)), _SHIFT * np.sqrt(rng.uniform(0, 1, len(train)))
    photographs = np.empty_like(train.photographs)
    for index, (angle, length) in enumerate(zip(angles, lengths)):
        linear = srgb_decode(train.photographs[index].astype(np.float32) / 255).astype(np.float32)
        right, down = length * np.cos(angle), length * np.sin(angle)
        shifted = cropped(linear, -down, -right, train.height, train.width)
        photographs[index] = to_bytes(srgb_encode(shifted.clip(0, 1)))
    return replace(train, photographs=photographs), test


SPOILT: dict[str, Callable[[Mlic, Mlic], Pair]] = {
    "as photographed": as_photographed,
    "exposures ± 1/3 stop": uneven_exposures,
    "lights 3° off": wrong_lights,
    "shifts up to 3 pixels": moved,
}
SEEDS = {f"{name}, {way}": range(len(SCENES)) for name in SPOILT for way in (_OFF, _CORRECTED)}
"""The seed is the number of the scene."""


def measure(case: str, seed: int, data: Path | None = None) -> dict[str, Any]:
    """PSNR of fastrti's default student on good photographs under new lights."""
    if data is None:
        raise SystemExit("expected the folder of SynthRTI, got none: pass --data FOLDER")
    (scene,) = find_scenes([data], [SCENES[seed]])
    name, _, way = case.rpartition(", ")
    train, test = SPOILT[name](scene.load_train(), scene.load_test())
    corrections: list[str] = []
    if way == _CORRECTED:
        from fastrti.capture.corrections.correct import correct

        train = correct(train)
        corrections = [correction.name for correction in train.corrections]
    psnr = evaluate(Renderer(fit(train, progress=False)), test).mean.psnr
    return {"psnr": float(psnr), "corrections": corrections}


def section(rows: Sequence[Any]) -> str:
    """A row a way to spoil photographs: the mean of the scenes, and what is lost against good photographs."""
    psnr = {(row.case, row.seed): row.numbers["psnr"] for row in rows}

    def of(name: str, way: str) -> float | None:
        values = [psnr.get((f"{name}, {way}", seed)) for seed in range(len(SCENES))]
        return None if None in values else mean(value for value in values if value is not None)

    good, lines = of("as photographed", _OFF), []
    for name in SPOILT:
        cells = [name]
        for way in (_OFF, _CORRECTED):
            value = of(name, way)
            cells.append("–" if value is None else f"{value:.2f}")
            cells.append("–" if value is None or good is None else f"{good - value:.2f}")
        lines.append(cells)
    return table(["dB on 2 scenes", _OFF, "lost", _CORRECTED, "lost"], lines)
