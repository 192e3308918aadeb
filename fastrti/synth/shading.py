"""What a surface sends to the camera under one light: Lambert and GGX, linear or as 8-bit sRGB."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fastrti.srgb import srgb_encode, to_bytes
from fastrti.synth.materials import Surface, smith_factor
from fastrti.synth.relief import Field

EXPOSURE = 0.85  # what white, lit straight on, would read: highlights clip, as in photographs
AMBIENT = 0.015  # light from everywhere: shadows keep a trace of texture
_BAND = 64  # rows shaded at once: their arrays stay in the cache
_TO_BYTE = to_bytes(srgb_encode(np.linspace(0, 1, 1 << 16)))
_UP = np.array([0.0, 0.0, 1.0])


def shade(
    surface: Surface,
    lit: NDArray[np.bool_],  # (H, W)
    light: NDArray[np.float64],  # (3,)
) -> NDArray[np.uint8]:  # (H, W, 3)
    """The picture under one light far away, seen from straight above, sRGB-encoded."""
    picture = np.empty((*lit.shape, 3), np.uint8)
    for band, channel, radiance in _bands(surface, lit, light, np.ones((), np.float32), _UP):
        picture[band, :, channel] = as_bytes(radiance)
    return picture


def shade_linear(
    surface: Surface,
    lit: Field,  # (H, W), how much of the lamp is seen, 0–1
    towards: NDArray[np.floating],  # (3,) or (3, H, W), to the lamp
    strength: NDArray[np.floating],  # () or (H, W), of the lamp's light
    view: NDArray[np.floating],  # (3,) or (3, H, W), to the camera
) -> NDArray[np.float32]:  # (H, W, 3)
    """The linear picture of a lamp near or far, seen from a camera near or far; white lit straight on reads 0.85."""
    picture = np.empty((*lit.shape, 3), np.float32)
    for band, channel, radiance in _bands(surface, lit, towards, strength, view):
        picture[band, :, channel] = radiance
    return picture


def as_bytes(linear: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Linear light of 0 or more as sRGB-encoded bytes of the same shape; what is brighter than 1 is clipped."""
    samples: NDArray[np.uint8] = _TO_BYTE[(np.minimum(linear, 1) * 65535).astype(np.uint16)]
    return samples


def _bands(
    surface: Surface,
    lit: NDArray[np.bool_] | Field,
    towards: NDArray[np.floating],
    strength: NDArray[np.floating],
    view: NDArray[np.floating],
) -> Iterator[tuple[slice, int, Field]]:
    """The radiance of one channel in some rows at a time: Walter et al. 2007 with Schlick's Fresnel term."""
    for top in range(0, len(lit), _BAND):
        band = slice(top, top + _BAND)
        normals, alpha2 = surface.normals[:, band], surface.alpha2[band]
        light, to_camera = _in_band(towards, band), _in_band(view, band)
        half = light + to_camera
        half = half / np.sqrt((half * half).sum(0))
        grazing = np.asarray((1 - (half * to_camera).sum(0)) ** 5, np.float32)
        towards_light = np.maximum(_dot(normals, light), 0)
        spread = _dot(normals, half) ** 2 * (alpha2 - 1) + 1
        highlight = alpha2 / spread**2 * surface.masking[band] * smith_factor(towards_light, alpha2)
        irradiance = EXPOSURE * towards_light * lit[band]
        if strength.ndim:
            irradiance = irradiance * strength[band]
        for channel in range(3):
            scattered, straight_on = surface.scattered[channel, band], surface.reflected[channel, band]
            fresnel = straight_on + (1 - straight_on) * grazing
            yield band, channel, irradiance * (scattered + fresnel * highlight) + AMBIENT * (scattered + straight_on)


def _in_band(vectors: NDArray[np.floating], band: slice) -> NDArray[np.floating]:
    return vectors[:, None, None] if vectors.ndim == 1 else vectors[:, band]


def _dot(normals: NDArray[np.float32], direction: NDArray[np.floating]) -> Field:
    x, y, z = direction.astype(np.float32)
    product: Field = x * normals[0] + y * normals[1] + z * normals[2]
    return product
