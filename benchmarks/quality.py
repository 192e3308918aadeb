"""How good: every method on every scene, on lights none of them saw, scored as a user sees it.

    python benchmarks/quality.py SYNTHRTI/Multi SYNTHRTI/Single REALRTI --methods hsh16 default --seeds 0 1 2

A scene is a folder that holds `Dome` and `Test` (SynthRTI), or a folder of photographs named in a `split.json` beside
it (RealRTI); folders are searched for them. Each scene, method and seed becomes one small file in results/quality/, and
what is there already is not made again: stop it when you like, the table grows over days.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from published_training import fit_as_published

from fastrti import Mlic, fit
from fastrti.lights import raised_to_horizon
from fastrti.objects.relightable import Relightable
from fastrti.rendering.renderer import Renderer
from fastrti.scoring.evaluate import Score, evaluate, mean_score
from fastrti.scoring.metrics import ciede2000, psnr, ssim
from fastrti.training.classical import Basis, fit_basis
from fastrti.training.interpolator import Interpolator
from fastrti.training.samples import Photographs

RESULTS = Path(__file__).parent / "results" / "quality"
PANEL = (
    "Single/Object1/material8",
    "Single/Object2/material5",
    "Multi/Object1/material8",
    "Multi/Object2/material5",
    "realrti/item3",
    "realrti/item10",
)
"""Scenes on which every row is measured with three seeds."""
_CHUNK = 8192  # pixels interpolated at once

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Scene:
    """Photographs to fit and photographs to score.

    Attributes:
        name: "collection/…/scene".
        train, test: folder, and the names of its photographs; None for all.
    """

    name: str
    train: tuple[Path, frozenset[str] | None]
    test: tuple[Path, frozenset[str] | None]

    def load_train(self) -> Mlic:
        """The photographs to fit."""
        return _photographs(*self.train)

    def load_test(self) -> Mlic:
        """The photographs to score."""
        return _photographs(*self.test)


def scenes_of(folder: Path) -> Iterator[Scene]:
    """The scenes in a folder, in the order of their names."""
    root = folder.resolve()
    for dome in sorted(root.rglob("Dome")):
        if (dome.parent / "Test").is_dir():
            scene = dome.parent
            yield Scene("/".join(scene.parts[-3:]), (dome, None), (scene / "Test", None))
    for split in sorted(root.rglob("split.json")):
        for name, described in sorted(json.loads(split.read_text()).items()):
            item, test = split.parent / name, frozenset(described["test"])
            everything = frozenset(path.name for path in item.iterdir())
            yield Scene(f"{split.parent.name}/{name}", (item, everything - test), (item, test))


def _photographs(folder: Path, names: frozenset[str] | None) -> Mlic:
    mlic = Mlic.load(folder)
    return mlic if names is None else mlic.subset([i for i, name in enumerate(mlic.names) if name in names])


@dataclass(frozen=True)
class Drawn:
    """What a method made of a scene's photographs.

    Attributes:
        scores: one a test photograph.
        training_seconds: from photographs in memory to the method's planes or weights.
        bytes_per_pixel: stored.
        multiply_adds: a pixel and light.
        details: of the fit, anything JSON holds.
    """

    scores: list[Score]
    training_seconds: float
    bytes_per_pixel: int
    multiply_adds: int
    details: dict[str, Any]


def classical(train: Mlic, test: Mlic, seed: int, basis: Basis) -> Drawn:
    """PTM, HSH, PCA/RBF."""
    return _scored(partial(fit_basis, train, basis), test)


def neural(train: Mlic, test: Mlic, seed: int, **options: Any) -> Drawn:
    """A `fit` with these options."""
    return _scored(partial(fit, train, seed=seed, progress=False, **options), test)


def published(train: Mlic, test: Mlic, seed: int) -> Drawn:
    """NeuralRTI by the paper's settings."""
    return _scored(partial(fit_as_published, train, seed), test)


