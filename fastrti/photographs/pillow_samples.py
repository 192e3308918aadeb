"""The samples of a picture that Pillow decodes: 8 bits."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fastrti.photographs.picture_file import Alpha, Samples
from fastrti.picture_limits import some_rows

MODES = {
    "1": "L",
    "L": "L",
    "LA": "LA",
    "La": "LA",
    "P": "RGB",
    "PA": "RGBA",
    "RGB": "RGB",
    "RGBA": "RGBA",
    "RGBX": "RGB",
    "YCbCr": "RGB",
}
"""Pillow's modes of greys and colours of 8 bits, and how their samples are taken."""


def pillow_samples(image: Image.Image, alpha: bool = True) -> Samples:
    """Decodes a picture that is open.

    Args:
        image: of one of `MODES`.
        alpha: what looks like alpha is alpha.
    """
    mode = MODES[image.mode]
    if alpha and "transparency" in image.info:  # a palette or a colour with entries that are not opaque
        mode = {"L": "LA", "RGB": "RGBA"}.get(mode, mode)
    if not alpha:
        mode = mode.removesuffix("A")
    image.load()

    def rows(start: int, stop: int) -> NDArray[np.uint8]:
        strip = np.asarray(some_rows(image, start, stop).convert(mode))
        return strip.reshape(*strip.shape[:2], -1)

    kind: Alpha = "straight" if mode.endswith("A") else "none"
    return Samples(image.height, image.width, rows, np.dtype(np.uint8), 255, alpha=kind)
