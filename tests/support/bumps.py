"""A half-sphere on a plane whose maps are known: a red and a blue half, half matt and half glossy."""

import numpy as np

from fastrti import SurfaceMaps


def bump(height: int = 24, width: int = 32, radius: float = 8, mm_per_pixel: float | None = None) -> SurfaceMaps:
    """Maps of (height, width); the mask leaves out two columns at the right."""
    down, right = np.mgrid[:height, :width] + 0.5
    x, y = right - width / 2, height / 2 - down
    cap = np.sqrt(np.maximum(radius**2 - x * x - y * y, 0))
    normals = np.where((cap > 1)[..., None], np.stack([x, y, cap], -1) / radius, (0, 0, 1))
    albedo = np.where((x < 0)[..., None], (0.8, 0.1, 0.1), (0.1, 0.1, 0.8))
    mask = right < width - 2
    return SurfaceMaps(
        albedo.astype(np.float32),
        (normals / np.linalg.norm(normals, axis=-1, keepdims=True)).astype(np.float32),
        np.where(mask, cap, 0).astype(np.float32),
        np.where(y > 0, 0.4, 1).astype(np.float32),
        mask,
        mm_per_pixel,
    )
