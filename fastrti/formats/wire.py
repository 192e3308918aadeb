"""Planes as JPEG, for the wire: one quantiser step per plane, no colour transform, no subsampling.

A coefficient is not rounded to the nearest step: from half a step on, and a little later, it still goes to the smaller
one. Small numbers cost fewer bits, which is worth more than the error. At the same loss files are 4 to 7 % smaller.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError
from fastrti.formats.jpeg import optimized_jpeg

MAX_STEP = 255
"""What a table of a baseline JPEG can hold."""

_SIDE = 8  # of a block, in pixels
_FINE = 2  # steps up to this one are so small that the rounding of pixels hides what is done to coefficients

_FREQUENCY = np.arange(_SIDE)
_COSINES: NDArray[np.float32] = (
    np.cos(np.pi * _FREQUENCY[:, None] * (2 * _FREQUENCY + 1) / (2 * _SIDE)) * np.sqrt(2 / _SIDE)
).astype(np.float32)
_COSINES[0] /= np.sqrt(2)
_ROUND_UP_FROM: NDArray[np.float32] = (0.55 + 0.02 * (_FREQUENCY[:, None] + _FREQUENCY)).astype(np.float32)
"""Shares of a step, by the two frequencies of a coefficient; docs/experiments.md says how they were chosen."""
_ROUND_UP_FROM[0, 0] = 0.5


@dataclass(frozen=True)
class Wire:
    """How planes are written as JPEG, and what that costs.

    Attributes:
        steps: of each plane, 1–255: the step to which all coefficients of a block of 8 × 8 bytes are rounded.
        loss_db: how many dB of PSNR the steps cost, see `fastrti.sharing.wire`.

    Raises:
        ArgumentError: a step out of its range.
    """

    steps: tuple[int, ...]
    loss_db: float

    def __post_init__(self) -> None:
        if not all(1 <= step <= MAX_STEP for step in self.steps):
            raise ArgumentError(f"expected steps from 1 to {MAX_STEP}, got {self.steps}")

    def to_json(self) -> dict[str, Any]:
        """What `info.json` says of it under `wire`."""
        return {"codec": "jpeg", "steps": list(self.steps), "loss_db": self.loss_db}

    def encode(self, pixels: NDArray[np.uint8], number: int) -> bytes:
        """Three planes as one JPEG whose channels are coded one by one.

        Args:
            pixels: (H, W, 3); planes that the object lacks are 0.
            number: of the file, from 0: it holds the planes from 3·number on.
        """
        known = self.steps[3 * number : 3 * number + 3]
        steps = known + (MAX_STEP,) * (3 - len(known))
        eased = np.stack([_cheaper(pixels[..., channel], step) for channel, step in enumerate(steps)], -1)
        tables = [[step] * 64 for step in steps]
        kinds = [optimized_jpeg(eased, keep_rgb=True, qtables=tables, progressive=kind) for kind in (False, True)]
        return min(kinds, key=len)  # they hold the same pixels


def _cheaper(plane: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """(H, W) bytes like those of a plane whose coefficients are rounded to the step by `_ROUND_UP_FROM`."""
    if step <= _FINE:
        return plane
    height, width = plane.shape
    padded = np.pad(plane, ((0, -height % _SIDE), (0, -width % _SIDE)), "edge")
    blocks = padded.reshape(-1, _SIDE, padded.shape[1] // _SIDE, _SIDE).transpose(0, 2, 1, 3) - np.float32(128)
    coefficients = _COSINES @ blocks @ _COSINES.T / step
    rounded = np.copysign(np.floor(np.abs(coefficients) + 1 - _ROUND_UP_FROM), coefficients)
    values = (_COSINES.T @ rounded @ _COSINES * step).transpose(0, 2, 1, 3).reshape(padded.shape) + 128
    eased: NDArray[np.uint8] = np.clip(np.rint(values[:height, :width]), 0, 255).astype(np.uint8)
    return eased
