"""Uneven exposures, wrong lights and shifts: two scenes of SynthRTI, spoilt, with and without fastrti's corrections."""

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from benchmarks.common.markdown import table
from benchmarks.quality.robustness import Pair, as_photographed, moved, uneven_exposures, wrong_lights
from benchmarks.quality.scenes import find_scenes
from fastrti import Corrections, Mlic, Renderer, correct
from fastrti.scoring.evaluate import evaluate
from fastrti.training.classical import Basis, fit_classical

SCENES = ("Single/Object1/material8", "Multi/Object2/material5")  # a smooth one, a glossy one
TEXT = """## Exposures, lights and shifts

Two scenes of SynthRTI, a smooth one and a glossy one, spoilt as in [Experiments](../experiments.md). The spoilt
photographs are corrected with `--exposures auto --align auto --refine-lights auto`, or not at all. Classical fits are
scored on good photographs under new lights. Shifts have the median 0: nothing else says where the object was."""

_CORRECTED, _OFF = "corrected", "not corrected"
_FITS: dict[Basis, str] = {"hsh16": "HSH, 16 terms", "rbf": "components, RBF"}

SPOILT: dict[str, Callable[[Mlic, Mlic], Pair]] = {
    "as photographed": as_photographed,
    "exposures ± 1/3 stop": uneven_exposures,
    "lights 3° off": wrong_lights,
    "shifts up to 3 pixels": moved,
}
SEEDS = {f"{name}, {way}": range(len(SCENES)) for name in SPOILT for way in (_OFF, _CORRECTED)}
"""The seed is the number of the scene."""


def measure(case: str, seed: int, data: Path | None = None) -> dict[str, Any]:
    """PSNR of classical fits on good photographs under new lights, and what was corrected."""
    if data is None:
        raise SystemExit("expected the folder of SynthRTI, got none: pass --data FOLDER")
    (scene,) = find_scenes([data], [SCENES[seed]])
    name, _, way = case.rpartition(", ")
    train, test = SPOILT[name](scene.load_train(), scene.load_test())
    if way == _CORRECTED:
        train = correct(train, Corrections(align=True, exposures=True, refine_lights=True))
    psnr = {basis: float(evaluate(Renderer(fit_classical(train, basis)), test).mean.psnr) for basis in _FITS}
    return {**psnr, "corrections": [correction.name for correction in train.corrections]}


def section(rows: Sequence[Any]) -> str:
    """A row a way to spoil photographs: the mean of the scenes, and what is lost against good photographs."""
    numbers = {(row.case, row.seed): row.numbers for row in rows}

    def of(name: str, way: str, basis: Basis) -> float | None:
        found = [numbers.get((f"{name}, {way}", seed)) for seed in range(len(SCENES))]
        return None if None in found else mean(one[basis] for one in found if one is not None)

    lines = []
    for name in SPOILT:
        cells = [name]
        for basis in _FITS:
            good = of("as photographed", _OFF, basis)
            for way in (_OFF, _CORRECTED):
                value = of(name, way, basis)
                lost = "" if value is None or good is None else f" ({good - value:.2f})"
                cells.append("–" if value is None else f"{value:.2f}{lost}")
        lines.append(cells)
    columns = [f"{title}, {way}" for title in _FITS.values() for way in (_OFF, _CORRECTED)]
    return table(["dB on 2 scenes (lost)", *columns], lines)
