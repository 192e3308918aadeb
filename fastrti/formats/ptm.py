"""Polynomial Texture Maps: the `.ptm` files of HP Labs (PTM_1.0 to PTM_1.2).

A header of text, then bytes, **bottom row first**. Order of the terms: u², v², uv, u, v, 1 with u = x and v = y, the
order of `fastrti.objects.light_terms.ptm_terms`; a = (byte − bias)·scale; luminance or colour = Σ a·term in 0–255.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ObjectError
from fastrti.files import open_file, replace_file
from fastrti.formats.format import Format, Source
from fastrti.formats.reading.plane_files import MAX_SIDE
from fastrti.formats.reading.ptm_jpeg import read_streams
from fastrti.formats.reading.ranges import ascending, requantised
from fastrti.formats.reading.text_header import TextHeader
from fastrti.objects.decoders import LightBasisDecoder
from fastrti.objects.relightable import Relightable
from fastrti.picture_limits import check_pixels

MAGIC = b"PTM_1."
VERSIONS = ("PTM_1.0", "PTM_1.1", "PTM_1.2")
TERMS = 6

MAX_BIAS = 1 << 20
_WHOLE = 1e-6  # how far from a whole number a bias may be, in bytes, for the stored bytes to be kept

Bytes = NDArray[np.uint8]


# --- reading ---------------------------------------------------------------------------------------------------------


def recognises(source: Source) -> bool:
    """Whether a file starts as this format does."""
    return source.start.startswith(MAGIC)


def load(source: Source, max_pixels: int | None) -> Relightable:
    """Reads PTM_FORMAT_RGB, _LRGB, _JPEG_RGB and _JPEG_LRGB.

    Raises:
        ObjectError: another format, or a file that does not fit it.
    """
    with open_file(source.path, "a .ptm file") as file:
        return _read(TextHeader(file, str(source.path)), max_pixels)


def _read(header: TextHeader, max_pixels: int | None) -> Relightable:
    version = header.choice("a version", VERSIONS)
    name = header.choice("a format", _PLANES)
    width, height = header.integers("width and height", 2, 1, MAX_SIDE)
    base_colour = name.endswith("LRGB")
    check_pixels(header.where, width, height, max_pixels, ObjectError)
    scale = np.array(header.floats("scales", TERMS)) / 255
    bias = np.array(header.floats("biases", TERMS, -MAX_BIAS, MAX_BIAS))
    planes = np.ascontiguousarray(_PLANES[name](header, version, width, height)[:, ::-1])
    decoder = LightBasisDecoder("ptm", TERMS, base_colour)
    minimum, maximum = np.zeros(len(planes)), np.ones(len(planes))
    terms = slice(3, None) if decoder.base_colour else slice(None)
    channels = 1 if decoder.base_colour else 3
    minimum[terms], maximum[terms] = ascending(
        planes[terms], np.repeat(-bias * scale, channels), np.repeat((255 - bias) * scale, channels)
    )
    return Relightable(planes, minimum, maximum, decoder)


def _rgb(header: TextHeader, version: str, width: int, height: int) -> Bytes:
    """Three blocks, one per channel, of six bytes per pixel."""
    blocks = _payload(header, width, height, 3 * TERMS).reshape(3, -1, TERMS)
    planes: Bytes = blocks.transpose(2, 0, 1).reshape(3 * TERMS, height, width)
    return planes


def _lrgb(header: TextHeader, version: str, width: int, height: int) -> Bytes:
    """Six bytes per pixel, then the base colour. Before version 1.2, nine bytes per pixel."""
    payload = _payload(header, width, height, TERMS + 3)
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


def _payload(header: TextHeader, width: int, height: int, planes: int) -> Bytes:
    return np.frombuffer(header.payload(width * height * planes, min(width, height) * planes), np.uint8)


_PLANES: dict[str, Callable[[TextHeader, str, int, int], Bytes]] = {
    "PTM_FORMAT_RGB": _rgb,
    "PTM_FORMAT_LRGB": _lrgb,
    "PTM_FORMAT_JPEG_RGB": _jpeg_rgb,
    "PTM_FORMAT_JPEG_LRGB": _jpeg_lrgb,
}
"""The planes of each format in our order, (K, H, W), bottom row first."""


# --- writing ---------------------------------------------------------------------------------------------------------


def save(relightable: Relightable, path: Path) -> None:
    """Writes PTM_1.2, PTM_FORMAT_RGB or, for an object with a base colour, PTM_FORMAT_LRGB.

    The three channels of a term share a scale and a whole bias, so planes with ranges of their own are rounded anew;
    those read from a `.ptm` keep their bytes.

    Raises:
        ObjectError: not a PTM, or a file that cannot be written.
    """
    decoder = relightable.decoder
    if not isinstance(decoder, LightBasisDecoder) or (decoder.basis, decoder.terms) != ("ptm", TERMS):
        raise ObjectError(
            f"{path}: expected an object with a PTM decoder for a .ptm file, got {decoder.label}: "
            "fit one from the photographs"
        )
    first, channels = (3, 1) if decoder.base_colour else (0, 3)
    low, high = relightable.minimum[first:], relightable.maximum[first:]
    fitted = [
        _scale_and_bias(255 * a, 255 * b)
        for a, b in zip(low.reshape(TERMS, channels).min(1), high.reshape(TERMS, channels).max(1))
    ]
    scale, bias = np.array([s for s, _ in fitted]), np.array([b for _, b in fitted])
    wanted = np.repeat(-bias * scale / 255, channels), np.repeat((255 - bias) * scale / 255, channels)
    terms = requantised(relightable.planes[first:], (low, high), wanted)[:, ::-1]
    pixels = terms.reshape(TERMS, channels, -1).transpose(1, 2, 0)  # (C, P, 6)
    header = [
        VERSIONS[-1],
        "PTM_FORMAT_LRGB" if decoder.base_colour else "PTM_FORMAT_RGB",
        str(relightable.width),
        str(relightable.height),
        " ".join(repr(float(s)) for s in scale),
        " ".join(str(int(b)) for b in bias),
    ]
    base = relightable.planes[:first, ::-1].transpose(1, 2, 0)
    replace_file(path, "\n".join([*header, ""]).encode("ascii") + pixels.tobytes() + base.tobytes())


def _scale_and_bias(low: float, high: float) -> tuple[float, int]:
    """The scale and the whole bias with which the 256 bytes span [low, high].

    As they are where that bias is whole already; else the range is widened to hold 0, so that the bias is a byte.
    """
    span = high - low
    if span > 0 and abs(low) < MAX_BIAS * span / 255:
        exact = -low / span * 255
        if abs(exact - round(exact)) < _WHOLE:
            return span / 255, round(exact)
    low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        return 1.0, 0
    bias = round(-low / (high - low) * 255)
    return max(-low / bias if bias else 0.0, high / (255 - bias) if bias < 255 else 0.0), bias


FORMAT = Format("ptm", "a .ptm file", recognises, load, save, (".ptm",))
