"""How often the CPU draws objects in 16-bit integers: by the bound over all bytes, and by that over their own pixels.

    python -m benchmarks.cpu.boxes OBJECT [OBJECT …]

One Markdown row an object, over 400 lights of the hemisphere: the share of frames that each bound allows, what making
the boxes costs once, and what a new light costs before the pixels. One thread's CPU time; see
csrc/rounding/pixel_boxes.h.
"""

import sys
from pathlib import Path
from statistics import median
from time import thread_time

import numpy as np

from benchmarks.common import checkout  # noqa: F401  # before what imports fastrti
from fastrti import load
from fastrti.kernels.cpu import CpuKernel
from fastrti.kernels.kernel import Light

LIGHTS = 400


def lights() -> list[Light]:
    """Unit vectors, uniform on the hemisphere."""
    drawn = np.random.default_rng(0).normal(size=(LIGHTS, 3))
    drawn[:, 2] = np.abs(drawn[:, 2])
    return [(float(x), float(y), float(z)) for x, y, z in drawn / np.linalg.norm(drawn, axis=1, keepdims=True)]


def row(path: str) -> str:
    """The table's row of one object."""
    original = load(path)
    all_bytes, own_pixels = (CpuKernel(original, 1, precision) for precision in ("int16", "auto"))
    promised = [all_bytes.drawn_in(light)[1] < 1 for light in lights()]
    refused = next((light for light, good in zip(lights(), promised, strict=True) if not good), None)
    start = thread_time()
    if refused is not None:
        own_pixels.drawn_in(refused)  # makes the boxes
    made = thread_time() - start
    drawn, seconds = [], []
    for light in lights():
        start = thread_time()
        drawn.append(own_pixels.drawn_in(light)[0] == "int16")
        seconds.append(thread_time() - start)
    kept, other = ([s for s, good in zip(seconds, promised, strict=True) if good == wanted] for wanted in (True, False))
    megapixels = original.height * original.width / 1e6
    return (
        "| "
        + " | ".join(
            (
                f"{Path(path).name}, {megapixels:.2g} megapixels",
                f"{np.mean(promised):.1%}",
                f"{np.mean(drawn):.1%}",
                f"{1e3 * made:.0f}" if refused is not None else "–",
                *(f"{1e6 * median(times):.0f}, {1e6 * max(times):.0f}" if times else "–" for times in (kept, other)),
            )
        )
        + " |"
    )


if __name__ == "__main__":
    print(
        "| object | int16 by all bytes | int16 by its pixels | boxes, ms once "
        "| new light by all bytes, µs: median, most | by boxes, µs: median, most |"
    )
    print("|---|---|---|---|---|---|")
    for name in sys.argv[1:]:
        print(row(name), flush=True)
