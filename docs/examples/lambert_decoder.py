"""A new decoder: a matt surface. Every pixel stores its colour times its normal."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from fastrti.json_fields import Fields
from fastrti.objects.decoders.base import Decoder
from fastrti.objects.light_network import LightNetwork


@dataclass(frozen=True, eq=False)
class LambertDecoder(Decoder):
    """rgb = x·z₀₋₂ + y·z₃₋₅ + z·z₆₋₈ for a light (x, y, z): planes 3a + c hold axis a of channel c."""

    kind: ClassVar = "lambert"
    planes: ClassVar = 9

    @property
    def label(self) -> str:
        """One line for a person."""
        return "Lambert, 9 planes"

    def _light_network(self) -> LightNetwork:
        """W and b of the frame network, one after the other, as a matrix times the features x, y, z."""
        weight = np.zeros((3, 9, 3), np.float32)  # output channel, plane, feature
        for axis in range(3):
            for channel in range(3):
                weight[channel, 3 * axis + channel, axis] = 1
        matrix = np.concatenate([weight.reshape(27, 3), np.zeros((3, 3), np.float32)])
        return LightNetwork(
            planes=9,
            hidden=(),
            activation="relu",
            skip=False,
            base_colour=False,
            features="monomials",
            weights=(matrix,),
            biases=(np.zeros(30, np.float32),),
            exponents=np.eye(3, dtype=np.int32),  # x, y, z
        )

    def to_json(self) -> dict[str, Any]:
        """There is nothing to store beside the planes."""
        return {}

    @classmethod
    def from_json(cls, fields: Fields, planes: int) -> "LambertDecoder":
        """There is nothing to read; the object checks the number of planes."""
        return cls()
