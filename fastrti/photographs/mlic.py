"""`Mlic`: a multi-light image collection, the photographs of one object under known lights."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PureWindowsPath
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError, CollectionError
from fastrti.photographs.lp_file import LightList, LightRow, read_lp
from fastrti.photographs.photograph import SUFFIXES, Photograph, read_photograph
from fastrti.progress import counted
from fastrti.srgb import srgb_encode, to_bytes

Transfer = Literal["srgb", "linear"]
Samples = NDArray[np.uint8] | NDArray[np.uint16]

MASK_NAME, NORMALS_NAME = "mask.png", "normals.png"
_NOT_PHOTOGRAPHS = frozenset({"mask", "normals"})  # stems that belong to a collection but are never its photographs
_LISTED_AT_MOST = 5


@dataclass(frozen=True, eq=False)
class Mlic:
    """Photographs held once, as the samples they are, and their lights.

    Attributes:
        photographs: (N, H, W, 3) uint8 or uint16.
        lights: (N, 3) float64 unit vectors (`fastrti.lights`); z may be slightly negative.
        names: N file names.
        mask: (H, W) bool, True on the object; None where everything is the object.
        transfer: how samples encode light, "srgb" or "linear".
        notes: a sentence for everything that the reader skipped or guessed.
    """

    photographs: Samples
    lights: NDArray[np.float64]
    names: tuple[str, ...]
    mask: NDArray[np.bool_] | None = None
    transfer: Transfer = "srgb"
    notes: tuple[str, ...] = ()

    @classmethod
    def load(cls, folder: str | Path, lp: str | Path | None = None, transfer: Transfer = "srgb") -> "Mlic":
        """Reads a folder of JPEG, PNG or TIFF photographs and the `.lp` file of their lights.

        Rows and pictures are matched by file stem, or by order where no name matches at all. Pictures that the list
        does not name and rows without a picture are skipped, which `notes` says. The mask is `mask.png` (above one
        half) and the pixels that are opaque in every photograph.

        Args:
            folder: the photographs' folder.
            lp: the `.lp` file; by default the only one in the folder.
            transfer: "srgb" for pictures as cameras write them, "linear" for samples proportional to light.

        Raises:
            CollectionError: a part that is missing, cannot be read, or does not fit the others.
            ArgumentError: another transfer.
        """
        if transfer not in ("srgb", "linear"):
            raise ArgumentError(f"expected transfer 'srgb' or 'linear', got {transfer!r}")
        folder = Path(folder)
        pictures = _pictures(folder)
        lp = Path(lp) if lp is not None else _find_lp(folder)
        light_list = read_lp(lp)
        pairs, notes = _match(light_list, lp.name, pictures)
        photographs, opaque = _read_all([path for _, path in pairs], transfer)
        return cls(
            photographs=photographs,
            lights=np.array([row.light for row, _ in pairs]),
            names=tuple(path.name for _, path in pairs),
            mask=_mask(folder, opaque, photographs.shape[1:3]),
            transfer=transfer,
            notes=(*light_list.notes, *notes),
        )

    def __len__(self) -> int:
        """N, the number of photographs."""
        return len(self.photographs)

    @property
    def height(self) -> int:
        """H, in pixels."""
        return int(self.photographs.shape[1])

    @property
    def width(self) -> int:
        """W, in pixels."""
        return int(self.photographs.shape[2])

    def subset(self, indices: Sequence[int] | NDArray[np.integer]) -> "Mlic":
        """The collection of the chosen photographs, copied; mask and notes stay.

        Raises:
            ArgumentError: no index, or one out of range.
        """
        chosen = np.asarray(indices, dtype=np.intp)
        if chosen.ndim != 1 or not len(chosen) or chosen.min() < -len(self) or chosen.max() >= len(self):
            raise ArgumentError(f"expected one or more indices of {len(self)} photographs, got {list(indices)}")
        names = tuple(self.names[i] for i in chosen)
        return replace(self, photographs=self.photographs[chosen], lights=self.lights[chosen], names=names)

    def encoded(self, samples: Samples) -> NDArray[np.float32]:
        """What networks train on and pictures are scored against: sRGB-encoded values in [0, 1].

        Args:
            samples: stored samples of this collection, any shape.

        Returns:
            float32 of the same shape.
        """
        values: NDArray[np.float32] = self._encoding[samples]
        return values

    def picture(self, index: int) -> NDArray[np.uint8]:
        """Photograph `index` as a person sees it: (H, W, 3) uint8, sRGB-encoded."""
        picture: NDArray[np.uint8] = to_bytes(self._encoding)[self.photographs[index]]
        return picture

    @cached_property
    def _encoding(self) -> NDArray[np.float32]:
        """The encoded value of every possible sample, (256,) or (65536,)."""
        values = np.linspace(0, 1, 1 + int(np.iinfo(self.photographs.dtype).max))
        return (values if self.transfer == "srgb" else srgb_encode(values)).astype(np.float32)


def _pictures(folder: Path) -> list[Path]:
    try:
        files = sorted(folder.iterdir(), key=lambda path: _natural(path.name))
    except OSError as error:
        raise CollectionError(f"expected a folder of photographs, found {folder}: {error.strerror}") from None
    pictures = [path for path in files if path.suffix.lower() in SUFFIXES and not path.name.startswith(".")]
    if not pictures:
        raise CollectionError(f"expected JPEG, PNG or TIFF photographs in {folder}, found none")
    return pictures


def _natural(name: str) -> list[tuple[int, str]]:
    """A sort key that puts img2 before img10."""
    return [
        (int(part), "") if part.isascii() and part.isdigit() else (-1, part) for part in re.split(r"([0-9]+)", name)
    ]


def _find_lp(folder: Path) -> Path:
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() == ".lp")
    if len(found) != 1:
        what = f"found {len(found)}: {_listed([path.name for path in found])}" if found else "found none"
        raise CollectionError(f"expected one .lp file in {folder}, {what}: pass the one to use")
    return found[0]


def _match(lights: LightList, lp_name: str, pictures: list[Path]) -> tuple[list[tuple[LightRow, Path]], list[str]]:
    """Rows and their pictures, in the order of the list, and notes on what was left out or guessed."""
    by_name = {path.name.casefold(): path for path in pictures}
    by_stem: dict[str, list[Path]] = {}
    for path in pictures:
        by_stem.setdefault(path.stem.casefold(), []).append(path)
    pairs: list[tuple[LightRow, Path]] = []
    missing: list[str] = []
    taken: dict[Path, int] = {}
    for row in lights.rows:
        name = PureWindowsPath(row.name).name.casefold()  # takes / and \ alike
        candidates = [by_name[name]] if name in by_name else by_stem.get(_stem(name), [])
        if not candidates:
            missing.append(row.name)
            continue
        if len(candidates) > 1:
            names = _listed([path.name for path in candidates])
            raise CollectionError(f"{lp_name}:{row.line}: expected one picture for {row.name}, found {names}")
        path = candidates[0]
        if path in taken:
            raise CollectionError(
                f"{lp_name}:{row.line}: expected each picture once, found {path.name} also in line {taken[path]}"
            )
        taken[path] = row.line
        pairs.append((row, path))
    if not pairs:
        return _match_by_order(lights, lp_name, pictures)
    ignored = [
        path.name for path in pictures if path not in taken and path.name.casefold() not in (MASK_NAME, NORMALS_NAME)
    ]
    return pairs, _match_notes(lp_name, missing, ignored)


def _stem(name: str) -> str:
    """The name without a suffix; a part that starts with a digit is no suffix (scan.0001)."""
    return re.sub(r"\.[a-z][a-z0-9]{1,4}$", "", name)


def _match_by_order(
    lights: LightList, lp_name: str, pictures: list[Path]
) -> tuple[list[tuple[LightRow, Path]], list[str]]:
    photographs = [path for path in pictures if path.stem.casefold() not in _NOT_PHOTOGRAPHS]
    if len(photographs) != len(lights.rows):
        raise CollectionError(
            f"{lp_name}: expected the names of the pictures, found none of them, and {len(lights.rows)} rows cannot "
            f"be matched to {len(photographs)} pictures by order: correct the list"
        )
    first = f"{lights.rows[0].name} is {photographs[0].name}"
    note = f"{lp_name}: no row names a picture; rows were matched by order ({first})"
    return list(zip(lights.rows, photographs)), [note]


def _match_notes(lp_name: str, missing: list[str], ignored: list[str]) -> list[str]:
    notes = []
    if missing:
        notes.append(f"{lp_name}: rows skipped, because they have no picture: {_listed(missing)}")
    if ignored:
        notes.append(f"{lp_name}: pictures skipped, because the list does not name them: {_listed(ignored)}")
    return notes


def _listed(names: list[str]) -> str:
    shown = ", ".join(names[:_LISTED_AT_MOST])
    return shown if len(names) <= _LISTED_AT_MOST else f"{shown} and {len(names) - _LISTED_AT_MOST} more"


def _read_all(paths: list[Path], transfer: Transfer) -> tuple[Samples, NDArray[np.bool_] | None]:
    """All photographs in one array, (N, H, W, 3), and where all of them are opaque (None: no alpha anywhere)."""
    first = _read(paths[0], transfer)
    photographs = _allocate(len(paths), first)
    photographs[0], opaque = first.pixels, first.opaque
    for index, path in enumerate(counted(paths[1:], "reading photographs"), start=1):
        photograph = _read(path, transfer)
        _check_alike(photograph, path, first, paths[0])
        photographs[index] = photograph.pixels
        if photograph.opaque is not None:
            opaque = photograph.opaque if opaque is None else opaque & photograph.opaque
    return photographs, opaque


def _read(path: Path, transfer: Transfer) -> Photograph:
    photograph = read_photograph(path)
    if photograph.converted and transfer == "linear":
        raise CollectionError(
            f"{path.name}: expected linear samples without an ICC profile, found a profile other than sRGB, whose "
            "conversion would make them sRGB-encoded: save them without a profile, or pass transfer='srgb'"
        )
    return photograph


def _allocate(count: int, first: Photograph) -> Samples:
    shape = (count, *first.pixels.shape)
    try:
        photographs: Samples = np.empty(shape, first.pixels.dtype)
    except MemoryError:
        size = np.prod(shape, dtype=float) * first.pixels.itemsize / 1e9
        raise CollectionError(
            f"expected memory for {count} photographs ({size:.1f} GB), found less: "
            "scale the photographs down, or list fewer of them"
        ) from None
    return photographs


def _check_alike(photograph: Photograph, path: Path, first: Photograph, first_path: Path) -> None:
    for what, wanted, found in (
        ("size", _size(first), _size(photograph)),
        ("depth", first.pixels.dtype, photograph.pixels.dtype),
    ):
        if wanted != found:
            raise CollectionError(
                f"{path.name}: expected the {what} of {first_path.name}, {wanted}, found {found}: "
                "all photographs of a collection are taken from one place with one camera"
            )


def _size(photograph: Photograph) -> str:
    height, width = photograph.pixels.shape[:2]
    return f"{width}×{height}"


def _mask(folder: Path, opaque: NDArray[np.bool_] | None, shape: tuple[int, ...]) -> NDArray[np.bool_] | None:
    mask = opaque
    path = folder / MASK_NAME
    if path.exists():
        drawn = _drawn_mask(read_photograph(path))
        if drawn.shape != shape:
            raise CollectionError(
                f"{MASK_NAME}: expected the photographs' size, {shape[1]}×{shape[0]}, "
                f"found {drawn.shape[1]}×{drawn.shape[0]}"
            )
        mask = drawn if mask is None else mask & drawn
    if mask is None or mask.all():
        return None
    if not mask.any():
        raise CollectionError(f"expected a mask with object pixels in {folder}, found none: it masks out everything")
    return mask


def _drawn_mask(photograph: Photograph) -> NDArray[np.bool_]:
    """White and opaque is the object."""
    half = np.iinfo(photograph.pixels.dtype).max / 2
    drawn: NDArray[np.bool_] = photograph.pixels.max(axis=2) > half
    return drawn if photograph.opaque is None else drawn & photograph.opaque
