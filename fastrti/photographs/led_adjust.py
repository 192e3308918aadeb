"""`ledAdjust` of a `.dome` file: the linear light of each photograph, multiplied by the factors of its lamp."""

import numpy as np
from numpy.typing import NDArray

from fastrti.photographs.checks import Samples, Transfer
from fastrti.photographs.corrections import Correction
from fastrti.srgb import srgb_decode, srgb_encode


def led_adjusted(photographs: Samples, gains: NDArray[np.float64], transfer: Transfer, name: str) -> Correction:
    """Multiplies photographs in place.

    Args:
        photographs: (N, H, W, 3).
        gains: (N, 3) factors of linear light.
        transfer: how samples encode light.
        name: of the `.dome` file.
    """
    full = int(np.iinfo(photographs.dtype).max)
    levels = np.linspace(0, 1, full + 1)
    linear = levels if transfer == "linear" else srgb_decode(levels)
    for photograph, factors in zip(photographs, gains):
        for channel, factor in enumerate(factors):
            adjusted = np.minimum(linear * factor, 1)
            encoded = adjusted if transfer == "linear" else srgb_encode(adjusted)
            table = np.rint(encoded * full).astype(photographs.dtype)
            photograph[..., channel] = table[photograph[..., channel]]
    sentence = f"linear light was multiplied by the ledAdjust of {name}, {gains.min():.3g} to {gains.max():.3g}"
    return Correction("led adjust", sentence, {"gains": gains.tolist()})
