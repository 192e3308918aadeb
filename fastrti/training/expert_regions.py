"""Which pixels an expert learns from, who draws which pixel, and how many experts a picture gets."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from fastrti.errors import ArgumentError
from fastrti.objects.experts import MAX_EXPERTS, MAX_LABELS
from fastrti.photographs.hold_out import Indices
from fastrti.text import represented

Labels = NDArray[np.uint8]

_BLOCK = (16, 64)
"""Rows and columns of a strip: kernels draw tiles of 64 pixels in a row. Borders lie in the middle of strips."""

_FIRST_PIXELS = 1 << 16  # of the object: smaller ones have one expert
_FIRST = 4
_PIXELS_PER_EXPERT = 1 << 19  # of larger objects
_AUTO_MOST = 24  # experts: of more, borders cannot be crossed in four steps
_BLENDED = (0.2, 0.8)  # of the side of a rectangle: how many rows and columns are blended at most
_STEPS = (8, 4, 2)  # from one expert to its neighbour; as many as labels suffice for


@dataclass(frozen=True, eq=False)
class Regions:
    """The parts of a picture.

    Attributes:
        rectangles: (H, W), the expert whose rectangle a pixel lies in.
        labels: (H, W), which expert draws a pixel, or which mean of experts: see `Experts`.
        shares: (M, E) of the means.
    """

    rectangles: Labels
    labels: Labels
    shares: NDArray[np.float64]

    @property
    def experts(self) -> int:
        """E, how many experts there are."""
        return int(self.shares.shape[1])

    def learned_by_each(self, rows: Indices, columns: Indices) -> list[Indices]:
        """Which of some pixels each expert learns from: those of its rectangle, and those that it helps to draw.

        Args:
            rows: (P,) of the pixels.
            columns: (P,) of the pixels.
        """
        helps = np.vstack([np.eye(self.experts), self.shares]) > 0  # (labels, E)
        learned = helps[self.labels[rows, columns]]  # (P, E)
        learned[np.arange(len(rows)), self.rectangles[rows, columns]] = True
        return [np.flatnonzero(own) for own in learned.T]


def number_of_experts(asked: int | Literal["auto"], mask: NDArray[np.bool_]) -> int:
    """How many experts a fit trains.

    Args:
        asked: a number, or "auto": one up to 65,536 object pixels, then four, and one for every 524,288 of them where
            these are more, up to 24.
        mask: (H, W), True on the object.

    Raises:
        ArgumentError: neither "auto" nor a number from 1 to `MAX_EXPERTS`.
    """
    if asked == "auto":
        pixels = int(mask.sum())
        return 1 if pixels < _FIRST_PIXELS else min(max(_FIRST, round(pixels / _PIXELS_PER_EXPERT)), _AUTO_MOST)
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
        cuts = [_cut(sums[a], (lower, parts), (rows, columns)[a].start, _BLOCK[a]) for a in (axis, 1 - axis)]
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


def _cut(sums: Indices, share: tuple[int, int], start: int, block: int) -> int | None:
    """Where to cut a side: near this share of the object pixels, with a pixel for each part on either side, or nowhere.

    Args:
        sums: object pixels up to each line, this one included.
        share: how many parts come before the cut, and how many there are.
        start: the place of the first line in the picture.
        block: of lines, in whose middle a cut lies where it can.
    """
    lower, parts = share
    places = np.arange(1, len(sums))
    before = sums[:-1]
    possible = (before >= lower) & (before <= sums[-1] - (parts - lower))
    even = possible & ((places + start) % block == block // 2)
    distance = np.abs(before - lower / parts * sums[-1])
    for allowed in (even & (distance <= sums[-1] / 8), possible):
        if allowed.any():
            return int(places[np.where(allowed, distance, np.inf).argmin()])
    return None


def regions(mask: NDArray[np.bool_], count: int) -> Regions:
    """Cuts a picture into rectangles, one for each expert, and blends their borders.

    Across a border means of the two experts lead from one to the other, in strips of 64 columns or of 16 rows. Where
    rectangles meet at a corner, a block of pixels is drawn by a mean of all. There are eight steps where they take at
    most a fifth of a rectangle's side in rows and four fifths in columns, and the labels suffice. Else there are four
    or two.

    Args:
        mask: (H, W), True on the object.
        count: of experts, 2 to `MAX_EXPERTS`.

    Raises:
        ArgumentError: fewer lines of object pixels than cuts need.
    """
    cut = rectangles(mask, count)
    side = (mask.sum() / count) ** 0.5
    for steps in _STEPS:  # the last one stays where none fits: it needs the fewest labels
        block = tuple(
            min(size, max(int(blended * side / steps), 1)) for size, blended in zip(_BLOCK, _BLENDED, strict=True)
        )
        of_blocks, shares = _blended(cut, count, block, steps)
        if block == _BLOCK and count + len(shares) <= MAX_LABELS:
            break
    labels = of_blocks.astype(np.uint8).repeat(block[0], 0).repeat(block[1], 1)[: mask.shape[0], : mask.shape[1]]
    return Regions(cut, labels, shares)


def _blended(cut: Labels, count: int, block: tuple[int, ...], steps: int) -> tuple[Indices, NDArray[np.float64]]:
    """The labels of blocks of pixels, row by row, and the (M, E) shares of means.

    The share of an expert is its share of the window of steps × steps blocks around a block, in whole steps.
    """
    before = steps // 2 - 1
    blocks = cut[:: block[0], :: block[1]]  # of their first pixels: a border inside of a block is blended around it
    size = blocks.shape
    blocks = np.pad(blocks, (before, steps - 1 - before), mode="edge")
    counts = (blocks == np.arange(count)[:, None, None]).astype(np.int32)  # (E, rows, columns)
    for axis in (1, 2):
        counts = sliding_window_view(counts, steps, axis).sum(-1)
    counts = counts.reshape(count, -1).T  # (blocks, E)
    whole, rest = np.divmod(counts, steps)
    missing = steps - whole.sum(1, keepdims=True)
    places = (-rest).argsort(1, kind="stable").argsort(1, kind="stable")  # of the largest rest: 0
    whole += places < missing
    numbers, of_block = np.unique(whole, axis=0, return_inverse=True)
    alone = numbers.max(1) == steps
    label = np.where(alone, numbers.argmax(1), count - 1 + np.cumsum(~alone))
    return label[of_block].reshape(size), numbers[~alone] / steps
