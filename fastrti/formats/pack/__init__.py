"""Packs: an object as one tiled BigTIFF with coarser levels, which is read in parts; see docs/object_format.md."""

from pathlib import Path

import numpy as np

from fastrti.files import check_place
from fastrti.formats.format import Format, Source
from fastrti.formats.info_json import object_info, stored_planes
from fastrti.formats.pack.layout import START, levels
from fastrti.formats.pack.means import Picture
from fastrti.formats.pack.pack import Pack
from fastrti.formats.pack.tiles import Tile
from fastrti.formats.pack.writing import write_pack
from fastrti.formats.pyramid import TILE
from fastrti.json_fields import json_text
from fastrti.objects.annotations import annotation_page
from fastrti.objects.relightable import Relightable

__all__ = ["FORMAT", "SUFFIX", "TILE", "Pack", "Picture", "recognises", "write_pack"]

SUFFIX = ".rti.tif"


def recognises(source: Source) -> bool:
    """Whether a file starts as a pack does."""
    return source.start == START


def load(source: Source, max_pixels: int | None) -> Relightable:
    """All of a pack, in memory; see `fastrti.load`."""
    return Pack(source.path, max_pixels).whole()


def save(relightable: Relightable, path: Path) -> None:
    """Writes an object as a pack, or replaces one; see `fastrti.save`."""
    check_place(path)
    mask, labels, normals = relightable.mask, relightable.labels, relightable.normals
    info = object_info(relightable)
    stored = stored_planes(relightable)[: info["planes"]]
    count, (height, width) = len(stored), stored.shape[1:]
    beside = [] if labels is None else [labels]
    beside += [] if mask is None else [np.where(mask, 255, 0).astype(np.uint8)]

    def planes(row: int, column: int) -> Tile:
        place = _place(row, column)
        tile: Tile = stored[:, place[0], place[1]].transpose(1, 2, 0)
        return np.concatenate([tile, *(each[place][..., None] for each in beside)], axis=2) if beside else tile

    sizes = levels(width, height, count + len(beside))
    pictures = [Picture(sizes, mask is not None, planes, None if labels is None else count)]
    if normals is not None:
        surface = normals
        pictures.append(Picture(levels(width, height, 3), False, lambda *tile: surface[_place(*tile)]))
    annotations = json_text(annotation_page(relightable.annotations)) if relightable.annotations else b""
    write_pack(path, json_text(info), annotations, *pictures)


def _place(row: int, column: int) -> tuple[slice, slice]:
    return slice(row * TILE, (row + 1) * TILE), slice(column * TILE, (column + 1) * TILE)


FORMAT = Format(
    "pack",
    "a pack of fastrti",
    recognises,
    load,
    save,
    (SUFFIX,),
    holds=("mask", "lights", "mm_per_pixel", "title", "creator", "rights", "provenance", "annotations"),
)
