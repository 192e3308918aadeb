"""HEIF photographs (HEIC), as telephones and some cameras write them: 8 to 12 bits, decoded by pillow-heif."""

import io
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from fastrti.errors import CollectionError
from fastrti.extras import needs
from fastrti.photographs.colours import ColourSpace, from_codes
from fastrti.photographs.exif import SIDEWAYS, exif_facts
from fastrti.photographs.notes import Doubt
from fastrti.photographs.picture_file import (
    Alpha,
    PictureFile,
    Samples,
    check_whole,
    opened,
    picture_file,
)
from fastrti.picture_limits import check_pixels

if TYPE_CHECKING:
    import pillow_heif

BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
"""Of the box `ftyp`: what kind of file it is."""

_EXPANSION = 1 << 16  # a picture of one colour takes next to nothing
_ALPHAS: dict[str, Alpha] = {"A": "straight", "a": "premultiplied"}  # the last letter of a mode

# Numbers of ITU-T H.273
_UNSAID = 2
_SRGB_PRIMARIES, _SRGB_TRANSFER = 1, 13
_VIDEO_TRANSFERS = frozenset({1, 6, 14, 15})


def heif_file(path: Path, max_pixels: int | None) -> PictureFile:
    """The header of the main picture of a HEIF file; its thumbnail, its depth and its other pictures do not count.

    Raises:
        CollectionError: colours that cannot be converted, or a picture that is too large for its bytes.
        MissingPackageError: the extra `heif` is not installed.
    """
    container = _opened(path)
    width, height = container.size  # as it is seen: the file says itself how its picture is turned
    channels = len(container.mode.partition(";")[0])
    check_pixels(path.name, width, height, max_pixels, CollectionError)
    check_whole(path, width * height * channels, _EXPANSION)
    data = container.info.get("exif") or b""
    exif = exif_facts(lambda: _exif(data), data)
    profile = container.info.get("icc_profile")
    colours, remarks = _colours(path, None if profile else container.info.get("nclx_profile"))
    if len(container) > 1:
        remarks = (*remarks, Doubt(f"of {len(container)} pictures in the file, the main one was taken"))
    size = (height, width) if exif.orientation in SIDEWAYS else (width, height)
    dtype = np.uint8 if container.info["bit_depth"] == 8 else np.uint16
    decode = partial(_decode, path, exif.orientation)
    return picture_file(path, size, dtype, channels < 3, exif, profile, colours, decode, remarks)


def _opened(path: Path) -> "pillow_heif.HeifFile":
    with needs("heif", f"{path.name}, a HEIF photograph"):
        import pillow_heif

    with opened(path) as file:
        return pillow_heif.open_heif(io.BytesIO(file.read()), convert_hdr_to_8bit=False, hdr_to_16bit=False)


def _exif(data: bytes) -> Image.Exif:
    exif = Image.Exif()
    exif.load(data)
    return exif


def _colours(path: Path, codes: dict[str, Any] | None) -> tuple[ColourSpace | None, tuple[Doubt, ...]]:
    """The colour space of a file without an ICC profile; None where it does not say."""
    if codes is None:
        return None, ()
    primaries, transfer = codes["color_primaries"], codes["transfer_characteristics"]
    if primaries == transfer == _UNSAID:
        return None, ()
    video = transfer in _VIDEO_TRANSFERS
    space = from_codes(
        _SRGB_PRIMARIES if primaries == _UNSAID else primaries,
        _SRGB_TRANSFER if video or transfer == _UNSAID else transfer,
    )
    if space is None:
        raise CollectionError(
            f"{path.name}: expected colours of sRGB, Display P3 or BT.2020 in a HEIF file, found the codes "
            f"{primaries}, {transfer}: save the photographs as sRGB, without high dynamic range"
        )
    return space, (Doubt("a curve for video in the HEIF file was taken as the curve of sRGB"),) if video else ()


def _decode(path: Path, orientation: int) -> Samples:
    container = _opened(path)
    values = np.asarray(container)
    height, width = values.shape[:2]
    values = values.reshape(height, width, -1)
    letter = container.mode.partition(";")[0][-1]
    bits = container.info["bit_depth"]
    dtype = np.dtype(np.uint8 if bits == 8 else np.uint16)
    alpha = _ALPHAS.get(letter, "none")
    return Samples(
        height, width, lambda start, stop: values[start:stop], dtype, (1 << bits) - 1, alpha=alpha, turned=orientation
    )
