"""JPEG photographs: 8 bits, decoded by Pillow."""

from pathlib import Path

import numpy as np
from PIL import Image, JpegImagePlugin

from fastrti.errors import CollectionError
from fastrti.photographs.exif import exif_facts
from fastrti.photographs.picture_file import PictureFile, Samples, check_whole, opened, picture_file
from fastrti.photographs.pillow_samples import MODES, pillow_samples
from fastrti.picture_limits import MAX_EXPANSION, MAX_JPEG_SCANS, check_pixels, jpeg_markers, too_many_scans

START = b"\xff\xd8\xff"

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the markers of a picture's form; the others are tables


def jpeg_file(path: Path, max_pixels: int | None) -> PictureFile:
    """The header of a JPEG.

    Raises:
        CollectionError: a form that Pillow does not decode, or one that is too large for its bytes.
    """
    with opened(path) as file:
        _check_precision(path, file.read())
        file.seek(0)
        image = JpegImagePlugin.JpegImageFile(file)
        if image.mode not in MODES:
            raise CollectionError(f"{path.name}: expected greys or RGB, found a JPEG of {image.mode}: save it as RGB")
        check_pixels(path.name, *image.size, max_pixels, CollectionError)
        check_whole(path, image.width * image.height * len(image.getbands()), MAX_EXPANSION)
        exif = exif_facts(image.getexif, image.info.get("exif", b""))
        profile = image.info.get("icc_profile")
        return picture_file(path, image.size, np.uint8, image.mode == "L", exif, profile, None, lambda: _decode(path))


def _check_precision(path: Path, data: bytes) -> None:
    start = next((start for code, start in jpeg_markers(data) if code in _FRAMES), None)
    bits = data[start + 2] if start is not None and start + 2 < len(data) else 8
    if bits != 8:
        raise CollectionError(f"{path.name}: expected a JPEG of 8 bits, found one of {bits}: save it as 16-bit TIFF")


def _decode(path: Path) -> Samples:
    with opened(path) as file:
        if too_many_scans(file.read()):
            raise CollectionError(
                f"{path.name}: expected a JPEG of at most {MAX_JPEG_SCANS} scans, found more: save it again"
            )
        file.seek(0)
        image: Image.Image = JpegImagePlugin.JpegImageFile(file)
        return pillow_samples(image)
