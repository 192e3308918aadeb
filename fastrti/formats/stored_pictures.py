"""The pictures of an object's folder: its planes, labels and mask, whole or as pyramids of tiles, and the first look.

The first look is the same pictures at a fraction of the size. A viewer draws it while the others are on their way.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastrti.files import write_file
from fastrti.formats.info_json import stored_planes
from fastrti.formats.pyramid import Encode, write_pyramid
from fastrti.formats.reading.plane_files import png_of
from fastrti.formats.wire import MAX_STEP, Wire
from fastrti.objects.planes import fill_outside
from fastrti.objects.relightable import Relightable
from fastrti.objects.scales import reduced
from fastrti.progress import counted

FIRST = "first_"
"""How the names of the files of the first look begin."""

FIRST_SHARE = 0.05
"""Of the bytes of the pictures at full size: the first look takes at most so many."""

FIRST_FROM = 1 << 15
"""Bytes. Pictures of fewer are there at once and need no first look."""

FIRST_FACTORS = (4, 8, 16, 32, 64)
"""How many pixels a side may become one."""


@dataclass(frozen=True, eq=False)
class StoredPicture:
    """A picture of an object's folder.

    Attributes:
        stem, suffix: of its file.
        pixels: (H, W, 3) or (H, W) uint8.
        encode: makes the file of all of it, or of a tile.
        labels: (H, W) of experts, which say what a coarser level may average; None where it may average all.
    """

    stem: str
    suffix: str
    pixels: NDArray[np.uint8]
    encode: Encode = png_of
    labels: NDArray[np.uint8] | None = None

    def write(self, folder: Path, tiled: bool = False) -> None:
        """Writes it into a folder that is not finished."""
        if tiled:
            write_pyramid(folder, self.stem, self.pixels, self.labels, self.encode)
        else:
            write_file(folder / f"{self.stem}{self.suffix}", self.encode(self.pixels))


def write_pictures(relightable: Relightable, folder: Path, tiled: bool, wire: Wire | None) -> None:
    """Writes planes, labels and mask into a folder that is not finished: whole, or as pyramids of tiles."""
    for picture in _pictures(relightable, wire):
        picture.write(folder, tiled)


def write_first_look(relightable: Relightable, folder: Path, wire: Wire | None) -> int | None:
    """Writes the first look into a folder that holds the whole pictures, and nothing else yet.

    It has the finest of `FIRST_FACTORS` whose files take at most `FIRST_SHARE` of the bytes. Its planes are those that
    `Renderer.relight(scale=…)` draws from, as PNG or JPEG like the whole ones. JPEG has twice the steps: half as fine
    pixels are worth less than twice as many.

    Returns:
        How many pixels a side became one; None where no first look is needed, or none is light enough.
    """
    size = sum(path.stat().st_size for path in folder.iterdir())
    coarse = wire and replace(wire, steps=tuple(min(2 * step, MAX_STEP) for step in wire.steps))
    for factor in FIRST_FACTORS if size >= FIRST_FROM else ():
        small = reduced(relightable, factor)
        fill_outside(small.planes, small.mask)
        files = {f"{FIRST}{each.stem}{each.suffix}": each.encode(each.pixels) for each in _pictures(small, coarse)}
        if sum(map(len, files.values())) <= FIRST_SHARE * size:
            for name, content in files.items():
                write_file(folder / name, content)
            return factor
    return None


def _pictures(relightable: Relightable, wire: Wire | None) -> Iterator[StoredPicture]:
    """What is stored of an object: its planes as PNG, or as JPEG as `wire` says."""
    stored, labels = stored_planes(relightable), relightable.labels
    for number in counted(range(len(stored) // 3), "writing planes"):
        triplet = np.ascontiguousarray(stored[3 * number : 3 * number + 3].transpose(1, 2, 0))
        encode = png_of if wire is None else partial(wire.encode, number=number)
        yield StoredPicture(f"plane_{number + 1}", ".jpg", triplet, encode, labels)
    if labels is not None:
        yield StoredPicture("labels", ".png", labels, labels=labels)
    if relightable.mask is not None:
        yield StoredPicture("mask", ".png", relightable.mask.astype(np.uint8) * 255)
