"""How good: every method on every scene, on lights none of them saw, scored as a user sees it.

    python -m benchmarks.quality.scores SYNTHRTI REALRTI --methods hsh16 default --seeds 0 1 2

A scene is a folder that holds `Dome` and `Test` (SynthRTI), or an item of RealRTI, whose scored photographs
realrti_split.json names. The given folders are searched for scenes. Each scene, method and seed becomes a row of a file
in results/quality/. Rows that are there are not made again: stop the program when you like, it goes on where it was.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.quality.fits import ONE_NETWORK
from benchmarks.quality.published_training import fit_as_published
from benchmarks.quality.results import RESULTS, Result, keep, read_results
from benchmarks.quality.scenes import Scene, find_scenes
from fastrti import Mlic, fit
from fastrti.lights import raised_to_horizon
from fastrti.objects.relightable import Relightable
from fastrti.rendering.renderer import Renderer
from fastrti.scoring.evaluate import Score, evaluate, mean_score
from fastrti.scoring.metrics import ciede2000, psnr, ssim
from fastrti.training.classical import Basis, fit_classical
from fastrti.training.interpolator import Interpolator
from fastrti.training.samples import Photographs
from fastrti.training.settings import InterpolatorSettings

_CHUNK = 8192  # pixels interpolated at once

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Drawn:
    """What a method made of a scene's photographs.

    Attributes:
        scores: one per test photograph.
        training_seconds, bytes_per_pixel, multiply_adds: as in `Result`.
        details: of the fit, anything JSON holds.
    """

    scores: list[Score]
    training_seconds: float
    bytes_per_pixel: int
    multiply_adds: int
    details: dict[str, Any]


def classical(train: Mlic, test: Mlic, seed: int, basis: Basis) -> Drawn:
    """PTM, HSH, PCA/RBF."""
    return _scored(partial(fit_classical, train, basis), test)


def neural(train: Mlic, test: Mlic, seed: int, **options: Any) -> Drawn:
    """A `fit` with these options."""
    return _scored(partial(fit, train, seed=seed, progress=False, **options), test)


def published(train: Mlic, test: Mlic, seed: int) -> Drawn:
    """NeuralRTI by the paper's settings."""
    return _scored(partial(fit_as_published, train, seed), test)


def interpolator(train: Mlic, test: Mlic, seed: int, settings: InterpolatorSettings | None = None) -> Drawn:
    """The default teacher itself: it keeps all photographs of a pixel."""
    started = time.perf_counter()
    photographs = Photographs(train, np.arange(len(train)), torch.device("cpu"))
    teacher = Interpolator(photographs, seed, settings=settings)
    trained = time.perf_counter() - started
    lights = np.stack([raised_to_horizon(light) for light in test.lights])
    pictures = np.zeros((len(lights), train.height, train.width, 3), np.uint8)
    rows, columns = np.nonzero(photographs.mask)
    for start in range(0, len(rows), _CHUNK):
        r, c = rows[start : start + _CHUNK], columns[start : start + _CHUNK]
        shares = teacher.shares_of(torch.from_numpy(r), torch.from_numpy(c))
        colours = teacher(photographs.read(r, c), shares, torch.from_numpy(lights))  # (L, 3, P)
        pictures[:, r, c] = (255 * colours.clamp(0, 1) + 0.5).byte().transpose(1, 2).numpy()
    scores = [_score(picture, test.picture(i), train.mask) for i, picture in enumerate(pictures)]
    values = 3 * len(train)
    return Drawn(scores, trained, values, values * len(teacher.shares) + teacher.correction.multiply_adds, {})


