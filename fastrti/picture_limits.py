"""What a picture file may claim before any memory is taken for it: the same limits for photographs and for planes."""

import re
from collections.abc import Iterator

from PIL import Image

from fastrti.errors import FastrtiError

MAX_PIXELS = 150_000_000
"""Of a photograph or an object where `max_pixels` says nothing else: the largest cameras have this many."""

ALLOW_MORE = "pass max_pixels="
"""How to open a larger one, in the words of Python; the number follows."""

MAX_EXPANSION = 1032
"""Bytes of a picture for each byte of its file. No deflate stream expands further (zlib's documentation), and no JPEG
stream much: six bits a block of 16×16 pixels."""

MAX_JPEG_SCANS = 50
"""Passes over one picture. Programs write at most some dozens, and each costs the time of a whole picture."""

_SCAN, _END = 0xDA, 0xD9
_TEM = 0x01  # the one marker below that has no segment, besides _END
_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd8\xff])", re.DOTALL)  # neither stuffing, nor a restart, nor a start


def check_pixels(where: str, width: int, height: int, max_pixels: int | None, error: type[FastrtiError]) -> None:
    """Raises the error above the limit of pixels.

    Args:
        where: the file, as the error names it.
        width: of the picture.
        height: of the picture.
        max_pixels: the limit; None is `MAX_PIXELS`.
        error: what to raise.
    """
    limit = MAX_PIXELS if max_pixels is None else max_pixels
    if width * height > limit:
        raise error(
            f"{where}: expected at most {limit} pixels, got {width}×{height}: scale it down, or "
            f"{ALLOW_MORE}{width * height}"
        )


def jpeg_markers(jpeg: bytes) -> Iterator[tuple[int, int]]:
    """The markers of a JPEG from its start to its end: (code, where the segment begins).

    Markers of a thumbnail inside a segment, and of whatever follows the picture, are left out.
    """
    position = 0
    while (marker := _MARKER.search(jpeg, position)) and (code := marker[1][0]) != _END:
        position = marker.end()
        yield code, position
        if code != _TEM:
            position += int.from_bytes(jpeg[position : position + 2], "big")


def too_many_scans(jpeg: bytes) -> bool:
    """Whether a JPEG passes over its picture more often than `MAX_JPEG_SCANS`, without decoding it."""
    scans = (code for code, _ in jpeg_markers(jpeg) if code == _SCAN)
    return any(number >= MAX_JPEG_SCANS for number, _ in enumerate(scans))


def some_rows(picture: Image.Image, start: int, stop: int) -> Image.Image:
    """A copy of the rows from start to before stop, in any mode.

    Not `Image.crop`: some versions of Pillow apply a process-wide size limit there, instead of the limits above.
    """
    return picture.transform(
        (picture.width, stop - start), Image.Transform.EXTENT, (0, start, picture.width, stop), Image.Resampling.NEAREST
    )
