"""One camera in one place took all photographs of a collection: where files disagree, one decision for the set."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import CollectionError
from fastrti.photographs.colours import SRGB, alike, distinct
from fastrti.photographs.notes import Doubt
from fastrti.photographs.picture_file import PictureFile
from fastrti.text import listed

Value = TypeVar("Value", bound=Hashable)

_UNEVEN = "the difference goes into the object"
_SENSOR_BITS = (10, 12, 14)  # of cameras whose raw samples some programs write into 16 bits as they are


def agree(files: Sequence[PictureFile], linear: bool = False) -> tuple[list[PictureFile], list[str]]:
    """The photographs of a set as they are to be decoded, and a sentence for everything that was decided or is odd.

    Args:
        files: their headers, one or more.
        linear: the samples are said to be proportional to light.

    Raises:
        CollectionError: another size or depth, colours that contradict `linear`, or a file without a colour space
            among files of several.
    """
    agreed, notes = _one_orientation(files)
    _check_alike(agreed, "size", lambda file: f"{file.upright[0]}×{file.upright[1]}")
    _check_alike(agreed, "depth", lambda file: f"{8 * file.dtype.itemsize} bits")
    agreed, colour_notes = _colours(agreed, "linear sRGB" if linear else "sRGB")
    if linear:
        _check_linear(agreed)
    return agreed, [*notes, *colour_notes, *_oddities(agreed)]


def level_notes(files: Sequence[PictureFile], photographs: NDArray[np.uint8] | NDArray[np.uint16]) -> list[str]:
    """A note where samples of 12 or 14 bits seem to stand in files of 16.

    Args:
        files: headers of a set.
        photographs: (N, H, W, 3), the same decoded.
    """
    if photographs.dtype == np.uint8 or files[0].development is not None:
        return []
    brightest = max(int(photograph.max()) for photograph in photographs)
    bits = next((bits for bits in _SENSOR_BITS if 0 < brightest < 1 << bits), None)
    if bits is None:
        return []
    return [
        Doubt(
            f"no sample is above {brightest} of 65535: if these are {bits}-bit samples in 16-bit files, the object is "
            "too dark; then scale the photographs"
        )
    ]


def _one_orientation(files: Sequence[PictureFile]) -> tuple[list[PictureFile], list[str]]:
    """The sensor of a camera that looks straight down flaps: tags may differ though all files are stored alike."""
    most, others = _majority(files, lambda file: file.exif.orientation)
    if not others or len({(file.width, file.height) for file in files}) > 1:
        return list(files), []
    like = next(file for file in files if file.exif.orientation == most)
    note = Doubt(f"EXIF turns some photographs another way, {_named(others)}: all were turned as {like.path.name}")
    return [replace(file, exif=replace(file.exif, orientation=most)) for file in files], [note]


def _check_alike(files: Sequence[PictureFile], what: str, value: Callable[[PictureFile], str]) -> None:
    most, others = _majority(files, value)
    if others:
        like = next(file for file in files if value(file) == most)
        raise CollectionError(
            f"{others[0].path.name}: expected the {what} of {like.path.name}, {most}, found {value(others[0])}: "
            "all photographs of a collection are taken from one place with one camera"
        )


def _colours(files: Sequence[PictureFile], wanted: str) -> tuple[list[PictureFile], list[str]]:
    """Each file by its own colour space; one that names none is as the others, if those agree."""
    spaces = distinct(file.colours for file in files if file.colours is not None)
    silent = [file for file in files if file.colours is None]
    if len(spaces) > 1 and silent:
        raise CollectionError(
            f"{silent[0].path.name}: expected a colour space as in the other photographs, found none, "
            f"and they have {' and '.join(space.name for space in spaces)}: save all photographs as sRGB"
        )
    if len(spaces) > 1:
        return list(files), [
            f"the photographs have several colour spaces; {_named(some)} were converted from {space.name} to {wanted}"
            for space in spaces
            if space != SRGB and (some := [file for file in files if alike(file.colours or SRGB, space)])
        ]
    space = spaces[0] if spaces else SRGB
    notes: list[str] = [] if space == SRGB else [f"the colours were converted from {space.name} to {wanted}"]
    told = [file for file in silent if space != SRGB and (file.grey or not space.grey)]
    if told:
        notes.append(Doubt(f"no colour space in {_named(told)}: taken as {space.name}, as the other photographs"))
    unknown = [file for file in silent if file.exif.uncalibrated and file not in told]
    if unknown:
        notes.append(
            Doubt(f"EXIF calls colours other than sRGB, but does not name them, in {_named(unknown)}: taken as sRGB")
        )
    return [replace(file, colours=space) if file in told else file for file in files], notes


def _check_linear(files: Sequence[PictureFile]) -> None:
    for file in files:
        if file.colours is not None and file.colours != SRGB and not file.colours.linear:
            raise CollectionError(
                f"{file.path.name}: expected samples proportional to light, found colours of {file.colours.name}, "
                "which are not: save them in a linear colour space, or do not say that they are linear"
            )


def _oddities(files: Sequence[PictureFile]) -> Iterable[str]:
    """What nobody can decide, but a person should know."""
    grey = [file for file in files if file.grey]
    if 0 < len(grey) < len(files):
        few, word = (grey, "grey") if 2 * len(grey) <= len(files) else ([f for f in files if not f.grey], "in colour")
        yield Doubt(f"of all photographs, only these are {word}: {_named(few)}")
    known = [file for file in files if file.exif.exposure is not None]
    most, others = _majority(known, lambda file: file.exif.exposure) if known else (None, [])
    if 2 * len(others) > len(known):
        yield Doubt(f"the exposure changes between the photographs, as {most} and {others[0].exif.exposure}; {_UNEVEN}")
    elif others:
        yield Doubt(f"another exposure, {others[0].exif.exposure} and not {most}, in {_named(others)}; {_UNEVEN}")
    damaged = [file for file in files if file.exif.damaged]
    if damaged:
        yield Doubt(f"damaged EXIF data, which were not used, in {_named(damaged)}")
    for remark in dict.fromkeys(remark for file in files for remark in file.remarks):
        yield type(remark)(f"{remark}: {_named([file for file in files if remark in file.remarks])}")


def _majority(files: Sequence[PictureFile], value: Callable[[PictureFile], Value]) -> tuple[Value, list[PictureFile]]:
    """What most files have, the first of them if there is a draw, and the files that have something else."""
    most = Counter(value(file) for file in files).most_common(1)[0][0]
    return most, [file for file in files if value(file) != most]


def _named(files: Sequence[PictureFile]) -> str:
    return listed([file.path.name for file in files])
