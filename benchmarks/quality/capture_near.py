"""Near lights: a tablet under lamps at twice the picture's width, beside the same tablet under lights far away."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from benchmarks.common.markdown import table
from benchmarks.quality.fits import ONE_NETWORK
from fastrti import Mlic, Renderer, fit
from fastrti.rendering.normals import fit_normals, linear_luminance
from fastrti.scoring.evaluate import evaluate
from fastrti.synth import Settings, take, true_normals
from fastrti.training.classical import fit_classical

DISTANT, CORRECTED, IGNORED = "lights far away", "near, corrected", "near, not corrected"
SEEDS = {DISTANT: range(4), CORRECTED: range(4), IGNORED: range(4)}
DISTANCE = 2.0  # picture widths

TEXT = """## Near lights

A tablet under 49 lamps at two picture widths, fitted and scored under 20 lights far away. The same tablet under lamps
far away shows what can be reached."""

_FAR = Settings(160, 120, lights=49, noise=0.001, quality=95)


def measure(case: str, seed: int, data: Path | None = None) -> dict[str, Any]:
    """PSNR under distant test lights, and the mean error of normals from the photographs in degrees."""
    settings = replace(_FAR, seed=seed, lamp_distance=None if case == DISTANT else DISTANCE)
    mlic, truth = take(settings)
    if case == CORRECTED:
        from fastrti.capture.corrections.correct import correct

        mlic = correct(replace(mlic, positions=np.array(truth.positions)))
    test, _ = take(settings.scored())
    return {
        "hsh16": _psnr(fit_classical(mlic, "hsh16"), test),
        "rbf": _psnr(fit_classical(mlic, "rbf"), test),
        "default": _psnr(fit(mlic, **ONE_NETWORK, progress=False), test),
        "normals": _normal_error(mlic, settings),
    }


def section(rows: Sequence[Any]) -> str:
    """A row a case: means over the scenes."""
    names = {"default": "fastrti `quick --experts 1`, dB", "hsh16": "HSH, 16 terms, dB", "rbf": "components, RBF, dB"}
    lines = []
    for case in SEEDS:
        of_case = [row.numbers for row in rows if row.case == case]
        if of_case:
            cells = [f"{mean(numbers[name] for numbers in of_case):.2f}" for name in names]
            lines.append([case, *cells, f"{mean(numbers['normals'] for numbers in of_case):.2f}°"])
    scenes = len({row.seed for row in rows})
    return table([f"lamps, {scenes} scenes", *names.values(), "normals are off by"], lines)


def _psnr(relightable: Any, test: Mlic) -> float:
    return float(evaluate(Renderer(relightable), test).mean.psnr)


def _normal_error(mlic: Mlic, settings: Settings) -> float:
    luminance = linear_luminance(np.stack([mlic.picture(index) for index in range(len(mlic))]))
    found = fit_normals(luminance.reshape(len(mlic), -1), mlic.lights).reshape(mlic.height, mlic.width, 3)
    cosines = (found * true_normals(settings)).sum(-1)
    return float(np.degrees(np.arccos(np.clip(cosines, -1, 1))).mean())
