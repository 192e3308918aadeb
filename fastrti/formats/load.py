"""Which reader opens a path: decided by what it holds, never by its name."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from fastrti.errors import ArgumentError, ObjectError
from fastrti.formats import fastrti_folder as object_folder
from fastrti.formats import hsh as rti
from fastrti.formats import neural_folder as openlime
from fastrti.formats import ptm
from fastrti.formats import relight_folder as relight
from fastrti.formats.reading.json_fields import read_json
from fastrti.objects.relightable import Relightable

_FILES: dict[bytes, Callable[[BinaryIO, str, int | None], Relightable]] = {ptm.MAGIC: ptm.load, rti.MAGIC: rti.load}
"""Readers of single files by the bytes they start with."""


def load(path: str | os.PathLike[str], max_pixels: int | None = None) -> Relightable:
    """See `Relightable.load`."""
    try:
        return _load_file(Path(path), max_pixels) if Path(path).is_file() else _load_folder(Path(path), max_pixels)
    except ArgumentError as error:  # numbers that fit the file's form but not the decoder's
        raise ObjectError(f"{path}: {error}") from None
    except MemoryError:
        raise ObjectError(f"{path}: expected memory for the planes, found less: scale the object down") from None
    except OSError as error:
        raise ObjectError(f"{path}: expected an object that can be read, got {error.strerror or error}") from None


def _load_folder(path: Path, max_pixels: int | None) -> Relightable:
    folder = object_folder.current_folder(path)
    info = read_json(folder / "info.json")
    kind = info.values.get("type")
    if "fastrti" in info:
        return object_folder.load(folder, info, max_pixels)
    if kind == "neural":
        return openlime.load(folder, info, max_pixels)
    if kind in relight.TYPES:
        return relight.load(folder, info, max_pixels)
    raise ObjectError(
        f"{info.where}: expected a fastrti object, a published neural RTI folder or a Relight folder of type "
        f"{', '.join(relight.TYPES)}, got type {str(kind)[:40]!r} without a 'fastrti' version"
    )


def _load_file(path: Path, max_pixels: int | None) -> Relightable:
    with open(path, "rb") as file:
        start = file.read(max(map(len, _FILES)))
        file.seek(0)
        for magic, reader in _FILES.items():
            if start.startswith(magic):
                return reader(file, str(path), max_pixels)
    raise ObjectError(
        f"{path}: expected a .ptm file ({ptm.MAGIC.decode()}…), an .rti or .hsh file ({rti.MAGIC.decode()}…) "
        f"or the folder of an object, got a file that starts with {start!r}"
    )
