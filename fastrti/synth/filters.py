"""Pictures resampled between their pixels and blurred, axis by axis."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.float32]  # (H, W, 3)


def cropped(picture: Picture, top: float, left: float, height: int, width: int) -> Picture:
    """The part of a picture that begins between its pixels, by Keys' cubic (1981, a = −½); edges are repeated."""
    return _resampled(_resampled(picture, top, height, 0), left, width, 1)


def blurred(picture: Picture, deviation: float) -> Picture:
    """The picture under a Gaussian of so many pixels; edges are repeated."""
    reach = int(np.ceil(3.5 * deviation))
    weights = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * deviation**2))
    for axis in (0, 1):
        picture = _weighted(picture, -reach, weights / weights.sum(), picture.shape[axis], axis)
    return picture


def _resampled(picture: Picture, start: float, count: int, axis: int) -> Picture:
    first = int(np.floor(start))
    t = start - first
    weights = (
        -0.5 * t + t**2 - 0.5 * t**3,
        1 - 2.5 * t**2 + 1.5 * t**3,
        0.5 * t + 2 * t**2 - 1.5 * t**3,
        -0.5 * t**2 + 0.5 * t**3,
    )
    return _weighted(picture, first - 1, weights if t else (0.0, 1.0), count, axis)


def _weighted(
    picture: Picture, first: int, weights: Sequence[float] | NDArray[np.float64], count: int, axis: int
) -> Picture:
    """Sums of neighbours: entry i of the axis becomes that of first + i and the next ones, each times its weight."""
    total: Picture | None = None
    for step, weight in enumerate(weights):
        if weight:
            places = np.clip(np.arange(count) + first + step, 0, picture.shape[axis] - 1)
            part = picture.take(places, axis) * np.float32(weight)
            total = part if total is None else np.add(total, part, out=total)
    assert total is not None  # the weights' sum is 1
    return total
