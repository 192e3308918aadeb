"""Light directions, and *the* statement of the coordinate system.

A light direction is the unit vector from the object to the light: +x to the right of the picture, +y to its top,
+z to the camera. Elevation is measured from the object's plane (90° = the camera's axis), azimuth from +x towards +y.
"""

import contextlib
import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastrti.errors import LightError
from fastrti.text import represented

LightDirection: TypeAlias = Sequence[float] | NDArray[np.floating]

# Two rounded decimals of a grazing light may exceed the unit circle by this much (object_format.md).
_CIRCLE_SLACK = 1e-6


def unit_light(light_dir: ArrayLike) -> NDArray[np.float64]:
    """The unit vector of one light direction.

    Args:
        light_dir: (x, y) with x² + y² ≤ 1, where z = sqrt(1 − x² − y²), or (x, y, z) of any length with z ≥ 0.

    Returns:
        (3,) float64, of length 1, z ≥ 0.

    Raises:
        LightError: not two or three finite numbers, off the unit circle, of length zero, or below the horizon.
    """
    return np.array(unit_vector(light_dir))


def unit_vector(light_dir: ArrayLike) -> tuple[float, float, float]:
    """`unit_light` as Python floats; half a microsecond where `light_dir` is a tuple of floats."""
    numbers = _numbers(light_dir)
    return _on_hemisphere(*numbers) if len(numbers) == 2 else _normalised(*numbers)


def _numbers(light_dir: ArrayLike) -> Sequence[float]:
    """The two or three finite numbers of a light direction."""
    numbers: Sequence[float] = ()
    if isinstance(light_dir, tuple) and {*map(type, light_dir)} == {float}:
        numbers = light_dir
    else:
        with contextlib.suppress(TypeError, ValueError, OverflowError, RuntimeError):  # a tensor with a gradient
            array = np.asarray(light_dir)
            if array.ndim == 1 and _holds_numbers(array) and not np.ma.is_masked(light_dir):
                numbers = array.astype(np.float64).tolist()
    if len(numbers) not in (2, 3) or not all(map(math.isfinite, numbers)):
        raise LightError(
            "expected a light direction of two or three finite numbers, "
            f"got {represented(light_dir)}: pass (x, y) or (x, y, z)"
        )
    return numbers


def _holds_numbers(array: NDArray[np.generic]) -> bool:
    """Whether these are real numbers, of numpy's kinds or Python's: no text, no complex numbers."""
    return array.dtype.kind in "iuf" or (
        array.dtype.kind == "O" and all(hasattr(number, "__float__") for number in array)
    )


def _on_hemisphere(x: float, y: float) -> tuple[float, float, float]:
    squared = x * x + y * y  # Python's floats overflow to infinity without a warning
    if squared > 1 + _CIRCLE_SLACK:
        raise LightError(
            f"expected x² + y² ≤ 1 for a light on the hemisphere, got {squared:.6g} from ({x:g}, {y:g}): "
            "pass (x, y, z), or move the light inside the unit circle"
        )
    if squared > 1:
        x, y, squared = x / math.sqrt(squared), y / math.sqrt(squared), 1.0
    return x, y, math.sqrt(1 - squared)


def _normalised(x: float, y: float, z: float) -> tuple[float, float, float]:
    largest = max(abs(x), abs(y), abs(z))
    if largest == 0:
        raise LightError(
            "expected a light direction of non-zero length, got (0, 0, 0): pass (0, 0, 1) for a light at the camera"
        )
    if z < 0:
        raise LightError(
            f"expected a light above the object's plane (z ≥ 0), got z = {z:g}: "
            "flip the vector if it points from the light to the object"
        )
    x, y, z = x / largest, y / largest, z / largest  # so that the squares in the norm neither overflow nor vanish
    norm = math.sqrt(x * x + y * y + z * z)
    return x / norm, y / norm, z / norm


def raised_to_horizon(light: LightDirection) -> NDArray[np.float64]:
    """A photographed light (x, y, z), (3,) float64, lifted to z = 0 if measured slightly below the horizon."""
    x, y, z = light
    return unit_light((x, y, max(z, 0.0)))


def light_from_angles(azimuth_deg: float, elevation_deg: float) -> NDArray[np.float64]:
    """The unit vector, (3,) float64, of a light at the given azimuth and elevation in degrees."""
    azimuth, elevation = np.deg2rad([azimuth_deg, elevation_deg])
    return np.array(
        [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)],
    )


def on_spiral(heights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vectors, (L, 3), of these z, (L,), each turned from the one before by the golden angle.

    Heights at even distances spread the vectors evenly.
    """
    turns = np.arange(len(heights)) * np.pi * (3 - 5**0.5)
    across = np.sqrt(1 - heights * heights)
    return np.stack([across * np.cos(turns), across * np.sin(turns), heights], axis=1)
