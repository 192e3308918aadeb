"""Which files make a collection, and whose light is whose: all that is known before a photograph is decoded."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import CollectionError
from fastrti.photographs.agreement import agree
from fastrti.photographs.checks import Transfer, check_transfer
from fastrti.photographs.corrections import Correction
from fastrti.photographs.dome_file import Dome, is_dome, read_dome
from fastrti.photographs.kinds import one_kind
from fastrti.photographs.lp_file import read_lp
from fastrti.photographs.mask_file import EMPTY, read_mask
from fastrti.photographs.matching import Match, match_rows
from fastrti.photographs.names import MASK_NAME, NORMALS_NAME, by_numbers, fold, is_photograph
from fastrti.photographs.notes import Doubt
from fastrti.photographs.photograph import open_photograph
from fastrti.photographs.picture_file import PictureFile
from fastrti.photographs.places import find_list, find_pictures, has_list
from fastrti.photographs.raw_set import develop_alike
from fastrti.photographs.sources import SourceFile, source_file


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
        corrections: what is done to raw files where they are decoded.
        lp: the name of the list; empty where there is none.
        matched_by: "name", "number" or "order"; empty where there is no list.
        others: the list and the masks with their digests.
        dome: what a `.dome` file says of these photographs; None where the list is another.
    """

    photographs: tuple[PictureFile, ...]
    names: tuple[str, ...]
    lights: NDArray[np.float64] | None
    masks: tuple[Path, ...]
    transfer: Transfer
    notes: tuple[str, ...]
    corrections: tuple[Correction, ...] = ()
    lp: str = ""
    matched_by: str = ""
    others: tuple[SourceFile, ...] = ()
    dome: Dome | None = None

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
            drawn = read_mask(path, self.shape)
            mask = drawn if mask is None else mask & drawn
        if mask is None or mask.all():
            return None
        if not mask.any():
            raise CollectionError(EMPTY)
        return mask


def find_collection(
    folder: str | Path,
    lp: str | Path | None = None,
    transfer: Transfer | None = None,
    match: Match | None = None,
    max_pixels: int | None = None,
) -> CollectionFiles:
    """The photographs of a folder, the light of each, and the masks; arguments and errors as of `Mlic.load`."""
    _check_transfer(transfer)
    folder = Path(folder)
    lp = find_list(folder) if lp is None else Path(lp)
    dome = read_dome(lp) if is_dome(lp) else None
    light_list = read_lp(lp) if dome is None else dome.light_list(lp.name)
    pictures, kind_notes = one_kind(find_pictures(folder, lp, light_list.rows), light_list.rows)
    matching, notes = match_rows(light_list, pictures, match)
    collection = _collection(
        [path for _, path in matching.pairs],
        np.array([row.light for row, _ in matching.pairs]),
        pictures,
        transfer,
        max_pixels,
        (*light_list.notes, *kind_notes, *notes),
        lp,
        matching.way,
    )
    return (
        collection
        if dome is None
        else replace(collection, dome=dome.chosen([row.line - 1 for row, _ in matching.pairs]))
    )


def find_photographs(
    folder: str | Path,
    lp: str | Path | None = None,
    transfer: Transfer | None = None,
    match: Match | None = None,
    max_pixels: int | None = None,
) -> CollectionFiles:
    """`find_collection`, or all photographs of a folder without lights where neither it nor the caller has a list.

    Raises:
        CollectionError: as `find_collection`, and where the photographs without a list are fewer than two.
    """
    if lp is not None or has_list(Path(folder)):
        return find_collection(folder, lp, transfer, match, max_pixels)
    _check_transfer(transfer)
    pictures, notes = one_kind(find_pictures(Path(folder)))
    paths = sorted(filter(is_photograph, pictures), key=lambda path: by_numbers(path.name))
    if len(paths) < 2:
        raise CollectionError(f"expected two photographs or more in {folder}, found {paths[0].name} alone")
    return _collection(paths, None, pictures, transfer, max_pixels, tuple(notes))


def _collection(
    paths: list[Path],
    lights: NDArray[np.float64] | None,
    pictures: Sequence[Path],
    transfer: Transfer | None,
    max_pixels: int | None,
    notes: tuple[str, ...],
    lp: Path | None = None,
    matched_by: str = "",
) -> CollectionFiles:
    masks, mask_notes = _masks(pictures)
    headers = [open_photograph(path, max_pixels) for path in paths]
    files, transfer, corrections = develop_alike(headers, transfer, max_pixels)
    files, file_notes = agree(files, transfer == "linear")
    others = [*([] if lp is None else [source_file(lp, "lights")]), *(source_file(path, "mask") for path in masks)]
    return CollectionFiles(
        photographs=tuple(files),
        names=_names(paths),
        lights=lights,
        masks=masks,
        transfer=transfer,
        notes=(*notes, *mask_notes, *file_notes, *(correction.sentence for correction in corrections)),
        corrections=corrections,
        lp="" if lp is None else lp.name,
        matched_by=matched_by,
        others=tuple(others),
    )


def _check_transfer(transfer: Transfer | None) -> None:
    if transfer is not None:
        check_transfer(transfer)


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
