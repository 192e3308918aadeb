"""The sRGB transfer function (IEC 61966-2-1), and colours as bytes."""

import numpy as np
from numpy.typing import NDArray


def srgb_encode(linear: NDArray[np.floating]) -> NDArray[np.floating]:
    """The sRGB-encoded values of linear ones in [0, 1]."""
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.maximum(linear, 0.0031308) ** (1 / 2.4) - 0.055)


def srgb_decode(encoded: NDArray[np.floating]) -> NDArray[np.floating]:
    """The linear values in [0, 1] of sRGB-encoded ones, see `srgb_encode`."""
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def to_bytes(colours: NDArray[np.floating]) -> NDArray[np.uint8]:
    """floor(255·clamp(colour, 0, 1) + 0.5): how every picture of fastrti is rounded, uint8 of the same shape."""
    rounded: NDArray[np.uint8] = np.floor(255 * np.clip(colours, 0, 1) + 0.5).astype(np.uint8)
    return rounded
