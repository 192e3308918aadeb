"""Which arithmetic the GPU and this CPU use for an object, and the error bounds that decide it; needs no GPU.

    python -m benchmarks.gpu.precision OBJECT [OBJECT …]

One Markdown row an object: over 30 lights, the range of the bound on the error of 255·y in levels for halves, by all
bytes and by boxes of the object's own pixels, for pairs of halves (`fastrti.kernels.triton.error_bound`) and for 16-bit
integers (`csrc/rounding/quantise_int16.h`), what the GPU takes, and how many lights each precision draws on the CPU.
"""

import sys
from collections import Counter
from collections.abc import Sequence

from fastrti import load
from fastrti.kernels.cpu import CpuKernel
from fastrti.kernels.triton.choose_precision import BOXES, SAMPLED_LIGHTS, chosen
from fastrti.kernels.triton.error_bound import rounded


def row(path: str) -> str:
    """The table's row of one object."""
    relightable = load(path)
    kernel = CpuKernel(relightable)
    networks = [network for light in SAMPLED_LIGHTS for network in relightable.frame_networks(light)]
    on_cpu, integers = zip(*(kernel.drawn_in(tuple(light)) for light in SAMPLED_LIGHTS))
    halves = [rounded(network, "fp16").error for network in networks]
    own = [rounded(network, "fp16", kernel.pixel_boxes(BOXES[-1])).error for network in networks]
    pairs = [rounded(network, "fp16 hi/lo").error for network in networks]
    precision, boxes = chosen(relightable)
    on_gpu = precision if len(boxes) == 1 else f"{precision}, {len(boxes)} boxes"
    bounds = (_range(of) for of in (halves, own, pairs, integers))
    return "| " + " | ".join((path, relightable.decoder.label, *bounds, on_gpu, _counted(on_cpu))) + " |"


def _range(bounds: Sequence[float]) -> str:
    return f"{min(bounds):.2g}–{max(bounds):.2g}"


def _counted(drawn: Sequence[str]) -> str:
    return ", ".join(f"{precision} {count}" for precision, count in Counter(drawn).items())


if __name__ == "__main__":
    print(
        "| object | decoder | halves: levels | halves, 256 boxes: levels | pairs: levels | int16: levels | GPU | CPU |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name in sys.argv[1:]:
        print(row(name))
