"""Hemispherical harmonics: `.rti` and `.hsh` files, as RTIBuilder writes and RTIViewer reads them (HSH 1.2).

    #HSH1.2                 further lines that start with # are comments; lines end in LF or CRLF
    3                       the kind of file: HSH
    320 470 3               width, height, channels
    9 2 1                   terms, basis type (2: each channel its own coefficients), bytes per coefficient: 1 or 4
    scale[terms] bias[terms]                float32, little-endian
    coefficients            **top row first**; a pixel is its terms in red, in green, in blue

coefficient = byte/255·scale + bias, one scale and bias per term for all channels. Coefficients of four bytes are
float32, with scales of 1 and biases of 0.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ObjectError
from fastrti.files import open_file, replace_file
from fastrti.formats.format import Format, Source
from fastrti.formats.reading.plane_files import MAX_SIDE
from fastrti.formats.reading.ranges import ascending, hsh_signs, requantised
from fastrti.formats.reading.text_header import TextHeader
from fastrti.objects.decoders import LightBasisDecoder
from fastrti.objects.planes import quantise
from fastrti.objects.relightable import Relightable
from fastrti.picture_limits import check_pixels

MAGIC = b"#HSH1."
ORDERS = (1, 4, 9, 16)
"""Numbers of terms: whole orders of the harmonics."""

_HSH, _CHANNELS, _SEPARATE, _BYTE, _FLOAT = 3, 3, 2, 1, 4  # the only values of these header fields that are in use
_MAX_COMMENTS = 100


# --- reading ---------------------------------------------------------------------------------------------------------


def recognises(source: Source) -> bool:
    """Whether a file starts as this format does."""
    return source.start.startswith(MAGIC)


def load(source: Source, max_pixels: int | None) -> Relightable:
    """Reads an HSH file.

    Raises:
        ObjectError: another kind of file, or one that does not fit the format.
    """
    with open_file(source.path, "an .rti file") as file:
        return _read(TextHeader(file, str(source.path)), max_pixels)


def _read(header: TextHeader, max_pixels: int | None) -> Relightable:
    width, height, terms, size = _read_header(header, max_pixels)
    pixel = terms * _CHANNELS * size
    payload = header.payload(8 * terms + width * height * pixel, spare=min(width, height) * pixel)
    numbers = _finite(np.frombuffer(payload, "<f4", 2 * terms), header.where)
    stored = np.frombuffer(payload, "<f4" if size == _FLOAT else "u1", offset=8 * terms)
    coefficients = stored.reshape(height, width, _CHANNELS, terms).transpose(3, 2, 0, 1)  # (T, 3, H, W)
    planes, at_0, at_255 = (_from_floats if size == _FLOAT else _from_bytes)(coefficients, numbers, header.where)
    signs = np.repeat(hsh_signs(terms), _CHANNELS)
    minimum, maximum = ascending(planes, signs * at_0, signs * at_255)
    return Relightable(planes, minimum, maximum, LightBasisDecoder("hsh", terms))


Planes = tuple[NDArray[np.uint8], NDArray[np.float64], NDArray[np.float64]]
"""(K, H, W) and what their bytes 0 and 255 mean, (K,) each."""


def _from_bytes(coefficients: NDArray[np.uint8], numbers: NDArray[np.float64], where: str) -> Planes:
    scale, bias = np.repeat(numbers.reshape(2, -1), _CHANNELS, axis=1)
    return np.ascontiguousarray(coefficients).reshape(-1, *coefficients.shape[2:]), bias, bias + scale


def _from_floats(coefficients: NDArray[np.float32], numbers: NDArray[np.float64], where: str) -> Planes:
    """Each plane is rounded to the 256 levels of its own range."""
    scale, bias = numbers.reshape(2, -1)
    if (scale != 1).any() or bias.any():  # no program says how they would be meant
        raise ObjectError(
            f"{where}: expected scales of 1 and biases of 0 beside float coefficients, got others: save it with bytes"
        )
    planes = np.empty((coefficients.shape[0] * _CHANNELS, *coefficients.shape[2:]), np.uint8)
    minimum, maximum = np.empty(len(planes)), np.empty(len(planes))
    for number, plane in enumerate(coefficients.reshape(-1, *coefficients.shape[2:])):
        values = _finite(plane, where)
        minimum[number], maximum[number] = values.min(), values.max()
        planes[number] = quantise(values[None], minimum[number : number + 1], maximum[number : number + 1])[0]
    return planes, minimum, maximum


def _read_header(header: TextHeader, max_pixels: int | None) -> tuple[int, int, int, int]:
    """(width, height, terms, bytes per coefficient); the file stands at its first scale afterwards."""
    for _ in range(_MAX_COMMENTS):
        line = header.line("the kind of file")
        if not line.startswith("#"):
            break
    if line != str(_HSH):
        raise header.error(f"{_HSH} for hemispherical harmonics", repr(line))
    width, height, channels = header.integers("width, height and channels", 3, 1, MAX_SIDE)
    terms, basis, size = header.integers("terms, basis type and element size", 3, 1, 255)
    if terms not in ORDERS or (channels, basis) != (_CHANNELS, _SEPARATE) or size not in (_BYTE, _FLOAT):
        raise header.error(
            f"{', '.join(map(str, ORDERS))} terms of three channels, each with its own coefficients of 1 or 4 bytes",
            f"{terms} terms, {channels} channels, basis type {basis}, {size} bytes",
        )
    check_pixels(header.where, width, height, max_pixels, ObjectError)
    return width, height, terms, size


def _finite(numbers: NDArray[np.float32], where: str) -> NDArray[np.float64]:
    if not np.isfinite(numbers).all():
        raise ObjectError(f"{where}: expected finite numbers, got NaN or infinity: the file is damaged")
    return numbers.astype(np.float64)


# --- writing ---------------------------------------------------------------------------------------------------------


def save(relightable: Relightable, path: Path) -> None:
    """Writes #HSH1.2.

    The three channels of a term share scale and bias, so planes with ranges of their own are rounded anew; those read
    from an `.rti` keep their bytes.

    Raises:
        ObjectError: not hemispherical harmonics of a whole order, or a file that cannot be written.
    """
    decoder = relightable.decoder
    if not isinstance(decoder, LightBasisDecoder) or decoder.basis != "hsh" or decoder.base_colour:
        raise ObjectError(
            f"{path}: expected an object with an HSH decoder for an .rti file, got {decoder.label}: "
            "fit one from the photographs"
        )
    terms = decoder.terms
    if terms not in ORDERS:
        raise ObjectError(f"{path}: expected {', '.join(map(str, ORDERS))} terms for an .rti file, got {terms}")
    signs = np.repeat(hsh_signs(terms), _CHANNELS)
    planes = relightable.planes.copy()
    ranges = ascending(planes, signs * relightable.minimum, signs * relightable.maximum)
    bias = ranges[0].reshape(terms, _CHANNELS).min(1).astype("<f4")
    scale = (ranges[1].reshape(terms, _CHANNELS).max(1) - bias).astype("<f4")
    low, high = bias.astype(np.float64), scale.astype(np.float64) + bias
    planes = requantised(planes, ranges, (np.repeat(low, _CHANNELS), np.repeat(high, _CHANNELS)))
    pixels = planes.reshape(terms, _CHANNELS, -1).transpose(2, 1, 0)  # (P, 3, T)
    size = f"{relightable.width} {relightable.height} {_CHANNELS}"
    header = f"#HSH1.2\n{_HSH}\n{size}\n{terms} {_SEPARATE} {_BYTE}\n".encode("ascii")
    replace_file(path, header + scale.tobytes() + bias.tobytes() + pixels.tobytes())


FORMAT = Format("rti", "an HSH .rti or .hsh file", recognises, load, save, (".rti", ".hsh"))
