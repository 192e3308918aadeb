"""Which arithmetic the GPU would use for an object, and the error bounds that decide it; needs no GPU.

    python benchmarks/precision.py OBJECT [OBJECT …]

One Markdown row an object: over 30 lights, the range of the bound on the error of 255·y in levels for halves and for
pairs of halves, and how many lights each precision draws (`fastrti.kernels.precision`).
"""

import sys
from collections import Counter

from fastrti import Relightable
from fastrti.kernels.precision import cheapest, rounded
from fastrti.lights import light_from_angles

LIGHTS = [light_from_angles(azimuth, elevation) for elevation in (15, 35, 55, 75, 90) for azimuth in range(0, 360, 60)]


def row(path: str) -> str:
    """The table's row of one object."""
    relightable = Relightable.load(path)
    networks = [relightable.frame_network(light) for light in LIGHTS]
    halves = [rounded(network, "fp16").error for network in networks]
    pairs = [rounded(network, "fp16 hi/lo").error for network in networks]
    drawn = Counter(cheapest([network]) for network in networks)
    runs = ", ".join(f"{precision} {count}" for precision, count in drawn.items())
    label = relightable.decoder.label
    return f"| {path} | {label} | {min(halves):.2g}–{max(halves):.2g} | {min(pairs):.2g}–{max(pairs):.2g} | {runs} |"


if __name__ == "__main__":
    print("| object | decoder | halves: bound, levels | pairs: bound, levels | what draws its 30 lights |")
    print("|---|---|---|---|---|")
    for name in sys.argv[1:]:
        print(row(name))
