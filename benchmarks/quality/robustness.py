"""What a bad capture costs: photographs spoilt in one way at a time, fitted, and scored on good ones.

    python -m benchmarks.quality.robustness SYNTHRTI REALRTI [--scenes Object1/material8 …]

Prints a Markdown table: mean PSNR on the Test photographs over the scenes, the worst scene's in parentheses. Nothing is
chosen by it.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.fits import ONE_NETWORK
from benchmarks.quality.scenes import PANEL, find_scenes
from fastrti import Corrections, Mlic, Relightable, Renderer, correct, fit
from fastrti.capture.shifting import shifted
from fastrti.scoring.evaluate import evaluate
from fastrti.srgb import srgb_decode, srgb_encode
from fastrti.training.classical import fit_classical

Pair = tuple[Mlic, Mlic]  # photographs to fit, photographs to score
_SEED = 0
_ALL = Corrections(align=True, exposures=True, refine_lights=True)


def exposed(mlic: Mlic, stops: NDArray[np.float64]) -> Mlic:
    """The photographs, each so many stops brighter; what no longer fits is clipped, as a camera does."""
    linear = srgb_decode(np.arange(256) / 255)
    tables = [np.rint(255 * srgb_encode((linear * 2.0**stop).clip(0, 1))).astype(np.uint8) for stop in stops]
    photographs = np.stack([table[photograph] for table, photograph in zip(tables, mlic.photographs)])
    return replace(mlic, photographs=photographs)


def as_photographed(train: Mlic, test: Mlic) -> Pair:
    """Nothing is spoilt."""
    return train, test


def one_side(train: Mlic, test: Mlic) -> Pair:
    """The lights of a third of all azimuths are missing, as where a wall stood; the zenith stays."""
    azimuth = np.arctan2(train.lights[:, 1], train.lights[:, 0])
    return train.subset(np.flatnonzero((np.abs(azimuth) < np.pi * 2 / 3) | (train.lights[:, 2] > 0.99))), test


def half(train: Mlic, test: Mlic) -> Pair:
    """A random half of the lights, as uneven as a hand holds them."""
    kept = np.random.default_rng(_SEED).permutation(len(train))[: len(train) // 2]
    return train.subset(np.sort(kept)), test


def uneven_exposures(train: Mlic, test: Mlic) -> Pair:
    """Exposures differ by up to a third of a stop either way."""
    return exposed(train, np.random.default_rng(_SEED).uniform(-1 / 3, 1 / 3, len(train))), test


def two_overexposed(train: Mlic, test: Mlic) -> Pair:
    """Two photographs were taken two stops too bright."""
    stops = np.zeros(len(train))
    stops[np.random.default_rng(_SEED).choice(len(train), 2, replace=False)] = 2
    return exposed(train, stops), test


def saturated(train: Mlic, test: Mlic) -> Pair:
    """All photographs, scored ones too, are a stop too bright: large highlights are clipped."""
    return exposed(train, np.ones(len(train))), exposed(test, np.ones(len(test)))


def wrong_lights(train: Mlic, test: Mlic) -> Pair:
    """Light directions are some 3° off, as measured on a small sphere."""
    errors = np.random.default_rng(_SEED).normal(0, np.radians(3) / 2**0.5, train.lights.shape)
    lights = train.lights + errors
    return replace(train, lights=lights / np.linalg.norm(lights, axis=1, keepdims=True)), test


def masked(train: Mlic, test: Mlic) -> Pair:
    """A round mask; around it noise, that must not disturb what is inside."""
    rows, columns = np.ogrid[: train.height, : train.width]
    mask = np.hypot(rows / train.height - 0.5, columns / train.width - 0.5) < 0.4
    noise = np.random.default_rng(_SEED).integers(0, 256, train.photographs.shape, np.uint8)
    photographs = np.where(mask[:, :, None], train.photographs, noise)
    return replace(train, photographs=photographs, mask=mask), replace(test, mask=mask)


def masked_alone(train: Mlic, test: Mlic) -> Pair:
    """All is fitted, and scored inside the same mask."""
    return train, masked(train, test)[1]


def moved(train: Mlic, test: Mlic) -> Pair:
    """Photographs are shifted by up to three pixels either way, as by a tripod that gives.

    Their median stays where the scored photographs are: nothing else says where the object was.
    """
    shifts = np.random.default_rng(_SEED).uniform(-3, 3, (len(train), 2))
    shifts -= np.median(shifts, axis=0)
    photographs = np.empty_like(train.photographs)
    for index, (photograph, shift) in enumerate(zip(train.photographs, shifts)):
        photographs[index] = np.rint(shifted(photograph.astype(np.float32), shift).clip(0, 255))
    return replace(train, photographs=photographs), test


SPOILT: dict[str, Callable[[Mlic, Mlic], Pair]] = {
    "as photographed": as_photographed,
    "no lights from a third of all azimuths": one_side,
    "a random half of the lights": half,
    "exposures ± 1/3 stop": uneven_exposures,
    "two photographs two stops over": two_overexposed,
    "everything a stop over": saturated,
    "lights 3° off": wrong_lights,
    "shifts up to 3 pixels": moved,
    "as photographed, scored inside a mask": masked_alone,
    "noise outside the mask": masked,
}


def main() -> None:
    """Prints a row a way to spoil photographs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, help="where to look for scenes")
    parser.add_argument("--scenes", nargs="+", default=PANEL, help="scenes whose names end so (default: the panel)")
    options = parser.parse_args()
    methods: dict[str, Callable[[Mlic], Relightable]] = {
        "HSH, 16 terms": lambda mlic: fit_classical(mlic, "hsh16"),
        "9 principal components, RBF": lambda mlic: fit_classical(mlic, "rbf"),
        "no teacher": lambda mlic: fit(mlic, **ONE_NETWORK, teacher="none", progress=False),
        "HSH, 16 terms, corrected": lambda mlic: fit_classical(correct(mlic, _ALL), "hsh16"),
        "fastrti `quick --experts 1`, corrected": lambda mlic: fit(correct(mlic, _ALL), **ONE_NETWORK, progress=False),
        "fastrti `quick --experts 1`": lambda mlic: fit(mlic, **ONE_NETWORK, progress=False),
    }
    scenes = find_scenes(options.folders, options.scenes)
    print(f"| dB on {len(scenes)} scenes (the worst) | " + " | ".join(methods) + " |")
    print("|---" * (len(methods) + 1) + "|")
    for name, spoil in SPOILT.items():
        pairs = [spoil(scene.load_train(), scene.load_test()) for scene in scenes]
        scores = [
            [evaluate(Renderer(make(train)), test).mean.psnr for train, test in pairs] for make in methods.values()
        ]
        cells = [f"{np.mean(of_scenes):.2f} ({min(of_scenes):.2f})" for of_scenes in scores]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
