"""All photographs at a size at which spheres are looked for: read one by one, never all in memory at full size."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fastrti.capture.spheres.sphere_view import View
from fastrti.photographs.checks import Samples
from fastrti.photographs.photograph import decode
from fastrti.photographs.picture_file import PictureFile
from fastrti.progress import counted
from fastrti.srgb import srgb_decode

MOST_PIXELS = 1_500_000  # of a picture in which spheres are looked for
LIGHT: NDArray[np.float32] = srgb_decode(np.arange(256) / 255).astype(np.float32)
"""The linear light of each level of 8 bits."""

DARK = 3e-3  # of full light, where logarithms stop
_BAND = 64  # rows at once


@dataclass(frozen=True, eq=False)
class Survey:
    """Photographs made smaller, and what all of them together show.

    Attributes:
        view: the camera, for pictures of this size.
        factor: how many pixels of a photograph are one pixel here.
        greys: (N, h, w) uint8, the mean of red, green and blue.
        channels: (h, w, 4) float32: where all photographs together have edges, see `Sums.channels`.
        usual: (h, w) float32, see `usual_light`.
        brightest: (h, w, 3) uint8, the maximum over all photographs.
    """

    view: View
    factor: int
    greys: NDArray[np.uint8]
    channels: NDArray[np.float32]
    usual: NDArray[np.float32]
    brightest: NDArray[np.uint8]


class Sums:
    """Sums over photographs, one after the other: how much light there is, and how much it changes between photographs.

    The change shows the rim of a polished ball, which looks like the table around it.
    """

    def __init__(self, shape: tuple[int, int]):
        self._light = np.zeros((*shape, 3), np.float32)
        self._squares = np.zeros(shape, np.float32)
        self._count = 0

    def add(self, picture: NDArray[np.uint8]) -> None:
        """Adds a photograph, (h, w, 3)."""
        light = LIGHT[picture]
        self._light += light
        self._squares += light[..., 1] ** 2
        self._count += 1

    def light(self) -> NDArray[np.float32]:
        """(h, w, 4) float32: the mean of red, green and blue light, and how much green light changes."""
        mean = self._light / max(self._count, 1)
        change = np.sqrt(np.maximum(self._squares / max(self._count, 1) - mean[..., 1] ** 2, 0))
        return np.concatenate([mean, change[..., None]], axis=-1)

    def channels(self) -> NDArray[np.float32]:
        """(h, w, 4) float32: the logarithm of light, two differences of colour, and the logarithm of the change."""
        red, green, blue, change = np.moveaxis(np.log(self.light() + DARK), 2, 0)
        return np.stack([green, red - green, blue - green, change], axis=-1)


def survey(files: Sequence[PictureFile], focal_length: float) -> Survey:
    """Reads all photographs once.

    Args:
        files: their headers, of one size.
        focal_length: in picture widths; infinite where it is not known.

    Raises:
        CollectionError: a photograph that cannot be read.
    """
    width, height = files[0].upright
    factor = max(1, math.ceil(math.sqrt(width * height / MOST_PIXELS)))
    shape = (-(-height // factor), -(-width // factor))
    greys = np.empty((len(files), *shape), np.uint8)
    brightest = np.zeros((*shape, 3), np.uint8)
    sums = Sums(shape)
    for index, file in enumerate(counted(files, "looking for spheres")):
        picture = reduced(decode(file).pixels, factor)
        greys[index] = grey(picture)
        np.maximum(brightest, picture, out=brightest)
        sums.add(picture)
    view = View(width / factor, height / factor, focal_length)
    return Survey(view, factor, greys, sums.channels(), usual_light(greys), brightest)


def reduced(pixels: Samples, factor: int) -> NDArray[np.uint8]:
    """A picture, (H, W, 3), made smaller by means over squares: uint8."""
    eight = pixels if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)
    if factor == 1:
        return eight.astype(np.uint8, copy=False)
    return np.asarray(Image.fromarray(np.ascontiguousarray(eight)).reduce(factor))


def grey(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The mean of red, green and blue, (h, w, 3) → (h, w), rounded down."""
    red, green, blue = (picture[..., channel] for channel in range(3))
    mean: NDArray[np.uint8] = ((red.astype(np.uint16) + green + blue) // 3).astype(np.uint8)
    return mean


def usual_light(greys: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The median linear light of photographs, (N, h, w) → (h, w).

    It shows no highlight, since a highlight stays at no place. So the horizon that a polished ball reflects shows.
    """
    middle = len(greys) // 2
    usual = np.empty(greys.shape[1:], np.float32)
    for row in range(0, len(usual), _BAND):
        band = slice(row, row + _BAND)
        usual[band] = LIGHT[np.partition(greys[:, band], middle, axis=0)[middle]]
    return usual


def sampled(picture: NDArray[np.float32], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The picture, (h, w, C), at points (…, 2) in pixels, bilinear: (…, C). Beyond its edges it goes on as there."""
    h, w = picture.shape[:2]
    x, y = np.clip(points[..., 0] - 0.5, 0, w - 1.001), np.clip(points[..., 1] - 0.5, 0, h - 1.001)
    left, top = x.astype(np.intp), y.astype(np.intp)
    fx, fy = (x - left)[..., None], (y - top)[..., None]
    upper = picture[top, left] * (1 - fx) + picture[top, left + 1] * fx
    lower = picture[top + 1, left] * (1 - fx) + picture[top + 1, left + 1] * fx
    values: NDArray[np.float64] = upper * (1 - fy) + lower * fy
    return values
