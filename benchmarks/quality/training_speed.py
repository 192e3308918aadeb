"""How fast a fit learns, and where its time goes.

    python -m benchmarks.quality.training_speed SCENE/Dome [--threads 2] [--compile]

First, in turns: the published way (a loader of single (pixel, light) pairs, batch 64, the encoder run for each pair,
Adam with amsgrad) beside this project's loop, for the same network and for the default student with its teacher. Then
the parts of a default step, each alone, and steps of other shapes.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset

from benchmarks.common.machine import load
from benchmarks.quality.published_training import BATCH, RATE, of_pairs
from fastrti import Mlic
from fastrti.training.checkpoint import Checkpoint
from fastrti.training.interpolator import Interpolator
from fastrti.training.loop import Task, mean_square, new_lights, root_mean_square, train
from fastrti.training.networks import Autoencoder, build
from fastrti.training.samples import Photographs, PixelSamples
from fastrti.training.settings import PRESETS, PUBLISHED_PRESETS, Preset
from fastrti.training.students import parse_student

ROUNDS = 3
PAIRS = 20_000  # of the published way, a round
WARM, STEPS = 5, 150  # of ours, a round
SHAPES = ((512, 16, 16), (512, 24, 8), (1024, 24, 8), (2048, 24, 8), (2048, 16, 16), (4096, 24, 8))


class SinglePairs(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """All photographs of a pixel, a light, and the colour under it, one pair at a time, as published."""

    def __init__(self, samples: PixelSamples, lights: Tensor):
        self.values = samples.values.float() * samples.scale  # (P, 3N)
        self.lights = lights

    def __len__(self) -> int:
        return len(self.values) * len(self.lights)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor, Tensor]:
        pixel, light = divmod(index, len(self.lights))
        values = self.values[pixel]
        return values, self.lights[light], values[3 * light : 3 * light + 3]


class Bench:
    """A collection, ready to train on."""

    def __init__(self, folder: Path):
        mlic = Mlic.load(folder)
        self.photographs = Photographs(mlic, np.arange(len(mlic)), torch.device("cpu"))
        self.samples = PixelSamples(self.photographs, torch.Generator().manual_seed(0))
        self.lights = torch.from_numpy(mlic.lights).float()
        self.teacher = Interpolator(self.photographs)
        pixels = self.samples.rows, self.samples.columns
        self.shares, self.trust = self.teacher.shares_of(*pixels), self.teacher.trust_of(*pixels)

    def network(self, student: str) -> Autoencoder:
        """Untrained, its encoder standardised."""
        network = build(parse_student(student), len(self.lights), 9)
        network.encoder.standardise(self.samples.batch(torch.arange(min(4096, len(self.samples)))))
        return network

    def task(self, student: str) -> Task:
        """What `fit` would teach it."""
        if student == "neural":
            return Task(student, self.samples, self.lights, loss=mean_square)
        alpha = parse_student(student).alpha
        return Task(student, self.samples, self.lights, self.taught, True, alpha, root_mean_square, self.trust)

    def taught(self, samples: Tensor, pixels: Tensor, lights: Tensor) -> Tensor:
        """The interpolator's answers."""
        return self.teacher(samples, self.shares[:, pixels], lights)

    def published(self) -> float:
        """Pairs a second."""
        network = self.network("neural")
        optimizer = torch.optim.Adam(network.parameters(), lr=RATE, amsgrad=True)
        loader = iter(DataLoader(SinglePairs(self.samples, self.lights), batch_size=BATCH, shuffle=True))
        next(loader)  # the shuffle of all pairs is not counted
        started = time.perf_counter()
        for _ in range(PAIRS // BATCH):
            values, lights, colours = next(loader)
            loss = functional.mse_loss(of_pairs(network, values, lights), colours)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        return PAIRS // BATCH * BATCH / (time.perf_counter() - started)

    def step(self, student: str, preset: Preset, compiled: bool = False) -> float:
        """Seconds a step."""
        network = self.network(student)
        if compiled:
            network.compile()
        warm = self._train(network, student, replace(preset, steps=WARM))
        if compiled:
            print(f"torch.compile: {warm:.0f} s for the first {WARM} steps")
        return self._train(network, student, replace(preset, steps=STEPS)) / STEPS

    def _train(self, network: Autoencoder, student: str, preset: Preset) -> float:
        started = time.perf_counter()
        train(network, self.task(student), preset, torch.Generator().manual_seed(0), Checkpoint(None, {}))
        return time.perf_counter() - started

    def parts(self, preset: Preset) -> dict[str, float]:
        """Seconds of the parts of a step of the default student, each alone, repeated."""
        network = self.network("lc16x16")
        optimizer = torch.optim.Adam(network.parameters(), fused=True)
        generator = torch.Generator().manual_seed(0)
        pixels = torch.randint(len(self.samples), (preset.pixels,), generator=generator)
        samples, asked = self.samples.batch(pixels), new_lights(preset.new_lights, generator, preset.lowest_new_light)
        lights = torch.cat([self.lights[: preset.photographed_lights], asked])
        latents = network.encoder(samples).detach().requires_grad_()

        def encoder() -> None:
            network.encoder(samples).sum().backward()

        def decoder() -> None:
            network.decoder(latents, lights).square().mean().backward()

        parts: dict[str, Callable[[], Any]] = {
            "pixels to floats": lambda: self.samples.batch(pixels),
            "teacher": lambda: self.taught(samples, pixels, asked),
            "encoder, forwards and backwards": encoder,
            "decoder, forwards and backwards": decoder,
            "Adam": optimizer.step,
        }
        return {name: _repeated(part) for name, part in parts.items()}


def _repeated(part: Callable[[], Any]) -> float:
    part()
    started = time.perf_counter()
    for _ in range(STEPS):
        part()
    return (time.perf_counter() - started) / STEPS


def in_turns(contenders: dict[str, Callable[[], float]]) -> dict[str, float]:
    """Medians of some rounds."""
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, measure in contenders.items():
            found[name].append(measure())
    return {name: median(values) for name, values in found.items()}


def main() -> None:
    """Prints what it measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--compile", action="store_true", help="torch.compile as well; needs a C++ compiler")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    bench, default, plain = Bench(options.photographs), PRESETS["quick"], PUBLISHED_PRESETS["default"]
    print(f"{options.threads} threads, load {load()}, torch {torch.__version__}")

    pairs = default.pixels * (default.photographed_lights + default.new_lights)
    speeds = in_turns(
        {
            "published loader, NeuralRTI 50-50": bench.published,
            "fastrti, NeuralRTI 50-50": lambda: plain.pixels * plain.photographed_lights / bench.step("neural", plain),
            "fastrti, default student and teacher": lambda: pairs / bench.step("lc16x16", default),
        }
    )
    slowest = speeds["published loader, NeuralRTI 50-50"]
    for name, speed in speeds.items():
        print(f"{name}: {speed:,.0f} (pixel, light) pairs a second, × {speed / slowest:.0f}")

    print(f"\nA step of {default.pixels} pixels under {default.photographed_lights} + {default.new_lights} lights:")
    for name, seconds in bench.parts(default).items():
        print(f"{name}: {1e3 * seconds:.2f} ms")
    steps = {}
    for pixels, photographed, new in SHAPES:
        preset = replace(default, pixels=pixels, photographed_lights=photographed, new_lights=new)
        steps[f"{pixels} pixels, {photographed} + {new} lights"] = partial(bench.step, "lc16x16", preset)
    for (shape, seconds), (pixels, photographed, new) in zip(in_turns(steps).items(), SHAPES):
        rate = pixels * (photographed + new) / seconds
        print(f"{shape}: {1e3 * seconds:.1f} ms a step, {rate:,.0f} pairs a second")
    if options.compile:
        print(f"{1e3 * bench.step('lc16x16', default, compiled=True):.1f} ms a step compiled")


if __name__ == "__main__":
    main()
