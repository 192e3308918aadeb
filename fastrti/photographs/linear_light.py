"""Samples as light and back: whatever scales photographs, scales light and not its sRGB encoding."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastrti.photographs.checks import Samples, Transfer
from fastrti.srgb import srgb_decode, srgb_encode


class LinearLight:
    """Converts the samples of photographs to light and back.

    Args:
        dtype: of the samples.
        transfer: how they encode light.

    Attributes:
        white: the sample that stands for white, and for everything brighter.
    """

    def __init__(self, dtype: np.dtype[Any], transfer: Transfer):
        self._dtype, self._transfer = dtype, transfer
        self.white = int(np.iinfo(dtype).max)
        values = np.linspace(0, 1, self.white + 1)
        self._light = (srgb_decode(values) if transfer == "srgb" else values).astype(np.float32)

    def decode(self, samples: Samples) -> NDArray[np.float32]:
        """Light, 0 to 1, of samples of any shape."""
        light: NDArray[np.float32] = self._light[samples]
        return light

    def encode(self, light: NDArray[np.float32]) -> Samples:
        """The nearest samples of light. What is below 0 or above 1 becomes black or white."""
        return self._levels(srgb_encode(light.clip(0, 1)) if self._transfer == "srgb" else light)

    def scaled(self, gain: float) -> Samples:
        """What each possible sample, (256,) or (65536,), becomes where light is multiplied."""
        return self.encode(self._light * np.float32(gain))

    def seen(self, light: NDArray[np.float32]) -> NDArray[np.float32]:
        """Light as `Mlic.encoded` encodes it; it may be above 1."""
        return srgb_encode(light).astype(np.float32, copy=False)

    def of_seen(self, encoded: NDArray[np.float32]) -> Samples:
        """The nearest samples of what `seen` encoded."""
        return self._levels(encoded if self._transfer == "srgb" else srgb_decode(encoded.clip(0, 1)))

    def _levels(self, values: NDArray[np.floating]) -> Samples:
        levels: Samples = (values.clip(0, 1) * self.white + 0.5).astype(self._dtype)
        return levels


def stayed_white(share: float) -> str:
    """What a correction says of the samples that are white: nobody knows how bright they were."""
    return f"; {share:.1%} of the samples are white and stayed white" if share >= 0.0005 else ""
