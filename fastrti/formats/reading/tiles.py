"""Pictures that other programs cut into tiles: DeepZoom (`.dzi`), tarzoom (`.tzi` and `.tzb`) and its interleaved form.

A tile of column c and row r starts at (c·size, r·size) and has `overlap` more pixels on each side that has a neighbour.
Only the finest level of a pyramid is read.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ObjectError
from fastrti.files import open_file, read_file
from fastrti.formats.reading.plane_files import MAX_SIDE, PLANES, decode_picture, largest_file
from fastrti.json_fields import Fields, read_json

Bytes = NDArray[np.uint8]

MAX_LEVELS = 32
_DZI_BYTES = 1 << 16
_PLANES = 3  # of a picture
_SUFFIX = re.compile(r"[A-Za-z]{1,5}")


@dataclass(frozen=True)
class Tiling:
    """How a picture is cut.

    Attributes:
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        size: side of a tile, in pixels.
        overlap: with each neighbour, in pixels.
    """

    width: int
    height: int
    size: int
    overlap: int = 0

    @property
    def columns(self) -> int:
        """Tiles side by side."""
        return -(-self.width // self.size)

    @property
    def rows(self) -> int:
        """Tiles one below the other."""
        return -(-self.height // self.size)

    def boxes(self) -> Iterator[tuple[int, int, int, int, int, int]]:
        """(column, row, left, top, right, bottom) of each tile, row by row, the overlaps included."""
        for row in range(self.rows):
            for column in range(self.columns):
                left, top = (max(0, number * self.size - self.overlap) for number in (column, row))
                right = min(self.width, (column + 1) * self.size + self.overlap)
                bottom = min(self.height, (row + 1) * self.size + self.overlap)
                yield column, row, left, top, right, bottom


TileFile = Callable[[int, int, int], tuple[bytes, str]]
"""The bytes of the tile of a column and a row, at most so many, and the name that errors give it."""


def read_tiles(tiling: Tiling, mode: str, tile_file: TileFile) -> Bytes:
    """The whole picture, (H, W, 3) or (H, W) uint8.

    Args:
        tiling: how it is cut.
        mode: of the tiles, "RGB" or "L".
        tile_file: reads a tile.

    Raises:
        ObjectError: a tile that is missing, damaged or of another kind or size.
    """
    picture: Bytes | None = None
    for column, row, left, top, right, bottom in tiling.boxes():
        width, height = right - left, bottom - top
        data, where = tile_file(column, row, largest_file(width, height))
        pixels = decode_picture(data, where, mode, width, height)
        if picture is None:  # not before the first tile was found to be right
            picture = np.empty((tiling.height, tiling.width, *pixels.shape[2:]), np.uint8)
        picture[top:bottom, left:right] = pixels
    assert picture is not None  # a picture has a tile
    return picture


def folder_of_tiles(folder: Path, suffix: str) -> TileFile:
    """Tiles that are files, `column_row.suffix`."""

    def tile(column: int, row: int, limit: int) -> tuple[bytes, str]:
        path = folder / f"{column}_{row}.{suffix}"
        return read_file(path, limit, PLANES), str(path)

    return tile


# --- DeepZoom --------------------------------------------------------------------------------------------------------


def read_dzi(descriptor: Path, width: int, height: int) -> Bytes:
    """The picture of `name.dzi` and `name_files/level/column_row.jpg` or `.png`, (H, W, 3)."""
    text = read_file(descriptor, _DZI_BYTES, "a description of tiles").decode("utf-8", "replace")
    found = {key: re.search(rf'\b{key}\s*=\s*["\']([A-Za-z0-9]{{1,7}})["\']', text) for key in _DZI_KEYS}
    missing = [key for key, match in found.items() if match is None]
    if missing:
        raise ObjectError(
            f"{descriptor}: expected {', '.join(missing)} in the description of a DeepZoom picture, got none"
        )
    values = {key: match[1] for key, match in found.items() if match}
    fields = Fields({key: int(v) if v.isdecimal() else v for key, v in values.items()}, str(descriptor))
    tiling = _tiling(fields, ("Width", "Height", "TileSize", "Overlap"), width, height)
    levels = descriptor.with_name(descriptor.stem + "_files")
    return read_tiles(tiling, "RGB", folder_of_tiles(_finest(levels, tiling), values["Format"]))


_DZI_KEYS = ("Width", "Height", "TileSize", "Overlap", "Format")


def _finest(levels: Path, tiling: Tiling) -> Path:
    """The folder of the finest level: writers count from the level of one pixel, or from that of one tile."""
    side = max(tiling.width, tiling.height)
    from_pixel, from_tile = (side - 1).bit_length(), (-(-side // tiling.size) - 1).bit_length()
    for level in (from_pixel, from_tile):
        if (levels / str(level)).is_dir():
            return levels / str(level)
    raise ObjectError(
        f"{levels}: expected the tiles of level {from_pixel} or {from_tile}, got neither: export it again"
    )


def _tiling(fields: Fields, keys: tuple[str, str, str, str], width: int, height: int) -> Tiling:
    own_width, own_height, size = (fields.integer(key, 1, MAX_SIDE) for key in keys[:3])
    if (own_width, own_height) != (width, height):
        raise ObjectError(f"{fields.where}: expected tiles of {width}×{height} pixels, got {own_width}×{own_height}")
    return Tiling(width, height, size, fields.integer(keys[3], 0, size))


# --- tarzoom ---------------------------------------------------------------------------------------------------------


def read_tzi(index: Path, number: int, width: int, height: int) -> Bytes:
    """The picture of `name.tzi`, which says where its tiles stand in `name.tzb`, (H, W, 3).

    Args:
        index: the `.tzi` file.
        number: of the picture, where the file holds several (its key `stride`), else 0.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
    """
    fields = read_json(index)
    tiling = _tiling(fields, ("width", "height", "tilesize", "overlap"), width, height)
    stride = fields.integer("stride", number + 1, MAX_SIDE) if "stride" in fields else 1
    offsets = fields.integers("offsets", at_most=MAX_SIDE, low=0, high=1 << 40)
    first = len(offsets) - 1 - tiling.columns * tiling.rows * stride  # the finest level comes last
    if first < 0:
        raise fields.error("offsets", f"places of {tiling.columns * tiling.rows * stride} tiles or more")
    path = index.with_suffix(".tzb")

    def tile(column: int, row: int, limit: int) -> tuple[bytes, str]:
        place = first + (row * tiling.columns + column) * stride + number
        start, end = offsets[place : place + 2]
        if not start < end <= start + limit:
            raise fields.error("offsets", "rising, as far apart as tiles are large")
        with open_file(path, PLANES) as file:
            file.seek(start)
            return file.read(end - start), f"{path}: tile {column}, {row}"

    return read_tiles(tiling, "RGB", tile)
