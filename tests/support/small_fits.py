"""A small collection to train on, and a fit of it that takes a second."""

import numpy as np

from fastrti import Mlic, fit
from fastrti.lights import light_from_angles

HEIGHT, WIDTH = 40, 56
LIGHTS = np.stack(
    [
        light_from_angles(azimuth + elevation, elevation)
        for elevation, count in ((15, 9), (35, 8), (60, 7))
        for azimuth in np.arange(count) * 360 / count
    ]
)
STEPS = 40


def relief(lights=LIGHTS):
    """Photographs of a bumpy sheet, matt with a sharp highlight and self-shadows: (N, H, W, 3) uint8."""
    row, column = np.mgrid[0:HEIGHT, 0:WIDTH] / 6.0
    slope_x, slope_y = 0.6 * np.cos(column) * np.cos(row / 2), 0.5 * np.sin(column / 3) * np.sin(row)
    normals = np.stack([-slope_x, slope_y, np.ones_like(slope_x)], axis=-1)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    halves = lights + np.array([0, 0, 1])
    halves /= np.linalg.norm(halves, axis=1, keepdims=True)
    diffuse, highlight = np.clip(normals @ lights.T, 0, 1), np.clip(normals @ halves.T, 0, 1) ** 30
    albedo = np.stack([0.5 + 0.3 * np.sin(column), 0.5 + 0.2 * np.cos(row), np.full_like(row, 0.4)], axis=-1)
    linear = albedo[..., None, :] * diffuse[..., None] + 0.4 * highlight[..., None]  # (H, W, N, 3)
    return np.rint(255 * np.clip(linear, 0, 1) ** (1 / 2.2)).astype(np.uint8).transpose(2, 0, 1, 3)


def collection():
    """The sheet as a collection."""
    return Mlic(relief(), LIGHTS, tuple(f"{i:02}.png" for i in range(len(LIGHTS))))


def quick(mlic, **arguments):
    return fit(mlic, **{"preset": "quick", "steps": STEPS, "progress": False, **arguments})
