"""The plane pictures of foreign folders: whole, or cut into tiles in one of the layouts that viewers know."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ObjectError
from fastrti.formats.reading.plane_files import read_planes
from fastrti.formats.reading.tiles import read_dzi, read_tzi

_SUFFIXES = ("png", "jpg", "dzi", "tzi")
"""In the order in which they are looked for: lossless first, whole pictures before tiles."""

_INTERLEAVED = "planes.tzi"


def has_planes(folder: Path, numbers: Sequence[int]) -> bool:
    """Whether the folder holds all plane pictures of these numbers in one layout."""
    return _complete(folder, numbers) is not None or (folder / _INTERLEAVED).is_file()


def read_plane_pictures(folder: Path, numbers: Sequence[int], width: int, height: int) -> NDArray[np.uint8]:
    """The planes of the pictures `plane_N`, (3·numbers, H, W) uint8, contiguous.

    Raises:
        ObjectError: pictures that are missing or damaged, or a layout that is not read; the message names it.
    """
    suffix = _complete(folder, numbers) or _complete(folder, numbers[:1])  # the latter names the missing picture
    paths = [folder / f"plane_{number}.{suffix}" for number in numbers]
    if suffix in ("png", "jpg"):
        return read_planes(paths, width, height)
    if suffix is None and not (folder / _INTERLEAVED).is_file():
        raise _unread_layout(folder, numbers)
    planes: NDArray[np.uint8] | None = None
    for place, path in enumerate(paths):
        if suffix == "dzi":
            picture = read_dzi(path, width, height)
        elif suffix == "tzi":
            picture = read_tzi(path, 0, width, height)
        else:
            picture = read_tzi(folder / _INTERLEAVED, place, width, height)
        if planes is None:
            planes = np.empty((3 * len(paths), height, width), np.uint8)
        planes[3 * place : 3 * place + 3] = picture.transpose(2, 0, 1)
    assert planes is not None  # an object has one plane or more
    return planes


def _complete(folder: Path, numbers: Sequence[int]) -> str | None:
    """The suffix that all of the pictures have."""
    for suffix in _SUFFIXES:
        if all((folder / f"plane_{number}.{suffix}").is_file() for number in numbers):
            return suffix
    return None


def _unread_layout(folder: Path, numbers: Sequence[int]) -> ObjectError:
    first = folder / f"plane_{numbers[0]}"
    if (first / "ImageProperties.xml").is_file():
        got = "the tiles of Zoomify"
    elif first.is_dir():
        got = "a folder of tiles as Google Maps has them"
    elif any(folder.glob("*.tif")):
        got = "a TIFF for an image server (IIP)"
    else:
        got = "none of these"
    wanted = ", ".join(f"{first.name}.{suffix}" for suffix in _SUFFIXES)
    return ObjectError(
        f"{folder}: expected {wanted} or {_INTERLEAVED}, got {got}: export the planes as whole pictures or as DeepZoom"
    )
