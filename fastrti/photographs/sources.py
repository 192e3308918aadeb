"""Where a collection comes from: its files with their digests, and what only people know of the capture."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fastrti.errors import CollectionError
from fastrti.files import cannot, open_file
from fastrti.photographs.exif import ExifFacts
from fastrti.text import storable

Role = Literal["photograph", "lights", "mask", "flat field"]

_READ_AT_ONCE = 1 << 16  # bytes


@dataclass(frozen=True)
class SourceFile:
    """A file that a collection was read from.

    Attributes:
        name: of the file. Photographs have the names of `Mlic.names`.
        role: what it was read as.
        sha256: the digest of its bytes, 64 hexadecimal digits.
        exif: what a photograph says of itself; None for other files.
    """

    name: str
    role: Role
    sha256: str
    exif: ExifFacts | None = None


@dataclass(frozen=True)
class Circumstances:
    """What no file says of a capture.

    Attributes:
        photographer: who took the photographs.
        place: where.
        equipment: with what besides camera and lens: lamps, dome, stand, filters.
    """

    photographer: str = ""
    place: str = ""
    equipment: str = ""

    def __post_init__(self) -> None:
        for name in ("photographer", "place", "equipment"):
            object.__setattr__(self, name, storable(getattr(self, name)))


UNKNOWN = Circumstances()
"""Nothing is told."""


def source_file(path: Path, role: Role, name: str | None = None, exif: ExifFacts | None = None) -> SourceFile:
    """A file with its digest.

    Args:
        path: the file, which is read once more.
        role: what it is read as.
        name: what it is called; the name of the path by default.
        exif: what it says of itself.

    Raises:
        CollectionError: it cannot be read.
    """
    digest = hashlib.sha256()
    with open_file(path, "a file of the collection", CollectionError) as file:
        try:
            while piece := file.read(_READ_AT_ONCE):
                digest.update(piece)
        except OSError as reason:
            raise CollectionError(cannot(path, "a file of the collection", reason)) from None
    called = (path.name if name is None else name).encode(errors="backslashreplace").decode()
    return SourceFile(called, role, digest.hexdigest(), exif)
