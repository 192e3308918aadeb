"""`Overview`: the photographs of a capture at a size that fits in memory, and what only their full size tells.

Photographs are read one by one. So a capture of 49 photographs of 12 megapixels takes some hundred megabytes.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastrti.photographs.checks import Samples, Transfer
from fastrti.photographs.collection_files import CollectionFiles
from fastrti.photographs.mlic import Mlic
from fastrti.photographs.photograph import Photograph, decode
from fastrti.progress import counted
from fastrti.srgb import srgb_encode

Pictures: TypeAlias = NDArray[np.float32]

_MOST_PIXELS = 1 << 17  # of a reduced picture
_MEASURED = 1 << 20  # pixels of a large photograph whose detail is measured
_BANDS = 5  # octaves of detail that are measured
_WHITE = 254 / 255  # what JPEG makes of white


@dataclass(frozen=True, eq=False)
class Overview:
    """A capture at a reduced size.

    Attributes:
        pictures: (N, h, w, 3) float32, sRGB-encoded values in [0, 1], means over factor × factor pixels.
        names: N file names.
        lights: (N, 3) float64 unit vectors; None where nobody has said what they are.
        mask: (h, w) bool, True on the object; None where everything is.
        shape: (H, W) of the photographs.
        factor: pixels of a photograph along one pixel here.
        white: (N,) share of the object's pixels that have a channel at its largest value.
        detail: (N, 5) how strongly green values differ over 1, 2, 4, 8 and 16 pixels of the full size, in levels.
        digests: equal for photographs that have the same samples.
        notes: what the reader guessed or skipped.
    """

    pictures: Pictures
    names: tuple[str, ...]
    lights: NDArray[np.float64] | None
    mask: NDArray[np.bool_] | None
    shape: tuple[int, int]
    factor: int
    white: NDArray[np.float64]
    detail: NDArray[np.float64]
    digests: tuple[bytes, ...]
    notes: tuple[str, ...]

    def __len__(self) -> int:
        """N, the number of photographs."""
        return len(self.pictures)

    @property
    def on_object(self) -> Pictures:
        """(N, P, 3), the pixels of the object."""
        return self.pictures.reshape(len(self), -1, 3) if self.mask is None else self.pictures[:, self.mask]


def overview_of_files(files: CollectionFiles) -> Overview:
    """Reads a collection's photographs one by one.

    Raises:
        CollectionError: a photograph or mask that cannot be read.
    """
    masked: list[NDArray[np.bool_]] = []

    def read() -> Iterator[Photograph]:
        for header in counted(files.photographs, "reading photographs"):
            photograph = decode(header, files.transfer == "linear")
            if photograph.opaque is not None:
                masked[:] = [photograph.opaque & masked[0] if masked else photograph.opaque]
            yield photograph

    drawn = files.mask(None)
    parts = _Parts(len(files.photographs), files.shape, drawn, files.transfer)
    for photograph in read():
        parts.add(photograph.pixels, photograph.opaque)
    return parts.overview(files.names, files.lights, files.mask(masked[0] if masked else None), files.notes)


def overview_of(mlic: Mlic, quick: bool = False) -> Overview:
    """The same of a collection in memory.

    Args:
        mlic: the collection.
        quick: take one of factor × factor pixels, instead of their mean. This takes a tenth of the time.
    """
    parts = _Parts(len(mlic), (mlic.height, mlic.width), mlic.mask, mlic.transfer, quick)
    for pixels in counted(mlic.photographs, "looking at photographs"):
        parts.add(pixels, None)
    return parts.overview(mlic.names, mlic.lights, mlic.mask, mlic.notes)


class _Parts:
    """What is kept of the photographs that were seen so far."""

    def __init__(
        self,
        count: int,
        shape: tuple[int, int],
        mask: NDArray[np.bool_] | None,
        transfer: Transfer,
        quick: bool = False,
    ):
        self.shape, self.mask, self.transfer, self.quick = shape, mask, transfer, quick
        self.factor = max(1, round((shape[0] * shape[1] / _MOST_PIXELS) ** 0.5))
        small = [side // self.factor or 1 for side in shape]
        self.pictures = np.empty((count, *small, 3), np.float32)
        self.white = np.zeros(count)
        self.detail = np.zeros((count, _BANDS))
        self.digests: list[bytes] = []

    def add(self, pixels: Samples, opaque: NDArray[np.bool_] | None) -> None:
        index, full = len(self.digests), np.iinfo(pixels.dtype).max
        self.detail[index] = _detail(_strips(pixels[..., 1])) * (255 / full)
        small, objects = self.pictures[index], _both(self.mask, opaque)
        if self.quick:
            step = np.s_[:: self.factor, :: self.factor]
            pixels, objects = pixels[step], None if objects is None else objects[step]
            small[:] = pixels[: small.shape[0], : small.shape[1]] / np.float32(full)
        else:
            small[:] = _means(pixels, self.factor) / np.float32(full)
        if self.transfer == "linear":
            small[:] = srgb_encode(small)
        self.digests.append(hashlib.blake2b(np.ascontiguousarray(pixels).data, digest_size=16).digest())
        white = _white(pixels)
        self.white[index] = (white if objects is None or not objects.any() else white[objects]).mean()

    def overview(
        self,
        names: tuple[str, ...],
        lights: NDArray[np.float64] | None,
        mask: NDArray[np.bool_] | None,
        notes: tuple[str, ...],
    ) -> Overview:
        small = None if mask is None else _means(mask[..., None], self.factor)[..., 0] >= 0.5
        if small is not None and not small.any():
            small = None
        return Overview(
            self.pictures,
            names,
            lights,
            small,
            self.shape,
            self.factor,
            self.white,
            self.detail,
            tuple(self.digests),
            notes,
        )


def _both(one: NDArray[np.bool_] | None, other: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
    return other if one is None else one if other is None else one & other


def _means(pixels: NDArray[Any], factor: int) -> Pictures:
    """Means over squares, (H, W, C) → (H // factor, W // factor, C)."""
    height, width = (side // factor * factor or side for side in pixels.shape[:2])
    rows = np.zeros((height // factor, *pixels.shape[1:]), np.float32)
    for first in range(factor):
        rows += pixels[first:height:factor]
    squares = rows[:, :width].reshape(len(rows), width // factor, factor, pixels.shape[2])
    means: Pictures = squares.mean(2) / np.float32(factor)
    return means


def _white(pixels: Samples) -> NDArray[np.bool_]:
    """Where one of the channels is at its largest value, (H, W)."""
    white: NDArray[np.bool_] = np.zeros(pixels.shape[:2], bool)
    for channel in range(3):
        white |= pixels[..., channel] >= _WHITE * np.iinfo(pixels.dtype).max
    return white


def _strips(green: Samples) -> Samples:
    """Some strips of rows of a large picture, each of whole squares of the coarsest octave."""
    rows = 2**_BANDS
    count, step = len(green) // rows, max(1, green.size // _MEASURED)
    if step == 1:
        return green
    return np.concatenate([green[strip * rows : (strip + 1) * rows] for strip in range(step // 2, count, step)])


def _detail(green: Samples) -> NDArray[np.float64]:
    """How much the quarters of squares of 2, 4, 8, … pixels differ from their mean, root-mean-square, (5,)."""
    values, found = green.astype(np.float32), np.zeros(_BANDS)
    for band in range(_BANDS):
        height, width = (side // 2 * 2 for side in values.shape)
        if not height or not width:
            break
        upper, lower = values[0:height:2], values[1:height:2]
        quarters = [rows[:, column:width:2] for rows in (upper, lower) for column in (0, 1)]
        means = (quarters[0] + quarters[1] + quarters[2] + quarters[3]) / np.float32(4)
        found[band] = np.sqrt(np.mean([_mean_square(quarter - means) for quarter in quarters]))
        values = means
    return found


def _mean_square(values: Pictures) -> float:
    flat = values.ravel()
    return float(flat @ flat) / flat.size
