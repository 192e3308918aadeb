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
from fastrti.objects.scales import Halving

Sums = NDArray[np.uint32]

Keep = Callable[[Level, int, int, Tile], None]
"""Takes the tile of a level, a row and a column."""


@dataclass(frozen=True, eq=False)
class Picture:
    """What is to be packed.

    Attributes:
        levels: the finest first.
        masked: the last sample is a mask, 255 or 0: other samples count only where it is 255.
        label: the number of the sample that says which expert draws a pixel, or None of an object of one decoder.
        read: the tile of a row and a column of level 0, (h, w, samples).
    """

    levels: list[Level]
    masked: bool
    read: Callable[[int, int], Tile]
    label: int | None = None


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
        sums = _first_sums(picture, tile)
    else:
        below = picture.levels[number - 1]
        rows = range(2 * row, min(2 * row + 2, below.rows))
        columns = range(2 * column, min(2 * column + 2, below.columns))
        sums = np.concatenate(
            [np.concatenate([_visit(picture, number - 1, r, c, keep) for c in columns], axis=1) for r in rows]
        )
        tile = _means(picture, number, row, column, sums)
    keep(level, row, column, tile)
    return _halved(sums) if picture.label is None else _halved_apart(picture.label, sums)


def _first_sums(picture: Picture, tile: Tile) -> Sums:
    """The samples of level 0, 0 where they do not count. Of experts, what follows is how many pixels count."""
    sums = tile.astype(np.uint32)
    ones = np.ones((*tile.shape[:2], 1), np.uint32)
    if picture.masked:
        ones = sums[..., -1:] = sums[..., -1:] // 255
        planes = sums[..., : -1 if picture.label is None else picture.label]
        planes *= ones
    return sums if picture.label is None else np.concatenate([sums, ones], axis=2)


def _halved(sums: Sums) -> Sums:
    height, width, _ = sums.shape
    even = np.pad(sums, ((0, height % 2), (0, width % 2), (0, 0))) if height % 2 or width % 2 else sums
    rows = even[0::2] + even[1::2]
    return rows[:, 0::2] + rows[:, 1::2]


def _halved_apart(label: int, sums: Sums) -> Sums:
    """Sums over those pixels that go on together; the mask, between the label and the last sample, counts all."""
    halving = Halving(sums[..., label].astype(np.uint8), sums[..., -1])
    halved = halving.sums(sums)
    halved[..., label] = halving.labels
    halved[..., label + 1 : -1] = _halved(sums[..., label + 1 : -1])
    return halved


def _means(picture: Picture, number: int, row: int, column: int, sums: Sums) -> Tile:
    full, side = picture.levels[0], 1 << number
    down, across = (
        np.minimum(side, length - side * np.arange(first * TILE, first * TILE + count)).astype(np.uint32)
        for length, first, count in ((full.height, row, sums.shape[0]), (full.width, column, sums.shape[1]))
    )
    area = (down[:, None] * across)[..., None]
    count = np.maximum(sums[..., -1:], 1) if picture.masked or picture.label is not None else area
    samples = sums[..., : picture.levels[0].samples]
    means = (samples + count // 2) // count
    if picture.masked:
        means[..., -1:] = np.where(2 * samples[..., -1:] >= area, 255, 0)
    if picture.label is not None:
        means[..., picture.label] = samples[..., picture.label]
    tile: Tile = means.astype(np.uint8)
    return tile
