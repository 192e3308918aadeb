"""File formats of relightable objects: `load` opens any of them, `save` writes those that fastrti writes.

One module for each format ends in its row of `FORMATS`; `reading/` has what readers of several formats share.
"""

import os
from pathlib import Path

from fastrti.errors import ArgumentError, ObjectError
from fastrti.files import cannot, open_file, real_path, unchanged
from fastrti.formats import fastrti_folder, hsh, neural_folder, pack, ptm, relight_folder
from fastrti.formats.format import Format, Source
from fastrti.formats.info_json import object_info
from fastrti.formats.pack import Pack
from fastrti.formats.pack import recognises as recognises_pack
from fastrti.formats.wire import Wire
from fastrti.json_fields import read_json
from fastrti.objects.decoders import Decoder
from fastrti.objects.float32_error import check_float32
from fastrti.objects.relightable import Relightable

__all__ = ["FORMATS", "Format", "Source", "is_pack", "load", "object_info", "open_object", "save"]

FORMATS = {
    row.name: row
    for row in (fastrti_folder.FORMAT, neural_folder.FORMAT, relight_folder.FORMAT, ptm.FORMAT, hsh.FORMAT, pack.FORMAT)
}
"""In the order in which `load` asks them."""

_INFO = "info.json"
_ARCHIVED = "data/object"  # of `fastrti.sharing.archive`
_START_BYTES = 16
_ZIP = b"PK\x03\x04"


def load(path: str | os.PathLike[str], max_pixels: int | None = None) -> Relightable:
    """Opens an object: a folder of fastrti, NeuralRTI, OpenLIME or Relight, a pack, a `.ptm` file or an HSH
    `.rti` file.

    The file is not trusted: sizes, counts and numbers are checked before memory is taken.

    Args:
        path: the folder that holds info.json, or the file.
        max_pixels: allow pictures of more pixels than the default of 150 million, or of fewer.

    Raises:
        ObjectError: not of a known format, damaged, or of numbers that no backend can draw (see
            `fastrti.objects.float32_error`); one sentence that names the file.
    """
    return unchanged(path, lambda place: _load(path, place, max_pixels))


def _load(path: str | os.PathLike[str], place: Path, max_pixels: int | None) -> Relightable:
    try:
        source = _source(path, place)
        for row in FORMATS.values():
            if row.recognises(source):
                relightable = row.load(source, max_pixels)
                check_float32(relightable)
                return relightable
    except ArgumentError as error:  # numbers that fit the file's form but not the decoder's
        raise ObjectError(f"{path}: {error}") from None
    except MemoryError:
        raise ObjectError(f"{path}: expected memory for the planes, found less: scale the object down") from None
    except OSError as error:
        raise ObjectError(cannot(path, "an object that can be read", error)) from None
    raise _unknown(source)


def open_object(path: str | os.PathLike[str], max_pixels: int | None = None) -> Relightable | Pack:
    """Opens an object as `load` does, but reads only the head of a pack, whatever its size.

    Raises:
        ObjectError: see `load`.
    """
    return Pack(path, max_pixels) if is_pack(path) else load(path, max_pixels)


def is_pack(path: str | os.PathLike[str]) -> bool:
    """Whether a path leads to a file that starts as a pack does.

    Raises:
        ObjectError: a file that cannot be read.
    """
    if not real_path(path).is_file():
        return False
    with open_file(path, "a relightable object") as file:
        return recognises_pack(Source(Path(path), start=file.read(_START_BYTES)))


