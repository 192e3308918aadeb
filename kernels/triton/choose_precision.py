"""Which precision an object gets, and whether its promise is for all bytes or for the object's own pixels."""

from collections.abc import Callable, Sequence
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from fastrti.kernels.triton.error_bound import ALL_BYTES, PRECISIONS, Bytes, Precision, rounded
from fastrti.lights import light_from_angles
from fastrti.objects.frame_network import FrameNetwork
from fastrti.objects.relightable import Relightable

SAMPLED_LIGHTS = [
    light_from_angles(azimuth, elevation) for elevation in (15, 35, 55, 75, 90) for azimuth in range(0, 360, 60)
]

BOXES = (16, 64, 256)
"""How many an object may have. The GPU bounds each of them in a program of its own."""
WORTH_BOXES = 4.0
"""Levels: a bound over all bytes that so many boxes were never seen to bring below one."""


def own_boxes(relightable: Relightable) -> Callable[[int], Bytes]:
    """Makes boxes that hold all pixels of an object, (n, 2, K), from a number n.

    The CPU's compiled module makes them. Where it is missing, as in a checkout that was not built, they hold all bytes.
    """

    @cache
    def kernel() -> Any:
        from fastrti.kernels import cpu  # only now: it loads the compiled module

        return None if cpu.why_not() else cpu.CpuKernel(relightable)

    def boxes(count: int) -> Bytes:
        found: Bytes = kernel().pixel_boxes(count) if kernel() else ALL_BYTES.repeat(len(relightable.planes), 2)
        return np.pad(found, ((0, count - len(found)), (0, 0), (0, 0)), "edge")

    return boxes


def chosen(relightable: Relightable) -> tuple[Precision, Bytes]:
    """The precision that promises one level at `SAMPLED_LIGHTS`, and the boxes of bytes that its promise is for.

    Means of experts are not looked at here: there may be hundreds. The device bounds each of them for each light.
    """
    bounds = relightable.minimum, relightable.maximum
    lights_and_decoders = product(SAMPLED_LIGHTS, relightable.decoders)
    networks = [decoder.frame_network(light).folded(*bounds) for light, decoder in lights_and_decoders]
    return cheapest(networks, own_boxes(relightable))


def cheapest(networks: Sequence[FrameNetwork], boxes: Callable[[int], Bytes]) -> tuple[Precision, Bytes]:
    """The first precision that promises 1 level for every network, and the fewest boxes that it takes.

    If none does, it is "fp32", the most exact one.

    Args:
        networks: on raw bytes (`FrameNetwork.folded`), e.g. of an object's lights.
        boxes: makes so many that hold the object's pixels, as `rounded` takes them. Called where they might help.
    """
    for precision in PRECISIONS[:-1]:
        largest = max(rounded(network, precision).error for network in networks)
        if largest < 1:
            return precision, ALL_BYTES
        for found in map(boxes, BOXES if largest < WORTH_BOXES else ()):
            if all(rounded(network, precision, found).error < 1 for network in networks):
                return precision, found
    return "fp32", ALL_BYTES
