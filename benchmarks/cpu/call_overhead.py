"""Where the microseconds of a small call go: one thread, a region of 64 × 64 pixels into a reused array.

    python -m benchmarks.cpu.call_overhead [OBJECT]

Prints a table: what `Renderer.relight` costs beyond the pixels' own time (4096 pixels at the rate of a whole picture),
under the same light again and under a new one, and what each part of that takes alone. Without OBJECT, the default
student. The parts take turns; rows are medians.
"""

import math
import statistics
import sys
import time
from collections.abc import Callable
from itertools import cycle

import numpy as np

from benchmarks.common.subjects import light_conditioned, random_object
from fastrti import Renderer, load
from fastrti.kernels.cpu import CpuKernel
from fastrti.lights import unit_vector

SIDE = 64
CALLS, SWEEPS = 20, 301
LIGHTS = [(0.5 * math.cos(turn), 0.5 * math.sin(turn)) for turn in range(1000)]

Calls = dict[str, Callable[[], object]]


def main() -> None:
    """The command."""
    rng = np.random.default_rng(0)
    original = load(sys.argv[1]) if sys.argv[1:] else random_object(light_conditioned(rng), (256, 256), rng)
    renderer = Renderer(original, "cpu", threads=1)
    took = timed(calls(renderer))
    pixels = took["picture"] / (original.height * original.width) * SIDE * SIDE
    print(renderer, end="\n\n")
    for name, microseconds in rows(took, pixels):
        print(f"{name:<58}{microseconds:7.2f} µs")


def calls(renderer: Renderer) -> Calls:
    """What is timed, by name. Every "new" call has a light of its own."""
    kernel = CpuKernel(renderer.relightable, threads=1)
    region = (8, 8, SIDE, SIDE)
    out, pixel = np.empty((SIDE, SIDE, 3), np.uint8), np.empty((1, 1, 3), np.uint8)
    whole = np.empty((renderer.relightable.height, renderer.relightable.width, 3), np.uint8)
    lights, units = cycle(LIGHTS), cycle([unit_vector(light) for light in LIGHTS])
    unit = unit_vector(LIGHTS[0])
    other = CpuKernel(renderer.relightable, threads=1)  # its last light stays the same
    again = Renderer(renderer.relightable, "cpu", threads=1)
    return {
        "picture": lambda: other.relight(unit, whole),
        "same light": lambda: again.relight(LIGHTS[0], region=region, out=out),
        "new light": lambda: renderer.relight(next(lights), region=region, out=out),
        "direction": lambda: unit_vector(LIGHTS[0]),
        "rows": lambda: other.relight(unit, out, 8, 8),
        "pixel": lambda: other.relight(unit, pixel, 8, 8),
        "pixel, new light": lambda: kernel.relight(next(units), pixel, 8, 8),
    }


def timed(calls: Calls) -> dict[str, float]:
    """Microseconds a call, the median of sweeps in which the calls take turns."""
    samples: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(SWEEPS):
        for name, call in calls.items():
            number = 1 if name == "picture" else CALLS
            start = time.perf_counter()
            for _ in range(number):
                call()
            samples[name].append((time.perf_counter() - start) / number * 1e6)
    return {name: statistics.median(times) for name, times in samples.items()}


def rows(took: dict[str, float], pixels: float) -> list[tuple[str, float]]:
    """The table: totals, then what they are made of."""
    return [
        (f"pixels: {SIDE}×{SIDE} at the rate of a whole picture", pixels),
        ("same light, beyond the pixels", took["same light"] - pixels),
        ("new light, beyond the pixels", took["new light"] - pixels),
        ("  light direction", took["direction"]),
        ("  Renderer.relight itself", took["same light"] - took["rows"] - took["direction"]),
        ("  Python to C++ and back, one pixel drawn", took["pixel"]),
        ("  rows of 64 pixels instead of one long row", took["rows"] - took["pixel"] - pixels),
        ("  a new light: its network folded, its precision chosen", took["pixel, new light"] - took["pixel"]),
    ]


if __name__ == "__main__":
    main()
