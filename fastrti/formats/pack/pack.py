"""`Pack`: an object in one file, of which only the parts that are needed are read."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError, ObjectError
from fastrti.formats.info_json import checked_plane_count, described, has_experts, read_decoder
from fastrti.formats.pack.ranges import RangedFile
from fastrti.formats.pack.reading import PackedLevel, read_head
from fastrti.formats.pyramid import TILE
from fastrti.json_fields import parsed_fields, parsed_json
from fastrti.lazy import lazy
from fastrti.objects.annotations import Annotation, read_annotations
from fastrti.objects.float32_error import check_float32
from fastrti.objects.relightable import Relightable
from fastrti.objects.scales import reduced
from fastrti.picture_limits import check_pixels
from fastrti.progress import Progress


class Pack:
    """An object in one file, at one of the sizes that the file has. Its tiles are read when they are asked for.

    Threads and forked processes may share a Pack. A pickled one is opened again.

    Args:
        path: the file. Its head is read and checked at once.
        max_pixels: the limit of `whole`, as for `fastrti.load`.
        number: the level, 0 for full size. A pixel of level l is the mean of 2ˡ × 2ˡ pixels, exactly as
            `fastrti.objects.scales.reduced` makes it.

    Attributes:
        path: the file.
        max_pixels: as given.
        number: the level.
        width: of the level, in pixels.
        height: of the level, in pixels.
        model: the object with a single pixel: its decoder and everything else that info.json says.
        masked: whether the object has a mask.
        labelled: whether the object has several experts.
        has_normals: whether the object has normals.

    Raises:
        ObjectError: not a pack, damaged, or of numbers that no backend can draw.
    """

    def __init__(self, path: str | os.PathLike[str], max_pixels: int | None = None, number: int = 0) -> None:
        self.path, self.max_pixels = Path(os.path.abspath(path)), max_pixels
        head = read_head(RangedFile(Path(path)))
        first = head.planes[0].level
        info = parsed_fields(head.info, f"{path}: info.json")
        stored = checked_plane_count(info)
        self.labelled = has_experts(info)
        if first.samples - self.labelled not in (stored, stored + 1):
            labels = ", labels" if self.labelled else ""
            raise ObjectError(
                f"{path}: expected {stored} planes{labels} and perhaps a mask, got {first.samples} samples"
            )
        for key, size in (("width", first.width), ("height", first.height)):
            info.integer(key, size, size)
        annotations: tuple[Annotation, ...] = ()
        if info.values.get("annotations"):
            where = f"{path}: annotations.json"
            annotations = read_annotations(parsed_json(head.annotations, where), where)
        try:
            decoder = read_decoder(info, stored)
            label = np.zeros((1, 1), np.uint8) if self.labelled else None
            pixel = np.zeros((stored, 1, 1), np.uint8)
            self.model = described(info, decoder, pixel, labels=label, annotations=annotations)
            check_float32(self.model)
        except ArgumentError as error:
            raise ObjectError(f"{path}: {error}") from None
        self.masked = first.samples - self.labelled == stored + 1
        self._stored = stored
        self.has_normals = bool(head.normals)
        self._head = head
        self._show(number)

    def _show(self, number: int) -> None:
        self.number = number
        self._planes = self._head.planes[number]
        self.width, self.height = self._planes.level.width, self._planes.level.height

    def __reduce__(self) -> tuple[type["Pack"], tuple[Any, ...]]:
        return Pack, (self.path, self.max_pixels, self.number)

    def tile(self, row: int, column: int) -> Relightable:
        """What a tile shows, at most 256 × 256 pixels, without what drawing does not need.

        Raises:
            ObjectError: a damaged tile, or a file that was cut.
        """
        return self._object(self._planes.tile(row, column).transpose(2, 0, 1), self._bare)

    def at(self, factor: int) -> "Pack | Relightable":
        """This at 1/factor of its size: another level of the pack, or beyond the coarsest one in memory.

        Args:
            factor: a power of two.
        """
        number = self.number + factor.bit_length() - 1
        if number < len(self._head.planes):
            level = copy(self)
            level._show(number)
            return level
        rows = range(self._planes.level.rows)
        bands = [reduced(self._object(_pixels(self._planes, [row]), self._bare), factor) for row in rows]
        masks = [band.mask for band in bands if band.mask is not None]
        labels = [band.labels for band in bands if band.labels is not None]
        smaller = replace(
            self.model,
            planes=np.concatenate([band.planes for band in bands], axis=1),
            mask=np.concatenate(masks) if masks else None,
            labels=np.concatenate(labels) if labels else None,
        )
        return self._scaled(smaller, number)

    def whole(self) -> Relightable:
        """All of this size, in memory. Coarser levels have no normals.

        Raises:
            ObjectError: more pixels than the limit, or damaged.
        """
        check_pixels(str(self.path), self.width, self.height, self.max_pixels, ObjectError)
        with Progress("reading planes"):
            found = self._object(_pixels(self._planes), self.model)
            if self.has_normals and self.number == 0:
                normals = _pixels(self._head.normals[0]).transpose(1, 2, 0)
                found = replace(found, normals=np.ascontiguousarray(normals))
        return self._scaled(found, self.number)

    def coarsest(self) -> Relightable:
        """The object at the coarsest level, which fits one tile, in memory."""
        level = copy(self)
        level._show(len(self._head.planes) - 1)
        return level.whole()

    @lazy
    def _bare(self) -> Relightable:
        """What drawing needs of the model: every tile is checked anew, and these parts may be large."""
        return replace(self.model, lights=None, training={}, provenance={}, annotations=(), extra={})

    def _object(self, samples: NDArray[np.uint8], like: Relightable) -> Relightable:
        """The object of samples, (samples, h, w).

        Raises:
            ObjectError: a label that no expert has.
        """
        mask, labels = samples[-1] > 127 if self.masked else None, samples[self._stored] if self.labelled else None
        try:
            return replace(like, planes=samples[: len(like.planes)], mask=mask, labels=labels)
        except ArgumentError as error:
            raise ObjectError(f"{self.path}: {error}: pack the object again") from None

    def _scaled(self, found: Relightable, number: int) -> Relightable:
        scale = self.model.mm_per_pixel
        return replace(found, mm_per_pixel=None if scale is None else scale * (1 << number))


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
