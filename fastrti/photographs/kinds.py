"""The kinds of picture files by their suffixes, and the choice between several files of one photograph."""

from collections.abc import Sequence
from pathlib import Path

from fastrti.photographs.lp_file import LightRow
from fastrti.photographs.names import fold, is_photograph, parts
from fastrti.text import listed

PLAIN_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".tif", ".tiff"})
HEIF_SUFFIXES = frozenset({".heic", ".heif", ".hif"})
RAW_SUFFIXES = frozenset(
    {".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".iiq", ".kdc", ".mef", ".mos", ".mrw"}
    | {".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"}
)
SUFFIXES = PLAIN_SUFFIXES | HEIF_SUFFIXES | RAW_SUFFIXES

_KINDS = (PLAIN_SUFFIXES, HEIF_SUFFIXES, RAW_SUFFIXES)  # of several, the first: somebody may have worked on it


def one_kind(pictures: Sequence[Path], rows: Sequence[LightRow] = ()) -> tuple[list[Path], list[str]]:
    """Leaves out what is there twice: cameras write a JPEG beside each raw file, and people convert HEIF files.

    The kind is the one whose files the list names. If it names none, or several, it is the first of JPEG, PNG and TIFF,
    then HEIF, then raw files that has every photograph.

    Args:
        pictures: what lies in the folders of a collection, masks included.
        rows: of its list.

    Returns:
        The pictures that stay, and a note where some were left out.
    """
    kinds = [[path for path in pictures if is_photograph(path) and path.suffix.lower() in kind] for kind in _KINDS]
    names = {fold(parts(row.name)[-1]) for row in rows}
    named = [kind for kind in kinds if any(fold(path.name) in names for path in kind)]
    stems = {_stem(path) for kind in kinds for path in kind}
    whole = [kind for kind in kinds if {_stem(path) for path in kind} == stems]
    chosen = named[0] if len(named) == 1 else next(iter(whole), [])
    twice = {_stem(path) for path in chosen}
    left_out = {path for kind in kinds if kind is not chosen for path in kind if _stem(path) in twice}
    if not left_out:
        return list(pictures), []
    paths = [path for path in pictures if path in left_out]
    note = f"{listed([path.name for path in paths])}: left out, because {chosen[0].suffix} files have the same names"
    return [path for path in pictures if path not in left_out], [note]


def _stem(path: Path) -> tuple[Path, str]:
    return path.parent, fold(path.stem)
