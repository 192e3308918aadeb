"""Light directions, and *the* statement of the coordinate system.

A light direction is the unit vector from the object to the light: +x to the right of the picture, +y to its top,
+z to the camera. Elevation is measured from the object's plane (90° = the camera's axis), azimuth from +x towards +y.
"""

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastrti.errors import LightError

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
    try:
        light = np.asarray(light_dir, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        light = np.empty(0)
    if light.shape not in ((2,), (3,)) or not np.isfinite(light).all():
        raise LightError(
            f"expected a light direction of two or three finite numbers, got {light_dir!r}: pass (x, y) or (x, y, z)"
        )
    if light.shape == (2,):
        x, y = light.tolist()  # Python's floats overflow to infinity without a warning
        squared = x * x + y * y
        if squared > 1 + _CIRCLE_SLACK:
            raise LightError(
                f"expected x² + y² ≤ 1 for a light on the hemisphere, got {squared:.6g} from ({x:g}, {y:g}): "
                "pass (x, y, z), or move the light inside the unit circle"
            )
        if squared > 1:
            x, y, squared = x / math.sqrt(squared), y / math.sqrt(squared), 1.0
        return np.array([x, y, math.sqrt(1 - squared)])
    largest = np.abs(light).max()
    if largest == 0:
        raise LightError(
            "expected a light direction of non-zero length, got (0, 0, 0): pass (0, 0, 1) for a light at the camera"
        )
    if light[2] < 0:
        raise LightError(
            f"expected a light above the object's plane (z ≥ 0), got z = {light[2]:g}: "
            "flip the vector if it points from the light to the object"
        )
    light = light / largest  # so that the squares in the norm neither overflow nor vanish
    unit: NDArray[np.float64] = light / np.linalg.norm(light)
    return unit


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
