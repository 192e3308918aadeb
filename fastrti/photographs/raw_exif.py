"""EXIF data of raw files, which each maker keeps in another place."""

import io
import struct
from collections.abc import Iterator
from typing import BinaryIO

from PIL import ExifTags, Image, JpegImagePlugin

from fastrti.photographs.exif import tiff_exif

_LIKE_TIFF = (b"II*\0", b"MM\0*", b"IIRO", b"IIRS", b"MMOR", b"IIU\0")  # the last are Olympus' and Panasonic's own
_RAF = b"FUJIFILMCCD-RAW"
_RAF_JPEG = 84  # where the place and the length of its JPEG stand, whose EXIF is the file's
_CR3 = b"ftypcrx "
_CANON_BOX = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")


def raw_exif(file: BinaryIO) -> Image.Exif:
    """The EXIF data of a raw file that is open for reading; none where its form is not known here.

    Known are files that are built as a TIFF (DNG, NEF, ARW, CR2, ORF, RW2, PEF and others), RAF and CR3.
    """
    file.seek(0)
    start = file.read(16)
    if start.startswith(_LIKE_TIFF):
        exif = tiff_exif(file, struct.unpack(("<" if start[:1] == b"I" else ">") + "I", start[4:8])[0], start)
        if ExifTags.IFD.Exif not in exif:  # TIFF/EP has all tags in one place
            exif.get_ifd(ExifTags.IFD.Exif).update(
                {tag: exif[tag] for tag in exif if tag >= ExifTags.Base.ExposureTime}
            )
        return exif
    if start.startswith(_RAF):
        file.seek(_RAF_JPEG)
        offset, length = struct.unpack(">II", file.read(8))
        file.seek(offset)
        return JpegImagePlugin.JpegImageFile(io.BytesIO(file.read(length))).getexif()
    return _cr3_exif(file) if start[4:12] == _CR3 else Image.Exif()


def _cr3_exif(file: BinaryIO) -> Image.Exif:
    """What Canon's boxes CMT1 and CMT2 have: two TIFFs, with the tags of a picture and those of the camera."""
    found = {kind: (start, end) for kind, start, end in _canon_boxes(file)}
    parts = []
    for kind in (b"CMT1", b"CMT2"):
        start, end = found[kind]
        file.seek(start)
        part = Image.Exif()
        part.load(b"Exif\0\0" + file.read(end - start))
        parts.append(part)
    exif, camera = parts
    exif.get_ifd(ExifTags.IFD.Exif).update(camera)
    return exif


def _canon_boxes(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    for kind, start, end in _boxes(file, 0, file.seek(0, io.SEEK_END)):
        if kind == b"moov":
            for inner, inner_start, inner_end in _boxes(file, start, end):
                file.seek(inner_start)
                if inner == b"uuid" and file.read(16) == _CANON_BOX:
                    yield from _boxes(file, inner_start + 16, inner_end)


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """(kind, start and end of its content) of each box in a part of a file (ISO/IEC 14496-12, 4.2)."""
    while start + 8 <= end:
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        content = start + 8
        if size == 1:
            size, content = struct.unpack(">Q", file.read(8))[0], start + 16
        after = start + size if size else end
        if not content <= after <= end:
            return
        yield kind, content, after
        start = after
