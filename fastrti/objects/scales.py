"""Objects at 1/2, 1/4 … of their size, so that a viewer pays for the pixels it shows.

Planes are averaged, not pictures: an averaged picture is exact but pays for every pixel of the full size. Against it
(benchmarks/quality/scale.py, six lights) averaged planes reach 50 dB or more for PTM and HSH, and 58 dB, all that
rounding leaves, for a student of a smooth surface. Edges between glossy materials, where a network is far from linear,
suffer: 39 to 41 dB at 1/2 and 33 to 36 dB at 1/4 for a teacher and a student of glossy stripes.
"""

from dataclasses import replace
from numbers import Real

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

    Means are taken over the pixels that are object and rounded to nearest; a new pixel is object where at least half of
    its old ones are. The boxes of the last row and column are cut off by the picture's edge.
    """
    mask = np.ones(relightable.planes.shape[1:], np.bool_) if relightable.mask is None else relightable.mask
    seen, area = _box_sums(mask, factor), _box_sums(np.ones_like(mask), factor)
    count = np.maximum(seen, 1)
    means = [(_box_sums(plane * mask, factor) + count // 2) // count for plane in relightable.planes]
    return replace(
        relightable,
        planes=np.stack(means).astype(np.uint8),
        mask=None if relightable.mask is None else 2 * seen >= area,
        normals=None,
        mm_per_pixel=None if relightable.mm_per_pixel is None else relightable.mm_per_pixel * factor,
    )


def _box_sums(pixels: NDArray[np.generic], factor: int) -> NDArray[np.uint32]:
    rows, columns = (np.arange(0, length, factor) for length in pixels.shape)
    sums: NDArray[np.uint32] = np.add.reduceat(
        np.add.reduceat(pixels, rows, axis=0, dtype=np.uint32), columns, axis=1, dtype=np.uint32
    )
    return sums
