"""Polynomial Texture Maps: the `.ptm` files of HP Labs (PTM_1.0 to PTM_1.2).

A header of text, then bytes, **bottom row first**. Order of the terms: u², v², uv, u, v, 1 with u = x and v = y, the
order of `fastrti.decoders.bases.ptm_terms`; a = (byte − bias)·scale; luminance or colour = Σ a·term in 0–255.
"""

from collections.abc import Callable
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from fastrti.decoders import LightBasisDecoder
from fastrti.formats.plane_files import MAX_SIDE, check_pixels
from fastrti.formats.ptm_jpeg import read_streams
from fastrti.formats.ranges import ascending
from fastrti.formats.text_header import TextHeader
from fastrti.relightable import Relightable

MAGIC = b"PTM_1."
VERSIONS = ("PTM_1.0", "PTM_1.1", "PTM_1.2")
TERMS = 6

MAX_BIAS = 1 << 20

Bytes = NDArray[np.uint8]


def load(file: BinaryIO, where: str, max_pixels: int | None) -> Relightable:
    """Reads PTM_FORMAT_RGB, _LRGB, _JPEG_RGB and _JPEG_LRGB.

    Args:
        file: open at its start.
        where: its name for errors.
        max_pixels: see `Relightable.load`.

    Raises:
        ObjectError: another format, or a file that does not fit it.
    """
    header = TextHeader(file, where)
    version = header.choice("a version", VERSIONS)
    name = header.choice("a format", _PLANES)
    width, height = header.integers("width and height", 2, 1, MAX_SIDE)
    check_pixels(where, width, height, max_pixels)
    scale = np.array(header.floats("scales", TERMS)) / 255
    bias = np.array(header.integers("biases", TERMS, -MAX_BIAS, MAX_BIAS))
    planes = np.ascontiguousarray(_PLANES[name](header, version, width, height)[:, ::-1])
    decoder = LightBasisDecoder("ptm", TERMS, base=name.endswith("LRGB"))
    minimum, maximum = np.zeros(len(planes)), np.ones(len(planes))
    terms = slice(3, None) if decoder.base else slice(None)
    channels = 1 if decoder.base else 3
    minimum[terms], maximum[terms] = ascending(
        planes[terms], np.repeat(-bias * scale, channels), np.repeat((255 - bias) * scale, channels)
    )
    return Relightable(planes, minimum, maximum, decoder)


def _rgb(header: TextHeader, version: str, width: int, height: int) -> Bytes:
    """Three blocks, one a channel, of six bytes a pixel."""
    blocks = _payload(header, 3 * height * width * TERMS).reshape(3, -1, TERMS)
    planes: Bytes = blocks.transpose(2, 0, 1).reshape(3 * TERMS, height, width)
    return planes


def _lrgb(header: TextHeader, version: str, width: int, height: int) -> Bytes:
    """Six bytes a pixel, then the base colour; before 1.2, nine bytes a pixel."""
    payload = _payload(header, height * width * (TERMS + 3))
    if version == "PTM_1.2":
        luminance, base = np.split(payload, [height * width * TERMS])
    else:
        luminance, base = np.split(payload.reshape(-1, TERMS + 3), [TERMS], axis=1)
    planes: Bytes = np.concatenate([base.reshape(-1, 3).T, luminance.reshape(-1, TERMS).T])
    return planes.reshape(3 + TERMS, height, width)


def _jpeg_rgb(header: TextHeader, version: str, width: int, height: int) -> Bytes:
    channels = read_streams(header, 3 * TERMS, width, height).reshape(3, TERMS, -1)
    planes: Bytes = channels.swapaxes(0, 1).reshape(3 * TERMS, height, width)
    return planes


def _jpeg_lrgb(header: TextHeader, version: str, width: int, height: int) -> Bytes:
    return np.roll(read_streams(header, TERMS + 3, width, height), 3, axis=0)  # the base colour comes last


def _payload(header: TextHeader, size: int) -> Bytes:
    return np.frombuffer(header.payload(size), np.uint8)


_PLANES: dict[str, Callable[[TextHeader, str, int, int], Bytes]] = {
    "PTM_FORMAT_RGB": _rgb,
    "PTM_FORMAT_LRGB": _lrgb,
    "PTM_FORMAT_JPEG_RGB": _jpeg_rgb,
    "PTM_FORMAT_JPEG_LRGB": _jpeg_lrgb,
}
"""The planes of each format in our order, (K, H, W), bottom row first."""
