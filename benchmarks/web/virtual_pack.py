"""A pack of any size that takes no disk: a small object again and again, put together as it is asked for."""

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fastrti.formats import object_info
from fastrti.formats.pack.layout import Level, Tag, levels
from fastrti.formats.pack.means import Picture
from fastrti.formats.pack.tiles import packed
from fastrti.formats.pack.writing import _head
from fastrti.formats.pyramid import TILE
from fastrti.objects.relightable import Relightable
from fastrti.objects.scales import reduced

Planes = NDArray[np.uint8]  # (K, H, W)


def fine_planes(width: int, height: int, count: int) -> Planes:
    """Planes of noise at all scales, so that every level is as hard to compress as the planes of a fit."""
    rng = np.random.default_rng(0)
    planes = np.empty((count, height, width), np.uint8)
    for plane in planes:
        total = np.full((height, width), 128, np.float32)
        for octave in range(max(width, height).bit_length()):
            noise = rng.standard_normal((-(-height >> octave), -(-width >> octave)), np.float32) * 4
            total += np.asarray(Image.fromarray(noise).resize((width, height), Image.Resampling.BILINEAR))
        plane[:] = np.clip(total, 0, 255)
    return planes


@dataclass(frozen=True)
class VirtualPack:
    """The bytes of a pack.

    Attributes:
        head: all before the tiles.
        ends: where each tile ends in the file.
        tiles: the bytes of each tile, which are often the same.
    """

    head: bytes
    ends: NDArray[np.int64]
    tiles: list[bytes]

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return int(self.ends[-1])

    def read(self, start: int, stop: int) -> bytes:
        """Its bytes from `start` to before `stop`."""
        parts = [self.head[start:stop]]
        first = int(np.searchsorted(self.ends, start, "right"))
        for number in range(first, len(self.tiles)):
            begin = int(self.ends[number]) - len(self.tiles[number])
            if begin >= stop:
                break
            parts.append(self.tiles[number][max(0, start - begin) : stop - begin])
        return b"".join(parts)


def repeated(described: Relightable, repeats: int) -> VirtualPack:
    """The pack of a picture that is made of `repeats` × `repeats` copies of an object.

    Args:
        described: the object, without a mask. With several copies its sides are 256 times a power of two.
        repeats: copies in a row and in a column, a power of two.
    """
    width, height = repeats * described.width, repeats * described.height
    info = object_info(described) | {"width": width, "height": height}
    sizes = levels(width, height, len(described.planes))
    of_levels = {size.number: _tiles(described, size, repeats) for size in sizes}
    table = {
        number: (np.zeros(len(tiles), np.uint64), np.array([len(tile) for tile in tiles], np.uint32))
        for number, tiles in of_levels.items()
    }
    picture = Picture(sizes, False, lambda row, column: np.zeros((0, 0, 0), np.uint8))
    texts = {Tag.INFO: json.dumps(info).encode() + b"\0"}
    start = len(_head([picture], texts, [table], 0))
    tiles = [tile for number in sorted(of_levels, reverse=True) for tile in of_levels[number]]
    ends = start + np.cumsum([len(tile) for tile in tiles])
    return VirtualPack(_head([picture], texts, [table], start), ends, tiles)


def _tiles(described: Relightable, size: Level, repeats: int) -> list[bytes]:
    factor = 1 << size.number
    planes = reduced(described, factor).planes
    if min(planes.shape[1:]) < TILE:
        planes = np.tile(planes, (1, min(repeats, TILE), min(repeats, TILE)))[:, : size.height, : size.width]
    pixels = planes.transpose(1, 2, 0)
    known: dict[tuple[int, int], bytes] = {}
    found = []
    for row in range(size.rows):
        for column in range(size.columns):
            top, left = row * TILE % pixels.shape[0], column * TILE % pixels.shape[1]
            if (top, left) not in known:
                known[top, left] = packed(pixels[top : top + TILE, left : left + TILE])
            found.append(known[top, left])
    return found
