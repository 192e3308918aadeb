"""Pictures as files that answer the IIIF Image API 3 at level 0, without a program on the server.

A client asks only for what `info.json` lists: tiles at some scales, and the whole picture at some sizes.
Source: https://iiif.io/api/image/3.0/, sections 4 (requests), 5 (information) and the compliance document, level 0.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastrti.files import write_file
from fastrti.formats.jpeg import optimized_jpeg
from fastrti.formats.pyramid import halved

CONTEXT = "http://iiif.io/api/image/3/context.json"

TILE = 512
"""Side of a tile in pixels: a quarter of the files that 256 would make."""

MAX_WHOLE = 4096
"""Pixels of the longer side. Larger pictures exist in tiles only, and `maxWidth` says so."""

SMALLEST = 128
"""Pixels of the longer side: the smallest size of the whole picture is this or smaller."""

QUALITY = 90

Bytes = NDArray[np.uint8]
Rows = Callable[[int, int], Bytes]
"""(first row, count) to these rows of a picture, (count, W, 3) or (count, W) uint8."""


def write_image(folder: Path, id: str, width: int, height: int, rows: Rows) -> dict[str, Any]:
    """Writes a picture and its `info.json`.

    The picture is asked for in bands of `TILE` rows, from the top. Besides a band, only sizes up to `MAX_WHOLE` are
    held.

    Args:
        folder: is made, and is not finished.
        id: the address of the folder, without a slash at its end.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        rows: draws a part of it.

    Returns:
        What `info.json` holds.
    """
    folder.mkdir(parents=True)
    finest = _Level(folder, width, height, 1)
    for top in range(0, height, TILE):
        finest.add(rows(top, min(TILE, height - top)))
    finest.finish()
    info = image_info(id, width, height)
    write_file(folder / "info.json", json.dumps(info, indent=1).encode())
    return info


def image_info(id: str, width: int, height: int) -> dict[str, Any]:
    """What `info.json` says of a picture of this size; its sizes are listed from small to large."""
    whole = [_size(width, height, factor) for factor in _factors(width, height)]
    whole = [size for size in whole if max(size) <= MAX_WHOLE]
    tiled = [factor for factor in _factors(width, height) if _has_tiles(width, height, factor)]
    info: dict[str, Any] = {
        "@context": CONTEXT,
        "id": id,
        "type": "ImageService3",
        "protocol": "http://iiif.io/api/image",
        "profile": "level0",
        "width": width,
        "height": height,
        "sizes": [{"width": each[0], "height": each[1]} for each in reversed(whole)],
        "tiles": [{"width": TILE, "height": TILE, "scaleFactors": tiled}],
    }
    limits = {"maxWidth": whole[0][0], "maxHeight": whole[0][1]}
    return info if whole[0] == (width, height) else info | limits


def _factors(width: int, height: int) -> list[int]:
    """1, 2, 4 … until the whole picture is at most SMALLEST."""
    return [1 << level for level in range(1 + max(0, (max(width, height) - 1) // SMALLEST).bit_length())]


def _size(width: int, height: int, factor: int) -> tuple[int, int]:
    return -(-width // factor), -(-height // factor)


def _has_tiles(width: int, height: int, factor: int) -> bool:
    """Whether a scale is listed for tiles: every one down to the first that fits one tile."""
    return factor == 1 or max(_size(width, height, factor // 2)) > TILE


class _Level:
    """The picture at one scale: takes bands of rows, writes its files, and passes the halves on to the next scale."""

    def __init__(self, folder: Path, width: int, height: int, factor: int) -> None:
        self._folder, self._width, self._height, self._factor = folder, width, height, factor
        self.size = _size(width, height, factor)
        self._kept: list[Bytes] = []
        self._top = 0  # the row of the level where the kept ones begin
        self._whole: list[Bytes] | None = [] if max(self.size) <= MAX_WHOLE else None
        coarser = factor * 2
        self._next = _Level(folder, width, height, coarser) if coarser in _factors(width, height) else None

    def add(self, rows: Bytes) -> None:
        """Takes the rows that follow; as many as divide TILE, but for the last ones."""
        self._kept.append(rows)
        if sum(map(len, self._kept)) >= TILE:
            self._write_band()

    def finish(self) -> None:
        """All rows are there."""
        if self._kept:
            self._write_band()
        if self._whole is not None:
            self._write_whole(np.concatenate(self._whole))
        if self._next is not None:
            self._next.finish()

    def _write_band(self) -> None:
        band = np.concatenate(self._kept)
        self._kept = []
        if max(self.size) > TILE:  # else the only tile is the whole picture
            for left in range(0, self.size[0], TILE):
                self._write_tile(left, np.ascontiguousarray(band[:, left : left + TILE]))
        self._top += len(band)
        if self._whole is not None:
            self._whole.append(band)
        if self._next is not None:
            self._next.add(halved(band))

    def _write_tile(self, left: int, tile: Bytes) -> None:
        x, y = left * self._factor, self._top * self._factor
        width, height = (
            min(TILE * self._factor, length - start) for length, start in ((self._width, x), (self._height, y))
        )
        self._write(
            f"{x},{y},{width},{height}", f"{tile.shape[1]},{tile.shape[0]}", optimized_jpeg(tile, quality=QUALITY)
        )

    def _write_whole(self, picture: Bytes) -> None:
        jpeg = optimized_jpeg(picture, quality=QUALITY)
        self._write("full", "{},{}".format(*self.size), jpeg)
        if self._factor == 1 or max(_size(self._width, self._height, self._factor // 2)) > MAX_WHOLE:
            self._write("full", "max", jpeg)

    def _write(self, region: str, size: str, jpeg: bytes) -> None:
        place = self._folder / region / size / "0"
        place.mkdir(parents=True)
        write_file(place / "default.jpg", jpeg)
