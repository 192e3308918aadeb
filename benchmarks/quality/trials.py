"""What was tried: one change at a time to the teacher or to the student, scored on Dome lights it did not see.

    python -m benchmarks.quality.trials SYNTHRTI REALRTI --trials "as shipped" "g: degree 2" --scenes item10
    python -m benchmarks.quality.trials --table

A scene's Test lights are never read. Of its other photographs some are held out: 8 spread over the dome, every second
one (which leaves gaps twice as wide), or a band of elevations (SynthRTI's ring at 30°: what lies between rings).
Students have the default preset. Every result is a row of results/trials.csv, and what is there already is not made
again.
"""

import argparse
import math
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.common.rows import append_row, read_rows
from benchmarks.quality.scenes import PANEL, find_scenes
from benchmarks.quality.scores import interpolator as score_teacher
from fastrti import Mlic
from fastrti.rendering.renderer import Renderer
from fastrti.scoring.evaluate import Score, evaluate, mean_score
from fastrti.training import interpolator, linear_interpolators, networks, samples, students
from fastrti.training import loop as distillation
from fastrti.training.fitting import encode, fit
from fastrti.training.interpolator import Interpolator
from fastrti.training.loop import TeacherFunction
from fastrti.training.networks import Autoencoder, Encoder
from fastrti.training.samples import Indices, Photographs, PixelSamples, spread_lights
from fastrti.training.students import StudentSpec

