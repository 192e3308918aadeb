"""Pictures moved by parts of a pixel."""

import numpy as np
from numpy.typing import NDArray

_LOBES = 4


def shifted(picture: NDArray[np.float32], shift: NDArray[np.float64]) -> NDArray[np.float32]:
    """A picture moved to the right and down, by Lanczos' kernel of eight taps along each axis (Turkowski 1990).

    Args:
        picture: (H, W, …) float32.
        shift: (2,) pixels, to the right and down. Whole ones move pixels as they are. The edge is repeated.

    Returns:
        The same shape.
    """
    for axis, distance in ((1, shift[0]), (0, shift[1])):
        picture = _along(picture, float(distance), axis)
    return picture


def _along(picture: NDArray[np.float32], distance: float, axis: int) -> NDArray[np.float32]:
    whole = int(np.floor(distance))
    part = distance - whole
    places = np.arange(picture.shape[axis]) - whole
    if part < 1e-6:
        return picture.take(places.clip(0, picture.shape[axis] - 1), axis)
    offsets = np.arange(-_LOBES, _LOBES)  # pixel x of the result lies at x − whole − part
    taps = np.sinc(offsets + part) * np.sinc((offsets + part) / _LOBES)
    moved = np.zeros_like(picture)
    for offset, tap in zip(offsets, taps / taps.sum()):
        moved += np.float32(tap) * picture.take((places + offset).clip(0, picture.shape[axis] - 1), axis)
    return moved
