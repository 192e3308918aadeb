"""`ledAdjust` of a `.dome` file: the linear light of each photograph, multiplied by the factors of its lamp."""

import numpy as np
from numpy.typing import NDArray

from fastrti.photographs.checks import Samples, Transfer
from fastrti.photographs.corrections import Correction
from fastrti.photographs.linear_light import LinearLight


def led_adjusted(photographs: Samples, gains: NDArray[np.float64], transfer: Transfer, name: str) -> Correction:
    """Multiplies photographs in place.

    Args:
        photographs: (N, H, W, 3).
        gains: (N, 3) factors of linear light.
        transfer: how samples encode light.
        name: of the `.dome` file.
    """
    light = LinearLight(photographs.dtype, transfer)
    for photograph, factors in zip(photographs, gains):
        for channel, factor in enumerate(factors):
            photograph[..., channel] = light.scaled(factor)[photograph[..., channel]]
    sentence = f"linear light was multiplied by the ledAdjust of {name}, {gains.min():.3g} to {gains.max():.3g}"
    return Correction("led adjust", sentence, {"gains": gains.tolist()})