RESULTS = Path(__file__).parents[1] / "results" / "trials.csv"
PROTOCOLS: dict[str, Callable[[NDArray[np.float64]], Indices]] = {
    "8 spread": lambda lights: spread_lights(lights, 8),
    "every second": lambda lights: spread_lights(lights, len(lights) // 2),
    "25–35°": lambda lights: np.nonzero(np.abs(np.degrees(np.arcsin(lights[:, 2].clip(-1, 1))) - 30) <= 5)[0],
}
"""The lights held out."""
SHIPPED = "g of the light itself, two layers"
"""What is shipped. Trials of other days were changes to what was shipped then, and are compared with that."""
_FIT = sys.modules["fastrti.training.fitting"]  # the package's own `fit` is the function

Change = Callable[[], AbstractContextManager[Any]]


@dataclass(frozen=True)
class Trial:
    """One result: a row.

    Attributes:
        of: "teacher" or "student".
        shipped: what was shipped then.
        trial: the change to it.
        scene, seed, held_out: what was measured, `held_out` by its name in PROTOCOLS.
        psnr, ssim, ciede2000: means over the photographs held out.
        seconds: of the fit and of scoring it.
    """

    of: str
    shipped: str
    trial: str
    scene: str
    seed: int
    held_out: str
    psnr: float
    ssim: float
    ciede2000: float
    seconds: float


def const(module: ModuleType, name: str, value: Any) -> Change:
    """Another value of a module's constant."""
    return lambda: patch.object(module, name, value)


def together(*changes: Change) -> Change:
    """Several changes at once."""

    @contextmanager
    def entered() -> Iterator[None]:
        with ExitStack() as stack:
            for change in changes:
                stack.enter_context(change())
            yield

    return entered


def methods(degrees: tuple[int, ...], processes: Sequence[tuple[float, float]]) -> Change:
    """Other linear interpolators."""
    return together(
        const(linear_interpolators, "DEGREES", degrees), const(linear_interpolators, "PROCESSES", tuple(processes))
    )


def stretched(factor: float) -> Change:
    """Gaussian processes that change faster (above 1) or slower along z than along x and y."""
    kernel, axes = linear_interpolators._kernel, np.array([1, 1, factor])
    return const(linear_interpolators, "_kernel", lambda a, b, length: kernel(a * axes, b * axes, length))


def error(power: float) -> Change:
    """The mean over lights of (mean squared error)^power; 0 stands for the logarithm."""

    def mean(rendered: Tensor, wanted: Tensor) -> Tensor:
        errors = (rendered - wanted).square().mean((1, 2)) + 1e-6
        return (errors.log() if power == 0 else errors**power).mean()

    return const(_FIT, "root_mean_square", mean)


def dropped_photographs(share: float) -> Change:
    """The encoder is trained without some random photographs of each pixel."""
    forward = Encoder.forward

    def with_gaps(self: Encoder, samples: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            kept = torch.rand(len(samples), 1, samples.shape[2]) > share
            samples = torch.where(kept, samples, self.mean)
        return forward(self, samples)

    return lambda: patch.object(Encoder, "forward", with_gaps)


def rounded_latents() -> AbstractContextManager[Any]:
    """Latents are trained with the noise that 8-bit planes will add."""

    def forward(self: Autoencoder, samples: Tensor, lights: Tensor) -> Tensor:
        latents = self.encoder(samples)
        step = (latents.amax(0) - latents.amin(0)).detach() / 255
        rendered: Tensor = self.decoder(latents + (torch.rand_like(latents) - 0.5) * step, lights)
        return rendered

    return patch.object(Autoencoder, "forward", forward)


def encoder_width(width: int) -> Change:
    """Wider or narrower hidden layers of the encoder."""
    build = Encoder.__init__

    def other(self: Encoder, photographs: int, planes: int, layers: int, _: int) -> None:
        build(self, photographs, planes, layers, width)

    return lambda: patch.object(Encoder, "__init__", other)


@contextmanager
def neighbourhood() -> Iterator[None]:
    """The encoder also sees the mean of a pixel's eight neighbours."""
    read, interpolate = Photographs.read, Interpolator.__call__

    def both(self: Photographs, rows: Indices, columns: Indices) -> Tensor:
        height, width = self.mask.shape
        shifts = [(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]
        around = [read(self, (rows + i).clip(0, height - 1), (columns + j).clip(0, width - 1)) for i, j in shifts]
        return torch.cat([read(self, rows, columns), sum(around) / len(shifts)])

    def of_photographs(self: Interpolator, samples: Tensor, shares: Tensor, lights: Tensor) -> Tensor:
        return interpolate(self, samples[: len(samples) // 2], shares, lights)

    build, make_samples = Encoder.__init__, PixelSamples.__init__

    def twice(self: Encoder, photographs: int, planes: int, layers: int, width: int) -> None:
        build(self, 2 * photographs, planes, layers, width)

    def sampled(self: PixelSamples, photographs: Photographs, generator: torch.Generator) -> None:
        make_samples(self, photographs, generator)
        with patch.object(Photographs, "read", both):
            rows, columns = self.rows.numpy(), self.columns.numpy()
            chunks = [both(photographs, r, c) for r, c in _chunks(rows, columns)]
        self.values = torch.cat([(chunk.flatten(0, 1).T / self.scale).round().byte() for chunk in chunks])

    def encoded(*arguments: Any) -> Any:
        with patch.object(Photographs, "read", both):
            return encode(*arguments)

    with (
        patch.object(Interpolator, "__call__", of_photographs),
        patch.object(Encoder, "__init__", twice),
        patch.object(PixelSamples, "__init__", sampled),
        patch.object(_FIT, "encode", encoded),
    ):
        yield


def _chunks(rows: Indices, columns: Indices) -> Iterator[tuple[Indices, Indices]]:
    for start in range(0, len(rows), 16384):
        yield rows[start : start + 16384], columns[start : start + 16384]


def beside_the_interpolator(*hidden: int) -> Change:
    """The teacher is the mean of the interpolator and a network of these widths, else like a "neural" teacher."""
    interpolator_of = _FIT._Run._interpolator
    wide = StudentSpec("wide", True, hidden, "relu", True, ("none",), encoder_layers=4)

    def both(self: Any) -> tuple[TeacherFunction, Tensor]:
        interpolated, trust = interpolator_of(self)
        lesson = distillation.Lesson("teacher", self.samples, self.lights)
        answers = _FIT._answers_of(self._train(wide, lesson, self.preset)[0])
        return _FIT._mean_of([interpolated, answers]), trust

    return lambda: patch.object(_FIT._Run, "_interpolator", both)


def preset(**settings: Any) -> Change:
    """Other settings of the default preset."""
    changed = replace(students.PRESETS["default"], **settings)
    return lambda: patch.dict(students.PRESETS, default=changed)


def as_shipped() -> Change:
    """No change."""
    return together()


_DEGREES, _PROCESSES = linear_interpolators.DEGREES, linear_interpolators.PROCESSES
TEACHERS: dict[str, Change] = {
    "as shipped": as_shipped(),
    "no correction of the shares": const(interpolator, "_CORRECTION_TAKEN", 0.0),
    "all of the correction": const(interpolator, "_CORRECTION_TAKEN", 1.0),
    "correction 16 wide": const(interpolator, "_CORRECTION_WIDTH", 16),
    "correction 64 wide": const(interpolator, "_CORRECTION_WIDTH", 64),
    "correction of 300 steps": const(interpolator, "_CORRECTION_STEPS", 300),
    "photographs count alike": const(
        interpolator, "_importance", lambda left_out, pixels: torch.ones(left_out.shape[1])
    ),
    "photographs count alike, no correction": together(
        const(interpolator, "_importance", lambda left_out, pixels: torch.ones(left_out.shape[1])),
        const(interpolator, "_CORRECTION_TAKEN", 0.0),
    ),
    "shares not shrunk": const(interpolator, "_SHRINKAGE", 0.0),
    "shares shrunk by 1": const(interpolator, "_SHRINKAGE", 1.0),
    "cells of 16 pixels": const(interpolator, "_CELL_PIXELS", 16),
    "cells not smoothed": const(interpolator, "_BLUR_CELLS", 0.1),
    "polynomials alone": methods(_DEGREES, ()),
    "Gaussian processes and degree 1": methods((1,), _PROCESSES),
    "one Gaussian process and degree 1": methods((1,), _PROCESSES[1:2]),
    "processes of 0.15 and 1.2 too": methods(_DEGREES, (*_PROCESSES, (0.15, 3e-2), (1.2, 1e-3))),
    "processes faster along z": stretched(1.5),
    "processes slower along z": stretched(0.67),
}
STUDENTS: dict[str, tuple[Change, dict[str, Any]]] = {
    "as shipped": (as_shipped(), {}),
    "teacher without correction and importance": (TEACHERS["photographs count alike, no correction"], {}),
    "teacher with all of the correction": (TEACHERS["all of the correction"], {}),
    "teacher with processes of 0.15 and 1.2 too": (TEACHERS["processes of 0.15 and 1.2 too"], {}),
    "a network of 64 × 64 as teacher": (as_shipped(), {"teacher": "neural"}),
    "no teacher": (as_shipped(), {"teacher": "none"}),
    "interpolator and 64 × 64 as teachers": (beside_the_interpolator(64, 64), {}),
    "interpolator and 32 × 32 as teachers": (beside_the_interpolator(32, 32), {}),
    "both teachers": (as_shipped(), {"teacher": "both"}),
    "error: mean square": (error(1.0), {}),
    "error: logarithm": (error(0.0), {}),
    "α 0.5 throughout": (as_shipped(), {"alpha": 0.5}),
    "α 0.85 throughout": (as_shipped(), {"alpha": 0.85}),
    "new lights from 0°": (const(distillation, "_LOWEST_NEW_LIGHT", 0.0), {}),
    "new lights from 10°": (const(distillation, "_LOWEST_NEW_LIGHT", math.radians(10)), {}),
    "photographs dropped, 10 %": (dropped_photographs(0.1), {}),
    "rounding of planes in the loop": (rounded_latents, {}),
    "encoder sees neighbours": (neighbourhood, {}),
    "encoder 64 wide": (encoder_width(64), {}),
    "encoder 150 wide": (encoder_width(150), {}),
    "g: degree 2": (const(networks, "LIGHT_DEGREE", 2), {}),
    "g: one layer, 32 wide": (const(networks, "LIGHT_WIDTHS", (32,)), {}),
    "g: one layer, 64 wide": (const(networks, "LIGHT_WIDTHS", (64,)), {}),
    "g: one layer, 64 wide; interpolator and 32 × 32 as teachers": (
        together(const(networks, "LIGHT_WIDTHS", (64,)), beside_the_interpolator(32, 32)),
        {},
    ),
    "g: 64 and 64 wide": (const(networks, "LIGHT_WIDTHS", (64, 64)), {}),
    "lc8x8": (as_shipped(), {"student": "lc8x8"}),
    "lc16": (as_shipped(), {"student": "lc16"}),
    "lc32x32": (as_shipped(), {"student": "lc32x32"}),
    "lc16x16-elu": (as_shipped(), {"student": "lc16x16-elu"}),
    "6 planes": (as_shipped(), {"planes": 6}),
    "12 planes": (as_shipped(), {"planes": 12}),
    "18 planes": (as_shipped(), {"planes": 18}),
    "500 steps": (as_shipped(), {"steps": 500}),
    "750 steps": (as_shipped(), {"steps": 750}),
    "1,000 steps": (as_shipped(), {"steps": 1000}),
    "3,000 steps": (as_shipped(), {"steps": 3000}),
    "5,000 steps": (as_shipped(), {"steps": 5000}),
    "rate 2.4e-2": (preset(learning_rate=2.4e-2), {}),
    "gradients up to 0.3": (preset(longest_gradient=0.3), {}),
    "gradients of any length, rate 2.4e-2": (preset(longest_gradient=None, learning_rate=2.4e-2), {}),
    "512 pixels, 16 + 16 lights, 3,000 steps, rate 6e-3": (
        preset(pixels=512, shown=16, new=16, steps=3000, learning_rate=6e-3, longest_gradient=None),
        {},
    ),
    "1,024 pixels, 2,000 steps": (preset(pixels=1024, steps=2000), {}),
    "1,024 pixels, 2,500 steps": (preset(pixels=1024, steps=2500), {}),
    "16 + 16 lights": (preset(shown=16, new=16), {}),
    "trained on 25,600 pixels": (const(samples, "MAX_PIXELS", 25600), {}),
    "trained on 6,400 pixels": (const(samples, "MAX_PIXELS", 6400), {}),
}


def split(mlic: Mlic, protocol: str) -> tuple[Mlic, Mlic]:
    """The photographs shown, and those held out."""
    hidden = PROTOCOLS[protocol](mlic.lights)
    shown = np.setdiff1d(np.arange(len(mlic)), hidden)
    return mlic.subset(shown.tolist()), mlic.subset(hidden.tolist())


def teacher_row(shown: Mlic, hidden: Mlic, change: Change) -> Score:
    """The score of a teacher alone."""
    with change():
        return mean_score(score_teacher(shown, hidden, seed=0).scores)


def student_row(shown: Mlic, hidden: Mlic, change: Change, options: dict[str, Any], seed: int) -> Score:
    """The score of a student, as a user sees it."""
    with change():
        fitted = fit(shown, **{"seed": seed, "progress": False, **options})
    return mean_score(evaluate(Renderer(fitted), hidden))


def main() -> None:
    """Measures what is missing, or prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, help="where to look for scenes")
    parser.add_argument("--of", nargs="+", default=["teacher", "student"], choices=["teacher", "student"])
    parser.add_argument("--trials", nargs="+", help="only these")
    parser.add_argument("--held-out", nargs="+", default=list(PROTOCOLS), choices=PROTOCOLS)
    parser.add_argument("--scenes", nargs="+", default=PANEL, help="scenes whose names end so (default: the panel)")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--table", action="store_true", help="print what is there")
    options = parser.parse_args()
    rows = read_rows(options.results, Trial)
    if options.table:
        print(table(rows))
        return
    done = {(row.of, row.trial, row.scene, row.seed, row.held_out) for row in rows if row.shipped == SHIPPED}
    for scene in find_scenes(options.folders, options.scenes):
        mlic = scene.load_train()
        for kind, trial, seed, held_out in _asked(options):
            if (kind, trial, scene.name, seed, held_out) in done:
                continue
            started = time.perf_counter()
            pair = split(mlic, held_out)
            if kind == "teacher":
                score = teacher_row(*pair, TEACHERS[trial])
            else:
                score = student_row(*pair, *STUDENTS[trial], seed)
            scores = {name: round(value, 4) for name, value in score._asdict().items()}
            seconds = round(time.perf_counter() - started, 1)
            append_row(
                options.results, Trial(kind, SHIPPED, trial, scene.name, seed, held_out, **scores, seconds=seconds)
            )
            print(f"{scene.name}, {kind} {trial}, {held_out} held out: {score.psnr:.2f} dB", flush=True)


def _asked(options: argparse.Namespace) -> Iterator[tuple[str, str, int, str]]:
    for kind, trials in (("teacher", list(TEACHERS)), ("student", list(STUDENTS))):
        if kind in options.of:
            for trial in trials if options.trials is None else [t for t in trials if t in options.trials]:
                for seed in [0] if kind == "teacher" else options.seeds:
                    for held_out in options.held_out:
                        yield kind, trial, seed, held_out


def table(rows: list[Trial]) -> str:
    """Markdown: each trial's difference to "as shipped", on the scenes and seeds both have."""
    text = []
    for shipped in sorted(dict.fromkeys(row.shipped for row in rows), key=lambda shipped: shipped != SHIPPED):
        then = "" if shipped == SHIPPED else f"; shipped then: {shipped}"
        for kind, protocol in product(("teacher", "student"), PROTOCOLS):
            asked = (kind, protocol, shipped)
            chosen = [row for row in rows if (row.of, row.held_out, row.shipped) == asked]
            if chosen:
                text += ["", *_part(f"{kind}, {protocol} held out{then}", chosen)]
    return "\n".join(text[1:])


def _part(title: str, rows: list[Trial]) -> Iterator[str]:
    found: dict[str, dict[tuple[str, int], Trial]] = defaultdict(dict)
    for row in rows:
        found[row.trial][row.scene, row.seed] = row
    shipped = found["as shipped"]
    scenes = sorted({scene for scene, _ in shipped})
    yield f"| {title} | {' | '.join(scene.removeprefix('realrti/') for scene in scenes)} | mean | SSIM | ΔE |"
    yield "|---" * (len(scenes) + 4) + "|"
    for trial, results in sorted(found.items(), key=lambda item: item[0] != "as shipped"):
        absolute = results is shipped
        cells = [_mean(results, shipped, "psnr", scene, absolute, 2) for scene in (*scenes, "")]
        cells += [
            _mean(results, shipped, "ssim", "", absolute, 4),
            _mean(results, shipped, "ciede2000", "", absolute, 3),
        ]
        yield f"| {trial} | {' | '.join(cells)} |"


def _mean(
    results: dict[tuple[str, int], Trial],
    shipped: dict[tuple[str, int], Trial],
    metric: str,
    scene: str,
    absolute: bool,
    digits: int,
) -> str:
    """A cell: the mean over the scenes whose names begin so, or its difference to what is shipped."""
    both = [key for key in results if key in shipped and key[0].startswith(scene)]
    if not both:
        return "–"
    mean = np.mean([getattr(results[key], metric) - (0 if absolute else getattr(shipped[key], metric)) for key in both])
    return f"{mean:{'' if absolute else '+'}.{digits}f}"


if __name__ == "__main__":
    main()
