"""`Mlic`: a multi-light image collection, the photographs of one object under known lights."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError, CollectionError
from fastrti.lazy import lazy
from fastrti.photographs.agreement import level_notes
from fastrti.photographs.checks import (
    Samples,
    Transfer,
    check_mask,
    check_samples,
    check_scale,
    check_transfer,
    checked_lights,
    checked_names,
    checked_positions,
)
from fastrti.photographs.collection_files import CollectionFiles, find_collection
from fastrti.photographs.corrections import Correction
from fastrti.photographs.led_adjust import led_adjusted
from fastrti.photographs.matching import Match
from fastrti.photographs.photograph import decode
from fastrti.photographs.sources import UNKNOWN, Circumstances, SourceFile, source_file
from fastrti.progress import counted
from fastrti.srgb import srgb_encode, to_bytes


@dataclass(frozen=True, eq=False, repr=False)
class Mlic:
    """Photographs held once, as the samples they are, and their lights.

    Attributes:
        photographs: (N, H, W, 3) uint8 or uint16.
        lights: (N, 3) float64 unit vectors (`fastrti.lights`); z may be slightly negative.
        names: N file names.
        mask: (H, W) bool, True on the object; None where everything is the object.
        transfer: how samples encode light, "srgb" or "linear".
        positions: (N, 3) float64, where the lights stand: in picture widths from the middle of the picture, on the axes
            of `fastrti.lights`, z = 0 in the object's plane. None where lights are far away.
        mm_per_pixel: the scale of the photographs on the object, or None.
        corrections: what was done to the photographs and lights, first to last.
        sources: the files that it was read from; empty for arrays.
        circumstances: what no file says of the capture.
        notes: a sentence for everything that the reader skipped or guessed. A `Doubt` is a guess that may be wrong.
        lp: the name of the list; empty for arrays.
        matched_by: "name", "number" or "order", see `load`; empty for arrays.

    Raises:
        ArgumentError: arrays that are no collection, or do not fit together.
    """

    photographs: Samples
    lights: NDArray[np.float64]
    names: tuple[str, ...]
    mask: NDArray[np.bool_] | None = None
    transfer: Transfer = "srgb"
    positions: NDArray[np.float64] | None = None
    mm_per_pixel: float | None = None
    corrections: tuple[Correction, ...] = ()
    sources: tuple[SourceFile, ...] = ()
    circumstances: Circumstances = UNKNOWN
    notes: tuple[str, ...] = ()
    lp: str = ""
    matched_by: str = ""

    def __post_init__(self) -> None:
        check_samples(self.photographs)
        object.__setattr__(self, "lights", checked_lights(self.lights, len(self.photographs)))
        object.__setattr__(self, "names", checked_names(self.names, len(self.photographs)))
        object.__setattr__(self, "notes", tuple(self.notes))
        if self.mask is not None:
            check_mask(self.mask, self.photographs.shape[1:3])
        check_transfer(self.transfer)
        if self.positions is not None:
            object.__setattr__(self, "positions", checked_positions(self.positions, len(self.photographs)))
        if self.mm_per_pixel is not None:
            check_scale(self.mm_per_pixel)

    def __repr__(self) -> str:
        kind = f"{self.photographs.dtype}, {self.transfer}{'' if self.mask is None else ', with a mask'}"
        return f"<Mlic: {len(self)} photographs of {self.width}×{self.height} pixels, {kind}>"

    @classmethod
    def load(
        cls,
        folder: str | Path,
        lp: str | Path | None = None,
        transfer: Transfer | None = None,
        match: Match | None = None,
        max_pixels: int | None = None,
    ) -> "Mlic":
        """Reads a folder of JPEG, PNG, TIFF, HEIF or raw photographs and the `.lp` or `.dome` file of their lights.

        `docs/inputs.md` has all forms of lists and places. The mask is `mask.png` (above one half) and the pixels that
        are opaque in every photograph.

        Args:
            folder: the photographs' folder, or that of a list which names the photographs' folder.
            lp: the `.lp` or `.dome` file; by default the only one in the folder.
            transfer: "srgb" for pictures as cameras write them, "linear" for samples proportional to light. None is
                linear for raw files, and sRGB for others.
            match: what rows and pictures are matched by: "name" (stems, without case), "number" (the number in the
                name) or "order". None takes the one that is beyond doubt.
            max_pixels: allow photographs of more pixels than the default of 150 million, or of fewer.

        Raises:
            CollectionError: a part that is missing, cannot be read, or does not fit the others; rows and pictures whose
                match is in doubt.
            ArgumentError: another transfer or match.
        """
        files = find_collection(folder, lp, transfer, match, max_pixels)
        assert files.lights is not None  # of a list
        photographs, opaque, sources = _read_all(files)
        dome = files.dome
        corrections: tuple[Correction, ...] = ()
        if dome is not None and dome.gains is not None:
            corrections = (led_adjusted(photographs, dome.gains, files.transfer, files.lp),)
        width = None if dome is None else dome.image_width
        return cls(
            photographs=photographs,
            lights=files.lights,
            names=files.names,
            mask=files.mask(opaque),
            transfer=files.transfer,
            positions=None if dome is None else dome.positions,
            mm_per_pixel=None if width is None else width / photographs.shape[2],
            corrections=(*files.corrections, *corrections),
            sources=(*sources, *files.others),
            notes=(*files.notes, *level_notes(files.photographs, photographs), *(c.sentence for c in corrections)),
            lp=files.lp,
            matched_by=files.matched_by,
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
        parts: dict[str, Any] = {"photographs": self.photographs[chosen], "lights": self.lights[chosen], "names": names}
        parts["sources"] = tuple(file for file in self.sources if file.role != "photograph" or file.name in names)
        return replace(self, **parts, positions=None if self.positions is None else self.positions[chosen])

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

    @lazy
    def _encoding(self) -> NDArray[np.float32]:
        """The encoded value of every possible sample, (256,) or (65536,)."""
        values = np.linspace(0, 1, 1 + int(np.iinfo(self.photographs.dtype).max))
        return (values if self.transfer == "srgb" else srgb_encode(values)).astype(np.float32)


def _read_all(files: CollectionFiles) -> tuple[Samples, NDArray[np.bool_] | None, list[SourceFile]]:
    """All photographs, (N, H, W, 3), where all of them are opaque (None: no alpha anywhere), and their digests."""
    headers = files.photographs
    photographs = _allocate((len(headers), *files.shape, 3), headers[0].dtype)
    opaque: NDArray[np.bool_] | None = None
    sources = []
    for index, header in enumerate(counted(headers, "reading photographs")):
        photograph = decode(header, files.transfer == "linear")
        photographs[index] = photograph.pixels
        sources.append(source_file(header.path, "photograph", files.names[index], header.exif))
        if photograph.opaque is not None:
            opaque = photograph.opaque if opaque is None else opaque & photograph.opaque
    return photographs, opaque, sources


def _allocate(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Samples:
    try:
        photographs: Samples = np.empty(shape, dtype)
    except MemoryError:
        size = np.prod(shape, dtype=float) * dtype.itemsize / 1e9
        raise CollectionError(
            f"expected memory for {shape[0]} photographs ({size:.1f} GB), found less: "
            "scale the photographs down, or list fewer of them"
        ) from None
    return photographs