METHODS: dict[str, Callable[[Mlic, Mlic, int], Drawn]] = {
    "ptm": partial(classical, basis="ptm"),
    "hsh9": partial(classical, basis="hsh9"),
    "hsh16": partial(classical, basis="hsh16"),
    "pca9-rbf": partial(classical, basis="rbf"),
    "interpolator": interpolator,
    "neural": partial(neural, student="neural", preset="best"),
    "neural, as published": published,
    "direct20": partial(neural, student="direct20", preset="best"),
    "disk20": partial(neural, student="disk20", preset="best"),
    "disk10": partial(neural, student="disk10", preset="best"),
    "light-conditioned, direct": partial(neural, teacher="none", **ONE_NETWORK),
    "light-conditioned, neural teacher": partial(neural, teacher="neural", **ONE_NETWORK),
    "750 steps, one expert": partial(neural, steps=750, **ONE_NETWORK),
    "quick, one expert": partial(neural, **ONE_NETWORK),
    "default, one expert": partial(neural, experts=1),
    "quick": partial(neural, preset="quick"),
    "default": neural,
}
"""The rows of the table. "quick" and "default" are fastrti's presets, with as many experts as fastrti takes. The
published networks get the longest training; "neural, as published" takes half an hour a scene or more."""
UNSEEDED = ("ptm", "hsh9", "hsh16", "pca9-rbf", "interpolator")


def _scored(make: Callable[[], Relightable], test: Mlic) -> Drawn:
    started = time.perf_counter()
    relightable = make()
    trained = time.perf_counter() - started
    network = relightable.frame_networks((0.0, 0.0))[0]
    scores = evaluate(Renderer(relightable), test).scores
    return Drawn(scores, trained, len(relightable.planes), network.multiply_adds, relightable.training)


def _score(picture: Picture, photograph: Picture, mask: NDArray[np.bool_] | None) -> Score:
    pair = (picture, photograph, mask)
    return Score(psnr(*pair), ssim(*pair), ciede2000(*pair))


def measure(scene: Scene, method: str, seed: int) -> Result:
    """Fits and scores."""
    train, test = scene.load_train(), scene.load_test()
    drawn = METHODS[method](train, test, seed)
    mean = mean_score(drawn.scores)
    elevations = np.degrees(np.arcsin(np.clip(test.lights[:, 2], -1, 1)))
    return Result(
        scene=scene.name,
        method=method,
        seed=seed,
        psnr=round(mean.psnr, 4),
        ssim=round(mean.ssim, 4),
        ciede2000=round(mean.ciede2000, 4),
        bytes_per_pixel=drawn.bytes_per_pixel,
        multiply_adds=drawn.multiply_adds,
        training_seconds=round(drawn.training_seconds, 1),
        light_names=list(test.names),
        light_elevations=[round(float(elevation), 1) for elevation in elevations],
        light_psnrs=[round(score.psnr, 4) for score in drawn.scores],
        light_ssims=[round(score.ssim, 4) for score in drawn.scores],
        light_ciede2000s=[round(score.ciede2000, 4) for score in drawn.scores],
        fit=drawn.details,
        height=test.height,
        width=test.width,
        photographs=len(train),
        machine=platform.machine(),
        threads=torch.get_num_threads(),
        load=round(os.getloadavg()[0], 1),
        torch=torch.__version__,
    )


def main() -> None:
    """Measures what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, help="where to look for scenes")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS, metavar="METHOD")
    parser.add_argument("--scenes", nargs="+", default=[""], help="only scenes whose names end so")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder of the results")
    options = parser.parse_args()
    scenes = find_scenes(options.folders, options.scenes)
    done = {(result.scene, result.method, result.seed) for result in read_results(options.results)}
    asked = [
        (scene, method, seed)
        for method in options.methods
        for seed in ([0] if method in UNSEEDED else options.seeds)
        for scene in scenes
    ]
    missing = [(scene, method, seed) for scene, method, seed in asked if (scene.name, method, seed) not in done]
    print(
        f"{len(scenes)} scenes: {len(asked) - len(missing)} of {len(asked)} results are in {options.results}",
        flush=True,
    )
    for scene, method, seed in missing:
        result = measure(scene, method, seed)
        keep(result, options.results)
        print(f"{scene.name}, {method}, seed {seed}: {result.psnr:.2f} dB", flush=True)


if __name__ == "__main__":
    main()
