"""Which pixels an expert draws, which it learns from, and how many experts a picture gets."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError
from fastrti.objects.experts import MAX_EXPERTS
from fastrti.photographs.hold_out import Indices
from fastrti.text import represented

Labels = NDArray[np.uint8]

BLOCK = 16
"""Rectangles end at multiples of this many pixels, where they can: kernels draw long runs of one label fastest."""
OVERLAP = 8
"""An expert also learns from pixels of its neighbours that are this near. It keeps both alike at their border."""

_FIRST_PIXELS = 1 << 16  # of the object: smaller ones have one expert
_FIRST = 4
_PIXELS_PER_EXPERT = 1 << 19  # of larger objects


def number_of_experts(asked: int | Literal["auto"], mask: NDArray[np.bool_]) -> int:
    """How many experts a fit trains.

    Args:
        asked: a number, or "auto": one up to 65,536 object pixels, then four, and one for every 524,288 of them where
            these are more.
        mask: (H, W), True on the object.

    Raises:
        ArgumentError: neither "auto" nor a number from 1 to `MAX_EXPERTS`.
    """
    if asked == "auto":
        pixels = int(mask.sum())
        return 1 if pixels < _FIRST_PIXELS else min(max(_FIRST, round(pixels / _PIXELS_PER_EXPERT)), MAX_EXPERTS)
    if type(asked) is not int or not 1 <= asked <= MAX_EXPERTS:
        raise ArgumentError(f"expected 'auto' or a number of experts from 1 to {MAX_EXPERTS}, got {represented(asked)}")
    return asked


def rectangles(mask: NDArray[np.bool_], count: int) -> Labels:
    """Cuts a picture into rectangles with about equally many object pixels.

    A rectangle is cut across its longer side, in shares of whole experts, until there are enough (Bentley 1975, k-d
    trees).

    Args:
        mask: (H, W), True on the object.
        count: how many rectangles, 1 to `MAX_EXPERTS`.

    Returns:
        (H, W), the number of its rectangle for each pixel.

    Raises:
        ArgumentError: fewer lines of object pixels than cuts need.
    """
    labels = np.zeros(mask.shape, np.uint8)
    waiting = [(slice(0, mask.shape[0]), slice(0, mask.shape[1]), 0, count)]
    while waiting:
        rows, columns, first, parts = waiting.pop()
        labels[rows, columns] = first
        if parts == 1:
            continue
        lower = parts // 2
        axis = 0 if rows.stop - rows.start >= columns.stop - columns.start else 1
        sums = [mask[rows, columns].sum(1 - a).cumsum() for a in (0, 1)]
        cuts = [_cut(sums[a], lower / parts, (rows, columns)[a].start) for a in (axis, 1 - axis)]
        cut = next((place for place in cuts if place is not None), None)
        if cut is None:
            raise ArgumentError(
                f"expected a picture whose object can be cut into {count} parts, got {mask.sum()} object pixels of "
                f"{mask.shape[1]}×{mask.shape[0]}: take fewer experts"
            )
        axis = axis if cuts[0] is not None else 1 - axis
        for low, high, number, share in (
            (0, cut, first, lower),
            (cut, len(sums[axis]), first + lower, parts - lower),
        ):
            start = (rows, columns)[axis].start
            side = slice(start + low, start + high)
            waiting.append((side, columns, number, share) if axis == 0 else (rows, side, number, share))
    return labels


def _cut(sums: Indices, share: float, start: int) -> int | None:
    """Where to cut a side: near this share of the object pixels, with some of them on either side, or nowhere.

    Args:
        sums: object pixels up to each line, this one included.
        share: of them before the cut.
        start: the place of the first line in the picture.
    """
    places = np.arange(1, len(sums))
    before = sums[:-1]
    possible = (before > 0) & (before < sums[-1])
    even = possible & ((places + start) % BLOCK == 0)
    distance = np.abs(before - share * sums[-1])
    for allowed in (even & (distance <= sums[-1] / 8), possible):
        if allowed.any():
            return int(places[np.where(allowed, distance, np.inf).argmin()])
    return None


def pixels_of_experts(labels: Labels, count: int, rows: Indices, columns: Indices) -> list[Indices]:
    """Which of some pixels each expert learns from: its own, and those nearer than `OVERLAP` to one of its own.

    Args:
        labels: (H, W).
        count: of experts.
        rows: (P,) of the pixels.
        columns: (P,) of the pixels.
    """
    return [np.flatnonzero(_widened(labels == number)[rows, columns]) for number in range(count)]


def _widened(region: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The region and `OVERLAP` pixels around it, in rows and in columns."""
    for axis in (0, 1):
        padded = np.pad(region, [(OVERLAP + 1, OVERLAP) if a == axis else (0, 0) for a in (0, 1)])
        sums = padded.cumsum(axis, dtype=np.int32)
        width, size = 2 * OVERLAP + 1, region.shape[axis]
        region = np.take(sums, range(width, width + size), axis) > np.take(sums, range(size), axis)
    return region
