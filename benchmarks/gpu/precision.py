"""Which arithmetic the GPU and this CPU use for an object, and the error bounds that decide it; needs no GPU.

    python -m benchmarks.gpu.precision OBJECT [OBJECT …]

One Markdown row an object: over 30 lights, the range of the bound on the error of 255·y in levels for halves and for
pairs of halves (`fastrti.kernels.triton.error_bound`) and for 16-bit integers (`csrc/rounding/quantise_int16.h`),
and how many lights each precision draws.
"""

import sys
from collections import Counter
from collections.abc import Sequence

from fastrti import load
from fastrti.kernels.cpu import CpuKernel
from fastrti.kernels.triton.error_bound import cheapest, rounded
from fastrti.lights import light_from_angles

LIGHTS = [light_from_angles(azimuth, elevation) for elevation in (15, 35, 55, 75, 90) for azimuth in range(0, 360, 60)]


def row(path: str) -> str:
    """The table's row of one object."""
    relightable = load(path)
    kernel = CpuKernel(relightable)
    networks = [relightable.frame_network(light) for light in LIGHTS]
    on_cpu, integers = zip(*(kernel.drawn_in(tuple(light)) for light in LIGHTS))
    halves = [rounded(network, "fp16").error for network in networks]
    pairs = [rounded(network, "fp16 hi/lo").error for network in networks]
    on_gpu = [cheapest([network]) for network in networks]
    bounds = (_range(of) for of in (halves, pairs, integers))
    return "| " + " | ".join((path, relightable.decoder.label, *bounds, _counted(on_gpu), _counted(on_cpu))) + " |"


def _range(bounds: Sequence[float]) -> str:
    return f"{min(bounds):.2g}–{max(bounds):.2g}"


def _counted(drawn: Sequence[str]) -> str:
    return ", ".join(f"{precision} {count}" for precision, count in Counter(drawn).items())


if __name__ == "__main__":
    print("| object | decoder | halves: bound, levels | pairs: bound, levels | int16: bound, levels | GPU | CPU |")
    print("|---|---|---|---|---|---|---|")
    for name in sys.argv[1:]:
        print(row(name))
