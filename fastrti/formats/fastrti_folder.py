"""fastrti's own object folder, version 1: info.json, plane pictures, an optional mask.

The contract between all backends and viewers; README.md ("The object folder") states it in full.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ObjectError
from fastrti.formats.decoder_json import (
    OPENLIME_PLANES,
    decoder_from_json,
    decoder_to_json,
    openlime_expresses,
    openlime_numbers,
)
from fastrti.formats.reading.json_fields import Fields, read_json
from fastrti.formats.reading.plane_files import checked_size, read_picture, read_planes, write_picture
from fastrti.objects.planes import MAX_PLANES
from fastrti.objects.relightable import Relightable

VERSION = 1
SOFTWARE = "fastrti"

_OWN_KEYS = {"fastrti", "type", "format", "colorspace", "width", "height", "planes", "min", "max", "decoder", "lights"}
_OWN_KEYS |= {"samples", "weights", "biases", "mm_per_pixel", "int8_loss_db", "title", "creator", "rights", "software"}
_OWN_KEYS |= {"training"}


# --- loading ---------------------------------------------------------------------------------------------------------


def load(folder: Path, info: Fields, max_pixels: int | None) -> Relightable:
    """Reads an object.

    Args:
        folder: as `current_folder` gives it.
        info: the parsed info.json.
        max_pixels: see `Relightable.load`.

    Raises:
        ObjectError: a newer version, or parts that do not fit the object format.
    """
    version = info.integer("fastrti", 1, 1 << 30)
    if version > VERSION:
        raise ObjectError(
            f"{info.where}: expected object version {VERSION}, got {version}: install a newer fastrti to open it"
        )
    for key, wanted in (("type", "neural"), ("format", "png"), ("colorspace", "rgb")):
        info.choice(key, (wanted,))
    width, height = checked_size(info, max_pixels)
    stored = info.integer("planes", 1, MAX_PLANES)
    minimum, maximum = info.array("min", (stored,)), info.array("max", (stored,))
    decoder = decoder_from_json(info, stored)
    count = decoder.planes  # OpenLIME's form pads to nine planes
    mask_path = folder / "mask.png"
    return Relightable(
        planes=read_planes([folder / f"plane_{i + 1}.jpg" for i in range(-(-stored // 3))], width, height)[:count],
        minimum=minimum[:count],
        maximum=maximum[:count],
        decoder=decoder,
        mask=read_picture(mask_path, "L", width, height) > 127 if mask_path.exists() else None,
        lights=info.array("lights", (-1, 3)) if info.values.get("lights") is not None else None,
        mm_per_pixel=info.number("mm_per_pixel") if info.values.get("mm_per_pixel") is not None else None,
        int8_loss_db=info.number("int8_loss_db") if info.values.get("int8_loss_db") is not None else None,
        title=info.text("title"),
        creator=info.text("creator"),
        rights=info.text("rights"),
        training=info.child("training").values if "training" in info else {},
        extra={key: value for key, value in info.values.items() if key not in _OWN_KEYS},
    )


# --- saving ----------------------------------------------------------------------------------------------------------


def save(relightable: Relightable, path: str | os.PathLike[str]) -> None:
    """See `Relightable.save`."""
    try:
        target = Path(os.path.realpath(path))
        _finish_swap(target)
        check_destination(target)
        fresh, old = _siblings(target)
        for leftover in (fresh, old):  # of a save that was killed earlier or later than in the middle of its swap
            shutil.rmtree(leftover, ignore_errors=True)
        fresh.mkdir(parents=True)
        try:
            _write(relightable, fresh)
            _keep_other_files(target, fresh)
            _sync_folder(fresh)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        _swap(fresh, target, old)
    except OSError as error:
        raise ObjectError(f"{path}: expected a folder that can be written, got {error.strerror or error}") from None


def _siblings(target: Path) -> tuple[Path, Path]:
    """Where a save prepares the new object, and where it puts the old one while it swaps."""
    return target.parent / f".{target.name}.new", target.parent / f".{target.name}.old"


def _swap(fresh: Path, target: Path, old: Path) -> None:
    if target.exists():
        target.rename(old)
    # A crash here leaves no target but both siblings, the fresh one whole: `current_folder` reads it.
    fresh.rename(target)
    _sync_folder(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def _finish_swap(target: Path) -> None:
    fresh, old = _siblings(target)
    if not target.exists() and fresh.is_dir() and old.is_dir():
        _swap(fresh, target, old)


def current_folder(path: str | os.PathLike[str]) -> Path:
    """The folder that holds the object: the path, or what a save that was killed left for it."""
    target = Path(os.path.realpath(path))
    fresh, old = _siblings(target)
    if not target.exists() and fresh.is_dir() and old.is_dir():
        return fresh
    if not target.is_dir():
        raise ObjectError(f"{path}: expected the folder of a relightable object, got no such folder")
    return target


def check_destination(path: str | os.PathLike[str]) -> None:
    """Raises ObjectError unless an object may be saved here: only an object or an empty folder may be replaced, never
    somebody's photographs."""
    target, here = Path(os.path.realpath(path)), Path.cwd()
    if target in (here, *here.parents):  # replacing it would leave this process, and its shell, in a deleted folder
        raise ObjectError(f"{path}: expected a folder to save to, got the one this process runs in: name one inside it")
    if not target.exists():
        return
    if not target.is_dir() or (any(target.iterdir()) and not _is_object(target)):
        raise ObjectError(
            f"{target}: expected a new folder or an existing object to replace, got something else: choose another name"
        )


