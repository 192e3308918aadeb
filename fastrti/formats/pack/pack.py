"""`Pack`: an object in one file, of which only the parts that are needed are read."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError, ObjectError
from fastrti.formats.info_json import checked_plane_count, described, read_decoder
from fastrti.formats.pack.layout import Level
from fastrti.formats.pack.ranges import RangedFile
from fastrti.formats.pack.reading import PackedLevel, read_head
from fastrti.formats.pyramid import TILE
from fastrti.formats.reading.plane_files import check_size
from fastrti.json_fields import parsed_fields, parsed_json
from fastrti.objects.annotations import read_annotations
from fastrti.objects.float32_error import check_float32
from fastrti.objects.relightable import Relightable
from fastrti.objects.scales import reduced
from fastrti.progress import Progress


class Pack:
    """An object in one file. Its head is read and checked when it is opened, its tiles when they are asked for.

    Threads and forked processes may share a Pack. A pickled one is opened again.

    Args:
        path: the file.

    Attributes:
        path: the file.
        levels: the sizes of the planes, the finest first. A pixel of level l is the mean of 2ˡ × 2ˡ pixels, exactly as
            `fastrti.objects.scales.reduced` makes it.
        model: the object with a single black pixel: its decoder and everything else that info.json says.

    Raises:
        ObjectError: not a pack, damaged, or of numbers that no backend can draw.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(os.path.abspath(path))
        self._head = read_head(RangedFile(Path(path)))
        self.levels: list[Level] = [packed.level for packed in self._head.planes]
        info = parsed_fields(self._head.info, f"{path}: info.json")
        stored = checked_plane_count(info)
        first = self.levels[0]
        self.masked = first.samples == stored + 1
        if first.samples not in (stored, stored + 1):
            raise ObjectError(f"{path}: expected {stored} planes and perhaps a mask, got {first.samples} samples")
        for key, size in (("width", first.width), ("height", first.height)):
            info.integer(key, size, size)
        annotations = ()
        if info.values.get("annotations"):
            where = f"{path}: annotations.json"
            annotations = read_annotations(parsed_json(self._head.annotations, where), where)
        try:
            decoder = read_decoder(info, stored)
            self.model = described(info, decoder, np.zeros((stored, 1, 1), np.uint8), annotations=annotations)
            check_float32(self.model)
        except ArgumentError as error:
            raise ObjectError(f"{path}: {error}") from None

    def __reduce__(self) -> tuple[type["Pack"], tuple[Any, ...]]:
        return Pack, (self.path,)

    @cached_property
    def _bare(self) -> Relightable:
        """What drawing needs of the model: every tile is checked anew, and these parts are large."""
        return replace(self.model, lights=None, training={}, provenance={}, annotations=(), extra={})

    def tile(self, number: int, row: int, column: int) -> Relightable:
        """The object that a tile of a level shows, at most 256 × 256 pixels."""
        return self._object(self._head.planes[number].tile(row, column).transpose(2, 0, 1), self._bare)

    def at(self, factor: int) -> Relightable:
        """The object at 1/factor of its size, in memory and without normals: `fastrti.objects.scales.reduced`.

        Args:
            factor: a power of two. Beyond the coarsest level, level 0 is averaged in bands.
        """
        number = factor.bit_length() - 1
        if number < len(self.levels):
            found = self._object(_pixels(self._head.planes[number]), self.model)
        else:
            first = self._head.planes[0]
            bands = [
                reduced(self._object(_pixels(first, [row]), self._bare), factor) for row in range(first.level.rows)
            ]
            planes = np.concatenate([band.planes for band in bands], axis=1)
            masks = [band.mask for band in bands if band.mask is not None]
            found = replace(self.model, planes=planes, mask=np.concatenate(masks) if masks else None)
        scale = self.model.mm_per_pixel
        return replace(found, mm_per_pixel=None if scale is None else scale * factor)

    def whole(self, max_pixels: int | None = None) -> Relightable:
        """All of the object, in memory.

        Args:
            max_pixels: as for `fastrti.load`.

        Raises:
            ObjectError: too large, or damaged.
        """
        level = self.levels[0]
        check_size(str(self.path), level.width, level.height, level.samples, max_pixels)
        with Progress("reading planes"):
            found = self._object(_pixels(self._head.planes[0]), self.model)
            if self._head.normals:
                normals = _pixels(self._head.normals[0]).transpose(1, 2, 0)
                found = replace(found, normals=np.ascontiguousarray(normals))
        return found

    def _object(self, samples: NDArray[np.uint8], like: Relightable) -> Relightable:
        """The object of samples, (samples, h, w)."""
        planes = samples[: len(like.planes)]
        return replace(like, planes=planes, mask=samples[-1] > 127 if self.masked else None)


def _pixels(packed: PackedLevel, rows: Iterable[int] | None = None) -> NDArray[np.uint8]:
    """The pixels of rows of tiles of a level, or of all, (samples, H, W); decoded on all cores."""
    level = packed.level
    rows = range(level.rows) if rows is None else list(rows)
    height = sum(level.shape(row, 0)[0] for row in rows)
    pixels = np.empty((level.samples, height, level.width), np.uint8)

    def fill(place: tuple[int, int]) -> None:
        number, column = place
        tile = packed.tile(rows[number], column)
        top, left = number * TILE, column * TILE
        pixels[:, top : top + tile.shape[0], left : left + tile.shape[1]] = tile.transpose(2, 0, 1)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for _ in pool.map(fill, product(range(len(rows)), range(level.columns))):
            pass
    return pixels
