"""JPEG files of any pixels, as small as their quality allows."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile

from fastrti.locks import Lock

_saving = Lock()


def optimized_jpeg(pixels: NDArray[np.uint8], **options: Any) -> bytes:
    """A JPEG without subsampled colours, with the Huffman tables that suit it best.

    Such a file is made in one piece. Pillow holds ready one or two bytes per pixel for it, and noise takes more.

    Args:
        pixels: (H, W, 3) or (H, W).
        options: of Pillow's `Image.save` for JPEG.
    """
    file = io.BytesIO()  # Pillow itself would call a full disk "encoder error -2"
    with _saving:  # Pillow has no other way to say how long the longest file may be
        kept = ImageFile.MAXBLOCK
        ImageFile.MAXBLOCK = max(kept, (1 << 16) + 4 * pixels.size)
        try:
            Image.fromarray(pixels).save(file, "JPEG", subsampling=0, optimize=True, **options)
        finally:
            ImageFile.MAXBLOCK = kept
    return file.getvalue()
