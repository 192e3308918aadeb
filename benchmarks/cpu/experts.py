"""What several experts cost on the CPU: the same planes drawn by one expert and by several, one thread.

    python -m benchmarks.cpu.experts

Prints a table: how many percent more seconds of the processor a picture takes than a picture of one expert. "Same
light" is the pixels, "new light" has the light networks of all experts too. Labels are rectangles with blended borders,
as a fit makes them, or the same without means, or regions whose borders follow blocks of 16 or of 64 pixels. The
objects take turns, and the figure is the median of the quotients.
"""

import statistics
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from benchmarks.common.subjects import light_conditioned, random_object
from fastrti import Relightable
from fastrti.kernels.cpu import CpuKernel
from fastrti.lights import unit_vector
from fastrti.objects.decoders import Decoder
from fastrti.objects.experts import Experts
from fastrti.training.expert_regions import Labels, regions

Shares = NDArray[np.float64]

SIZES = {(320, 320): (4, 16), (3000, 4000): (4, 23)}
"""And how many experts."""

ROUNDS, PIXELS = 25, 1 << 22
LIGHTS = [unit_vector((x, y)) for x, y in ((0.3, 0.2), (-0.4, 0.1), (0.1, -0.6))]


def main() -> None:
    """The command."""
    print("| pixels | experts | labels | same light | new light |\n| --- | --- | --- | --- | --- |")
    for size, counts in SIZES.items():
        rng = np.random.default_rng(0)
        one = random_object(light_conditioned(rng), size, rng)
        assert isinstance(one.decoder, Decoder)
        kernels = {("one", 1): CpuKernel(one, threads=1)}
        for count in counts:
            for name, labels, shares in maps(size, count, rng):
                several = replace(one, decoder=Experts((one.decoder,) * count, shares), labels=labels)
                kernels[name, count] = CpuKernel(several, threads=1)
        for (name, count), (same, new) in compared(kernels, one).items():
            print(f"| {size[1]} × {size[0]} | {count} | {name} | {same:+.1f} % | {new:+.1f} % |", flush=True)


def maps(size: tuple[int, int], count: int, rng: np.random.Generator) -> Iterator[tuple[str, Labels, Shares]]:
    """Labels by name, (H, W), and the shares of means."""
    parts, none = regions(np.ones(size, bool), count), np.empty((0, count))
    yield f"blended, {len(parts.shares)} means", parts.labels, parts.shares
    yield "rectangles", parts.rectangles, none
    rows, columns = np.indices(size)
    waves = rng.normal(0, 8 / size[0], (6, 2))
    relief = sum(np.sin(a * rows + b * columns + phase) for phase, (a, b) in enumerate(waves))
    borders = np.quantile(relief[::8, ::8], np.linspace(0, 1, count + 1)[1:-1])
    for block in (16, 64):
        labels = np.searchsorted(borders, relief[block // 2 :: block, block // 2 :: block])
        tall = np.repeat(np.repeat(labels, block, 0), block, 1)
        padded = np.pad(tall, [(0, max(0, length - have)) for length, have in zip(size, tall.shape)], "edge")
        yield f"regions, blocks of {block}", padded[: size[0], : size[1]].astype(np.uint8), none


def compared(kernels: dict[tuple[str, int], CpuKernel], one: Relightable) -> dict[tuple[str, int], tuple[float, float]]:
    """Percent more than the first kernel, under the same light and under a new one."""
    out, lights = np.empty((one.height, one.width, 3), np.uint8), cycle(LIGHTS)
    repeats = max(1, PIXELS // out.size)
    took: dict[tuple[str, int], list[tuple[float, float]]] = {key: [] for key in kernels}
    for _ in range(ROUNDS):
        light = next(lights)
        for key, kernel in kernels.items():
            kernel.relight(light, out)  # the pages and the caches are this object's
            took[key].append((seconds(kernel, out, [light] * repeats), seconds(kernel, out, LIGHTS * repeats) / 3))
    base, *others = kernels
    return {
        key: (
            100 * (statistics.median(mine[0] / its[0] for mine, its in zip(took[key], took[base])) - 1),
            100 * (statistics.median(mine[1] / its[1] for mine, its in zip(took[key], took[base])) - 1),
        )
        for key in others
    }


def seconds(kernel: CpuKernel, out: NDArray[np.uint8], lights: list[tuple[float, float, float]]) -> float:
    """Of the processor."""
    start = time.thread_time()
    for light in lights:
        kernel.relight(light, out)
    return time.thread_time() - start


if __name__ == "__main__":
    main()
