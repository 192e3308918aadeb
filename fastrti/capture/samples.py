"""Photographs at some pixels, and photographs made small: what is compared of a collection of any size."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastrti.photographs.linear_light import LinearLight
from fastrti.photographs.mlic import Mlic
from fastrti.progress import counted
from fastrti.srgb import srgb_encode

MOST_SAMPLES = 4096
MOST_REDUCED = 1 << 16
_SEED = 0
_AT_ONCE = 1 << 20  # samples of a photograph converted at once


@dataclass(frozen=True, eq=False)
class PixelSample:
    """All photographs at P pixels of the object.

    Attributes:
        values: (N, P, 3) float32 in [0, 1], sRGB-encoded.
        clipped: (N, P) bool, where a channel is white: the light may have been brighter.
        rows, columns: (P,) of the pixels.
    """

    values: NDArray[np.float32]
    clipped: NDArray[np.bool_]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Reduced:
    """All photographs, made smaller by a whole number. A pixel is the mean light of factor × factor pixels.

    Attributes:
        values: (N, h, w, 3) float32 in [0, 1], sRGB-encoded.
        clipped: (N, h, w) bool, where a channel of a pixel that it covers is white.
        mask: (h, w) bool, where all pixels that it covers are the object.
        factor: pixels of the photographs along a side of one of these. Right and bottom pixels that fill none are left
            out.
    """

    values: NDArray[np.float32]
    clipped: NDArray[np.bool_]
    mask: NDArray[np.bool_]
    factor: int


def sample_pixels(mlic: Mlic, most: int = MOST_SAMPLES) -> PixelSample:
    """Pixels of the object drawn at random, the same ones whenever they are drawn; all of them where there are few."""
    pixels = np.flatnonzero(mask_of(mlic))
    if len(pixels) > most:
        pixels = np.sort(np.random.default_rng(_SEED).choice(pixels, most, replace=False))
    rows, columns = np.divmod(pixels, mlic.width)
    stored = mlic.photographs[:, rows, columns]
    clipped = (stored == np.iinfo(stored.dtype).max).any(-1)
    return PixelSample(mlic.encoded(stored), clipped, rows, columns)


def reduced(mlic: Mlic, most: int = MOST_REDUCED) -> Reduced:
    """The photographs in at most so many pixels each, without reading more of one at once than a megasample."""
    factor = max(1, int(np.ceil((mlic.height * mlic.width / most) ** 0.5)))
    height, width = max(1, mlic.height // factor), max(1, mlic.width // factor)
    rows, columns = min(factor, mlic.height), min(factor, mlic.width)
    values = np.empty((len(mlic), height, width, 3), np.float32)
    clipped = np.empty((len(mlic), height, width), bool)
    light = LinearLight(mlic.photographs.dtype, mlic.transfer)
    step = max(1, _AT_ONCE // (3 * width * columns * rows))
    for index in counted(range(len(mlic)), "reducing photographs"):
        for top in range(0, height, step):
            band = slice(top, min(top + step, height))
            stored = mlic.photographs[index, top * rows : band.stop * rows, : width * columns]
            cells = stored.reshape(-1, rows, width, columns, 3)
            clipped[index, band] = cells.max((1, 3, 4)) == light.white
            values[index, band] = srgb_encode(light.decode(cells).mean((1, 3)))
    covered_pixels = mask_of(mlic)[: height * rows, : width * columns].reshape(height, rows, width, columns)
    return Reduced(values, clipped, covered_pixels.all((1, 3), out=np.empty((height, width), bool)), factor)


def mask_of(mlic: Mlic) -> NDArray[np.bool_]:
    """(H, W), True on the object."""
    return np.ones((mlic.height, mlic.width), bool) if mlic.mask is None else mlic.mask
