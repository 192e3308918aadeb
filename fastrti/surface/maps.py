"""`SurfaceMaps`: what an object tells of its surface, in the forms that 3-D programs take."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastrti.rendering.normals import estimate_normals
from fastrti.rendering.renderer import Renderer
from fastrti.surface.height import integrate_normals
from fastrti.surface.reflectance import estimate_reflectance

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class SurfaceMaps:
    """The surface of an object, one value for each pixel. docs/maps.md says how good they are.

    Attributes:
        albedo: (H, W, 3) float32, linear, from 0. All have one unknown factor in common.
        normals: (H, W, 3) float32 unit vectors, +x right, +y up, +z to the camera.
        height: (H, W) float32, in pixels, to the camera. 0 is the lowest point of the object.
        roughness: (H, W) float32, 0 to 1 as glTF has it. 1 where no highlight is seen.
        mask: (H, W) bool, True on the object, or None: everywhere.
        mm_per_pixel: of the object, or None where no scale is known.
    """

    albedo: Floats
    normals: Floats
    height: Floats
    roughness: Floats
    mask: NDArray[np.bool_] | None = None
    mm_per_pixel: float | None = None

    @property
    def unit(self) -> str:
        """Of `scaled_height`: "mm" where the scale is known, else "pixels"."""
        return "pixels" if self.mm_per_pixel is None else "mm"

    @property
    def scaled_height(self) -> Floats:
        """The height in millimetres where the scale is known, else in pixels, (H, W) float32."""
        return self.height if self.mm_per_pixel is None else self.height * np.float32(self.mm_per_pixel)


def surface_maps(renderer: Renderer) -> SurfaceMaps:
    """The maps of an object, from pictures under its photographed lights.

        >>> maps = surface_maps(Renderer("vase"))                # doctest: +SKIP
        >>> maps.height.max(), maps.unit                         # doctest: +SKIP

    Time and memory grow as the number of pixels. Each map alone comes from `fastrti.estimate_normals`,
    `fastrti.surface.height.integrate_normals` and `fastrti.surface.reflectance.estimate_reflectance`.

    Args:
        renderer: the object's.
    """
    relightable = renderer.relightable
    normals = estimate_normals(renderer)
    albedo, roughness = estimate_reflectance(renderer, normals)
    height = integrate_normals(normals, relightable.mask)
    return SurfaceMaps(albedo, normals, height, roughness, relightable.mask, relightable.mm_per_pixel)
