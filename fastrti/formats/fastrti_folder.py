"""fastrti's own object folder: info.json, plane pictures, labels of several experts, an optional mask.

The contract between all backends and viewers; docs/object_format.md states it in full.
"""

import os
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ObjectError
from fastrti.files import cannot, check_place, real_path, replace_file, replace_folder, write_file
from fastrti.formats.format import Format, Source
from fastrti.formats.info_json import (
    FIRST_LOOK,
    WIRE,
    checked_plane_count,
    described,
    has_experts,
    object_info,
    read_decoder,
)
from fastrti.formats.pyramid import TILE, level_count, read_level
from fastrti.formats.reading.plane_files import MAX_SIDE, checked_size, read_picture, read_planes
from fastrti.formats.stored_pictures import FIRST, StoredPicture, write_first_look, write_pictures
from fastrti.formats.wire import Wire
from fastrti.json_fields import Fields, json_text, read_json, read_json_value
from fastrti.objects.annotations import Annotation, annotation_page, read_annotations
from fastrti.objects.decoders import KINDS, Decoder
from fastrti.objects.relightable import Relightable
from fastrti.progress import Progress, counted

NORMALS = "normals.png"
ANNOTATIONS = "annotations.json"

_OWN_FILES: tuple[str, ...] = ("info.json", "mask.png", "plane_*.jpg", "plane_*.dzi", "plane_*_files")
_OWN_FILES += (
    "labels.png",
    "labels.dzi",
    "labels_files",
    "mask.dzi",
    "mask_files",
    NORMALS,
    "normals.dzi",
    "normals_files",
    ANNOTATIONS,
    f"{FIRST}plane_*.jpg",
    f"{FIRST}labels.png",
    f"{FIRST}mask.png",
)


# --- loading ---------------------------------------------------------------------------------------------------------


def recognises(source: Source) -> bool:
    """Whether an info.json has a version of fastrti's format."""
    return source.info is not None and "fastrti" in source.info


