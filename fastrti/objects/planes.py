"""Coefficient planes: 8-bit quantisation, and the only dequantisation formula.

z_k = v / 255 · (maximum_k − minimum_k) + minimum_k        v: the stored byte
"""

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError

MAX_PLANES = 48
MAX_LATENT = float(np.finfo(np.float32).max)  # every viewer holds minimum and maximum as float32


def quantise(
    latents: NDArray[np.floating],  # (K, ...) any finite values
    minimum: NDArray[np.floating],  # (K,)
    maximum: NDArray[np.floating],  # (K,)
) -> NDArray[np.uint8]:
    """Rounds latents to the nearest of the 256 levels between minimum and maximum; values outside are clamped.

    Rounding, not truncation: truncating costs 3–6 dB (formats.md).
    """
    shape = (-1,) + (1,) * (latents.ndim - 1)
    low, high = minimum.reshape(shape), maximum.reshape(shape)
    span = np.where(high > low, high - low, 1)
    return np.clip(np.rint((latents - low) / span * 255), 0, 255).astype(np.uint8)


def dequantise(
    planes: NDArray[np.uint8],  # (K, ...)
    minimum: NDArray[np.floating],  # (K,)
    maximum: NDArray[np.floating],  # (K,)
) -> NDArray[np.float64]:
    """The latents a decoder sees, (K, ...) float64."""
    shape = (-1,) + (1,) * (planes.ndim - 1)
    low, high = (np.asarray(bound, np.float64).reshape(shape) for bound in (minimum, maximum))
    return planes / 255 * (high - low) + low


def fill_outside(planes: NDArray[np.uint8], mask: NDArray[np.bool_] | None) -> None:
    """Gives the pixels outside of a mask, (H, W), the mean that each plane has inside: nobody sees it, and it costs few
    bits. `planes`, (K, H, W), are changed in place."""
    if mask is not None and mask.any():
        for plane in planes:
            plane[~mask] = round(float(plane[mask].mean()))


def check_planes(planes: NDArray[np.uint8], minimum: NDArray[np.floating], maximum: NDArray[np.floating]) -> None:
    """Raises ArgumentError unless planes are (K, H, W) uint8 with K pairs minimum ≤ maximum, 1 ≤ K ≤ 48."""
    if planes.ndim != 3 or planes.dtype != np.uint8 or not 1 <= len(planes) <= MAX_PLANES or 0 in planes.shape:
        raise ArgumentError(
            f"expected planes of shape (K, H, W), uint8, 1 ≤ K ≤ {MAX_PLANES}, got {planes.shape} {planes.dtype}"
        )
    if minimum.shape != (len(planes),) or maximum.shape != (len(planes),):
        raise ArgumentError(
            f"expected {len(planes)} minima and maxima, one per plane, got {minimum.shape} and {maximum.shape}"
        )
    if not ((minimum <= maximum) & (minimum >= -MAX_LATENT) & (maximum <= MAX_LATENT)).all():
        raise ArgumentError(
            "expected minimum ≤ maximum for every plane, both finite in float32: quantise the planes again"
        )