def _is_object(folder: Path) -> bool:
    try:
        return "fastrti" in read_json(folder / "info.json")
    except ObjectError:
        return False


def _keep_other_files(target: Path, fresh: Path) -> None:
    if not target.exists():
        return
    for entry in target.iterdir():
        own = entry.name in ("info.json", "mask.png") or entry.match("plane_*.jpg")
        if own:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.copytree(entry, fresh / entry.name, symlinks=True)
        else:
            shutil.copy2(entry, fresh / entry.name, follow_symlinks=False)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # elsewhere a folder cannot be opened for fsync
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _write(relightable: Relightable, folder: Path) -> None:
    stored = _stored_planes(relightable)
    for number in range(len(stored) // 3):
        triplet = np.ascontiguousarray(stored[3 * number : 3 * number + 3].transpose(1, 2, 0))
        write_picture(folder / f"plane_{number + 1}.jpg", triplet)
    if relightable.mask is not None:
        write_picture(folder / "mask.png", relightable.mask.astype(np.uint8) * 255)
    try:
        text = json.dumps(_info(relightable), indent=1, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ObjectError(
            f"expected training and extra to hold only finite JSON values, got {error}: take out what is not"
        ) from None
    with open(folder / "info.json", "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _plane_count(relightable: Relightable) -> int:
    """K as stored: OpenLIME reads nine planes, whatever the decoder uses of them."""
    return OPENLIME_PLANES if openlime_expresses(relightable.decoder) else len(relightable.planes)


def _stored_planes(relightable: Relightable) -> NDArray[np.uint8]:
    """The planes padded with zeros to whole pictures of three."""
    spare = -(-_plane_count(relightable) // 3) * 3 - len(relightable.planes)
    return np.pad(relightable.planes, ((0, spare), (0, 0), (0, 0))) if spare else relightable.planes


def _info(relightable: Relightable) -> dict[str, Any]:
    count = _plane_count(relightable)
    spare = (0, count - len(relightable.planes))
    info: dict[str, Any] = {
        "fastrti": VERSION,
        "type": "neural",
        "format": "png",
        "colorspace": "rgb",
        "width": relightable.width,
        "height": relightable.height,
        "planes": count,
        "min": np.pad(relightable.minimum, spare).tolist(),
        "max": np.pad(relightable.maximum, spare).tolist(),
        "decoder": decoder_to_json(relightable.decoder),
        "software": SOFTWARE,
    }
    if openlime_expresses(relightable.decoder):
        info |= openlime_numbers(relightable.decoder)  # type: ignore[arg-type]
    optional = {
        "mm_per_pixel": relightable.mm_per_pixel,
        "title": relightable.title,
        "creator": relightable.creator,
        "rights": relightable.rights,
        "training": relightable.training,
    }
    info |= {key: value for key, value in optional.items() if value}
    if relightable.int8_loss_db is not None:  # 0 is a promise too
        info["int8_loss_db"] = relightable.int8_loss_db
    if relightable.lights is not None:
        info["lights"] = relightable.lights.tolist()
    return info | {key: value for key, value in relightable.extra.items() if key not in _OWN_KEYS}
