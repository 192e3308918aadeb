"""Samples as light and back: whatever scales photographs, scales light and not its sRGB encoding."""

import numpy as np
from numpy.typing import NDArray

from fastrti.photographs.checks import Samples, Transfer
from fastrti.photographs.mlic import Mlic
from fastrti.srgb import srgb_decode, srgb_encode

_FINE = 1 << 16  # steps of light in the table that encodes bytes: at most a twentieth of a level each


class LinearLight:
    """Converts the samples of a collection to light and back.

    Args:
        mlic: the collection.

    Attributes:
        white: the sample that stands for white, and for everything brighter.
    """

    def __init__(self, mlic: Mlic):
        self._dtype, self._transfer = mlic.photographs.dtype, mlic.transfer
        self.white = int(np.iinfo(self._dtype).max)
        self._of_samples = _decoded(np.linspace(0, 1, self.white + 1), mlic.transfer).astype(np.float32)
        steps = np.arange(_FINE + 1) / _FINE
        self._bytes = self._levels(steps) if self._dtype == np.uint8 else None

    def decode(self, samples: Samples) -> NDArray[np.float32]:
        """Light in [0, 1], of the shape of the samples."""
        light: NDArray[np.float32] = self._of_samples[samples]
        return light

    def encode(self, light: NDArray[np.floating]) -> Samples:
        """The nearest samples of light; what is below 0 or above 1 becomes black or white."""
        clipped = np.clip(light, 0, 1)
        if self._bytes is None:
            return self._levels(clipped)
        samples: Samples = self._bytes[(clipped * _FINE + 0.5).astype(np.int32)]
        return samples

    def _levels(self, light: NDArray[np.floating]) -> Samples:
        encoded = srgb_encode(light) if self._transfer == "srgb" else light
        levels: Samples = (encoded * self.white + 0.5).astype(self._dtype)
        return levels


def _decoded(values: NDArray[np.float64], transfer: Transfer) -> NDArray[np.floating]:
    return srgb_decode(values) if transfer == "srgb" else values
