"""Packs of any size from a small object: the object again and again, whose tiles stand in the file once.

docs/object_format.md has the format. Tables of offsets may name one tile many times, so a gigapixel takes the disk of 16
megapixels; what a viewer asks for and gets is that of a whole file.
"""

import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fastrti.formats import object_info
from fastrti.formats.pyramid import TILE, halved, level_count
from fastrti.objects.relightable import Relightable

Planes = NDArray[np.uint8]  # (H, W, K)

SHORT, LONG, LONG8, ASCII = 3, 4, 16, 2
_FORMS = {ASCII: "B", SHORT: "H", LONG: "I", LONG8: "Q"}


def fine_planes(width: int, height: int, count: int) -> Planes:
    """Planes as fine as those of a fit on every level: noise of all scales, which takes five bytes per pixel as PNG."""
    rng = np.random.default_rng(0)
    planes = np.empty((height, width, count), np.uint8)
    for plane in range(count):
        sum_ = np.full((height, width), 128, np.float32)
        for octave in range(1 + max(width, height).bit_length()):
            size = (-(-width >> octave), -(-height >> octave))
            noise = rng.standard_normal(size[::-1], np.float32) * 4
            sum_ += np.asarray(Image.fromarray(noise).resize((width, height), Image.Resampling.BILINEAR))
        planes[..., plane] = np.clip(sum_, 0, 255)
    return planes


def write_repeated(path: Path, described: Relightable, planes: Planes, repeats: int) -> None:
    """Writes a pack of a picture that is made of `repeats` × `repeats` copies.

    Args:
        path: the file.
        described: has the decoder, and what else is known; its own planes do not count.
        planes: of one copy, (H, W, K); H and W are multiples of 256 where there are several.
        repeats: copies in a row and in a column.
    """
    height, width = (repeats * length for length in planes.shape[:2])
    info = object_info(described) | {"width": width, "height": height}
    levels = list(_levels(planes, repeats, level_count(width, height)))
    directories = [
        _fields(level, *shape, planes.shape[2], json.dumps(info).encode()) for level, (shape, *_) in enumerate(levels)
    ]
    at = 16
    places = []
    for fields in directories:
        places.append(at)
        at += 8 + 20 * len(fields) + 8
    with path.open("wb") as file:
        file.write(struct.pack("<2sHHHQ", b"II", 43, 8, 0, places[0]))
        ...
