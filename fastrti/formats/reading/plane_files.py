"""Plane pictures: three coefficient planes per file, read without trusting the file."""

import io
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, JpegImagePlugin, PngImagePlugin

from fastrti.errors import ObjectError
from fastrti.files import read_file, write_file
from fastrti.json_fields import Fields
from fastrti.picture_limits import MAX_EXPANSION, MAX_JPEG_SCANS, check_pixels, some_rows, too_many_scans
from fastrti.progress import counted

MAX_SIDE = 1 << 20
_BAND_ROWS = 64

PLANES = "a picture of planes"
"""What errors call a file."""

PNG_LEVEL = 4
"""Of zlib: Pillow's 6 takes twice the time for planes and makes them 2 % smaller at best."""

_PNG_START, _PNG_END = b"\x89PNG\r\n\x1a\n", b"\0\0\0\0IEND\xaeB`\x82"
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"


def checked_size(info: Fields, max_pixels: int | None) -> tuple[int, int]:
    """(width, height) of an info.json, refused above the limit before any memory is taken."""
    width, height = info.integer("width", 1, MAX_SIDE), info.integer("height", 1, MAX_SIDE)
    check_pixels(info.where, width, height, max_pixels, ObjectError)
    return width, height


def read_picture(path: Path, mode: str, width: int, height: int) -> NDArray[np.uint8]:
    """The bytes of a PNG or JPEG of exactly this mode and size; what it is, is read from its bytes, not its name.

    Args:
        mode: "RGB" → (H, W, 3), "L" → (H, W).

    Raises:
        ObjectError: missing, truncated, damaged, of another kind or size.
    """
    return decode_picture(read_file(path, largest_file(width, height), PLANES), str(path), mode, width, height)


def decode_picture(data: bytes, where: str, mode: str, width: int, height: int) -> NDArray[np.uint8]:
    """Like `read_picture`, from bytes already read; `where` is the name errors give them."""
    return np.asarray(_decoded(_opened(data, where, mode, width, height), where))


def _opened(data: bytes, where: str, mode: str, width: int, height: int) -> Image.Image:
    """A picture of exactly this mode and size, by its header; no memory is taken for its pixels."""
    picture = _open(data, where)
    if picture.size != (width, height) or picture.mode != mode:
        raise ObjectError(
            f"{where}: expected a {mode} picture of {width}×{height}, "
            f"got {picture.mode} of {picture.size[0]}×{picture.size[1]}"
        )
    if width * height * len(mode) > MAX_EXPANSION * len(data):  # before Pillow takes the memory
        raise ObjectError(f"{where}: expected a whole picture of {width}×{height}, got only {len(data)} bytes")
    return picture


def _decoded(picture: Image.Image, where: str) -> Image.Image:
    """The picture, whose pixels are in memory."""
    try:
        picture.load()
    except Exception as error:  # Pillow's decoders raise many kinds on damaged data; each means the same here
        raise ObjectError(f"{where}: expected a whole picture, got a damaged one ({error})") from None
    return picture


def read_planes(paths: list[Path], width: int, height: int) -> NDArray[np.uint8]:
    """The planes of RGB pictures, (3·files, H, W) uint8, contiguous.

    Headers are read one after the other, and pixels are decoded on all cores: Pillow's decoders leave Python to others.

    Raises:
        ObjectError: see `read_picture`.
    """
    cores = os.cpu_count() or 1
    limit = largest_file(width, height)
    planes: NDArray[np.uint8] | None = None
    with ThreadPoolExecutor(cores) as pool:
        for start in counted(range(0, len(paths), 2 * cores), "reading planes"):
            some = paths[start : start + 2 * cores]
            pictures = [_opened(read_file(path, limit, PLANES), str(path), "RGB", width, height) for path in some]
            if planes is None:  # not before the first header was found to be right
                planes = np.empty((3 * len(paths), height, width), np.uint8)
            parts = planes[3 * start :].reshape(-1, 3, height, width)
            list(pool.map(_decode_into, parts, pictures, map(str, some)))
    assert planes is not None  # an object has one plane or more
    return planes


def _decode_into(planes: NDArray[np.uint8], picture: Image.Image, where: str) -> None:
    """Writes the pixels of an RGB picture to its planes, (3, H, W). All it needs besides is a copy of a few rows."""
    _decoded(picture, where)
    for top in range(0, picture.height, _BAND_ROWS):
        rows = slice(top, min(top + _BAND_ROWS, picture.height))
        planes[:, rows] = np.asarray(some_rows(picture, rows.start, rows.stop)).transpose(2, 0, 1)


def largest_file(width: int, height: int) -> int:
    """Bytes of a file that is larger than any picture of this size could sensibly be."""
    return (1 << 20) + 8 * width * height


def _open(data: bytes, where: str) -> Image.Image:
    """Opens by the plugin itself: `Image.open` would apply a process-wide size limit instead of the caller's."""
    plugin: type[Image.Image]
    if data.startswith(_PNG_START) and data.endswith(_PNG_END):
        plugin = PngImagePlugin.PngImageFile
    elif data.startswith(_JPEG_START) and data.rstrip(b"\0").endswith(_JPEG_END):
        if too_many_scans(data):
            raise ObjectError(f"{where}: expected a JPEG of at most {MAX_JPEG_SCANS} scans, got more: save it again")
        plugin = JpegImagePlugin.JpegImageFile
    else:
        raise ObjectError(f"{where}: expected a whole PNG or JPEG, got {len(data)} bytes that are neither")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what Pillow skips, such as a malformed animation
            plugin(io.BytesIO(data)).verify()  # the checksums of a PNG: decoding its pixels does not look at them
            return plugin(io.BytesIO(data))
    except Exception as error:  # see decode_picture
        raise ObjectError(f"{where}: expected a picture, got a damaged one ({error})") from None


def png_of(pixels: NDArray[np.uint8]) -> bytes:
    """(H, W, 3) or (H, W) bytes as a PNG without colour chunks."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=PNG_LEVEL)
    return file.getvalue()


def write_picture(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Writes (H, W, 3) or (H, W) bytes as PNG without colour chunks, into a folder that is not finished."""
    file = io.BytesIO()  # Pillow itself would call a full disk "encoder error -2"
    Image.fromarray(pixels).save(file, "PNG", compress_level=PNG_LEVEL)
    write_file(path, file.getvalue())
