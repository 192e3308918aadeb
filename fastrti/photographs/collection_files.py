"""Which files make a collection, and whose light is whose: all that is known before a photograph is decoded."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import CollectionError
from fastrti.photographs.agreement import agree
from fastrti.photographs.checks import Transfer, check_transfer
from fastrti.photographs.lp_file import read_lp
from fastrti.photographs.matching import Match, match_rows
from fastrti.photographs.names import MASK_NAME, NORMALS_NAME, by_numbers, fold, is_photograph
from fastrti.photographs.notes import Doubt
from fastrti.photographs.photograph import Photograph, open_photograph, read_photograph
from fastrti.photographs.picture_file import PictureFile
from fastrti.photographs.places import find_list, find_pictures, has_list


@dataclass(frozen=True, eq=False)
class CollectionFiles:
    """The files of a collection.

    Attributes:
        photographs: the headers of N photographs, as they are to be decoded.
        names: N file names.
        lights: (N, 3) float64 unit vectors; None where there is no list.
        masks: the files of masks.
        transfer: how samples encode light, "srgb" or "linear".
        notes: a sentence for everything that was skipped or guessed.
        lp: the name of the list; empty where there is none.
        matched_by: "name", "number" or "order"; empty where there is no list.
    """

    photographs: tuple[PictureFile, ...]
    names: tuple[str, ...]
    lights: NDArray[np.float64] | None
    masks: tuple[Path, ...]
    transfer: Transfer
    notes: tuple[str, ...]
    lp: str = ""
    matched_by: str = ""

    @property
    def shape(self) -> tuple[int, int]:
        """(H, W) of every photograph."""
        width, height = self.photographs[0].upright
        return height, width

    def mask(self, opaque: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
        """Where all masks and all photographs say that the object is, (H, W); None where it is everywhere.

        Args:
            opaque: (H, W), where all photographs are opaque; None where none of them has alpha.

        Raises:
            CollectionError: a mask of another size, or one that masks out everything.
        """
        mask = opaque
        for path in self.masks:
            drawn = _drawn_mask(read_photograph(path))
            if drawn.shape != self.shape:
                raise CollectionError(
                    f"{path.name}: expected the photographs' size, {self.shape[1]}×{self.shape[0]}, "
                    f"found {drawn.shape[1]}×{drawn.shape[0]}"
                )
            mask = drawn if mask is None else mask & drawn
        if mask is None or mask.all():
            return None
        if not mask.any():
            raise CollectionError("expected a mask with object pixels, found none: it masks out everything")
        return mask


def find_collection(
    folder: str | Path, lp: str | Path | None = None, transfer: Transfer = "srgb", match: Match | None = None
) -> CollectionFiles:
    """The photographs of a folder, the light of each, and the masks; arguments and errors as of `Mlic.load`."""
    check_transfer(transfer)
    folder = Path(folder)
    lp = find_list(folder) if lp is None else Path(lp)
    light_list = read_lp(lp)
    pictures = find_pictures(folder, lp, light_list.rows)
    matching, notes = match_rows(light_list, pictures, match)
    return _collection(
        [path for _, path in matching.pairs],
        np.array([row.light for row, _ in matching.pairs]),
        pictures,
        transfer,
        (*light_list.notes, *notes),
        lp.name,
        matching.way,
    )


def find_photographs(
    folder: str | Path, lp: str | Path | None = None, transfer: Transfer = "srgb", match: Match | None = None
) -> CollectionFiles:
    """`find_collection`, or all photographs of a folder without lights where neither it nor the caller has a list.

    Raises:
        CollectionError: as `find_collection`, and where the photographs without a list are fewer than two.
    """
    if lp is not None or has_list(Path(folder)):
        return find_collection(folder, lp, transfer, match)
    check_transfer(transfer)
    pictures = find_pictures(Path(folder))
    paths = sorted(filter(is_photograph, pictures), key=lambda path: by_numbers(path.name))
    if len(paths) < 2:
        raise CollectionError(f"expected two photographs or more in {folder}, found {paths[0].name} alone")
    return _collection(paths, None, pictures, transfer, ())


def _collection(
    paths: list[Path],
    lights: NDArray[np.float64] | None,
    pictures: Sequence[Path],
    transfer: Transfer,
    notes: tuple[str, ...],
    lp: str = "",
    matched_by: str = "",
) -> CollectionFiles:
    masks, mask_notes = _masks(pictures)
    files, file_notes = agree([open_photograph(path) for path in paths], transfer == "linear")
    notes = (*notes, *mask_notes, *file_notes)
    return CollectionFiles(tuple(files), _names(paths), lights, masks, transfer, notes, lp, matched_by)


def _names(paths: Sequence[Path]) -> tuple[str, ...]:
    """The names of files, with folders where the photographs lie in several; bytes that are no text are escaped."""
    home = os.path.commonpath([os.path.abspath(path.parent) for path in paths])
    names = (os.path.relpath(path, home).replace(os.sep, "/") for path in paths)
    return tuple(name.encode(errors="backslashreplace").decode() for name in names)


def _masks(pictures: Sequence[Path]) -> tuple[tuple[Path, ...], list[str]]:
    """The masks among the pictures, and a note on those that only seem to be one."""
    masks = tuple(path for path in pictures if fold(path.name) == MASK_NAME)
    others = [path for path in pictures if not is_photograph(path) and fold(path.name) not in (MASK_NAME, NORMALS_NAME)]
    return masks, [Doubt(f"{path.name}: skipped, because a mask is called {MASK_NAME}") for path in others]


def _drawn_mask(photograph: Photograph) -> NDArray[np.bool_]:
    """White and opaque is the object."""
    half = np.iinfo(photograph.pixels.dtype).max / 2
    drawn: NDArray[np.bool_] = photograph.pixels.max(axis=2) > half
    return drawn if photograph.opaque is None else drawn & photograph.opaque