def load(source: Source, max_pixels: int | None) -> Relightable:
    """Reads an object; see `fastrti.load`.

    Raises:
        ObjectError: a newer version, or parts that do not fit the object format.
    """
    info = source.fields
    stored = checked_plane_count(info)
    width, height = checked_size(info, max_pixels)
    decoder = read_decoder(info, stored)
    planes = _planes(source, -(-stored // 3), width, height)
    mask = _picture(source, "mask", "L", width, height)
    labels = _picture(source, "labels", "L", width, height) if has_experts(info) else None
    if has_experts(info) and labels is None:
        raise ObjectError(f"{source.path}: expected labels.png, which says which expert draws which pixel, got no file")
    normals = _picture(source, "normals", "RGB", width, height)
    return described(info, decoder, planes, None if mask is None else mask > 127, labels, normals, _annotations(source))


def _annotations(source: Source) -> tuple[Annotation, ...]:
    if not source.fields.values.get("annotations"):
        return ()
    file = source.path / ANNOTATIONS
    return read_annotations(read_json_value(file), str(file))


def _planes(source: Source, files: int, width: int, height: int) -> NDArray[np.uint8]:
    """The planes, (3·files, H, W)."""
    if "tiles" not in source.fields:
        paths = [source.path / f"plane_{number}.jpg" for number in range(1, files + 1)]
        return read_planes(paths, width, height)
    tile, finest = _finest(source)
    planes = np.empty((3 * files, height, width), np.uint8)
    for number in counted(range(files), "reading planes"):
        picture = read_level(source.path / f"plane_{number + 1}_files" / finest, "RGB", width, height, tile)
        planes[3 * number : 3 * number + 3] = picture.transpose(2, 0, 1)
    return planes


def _picture(source: Source, stem: str, mode: Literal["RGB", "L"], width: int, height: int) -> NDArray[np.uint8] | None:
    """Another picture of the object, (H, W, 3) or (H, W), or None where it has none."""
    if "tiles" not in source.fields:
        whole = source.path / f"{stem}.png"
        return read_picture(whole, mode, width, height) if os.path.lexists(whole) else None
    tile, finest = _finest(source)
    level = source.path / f"{stem}_files" / finest
    return read_level(level, mode, width, height, tile) if os.path.lexists(level) else None


def _finest(source: Source) -> tuple[int, str]:
    """Side of a tile, and the name of the finest level of the pyramids that the web export writes."""
    tiles = source.fields.child("tiles")
    return tiles.integer("size", 1, MAX_SIDE), str(tiles.integer("levels", 1, 32) - 1)


# --- saving ----------------------------------------------------------------------------------------------------------


def save(relightable: Relightable, path: Path, wire: Wire | None = None) -> None:
    """Writes the object folder; see `fastrti.save`."""
    decoder: object
    for decoder in relightable.decoders:
        if not isinstance(decoder, Decoder) or decoder.kind not in KINDS:
            raise ObjectError(
                f"{path}: expected a decoder of the object format, got {type(decoder).__name__}: it cannot be saved"
            )
    check_destination(path)
    with replace_folder(path, _OWN_FILES) as fresh:
        write_object(relightable, fresh, wire=wire)


def check_destination(path: str | os.PathLike[str], size: int = 0) -> None:
    """Raises ObjectError unless an object may be saved here: only an object or an empty folder may be replaced, never
    somebody's photographs.

    Args:
        path: where the object is to stand.
        size: bytes that have to be free on the disk.
    """
    check_place(path, size)
    target = real_path(path)
    try:
        foreign = target.exists() and (not target.is_dir() or (any(target.iterdir()) and not _is_object(target)))
    except OSError as error:
        raise ObjectError(cannot(path, "a folder that can be replaced", error)) from None
    if foreign:
        raise ObjectError(
            f"{target}: expected a new folder or an existing object to replace, got something else: choose another name"
        )


def _is_object(folder: Path) -> bool:
    try:
        return "fastrti" in read_json(folder / "info.json")
    except ObjectError:
        return False


def write_object(
    relightable: Relightable, folder: Path, tiled: bool = False, wire: Wire | None = None, first: bool = False
) -> None:
    """Writes the files of an object into a folder that exists and is empty.

    Args:
        relightable: the object.
        folder: is not finished.
        tiled: write pyramids of tiles (`fastrti.formats.pyramid`) in the place of whole pictures.
        wire: how to write the planes as JPEG; None writes PNG.
        first: write a first look beside whole pictures that are heavy enough for one. Tiles have coarse levels.
    """
    info = object_info(relightable)
    if wire is not None:
        info[WIRE] = wire.to_json()
    write_pictures(relightable, folder, tiled, wire)
    if tiled:
        info["tiles"] = {"size": TILE, "levels": level_count(relightable.width, relightable.height)}
    elif first and (factor := write_first_look(relightable, folder, wire)):
        info[FIRST_LOOK] = {"factor": factor}
    if relightable.normals is not None:
        write_normals(relightable.normals, folder, tiled)
    if relightable.annotations:
        write_file(folder / ANNOTATIONS, json_text(annotation_page(relightable.annotations)))
    write_file(folder / "info.json", json_text(info))


def own_info(folder: Path) -> Fields:
    """What the info.json of an object's folder says.

    Raises:
        ObjectError: there is none, or it is that of another program.
    """
    info = read_json(folder / "info.json")
    if "fastrti" not in info:
        raise ObjectError(f"{folder}: expected an object folder of fastrti, got another one: convert it first")
    return info


def keep_annotations(folder: Path, annotations: tuple[Annotation, ...]) -> None:
    """Changes the annotations of an object's folder, and nothing else of it.

    Raises:
        ObjectError: there is no object of fastrti, or the folder cannot be written.
    """
    info = own_info(folder).values
    if annotations:  # first the file, then what says that it is there
        replace_file(folder / ANNOTATIONS, json_text(annotation_page(annotations)))
    replace_file(folder / "info.json", json_text(info | {"annotations": bool(annotations)}))


def write_normals(normals: NDArray[np.uint8], folder: Path, tiled: bool) -> None:
    """Writes normals, (H, W, 3), as `write_object` does."""
    with Progress("writing normals"):
        StoredPicture("normals", ".png", normals).write(folder, tiled)


def keep_normals(folder: Path, png: bytes) -> None:
    """Adds the normals, `png_of` the object's, to a folder that holds the object with whole pictures.

    Raises:
        ObjectError: the folder cannot be written.
    """
    replace_file(folder / NORMALS, png)


FORMAT = Format(
    "fastrti",
    "an object folder of fastrti",
    recognises,
    load,
    save,
    holds=("mask", "lights", "mm_per_pixel", "title", "creator", "rights", "provenance", "annotations"),
)