def interpolator(train: Mlic, test: Mlic, seed: int) -> Drawn:
    """The default teacher itself: it keeps all photographs of a pixel."""
    started = time.perf_counter()
    photographs = Photographs(train, np.arange(len(train)), torch.device("cpu"))
    teacher = Interpolator(photographs, seed)
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
    "light-conditioned, direct": partial(neural, teacher="none"),
    "light-conditioned, neural teacher": partial(neural, teacher="neural"),
    "quick": partial(neural, preset="quick"),
    "default": neural,
    "best": partial(neural, preset="best"),
}
"""The rows of the table; "default" is the light-conditioned student distilled from the interpolator. The published
networks get the longest training; "neural, as published" takes half an hour a scene or more."""
UNSEEDED = ("ptm", "hsh9", "hsh16", "pca9-rbf", "interpolator")


def _scored(make: Callable[[], Relightable], test: Mlic) -> Drawn:
    started = time.perf_counter()
    relightable = make()
    trained = time.perf_counter() - started
    network = relightable.frame_network((0.0, 0.0))
    scores = evaluate(Renderer(relightable), test)
    return Drawn(scores, trained, len(relightable.planes), network.multiply_adds, relightable.training)


def _score(picture: Picture, photograph: Picture, mask: NDArray[np.bool_] | None) -> Score:
    pair = (picture, photograph, mask)
    return Score(psnr(*pair), ssim(*pair), ciede2000(*pair))


def measure(scene: Scene, method: str, seed: int) -> dict[str, Any]:
    """One result, as its file holds it."""
    train, test = scene.load_train(), scene.load_test()
    drawn = METHODS[method](train, test, seed)
    elevations = np.degrees(np.arcsin(np.clip(test.lights[:, 2], -1, 1)))
    return {
        "scene": scene.name,
        "method": method,
        "seed": seed,
        **{name: round(value, 4) for name, value in mean_score(drawn.scores)._asdict().items()},
        "bytes_per_pixel": drawn.bytes_per_pixel,
        "multiply_adds": drawn.multiply_adds,
        "training_seconds": round(drawn.training_seconds, 1),
        "by_photograph": [
            {"elevation": round(float(elevation), 1), **{k: round(v, 4) for k, v in score._asdict().items()}}
            for elevation, score in zip(elevations, drawn.scores)
        ],
        "fit": drawn.details,
        "size": [test.height, test.width],
        "photographs": len(train),
        "machine": platform.machine(),
        "threads": torch.get_num_threads(),
        "load": round(os.getloadavg()[0], 1),
        "torch": torch.__version__,
    }


def result_file(folder: Path, scene: str, method: str, seed: int) -> Path:
    """Where a result is kept."""
    label = method.replace(", ", "-").replace(" ", "-")
    return folder / scene.replace("/", "_") / f"{label}{'' if method in UNSEEDED else f'_seed{seed}'}.json"


def main() -> None:
    """Measures what is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, help="where to look for scenes")
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=METHODS, metavar="METHOD")
    parser.add_argument("--scenes", nargs="+", help="only scenes whose names end so")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder of the results")
    options = parser.parse_args()
    scenes = [scene for folder in options.folders for scene in scenes_of(folder)]
    if options.scenes:
        scenes = [scene for scene in scenes if scene.name.endswith(tuple(options.scenes))]
    for method in options.methods:
        for seed in [0] if method in UNSEEDED else options.seeds:
            for scene in scenes:
                _measure_once(options.results, scene, method, seed)


def _measure_once(folder: Path, scene: Scene, method: str, seed: int) -> None:
    file = result_file(folder, scene.name, method, seed)
    if file.exists():
        return
    result = measure(scene, method, seed)
    file.parent.mkdir(parents=True, exist_ok=True)
    partial_file = file.with_suffix(".partial")
    partial_file.write_text(json.dumps(result, indent=1) + "\n")
    partial_file.rename(file)  # never half a result
    print(f"{scene.name}, {method}, seed {seed}: {cast(float, result['psnr']):.2f} dB", flush=True)


if __name__ == "__main__":
    main()