def save(
    relightable: Relightable, path: str | os.PathLike[str], format: str | None = None, *, wire: Wire | None = None
) -> None:
    """Writes an object as fastrti's own folder, or in a format of another program.

    A save that is interrupted leaves the old object or the new one. The formats of other programs do not hold the mask
    and the provenance. Pixels outside the mask show there as they were fitted.

    Args:
        relightable: the object. The formats of other programs hold PTM, HSH, RBF or bilinear objects only.
        path: the folder or file to make or to replace. A folder is replaced only if it holds an object. Files in it
            that do not belong to the object are kept.
        format: "fastrti", "pack", "ptm", "rti" or "relight". None goes by the suffix of the path: `.rti.tif`, `.ptm`,
            `.rti` or `.hsh`, and "fastrti" for every other path.
        wire: how to write the planes as JPEG, as `fastrti.for_the_wire` returns it with the object. Only fastrti's own
            folder holds such planes. None writes lossless planes.

    Raises:
        ObjectError: a decoder that the format does not hold, numbers that `load` would refuse, or a path that cannot
            be written.
        ArgumentError: another format, or a wire that does not fit.
    """
    row = FORMATS.get(format_of(path) if format is None else format)
    if row is None or row.save is None:
        writable = ", ".join(name for name, row in FORMATS.items() if row.save)
        raise ArgumentError(f"expected a format of {writable}, got {format!r}")
    if wire is not None and (row is not fastrti_folder.FORMAT or len(wire.steps) != len(relightable.planes)):
        raise ArgumentError(
            f"expected wire for fastrti's own folder and {len(relightable.planes)} planes, got it for {row.what} and "
            f"{len(wire.steps)} planes: leave it out, or take both from one call of for_the_wire"
        )
    try:
        # The formats refuse other kinds by their names.
        if all(isinstance(decoder, Decoder) for decoder in relightable.decoders):
            check_float32(relightable)
        if wire is not None:
            fastrti_folder.save(relightable, Path(path), wire)
        else:
            row.save(relightable, Path(path))
    except ArgumentError as error:
        raise ObjectError(f"{path}: {error}") from None
    except OSError as error:
        raise ObjectError(cannot(path, "a folder or file that can be written", error)) from None


def format_of(path: str | os.PathLike[str]) -> str:
    """The name of the format that `save` takes for a path: by its suffix, else fastrti's own folder."""
    name = Path(path).name.lower()
    return next((key for key, row in FORMATS.items() if name.endswith(row.suffixes)), fastrti_folder.FORMAT.name)


def _source(path: str | os.PathLike[str], place: Path) -> Source:
    if place.is_dir():
        if not os.path.lexists(place / _INFO):
            raise ObjectError(f"{path}: expected a folder with {_INFO}, got {_without_info(place)}")
        return Source(place, read_json(place / _INFO))
    if not place.exists():
        raise ObjectError(f"{path}: expected the folder of a relightable object, got no such folder: check the name")
    with open_file(path, "a relightable object") as file:
        return Source(Path(path), start=file.read(_START_BYTES))


def _without_info(folder: Path) -> str:
    """What a folder without info.json is, and what to do with it."""
    if (folder / "info.xml").is_file():
        return "the info.xml of WebRTIViewer, which is not read: open the .ptm or .rti file that it was made from"
    if (folder / _ARCHIVED / _INFO).is_file():
        return f"an archive with an object in its folder {_ARCHIVED}: name that folder"
    suffixes = tuple(suffix for row in FORMATS.values() for suffix in row.suffixes)
    for entry in sorted(folder.iterdir()):
        if entry.name.lower().endswith(suffixes) and entry.is_file():
            return f"one with {entry.name}: name that file"
        if (entry / _INFO).is_file():
            return f"one with an object in its folder {entry.name}: name that folder"
    return "one without: name the folder of an object, or fit the photographs first"


def _unknown(source: Source) -> ObjectError:
    if source.start.startswith(_ZIP):
        return ObjectError(
            f"{source.path}: expected a relightable object, got a ZIP file: unpack it and name the folder with {_INFO} "
            f"in it, which is {_ARCHIVED} in an archive of fastrti"
        )
    known = "; ".join(row.what for row in FORMATS.values())
    got = (
        f"a file that starts with {source.start!r}"
        if source.info is None
        else f"an info.json of type {str(source.info.values.get('type'))[:40]!r} without a 'fastrti' version"
    )
    return ObjectError(f"{source.path}: expected one of: {known}, got {got}")
