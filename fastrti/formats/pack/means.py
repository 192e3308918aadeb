"""The coarser levels of a picture, tile by tile, exactly as `fastrti.objects.scales.reduced` averages a whole one.

Sums over boxes are handed upwards, not means, so no rounding adds up. The largest box has 4¹² pixels of at most 255,
whose sum still fits into 32 bits. Tiles are visited depth first: four tiles of sums wait at each level.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastrti.formats.pack.layout import Level
from fastrti.formats.pack.tiles import Tile
from fastrti.formats.pyramid import TILE

Sums = NDArray[np.uint32]

Keep = Callable[[Level, int, int, Tile], None]
"""Takes the tile of a level, a row and a column."""


@dataclass(frozen=True, eq=False)
class Picture:
    """What is to be packed.

    Attributes:
        levels: the finest first.
        masked: the last sample is a mask, 255 or 0: other samples count only where it is 255.
        read: the tile of a row and a column of level 0, (h, w, samples).
    """

    levels: list[Level]
    masked: bool
    read: Callable[[int, int], Tile]


def visit(picture: Picture, keep: Keep) -> None:
    """Makes every tile of every level, and gives each to `keep` once."""
    for row in range(picture.levels[-1].rows):
        for column in range(picture.levels[-1].columns):
            _visit(picture, len(picture.levels) - 1, row, column, keep)


def _visit(picture: Picture, number: int, row: int, column: int, keep: Keep) -> Sums:
    """The sums of a tile, halved for the next level."""
    level = picture.levels[number]
    if number == 0:
        tile = picture.read(row, column)
        sums = tile.astype(np.uint32)
        if picture.masked:
            sums[..., -1] //= 255
            sums[..., :-1] *= sums[..., -1:]
    else:
        below = picture.levels[number - 1]
        rows = range(2 * row, min(2 * row + 2, below.rows))
        columns = range(2 * column, min(2 * column + 2, below.columns))
        sums = np.concatenate(
            [np.concatenate([_visit(picture, number - 1, r, c, keep) for c in columns], axis=1) for r in rows]
        )
        tile = _means(picture, number, row, column, sums)
    keep(level, row, column, tile)
    return _halved(sums)


def _halved(sums: Sums) -> Sums:
    height, width, _ = sums.shape
    even = np.pad(sums, ((0, height % 2), (0, width % 2), (0, 0))) if height % 2 or width % 2 else sums
    rows = even[0::2] + even[1::2]
    return rows[:, 0::2] + rows[:, 1::2]


def _means(picture: Picture, number: int, row: int, column: int, sums: Sums) -> Tile:
    full, side = picture.levels[0], 1 << number
    down, across = (
        np.minimum(side, length - side * np.arange(first * TILE, first * TILE + count)).astype(np.uint32)
        for length, first, count in ((full.height, row, sums.shape[0]), (full.width, column, sums.shape[1]))
    )
    area = (down[:, None] * across)[..., None]
    count = np.maximum(sums[..., -1:], 1) if picture.masked else area
    means = (sums + count // 2) // count
    if picture.masked:
        means[..., -1:] = np.where(2 * sums[..., -1:] >= area, 255, 0)
    tile: Tile = means.astype(np.uint8)
    return tile
