"""What was tried: one change at a time to the teacher or to the student, scored on Dome lights it did not see.

    python -m benchmarks.quality.trials SYNTHRTI REALRTI --trials "as shipped" "g: degree 2" --scenes item10
    python -m benchmarks.quality.trials --table

A scene's Test lights are never read. Of its other photographs some are held out: 8 spread over the dome, every second
one (which leaves gaps twice as wide), or a band of elevations (SynthRTI's ring at 30°: what lies between rings).
Students are fitted with `--preset quick --experts 1`. Every result is a row of results/trials.csv, and what is there
already is not made again.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.common.rows import append_row, read_rows
from benchmarks.quality.fits import ONE_NETWORK
from benchmarks.quality.scenes import PANEL, find_scenes
from benchmarks.quality.scores import interpolator as score_teacher
from fastrti import Mlic, Renderer, evaluate, fit
from fastrti.photographs.hold_out import Indices, spread_lights
from fastrti.scoring.evaluate import Score, mean_score
from fastrti.training.loop import Loss
from fastrti.training.networks import Autoencoder, Encoder, LightConditionedDecoder
from fastrti.training.settings import PRESETS, InterpolatorSettings, Preset, Student, Teacher
from fastrti.training.students import parse_student

RESULTS = Path(__file__).parents[1] / "results" / "trials.csv"
PROTOCOLS: dict[str, Callable[[NDArray[np.float64]], Indices]] = {
    "8 spread": lambda lights: spread_lights(lights, 8),
    "every second": lambda lights: spread_lights(lights, len(lights) // 2),
    "25–35°": lambda lights: np.nonzero(np.abs(np.degrees(np.arcsin(lights[:, 2].clip(-1, 1))) - 30) <= 5)[0],
}
"""The lights held out."""
SHIPPED = "shares by the variance at the light, three quarters of the correction"
"""What is shipped. Trials of other days were changes to what was shipped then, and are compared with that."""


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


LC16 = parse_student("lc16x16")
QUICK = PRESETS["quick"]


class ForgetfulEncoder(Encoder):
    """Is trained without a random tenth of the photographs of each pixel."""

    def forward(self, samples: Tensor) -> Tensor:
        """See `Encoder.forward`."""
        if torch.is_grad_enabled():
            kept = torch.rand(len(samples), 1, samples.shape[2]) > 0.1
            samples = torch.where(kept, samples, self.mean)
        return super().forward(samples)


class RoundedAutoencoder(Autoencoder):
    """Is trained with the noise that 8-bit planes will add to its latents."""

    def forward(self, samples: Tensor, lights: Tensor) -> Tensor:
        """See `Autoencoder.forward`."""
        latents = self.encoder(samples)
        step = (latents.amax(0) - latents.amin(0)).detach() / 255
        rendered: Tensor = self.decoder(latents + (torch.rand_like(latents) - 0.5) * step, lights)
        return rendered


def photographs_dropped(photographs: int, planes: int) -> Autoencoder:
    """The default student with a `ForgetfulEncoder`."""
    return Autoencoder(ForgetfulEncoder(photographs, planes), LightConditionedDecoder(planes, (16, 16)))


def planes_rounded(photographs: int, planes: int) -> Autoencoder:
    """The default student as a `RoundedAutoencoder`."""
    return RoundedAutoencoder(Encoder(photographs, planes), LightConditionedDecoder(planes, (16, 16)))


def mean_power(power: float) -> Loss:
    """The mean over lights of (mean squared error)^power; 0 stands for the logarithm."""

    def loss(rendered: Tensor, wanted: Tensor) -> Tensor:
        errors = (rendered - wanted).square().mean((1, 2)) + 1e-6
        return (errors.log() if power == 0 else errors**power).mean()

    return loss


def taught_by(name: str) -> dict[str, Any]:
    """The interpolator of a trial as the teacher."""
    return {"teacher": Teacher("interpolator", TEACHERS[name])}


def beside_the_interpolator(*hidden: int) -> dict[str, Any]:
    """A network of these widths that the interpolator corrects, else like a "neural" teacher."""
    wide = Student("wide", True, hidden, "relu", True, ("none",), encoder_layers=4)
    return {"teacher": Teacher("both", network=wide, network_steps=1.0)}


_SHIPPED = InterpolatorSettings()
TEACHERS: dict[str, InterpolatorSettings] = {
    "as shipped": _SHIPPED,
    "no correction of the shares": replace(_SHIPPED, correction_taken=0.0),
    "half of the correction": replace(_SHIPPED, correction_taken=0.5),
    "all of the correction": replace(_SHIPPED, correction_taken=1.0),
    "correction 16 wide": replace(_SHIPPED, correction_width=16),
    "correction 64 wide": replace(_SHIPPED, correction_width=64),
    "correction of 300 steps": replace(_SHIPPED, correction_steps=300),
    "photographs count alike": replace(_SHIPPED, importance=False),
    "photographs count alike, no correction": replace(_SHIPPED, importance=False, correction_taken=0.0),
    "shares not shrunk": replace(_SHIPPED, shrinkage=0.0),
    "shares shrunk by 1": replace(_SHIPPED, shrinkage=1.0),
    "cells of 16 pixels": replace(_SHIPPED, cell_pixels=16),
    "cells not smoothed": replace(_SHIPPED, blur_cells=0.1),
    "polynomials alone": replace(_SHIPPED, processes=()),
    "Gaussian processes and degree 1": replace(_SHIPPED, degrees=(1,)),
    "one Gaussian process and degree 1": replace(_SHIPPED, degrees=(1,), processes=_SHIPPED.processes[1:2]),
    "processes of 0.15 and 1.2 too": replace(_SHIPPED, processes=(*_SHIPPED.processes, (0.15, 3e-2), (1.2, 1e-3))),
    "processes faster along z": replace(_SHIPPED, vertical_stretch=1.5),
    "processes slower along z": replace(_SHIPPED, vertical_stretch=0.67),
}
STUDENTS: dict[str, dict[str, Any]] = {
    "as shipped": {},
    "teacher without correction and importance": taught_by("photographs count alike, no correction"),
    "teacher with all of the correction": taught_by("all of the correction"),
    "teacher with processes of 0.15 and 1.2 too": taught_by("processes of 0.15 and 1.2 too"),
    "a network of 64 × 64 as teacher": {"teacher": "neural"},
    "no teacher": {"teacher": "none"},
    "interpolator and 64 × 64 as teachers": beside_the_interpolator(64, 64),
    "interpolator and 32 × 32 as teachers": beside_the_interpolator(32, 32),
    "both teachers": {"teacher": "both"},
    "error: mean square": {"loss": mean_power(1.0)},
    "error: logarithm": {"loss": mean_power(0.0)},
    "α 0.5 throughout": {"alpha": 0.5},
    "α 0.85 throughout": {"alpha": 0.85},
    "new lights from 0°": {"preset": replace(QUICK, lowest_new_light=0.0)},
    "new lights from 10°": {"preset": replace(QUICK, lowest_new_light=10.0)},
    "photographs dropped, 10 %": {"student": photographs_dropped},
    "rounding of planes in the loop": {"student": planes_rounded},
    "encoder 64 wide": {"student": replace(LC16, encoder_width=64)},
    "encoder 150 wide": {"student": replace(LC16, encoder_width=150)},
    "g: degree 2": {"student": replace(LC16, light_degree=2)},
    "g: one layer, 32 wide": {"student": replace(LC16, light_widths=(32,))},
    "g: one layer, 64 wide": {"student": replace(LC16, light_widths=(64,))},
    "g: one layer, 64 wide; interpolator and 32 × 32 as teachers": {
        "student": replace(LC16, light_widths=(64,)),
        **beside_the_interpolator(32, 32),
    },
    "g: 64 and 64 wide": {"student": replace(LC16, light_widths=(64, 64))},
    "lc8x8": {"student": "lc8x8"},
    "lc16": {"student": "lc16"},
    "lc32x32": {"student": "lc32x32"},
    "lc16x16-elu": {"student": "lc16x16-elu"},
    "6 planes": {"planes": 6},
    "12 planes": {"planes": 12},
    "18 planes": {"planes": 18},
    "500 steps": {"steps": 500},
    "750 steps": {"steps": 750},
    "1,000 steps": {"steps": 1000},
    "3,000 steps": {"steps": 3000},
    "5,000 steps": {"steps": 5000},
    "rate 2.4e-2": {"preset": replace(QUICK, learning_rate=2.4e-2)},
    "gradients up to 0.3": {"preset": replace(QUICK, longest_gradient=0.3)},
    "gradients of any length, rate 2.4e-2": {"preset": replace(QUICK, longest_gradient=None, learning_rate=2.4e-2)},
    "512 pixels, 16 + 16 lights, 3,000 steps, rate 6e-3": {"preset": Preset(3000)},
    "1,024 pixels, 2,000 steps": {"preset": replace(QUICK, pixels=1024, steps=2000)},
    "1,024 pixels, 2,500 steps": {"preset": replace(QUICK, pixels=1024, steps=2500)},
    "16 + 16 lights": {"preset": replace(QUICK, photographed_lights=16, new_lights=16)},
    "trained on 25,600 pixels": {"preset": replace(QUICK, most_pixels=25600)},
    "trained on 6,400 pixels": {"preset": replace(QUICK, most_pixels=6400)},
}
"""Arguments of `fit`. Trials whose code is gone keep their rows in the results."""


def split(mlic: Mlic, protocol: str) -> tuple[Mlic, Mlic]:
    """The photographs shown, and those held out."""
    hidden = PROTOCOLS[protocol](mlic.lights)
    shown = np.setdiff1d(np.arange(len(mlic)), hidden)
    return mlic.subset(shown.tolist()), mlic.subset(hidden.tolist())


def teacher_row(shown: Mlic, hidden: Mlic, settings: InterpolatorSettings) -> Score:
    """The score of a teacher alone."""
    return mean_score(score_teacher(shown, hidden, seed=0, settings=settings).scores)


def student_row(shown: Mlic, hidden: Mlic, options: dict[str, Any], seed: int) -> Score:
    """The score of a student, as a user sees it."""
    return evaluate(Renderer(fit(shown, seed=seed, progress=False, **{**ONE_NETWORK, **options})), hidden).mean


def main() -> None:
    """Measures what is missing, or prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, help="where to look for scenes")
    parser.add_argument("--of", nargs="+", default=["teacher", "student"], choices=["teacher", "student"])
    parser.add_argument("--trials", nargs="+", choices=[*TEACHERS, *STUDENTS], metavar="TRIAL", help="only these")
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
                score = student_row(*pair, STUDENTS[trial], seed)
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
