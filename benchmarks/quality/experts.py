"""What several experts gain, what they cost, and whether their borders show.

    python -m benchmarks.quality.experts SYNTHRTI --scenes Multi/Object2/material5 --experts 1 4 9 [--preset quick]

`--together` tries other shares of the steps for which the experts are one network, `--steps` and `--pixels` other
steps.

Scores are of 8 photographs of the dome that no fit sees. With `--test`, the fits see the whole dome and the scene's
test photographs are scored instead: for the last measurement only. Results are printed as JSON, one line per fit.

A seam is measured between neighbouring pixels of two experts: the mean absolute step of the pictures, relative to that
of the photographs there. Where the same pixels of a picture by one network have another step than the photographs, this
is no seam. So `of_one` says what the fit of one expert has at the same places, where it was asked for first. Means of
experts have borders too, and all are counted. `--worst` keeps a picture of the worst place.
"""

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.common.machine import load
from benchmarks.quality.scenes import PANEL, find_scenes
from fastrti import Mlic, Renderer, fit
from fastrti.photographs.hold_out import spread_lights
from fastrti.scoring.metrics import psnr
from fastrti.training import loop
from fastrti.training.settings import PRESETS

_LENGTH = 48  # pixels of a border that are looked at together


def steps_across(pictures: NDArray[np.uint8], labels: NDArray[np.uint8]) -> float:
    """The mean absolute step between neighbouring pixels of different labels, over pictures (L, H, W, 3)."""
    total, count = 0.0, 0
    for axis in (0, 1):
        border = np.diff(labels.astype(np.int16), axis=axis) != 0
        for picture in pictures:
            steps = np.abs(np.diff(picture.astype(np.int16), axis=axis))[border]
            total, count = total + float(steps.sum()), count + steps.size
    return total / count


def worst_place(
    pictures: NDArray[np.uint8], photographs: NDArray[np.uint8], labels: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Where steps across a border exceed those of the photographs most, along `_LENGTH` pixels and under one light.

    Args:
        pictures: (L, H, W, 3).
        photographs: (L, H, W, 3).
        labels: (H, W).

    Returns:
        The photograph beside the picture, four times as large, with the border in the middle.
    """
    found = (-np.inf, 0, 0, 0)
    for axis in (0, 1):
        border = np.diff(labels.astype(np.int16), axis=axis) != 0
        for light, pair in enumerate(zip(pictures, photographs)):
            own, wanted = (np.abs(np.diff(picture.astype(np.float32), axis=axis)).sum(2) for picture in pair)
            sums = np.cumsum(np.where(border, own - wanted, 0), axis=1 - axis)
            along = np.take(sums, range(_LENGTH, sums.shape[1 - axis]), 1 - axis)
            along = along - np.take(sums, range(sums.shape[1 - axis] - _LENGTH), 1 - axis)
            row, column = np.unravel_index(along.argmax(), along.shape)
            middle = (row, column + _LENGTH // 2) if axis == 0 else (row + _LENGTH // 2, column)
            found = max(found, (float(along.max()), light, int(middle[0]), int(middle[1])))
    _, light, row, column = found
    top, left = (max(0, min(at - _LENGTH, size - 2 * _LENGTH)) for at, size in zip((row, column), labels.shape))
    place = (light, slice(top, top + 2 * _LENGTH), slice(left, left + 2 * _LENGTH))
    return np.hstack([photographs[place], pictures[place]]).repeat(4, 0).repeat(4, 1)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, help="where to look for scenes")
    parser.add_argument("--scenes", nargs="+", default=PANEL, help="scenes whose names end so (default: the panel)")
    parser.add_argument("--experts", nargs="+", type=int, default=[1, 4])
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--steps", type=int, help="instead of the preset's")
    parser.add_argument("--pixels", type=int, help="of a step, instead of the preset's")
    parser.add_argument("--together", nargs="+", type=float, default=[loop.TOGETHER], metavar="SHARE")
    parser.add_argument("--worst", type=Path, metavar="FOLDER", help="where pictures of the worst places go")
    parser.add_argument("--test", action="store_true", help="score the test photographs: the last measurement")
    options = parser.parse_args()
    for scene in find_scenes(options.folders, options.scenes):
        shown, hidden = _photographs(scene.load_train(), scene.load_test() if options.test else None)
        of_one = None
        fits = [(n, share) for n in options.experts for share in (options.together if n > 1 else [1.0])]
        for experts, loop.TOGETHER in fits:
            wall, cpu = time.perf_counter(), time.process_time()
            preset = PRESETS[options.preset].for_experts(experts)
            asked = {name: value for name in ("steps", "pixels") if (value := getattr(options, name)) is not None}
            fitted = fit(shown, experts=experts, preset=replace(preset, **asked), progress=False)
            result = {
                "scene": scene.name,
                "experts": experts,
                "together": loop.TOGETHER,
                "preset": options.preset,
                "steps": fitted.training["steps"],
                "pixels": fitted.training["pixels"],
                "seconds": round(time.perf_counter() - wall, 1),
                "cpu_seconds": round(time.process_time() - cpu, 1),
                "load": load(),
            }
            renderer = Renderer(fitted)
            pictures = np.stack([renderer.relight(light) for light in hidden.lights])
            scores = [psnr(*pair, shown.mask) for pair in zip(pictures, hidden.photographs)]
            result |= {"of": "test" if options.test else "held out", "psnr": round(float(np.mean(scores)), 3)}
            if fitted.labels is None:
                of_one = pictures
            else:
                own = steps_across(hidden.photographs, fitted.labels)
                result["seam_percent"] = round(100 * steps_across(pictures, fitted.labels) / own - 100, 2)
                if options.worst is not None:
                    options.worst.mkdir(parents=True, exist_ok=True)
                    worst = worst_place(pictures, hidden.photographs, fitted.labels)
                    name = f"{scene.name.replace('/', '_')}_{experts}_{options.preset}.png"
                    Image.fromarray(worst).save(options.worst / name)
                if of_one is not None:
                    result["of_one_percent"] = round(100 * steps_across(of_one, fitted.labels) / own - 100, 2)
            print(json.dumps(result), flush=True)


def _photographs(dome: Mlic, test: Mlic | None) -> tuple[Mlic, Mlic]:
    """Those to fit, and those to score."""
    if test is not None:
        return dome, test
    hidden = spread_lights(dome.lights, 8)
    return dome.subset(np.setdiff1d(np.arange(len(dome)), hidden).tolist()), dome.subset(hidden.tolist())


if __name__ == "__main__":
    main()
