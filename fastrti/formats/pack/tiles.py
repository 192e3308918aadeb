"""A tile as bytes: filled up to TILE × TILE pixels, differences along the rows, one zlib stream."""

import zlib

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ObjectError
from fastrti.formats.pyramid import TILE

Tile = NDArray[np.uint8]
"""(h, w, samples), h and w at most TILE."""

ZLIB_LEVEL = 6
MAX_OVERHEAD = 1024
"""Bytes that zlib may add to a tile that cannot be compressed."""


def packed(tile: Tile) -> bytes:
    """The bytes of a tile."""
    height, width, samples = tile.shape
    filled = np.zeros((TILE, TILE, samples), np.uint8)
    filled[:height, :width] = tile
    filled[:height, 1:width] -= tile[:, :-1]
    return zlib.compress(filled.data, ZLIB_LEVEL)


def unpacked(data: bytes, shape: tuple[int, int, int], where: str) -> Tile:
    """The tile of these bytes, in memory for a tile whatever the bytes say.

    Args:
        data: the bytes.
        shape: (h, w, samples).
        where: what errors call the tile.

    Raises:
        ObjectError: bytes that are damaged or hold more or less than a tile.
    """
    height, width, samples = shape
    size = TILE * TILE * samples
    stream = zlib.decompressobj()
    try:
        raw = stream.decompress(data, size + 1)
    except zlib.error as error:
        raise ObjectError(
            f"{where}: expected a whole tile, got a damaged one ({error}): pack the object again"
        ) from None
    if len(raw) != size or not stream.eof or stream.unused_data:
        raise ObjectError(f"{where}: expected a tile of {size:,} bytes, got more or fewer: pack the object again")
    differences = np.frombuffer(raw, np.uint8).reshape(TILE, TILE, samples)[:height, :width]
    return np.cumsum(differences, axis=1, dtype=np.uint8)
