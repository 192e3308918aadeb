"""Where the list of lights and the photographs lie."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from fastrti.errors import CollectionError
from fastrti.files import cannot
from fastrti.photographs.kinds import SUFFIXES
from fastrti.photographs.lp_file import LightRow
from fastrti.photographs.names import is_photograph
from fastrti.text import listed

LISTS = frozenset({".lp", ".dome"})
"""The suffixes of lists of lights."""

_OTHER_PICTURES = frozenset({".avif", ".bmp", ".exr", ".gif", ".jp2", ".jxl", ".psd", ".webp"})


def find_list(folder: Path) -> Path:
    """The only `.lp` or `.dome` file of a folder.

    Raises:
        CollectionError: no such folder, nothing in it, or none or several lists.
    """
    found = _lists_in(folder)
    if len(found) == 1:
        return found[0]
    if found:
        what = f"found {len(found)}: {listed([path.name for path in found])}"
    elif not _pictures_in(folder):
        raise _no_pictures(folder, ())
    else:
        near = [str(path) for place in _readable((folder / "..", *_files_in(folder))) for path in _lists_in(place)]
        what = f"found none, but {listed(near)}" if near else "found none"
    raise CollectionError(f"expected one .lp or .dome file in {folder}, {what}: pass the one to use as lp=")


def has_list(folder: Path) -> bool:
    """Whether a folder has an `.lp` or `.dome` file.

    Raises:
        CollectionError: no such folder.
    """
    return bool(_lists_in(folder))


def find_pictures(folder: Path, lp: Path | None = None, rows: Sequence[LightRow] = ()) -> list[Path]:
    """The pictures among which the photographs of a list are, masks included.

    They are the pictures in the folder. A list may also name the folders of its photographs, as in `jpg/001.jpg`. These
    folders are followed from where the list is, if they lie in the folder or if it has no photographs of its own.

    Args:
        folder: where the photographs are expected.
        lp: the list; None for the pictures in the folder alone.
        rows: its rows.

    Raises:
        CollectionError: no folder, or no pictures.
    """
    own, home = _pictures_in(folder), os.path.realpath(folder)
    alone = not any(map(is_photograph, own))
    start = folder if lp is None else lp.parent
    paths = {start / row.name.replace("\\", "/") for row in rows if {"/", "\\"} & set(row.name)}
    named = {os.path.realpath(path.parent): path.parent for path in sorted(paths) if os.path.isfile(path)}
    followed = [named[place] for place in named if place != home and (alone or Path(place).is_relative_to(home))]
    pictures = own + [path for place in followed for path in _pictures_in(place)]
    if not any(map(is_photograph, pictures)):
        raise _no_pictures(folder, {start / ".." / path.parent.name for path in paths})
    return pictures


def _files_in(folder: Path) -> list[Path]:
    """The files that are not hidden; macOS leaves ._001.jpg beside 001.jpg on other systems' disks."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except (OSError, ValueError) as error:
        raise CollectionError(cannot(folder, "a folder of photographs", error)) from None


def _pictures_in(folder: Path) -> list[Path]:
    return [path for path in _files_in(folder) if path.suffix.lower() in SUFFIXES and not os.path.isdir(path)]


def _lists_in(folder: Path) -> list[Path]:
    return [path for path in _files_in(folder) if path.suffix.lower() in LISTS and not os.path.isdir(path)]


def _readable(paths: Iterable[Path]) -> list[Path]:
    """The folders among the paths that one may look into."""
    folders = filter(os.path.isdir, paths)
    return [Path(os.path.normpath(path)) for path in folders if os.access(path, os.R_OK | os.X_OK)]


def _no_pictures(folder: Path, beside: Iterable[Path]) -> CollectionError:
    """What the folder holds instead of photographs, and where some are."""
    expected = f"expected photographs (JPEG, PNG, TIFF, HEIF or raw) in {folder}, found"
    kinds = Counter(path.suffix for path in _files_in(folder) if path.suffix.lower() in _OTHER_PICTURES)
    if kinds:
        (suffix, count), *_ = kinds.most_common(1)
        return CollectionError(f"{expected} {count} {suffix}: convert them to JPEG, PNG or TIFF")
    places = _readable((*_files_in(folder), *sorted(beside)))
    counts = [f"{count} in {place}" for place in places if (count := sum(map(is_photograph, _pictures_in(place))))]
    if counts:
        return CollectionError(f"{expected} none, but {listed(counts)}: pass that folder, and its list as lp=")
    return CollectionError(f"{expected} none: name the folder of the photographs")
