"""Objects at 1/2, 1/4 … of their size, so that a viewer pays for the pixels it shows.

Planes are averaged, not pictures: an averaged picture is exact but pays for every pixel of the full size. Against it
(benchmarks/quality/scale.py, six lights) averaged planes reach 50 dB or more for PTM and HSH, and 58 dB, all that
rounding leaves, for a student of a smooth surface. Edges between glossy materials, where a network is far from linear,
suffer: 39 to 41 dB at 1/2 and 33 to 36 dB at 1/4 for a teacher and a student of glossy stripes.

Latents of different experts mean different things, so their mean would mean nothing. A pixel of half the size takes the
label that most of its four pixels have, and the mean of the pixels with this label; the smallest label wins a tie. From
there on it stands for these pixels alone.
"""

from dataclasses import replace
from numbers import Real
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError
from fastrti.objects.relightable import Relightable
from fastrti.text import represented

FACTORS = (1, 2, 4, 8, 16, 32, 64)


def factor_of(scale: object) -> int:
    """How many pixels become one in each direction: 1 / scale.

    Raises:
        ArgumentError: not one of 1, 1/2, 1/4, … 1/64.
    """
    if isinstance(scale, Real) and not isinstance(scale, bool):
        for factor in FACTORS:
            if scale == 1 / factor:
                return factor
    raise ArgumentError(f"expected a scale of 1, 1/2, 1/4, 1/8, 1/16, 1/32 or 1/64, got {represented(scale)}")


def reduced(relightable: Relightable, factor: int) -> Relightable:
    """The object with each factor × factor pixels averaged to one, ceil(H / factor) × ceil(W / factor).

    Means are taken over the pixels that are object, and of experts over those that `Halving` chooses. They are rounded
    to nearest. A new pixel is object where at least half of its old ones are. The boxes of the last row and column are
    cut off by the picture's edge.
    """
    mask = np.ones(relightable.planes.shape[1:], np.bool_) if relightable.mask is None else relightable.mask
    seen, area = _box_sums(mask, factor), _box_sums(np.ones_like(mask), factor)
    labels, halvings, chosen = relightable.labels, [], seen
    if labels is not None:
        chosen = mask.astype(np.uint32)
        for _ in range(factor.bit_length() - 1):
            halvings.append(Halving(labels, chosen))
            labels, chosen = halvings[-1].labels, halvings[-1].sums(chosen)
    count = np.maximum(chosen, 1)

    def mean(plane: NDArray[np.uint8]) -> NDArray[np.uint8]:
        sums: NDArray[np.generic] = plane * mask if halvings else _box_sums(plane * mask, factor)
        for halving in halvings:
            sums = halving.sums(sums)
        means: NDArray[np.uint8] = ((sums + count // 2) // count).astype(np.uint8)
        return means

    return replace(
        relightable,
        planes=np.stack([mean(plane) for plane in relightable.planes]),
        mask=None if relightable.mask is None else 2 * seen >= area,
        labels=labels,
        normals=None,
        mm_per_pixel=None if relightable.mm_per_pixel is None else relightable.mm_per_pixel * factor,
    )


class Halving:
    """Which of each 2 × 2 pixels go on into one pixel of half the size: those of the label with the most weight.

    Args:
        labels: (H, W), of experts.
        weights: (H, W) uint32, how many pixels of the full size each pixel stands for.

    Attributes:
        labels: (ceil(H / 2), ceil(W / 2)), of the new pixels. The smallest label wins a tie.
    """

    def __init__(self, labels: NDArray[np.uint8], weights: NDArray[np.uint32]) -> None:
        pairs = list(zip(_quarters(labels, "edge"), _quarters(weights, "constant")))
        best = np.full(pairs[0][0].shape, -1, np.int64)
        for label, _ in pairs:
            total = sum(weight * (other == label) for other, weight in pairs)
            best = np.maximum(best, (total.astype(np.int64) << 8) + (255 - label.astype(np.int64)))
        self.labels: NDArray[np.uint8] = (255 - (best & 255)).astype(np.uint8)
        self._chosen = [label == self.labels for label, _ in pairs]

    def sums(self, pixels: NDArray[np.generic]) -> NDArray[np.uint32]:
        """The sum of the chosen ones of each 2 × 2 pixels, (H, W, …) → (ceil(H / 2), ceil(W / 2), …)."""
        more = (1,) * (pixels.ndim - 2)
        quarters = _quarters(pixels, "constant")
        sums = np.zeros(quarters[0].shape, np.uint32)
        for quarter, chosen in zip(quarters, self._chosen):
            sums += quarter * chosen.reshape(*chosen.shape, *more)
        return sums


def _quarters(pixels: NDArray[Any], edge: Literal["edge", "constant"]) -> list[NDArray[Any]]:
    """The first, second, third and fourth of each 2 × 2 pixels; the edge of an odd size is repeated, or zero."""
    odd = [(0, length % 2) for length in pixels.shape[:2]] + [(0, 0)] * (pixels.ndim - 2)
    even = np.pad(pixels, odd, edge) if any(more for _, more in odd) else pixels
    return [even[row::2, column::2] for row in (0, 1) for column in (0, 1)]


def _box_sums(pixels: NDArray[np.generic], factor: int) -> NDArray[np.uint32]:
    rows, columns = (np.arange(0, length, factor) for length in pixels.shape)
    sums: NDArray[np.uint32] = np.add.reduceat(
        np.add.reduceat(pixels, rows, axis=0, dtype=np.uint32), columns, axis=1, dtype=np.uint32
    )
    return sums
