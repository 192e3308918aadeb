"""Planes as JPEG, for the wire: one quantiser step per plane, no colour transform, no subsampling."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError
from fastrti.formats.jpeg import optimized_jpeg

MAX_STEP = 255
"""What a table of a baseline JPEG can hold."""


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
        return optimized_jpeg(pixels, keep_rgb=True, qtables=[[step] * 64 for step in steps], progressive=True)
