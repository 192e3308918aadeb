"""What teachers say of photographs that neither they nor the student see.

    python -m benchmarks.quality.teachers SYNTHRTI REALRTI --scenes Multi/Object1/material8 --held-out "8 spread"

Some photographs of the dome are held out, as `benchmarks.quality.trials` does. The teachers of the preset `default`
learn from the others. Their answers under the lights held out are compared with the photographs at random pixels.
Results are printed as JSON, one line per scene and protocol: PSNR in dB, the mean over the lights.
"""

import argparse
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from benchmarks.quality.scenes import PANEL, find_scenes
from benchmarks.quality.trials import LC16, PROTOCOLS, split
from fastrti import Mlic
from fastrti.training.checkpoint import Checkpoint
from fastrti.training.expert_regions import number_of_experts, regions
from fastrti.training.fitting import NETWORK_STEPS, builder, train_anew
from fastrti.training.interpolator import Interpolator
from fastrti.training.loop import Task
from fastrti.training.randomness import generator
from fastrti.training.samples import Photographs, PixelSamples
from fastrti.training.settings import PRESETS
from fastrti.training.teachers import InterpolatorTeacher, answers_of

_BATCHES, _PIXELS = 12, 2048


@torch.no_grad()
def scores(shown: Mlic, hidden: Mlic) -> dict[str, float]:
    """PSNR of each teacher, by its name."""
    photographs, held_out = (Photographs(mlic, np.arange(len(mlic)), torch.device("cpu")) for mlic in (shown, hidden))
    count = number_of_experts("auto", photographs.mask)
    samples = PixelSamples(photographs, generator(0), regions=regions(photographs.mask, count) if count > 1 else None)
    lights, asked = (torch.from_numpy(mlic.lights).float() for mlic in (shown, hidden))
    preset = PRESETS["default"].for_experts(count)
    preset = replace(preset, steps=math.ceil(NETWORK_STEPS * preset.steps))
    with torch.enable_grad():
        interpolator = InterpolatorTeacher(Interpolator(photographs), samples, lights)
        task = Task("network", samples, lights)
        network, _ = train_anew(builder(LC16.wide_teacher("both")), task, preset, 9, 0, Checkpoint(None, {}), None)
    says, corrected = answers_of(network), interpolator.corrected(network)
    errors: dict[str, Tensor] = {}
    draws = generator(1)
    for _ in range(_BATCHES):
        pixels = samples.draw(_PIXELS, draws)
        own = samples.batch(pixels)
        wanted = held_out.read(samples.rows[pixels].numpy(), samples.columns[pixels].numpy())
        answers = {"interpolator": interpolator(own, pixels, asked), "network": says(own, pixels, asked)}
        answers["mean"] = (answers["interpolator"] + answers["network"]) / 2
        answers["corrected network"] = corrected(own, pixels, asked)
        for name, answer in answers.items():
            error = (answer.clamp(0, 1) - wanted).square().mean((1, 2))
            errors[name] = errors.get(name, torch.zeros(())) + error / _BATCHES
    return {name: round(float(-10 * error.log10().mean()), 2) for name, error in errors.items()}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, help="where to look for scenes")
    parser.add_argument("--scenes", nargs="+", default=PANEL, help="scenes whose names end so (default: the panel)")
    parser.add_argument("--held-out", nargs="+", default=["8 spread", "25–35°"], choices=PROTOCOLS)
    options = parser.parse_args()
    for scene in find_scenes(options.folders, options.scenes):
        for held_out in options.held_out:
            pair = split(scene.load_train(), held_out)
            print(json.dumps({"scene": scene.name, "held_out": held_out, **scores(*pair)}, ensure_ascii=False))


if __name__ == "__main__":
    main()
