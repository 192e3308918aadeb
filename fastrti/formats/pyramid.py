"""DeepZoom pyramids of tiles: pictures of any size, of which a viewer loads only what is seen."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fastrti.files import write_file
from fastrti.formats.reading.plane_files import png_of
from fastrti.formats.reading.tiles import Tiling, folder_of_tiles, read_tiles
from fastrti.objects.scales import Halving

TILE = 256
"""Side of a tile in pixels: small enough to upload within a frame."""

Encode = Callable[[NDArray[np.uint8]], bytes]
"""Makes the file of a picture: of (H, W, 3) or (H, W) bytes."""

_DESCRIPTOR = """<?xml version="1.0" encoding="UTF-8"?>
<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="png" Overlap="0" TileSize="{tile}">
 <Size Width="{width}" Height="{height}"/>
</Image>
"""


def level_count(width: int, height: int) -> int:
    """How many levels a pyramid has: the coarsest fits one tile."""
    return 1 + max(0, (max(width, height) - 1) // TILE).bit_length()


def write_pyramid(
    folder: Path,
    stem: str,
    picture: NDArray[np.uint8],
    labels: NDArray[np.uint8] | None = None,
    encode: Encode = png_of,
) -> None:
    """Writes `stem.dzi` and `stem_files/level/column_row.png`, without overlap; level 0 is the one that fits one tile.

    Args:
        folder: exists.
        stem: what the picture is called.
        picture: (H, W, 3) or (H, W) uint8; each coarser level is the mean of 2 × 2 pixels.
        labels: (H, W) of experts: the mean is taken over those of the 2 × 2 pixels that `Halving` chooses.
        encode: makes the file of a tile.
    """
    height, width = picture.shape[:2]
    descriptor = _DESCRIPTOR.format(tile=TILE, width=width, height=height)
    write_file(folder / f"{stem}.dzi", descriptor.encode())
    for level in reversed(range(level_count(width, height))):
        _write_level(folder / f"{stem}_files" / str(level), picture, encode)
        if labels is None:
            picture = halved(picture)
        else:
            picture, labels = _halved_apart(picture, labels)


def _halved_apart(picture: NDArray[np.uint8], labels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The means of the pixels that go on together, rounded to nearest, and their labels."""
    ones = np.ones(labels.shape, np.uint32)
    halving = Halving(labels, ones)
    count = halving.sums(ones).reshape(*halving.labels.shape, *(1,) * (picture.ndim - 2))
    return ((halving.sums(picture) + count // 2) // count).astype(np.uint8), halving.labels


def halved(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The mean of each 2 × 2 pixels, rounded to nearest; the last row and column of an odd size count twice."""
    odd = [(0, length % 2) for length in picture.shape[:2]] + [(0, 0)] * (picture.ndim - 2)
    even = np.pad(picture, odd, "edge") if any(more for _, more in odd) else picture
    rows = even[0::2].astype(np.uint16) + even[1::2]
    return ((rows[:, 0::2] + rows[:, 1::2] + 2) >> 2).astype(np.uint8)


def _write_level(folder: Path, picture: NDArray[np.uint8], encode: Encode) -> None:
    folder.mkdir(parents=True)
    height, width = picture.shape[:2]
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            tile = np.ascontiguousarray(picture[top : top + TILE, left : left + TILE])
            write_file(folder / f"{left // TILE}_{top // TILE}.png", encode(tile))


def read_level(folder: Path, mode: Literal["RGB", "L"], width: int, height: int, tile: int) -> NDArray[np.uint8]:
    """The picture of one level, (H, W, 3) or (H, W) uint8, from its tiles.

    Args:
        folder: of the level, with its tiles `column_row.png`.
        mode: of the tiles.
        width: of the level, in pixels.
        height: of the level, in pixels.
        tile: side of a tile, in pixels.

    Raises:
        ObjectError: a tile that is missing, damaged or of another kind or size.
    """
    return read_tiles(Tiling(width, height, tile), mode, folder_of_tiles(folder, "png"))
