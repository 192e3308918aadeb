"""The highlight of the light in a sphere: one compact spot in each photograph, at a place of its own.

What all photographs show alike, such as a window, is taken off first. A spot counts where it is small, stands out of
its surroundings, and is the only one.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.spheres.survey import LIGHT

Floats = NDArray[np.float64]

LOWEST = 0.78  # of the radius: lights on the horizon are seen at 0.71, and a little below it here
_ABOVE = 0.68  # of the radius: inside, a sphere on a table shows nothing of the table, which has glints of its own
_STATIC = 0.3  # the quantile over all photographs that is no light's
_STANDS_OUT = 0.06  # of full light
_WIDE = 0.02  # of the disc's area, and …
_PIXELS = 6  # … so many pixels: the largest spot above half of its height
_SECOND = 0.6  # of the highlight's height: the highest second spot
_SPOT = 0.18  # of the radius: how far a spot reaches at most
_FOOT = 0.07  # of the highlight's height: what is below it does not count for its middle


@dataclass(frozen=True, eq=False)
class Highlights:
    """The highlights of all photographs in one sphere.

    Attributes:
        points: (N, 2) where the brightest spot is, in pixels.
        found: (N,) bool, whether it is a highlight.
    """

    points: Floats
    found: NDArray[np.bool_]

    @property
    def share(self) -> float:
        """Of photographs with a highlight."""
        return float(self.found.mean())


def find_highlights(greys: NDArray[np.uint8], x: float, y: float, radius: float, most: int = 0) -> Highlights:
    """The highlights in a disc.

    Args:
        greys: (N, h, w) the photographs.
        x, y, radius: the disc, in pixels.
        most: the side in pixels that is enough: a larger disc is made smaller, and points are then less precise.
    """
    h, w = greys.shape[1:]
    left, right = max(0, int(x - radius)), min(w, int(x + radius) + 2)
    top, bottom = max(0, int(y - radius)), min(h, int(y + radius) + 2)
    if right - left < 3 or bottom - top < 3:
        return _none(len(greys))
    crop = greys[:, top:bottom, left:right]
    pooling = max(1, int(2 * radius / most)) if most else 1
    if pooling > 1:
        rows, columns = (side // pooling for side in crop.shape[1:])
        crop = crop[:, : rows * pooling, : columns * pooling]
        crop = crop.reshape(len(crop), rows, pooling, columns, pooling).max(axis=(2, 4))
    across = (np.arange(crop.shape[2]) + 0.5) * pooling + left - x
    down = (np.arange(crop.shape[1]) + 0.5) * pooling + top - y
    columns_across, rows_down = np.meshgrid(across, down)
    spots = _Spots(columns_across, rows_down, radius, pooling)
    if spots.disc.sum() < 40:
        return _none(len(greys))
    light = LIGHT[crop]
    rank = int(_STATIC * (len(light) - 1))
    light = light - np.partition(light, rank, axis=0)[rank]
    read = [spots.read(picture) for picture in light]
    points = np.array([point for point, _ in read]) + np.array([x, y])
    return Highlights(points, np.array([found for _, found in read]))


def _none(count: int) -> Highlights:
    return Highlights(np.zeros((count, 2)), np.zeros(count, bool))


class _Spots:
    """Reads the spot of one photograph in a disc; pixels are `across` and `down`, (h, w), from its middle."""

    def __init__(self, across: Floats, down: Floats, radius: float, pixel: float):
        self.across, self.down = across, down
        away = np.hypot(self.across, self.down)
        self.disc, self.above = away < LOWEST * radius, away < _ABOVE * radius
        self.reach = max(_SPOT * radius, 2.5 * pixel)
        self.pixel = pixel
        self.widest = _WIDE * np.pi * (radius / pixel) ** 2 + _PIXELS

    def read(self, light: NDArray[np.float32]) -> tuple[tuple[float, float], bool]:
        """The middle of the brightest spot, from that of the disc, and whether it is a highlight."""
        row, column = np.unravel_index(np.where(self.disc, light, -1).argmax(), light.shape)
        away = np.hypot(self.across - self.across[row, column], self.down - self.down[row, column])
        ring = self.disc & (away > self.reach) & (away < 2 * self.reach + self.pixel)
        ground = float(np.median(light[ring])) if ring.any() else 0.0
        above = np.where(away < self.reach, light - ground, 0)
        height = float(above[row, column])
        weight = np.maximum(above - _FOOT * height, 0)
        total = float(weight.sum())
        if height < _STANDS_OUT or total <= 0:
            return (float(self.across[row, column]), float(self.down[row, column])), False
        elsewhere = self.above & (away > self.reach + self.pixel)
        second = float(light[elsewhere].max()) - ground if elsewhere.any() else 0.0
        wide = np.count_nonzero(self.disc & (light > ground + height / 2))
        found = bool(wide < self.widest and second < _SECOND * height)
        return (float((weight * self.across).sum() / total), float((weight * self.down).sum() / total)), found
