"""PNG photographs: up to 8 bits, decoded by Pillow, and 16 bits, decoded by imagecodecs."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, PngImagePlugin

from fastrti.errors import CollectionError
from fastrti.extras import needs
from fastrti.photographs.colours import (
    D65,
    SRGB,
    SRGB_PRIMARIES,
    ColourError,
    ColourSpace,
    from_codes,
    from_primaries,
)
from fastrti.photographs.exif import exif_facts
from fastrti.photographs.picture_file import (
    Alpha,
    PictureFile,
    Samples,
    check_whole,
    opened,
    picture_file,
)
from fastrti.photographs.pillow_samples import pillow_samples
from fastrti.picture_limits import MAX_EXPANSION, check_pixels

START = b"\x89PNG\r\n\x1a\n"

_GREY = frozenset({0, 4})  # colour types
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type
_SMALL = frozenset({b"IHDR", b"cICP", b"sRGB", b"gAMA", b"cHRM", b"eXIf"})
_SMALL_BYTES = 1 << 20

_SRGB_GAMMA, _GAMMA_NEAR = 1 / 2.2, 0.05  # what PNG writers give for sRGB, and how far from it is still the same
_CHROMATICITY_NEAR = 0.005


def png_file(path: Path, max_pixels: int | None) -> PictureFile:
    """The header of a PNG.

    Raises:
        CollectionError: colours that cannot be converted, or a picture that is too large for its bytes.
    """
    with opened(path) as file:
        image = PngImagePlugin.PngImageFile(file)
        chunks = dict(_small_chunks(file))
        bits, colour_type = chunks[b"IHDR"][8:10]
        check_pixels(path.name, *image.size, max_pixels, CollectionError)
        check_whole(path, image.width * image.height * _CHANNELS[colour_type] * bits // 8, MAX_EXPANSION)
        if not image.info.keys() & {"exif", "Raw profile type exif"}:  # else Pillow decodes all to see if EXIF follows
            image.info["exif"] = chunks.get(b"eXIf", b"")
        profile = image.info.get("icc_profile")
        colours = _colours(path, chunks, profile is not None)
        dtype, decode = (np.uint8, _decode8) if bits < 16 else (np.uint16, _decode16)
        grey = colour_type in _GREY
        exif = exif_facts(image.getexif, image.info.get("exif", b""))
        return picture_file(path, image.size, dtype, grey, exif, profile, colours, lambda: decode(path))


def _small_chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    file.seek(len(START))
    while len(start := file.read(8)) == 8:
        length, name = struct.unpack(">I4s", start)
        if name in _SMALL and length <= _SMALL_BYTES:
            yield name, file.read(length)
            file.seek(4, 1)
        else:
            file.seek(length + 4, 1)


def _colours(path: Path, chunks: dict[bytes, bytes], profile: bool) -> ColourSpace | None:
    """The colour space of the chunks but iCCP, which all come after cICP and before the others."""
    if b"cICP" in chunks:
        return _coded(path, chunks[b"cICP"])
    if profile or not chunks.keys() & {b"sRGB", b"gAMA", b"cHRM"}:
        return None
    if b"sRGB" in chunks:
        return SRGB
    gamma = struct.unpack(">I", chunks[b"gAMA"])[0] / 100_000 if b"gAMA" in chunks else _SRGB_GAMMA
    corners = [number / 100_000 for number in struct.unpack(">8I", chunks.get(b"cHRM", bytes(32)))]
    white, primaries = (corners[:2], corners[2:]) if b"cHRM" in chunks else (D65, SRGB_PRIMARIES)
    like_srgb = abs(gamma / _SRGB_GAMMA - 1) <= _GAMMA_NEAR
    if like_srgb and np.allclose([*white, *primaries], [*D65, *SRGB_PRIMARIES], rtol=0, atol=_CHROMATICITY_NEAR):
        return SRGB
    try:
        return from_primaries(
            "the numbers gAMA and cHRM", primaries, white, None if like_srgb else 1 / gamma if gamma else 0
        )
    except ColourError as error:
        raise CollectionError(
            f"{path.name}: expected a gamma and primaries in a PNG, found {error}: save the photographs as sRGB"
        ) from None


def _coded(path: Path, chunk: bytes) -> ColourSpace:
    primaries, transfer, matrix, full_range = chunk[:4]
    space = from_codes(primaries, transfer)
    if space is None or matrix != 0 or full_range != 1:
        raise CollectionError(
            f"{path.name}: expected colours of sRGB, Display P3 or BT.2020 in the chunk cICP, "
            f"found the codes {primaries}, {transfer}, {matrix}, {full_range}: save the photographs as sRGB"
        )
    return space


def _decode8(path: Path) -> Samples:
    with opened(path) as file:
        image: Image.Image = PngImagePlugin.PngImageFile(file)
        return pillow_samples(image)


def _decode16(path: Path) -> Samples:
    with needs("16bit", f"a picture of 16 bits per sample, {path.name}"):
        import imagecodecs

    with opened(path) as file:
        pixels = imagecodecs.png_decode(file.read())
    height, width = pixels.shape[:2]
    values = pixels.reshape(height, width, -1)
    alpha: Alpha = "straight" if values.shape[2] in (2, 4) else "none"  # also of a colour that is not opaque
    return Samples(height, width, lambda start, stop: values[start:stop], values.dtype, 65535, alpha=alpha)
