"""TIFF photographs: up to 8 bits, decoded by Pillow where it can, and everything else by tifffile and imagecodecs."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile

from fastrti.errors import CollectionError
from fastrti.extras import needs
from fastrti.photographs.exif import exif_facts, tiff_exif
from fastrti.photographs.notes import Doubt
from fastrti.photographs.picture_file import (
    Alpha,
    PictureFile,
    Samples,
    check_whole,
    opened,
    picture_file,
)
from fastrti.photographs.pillow_samples import MODES, pillow_samples
from fastrti.picture_limits import MAX_EXPANSION, check_pixels

STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # the last two are BigTIFF; Pillow cannot read the very last

# Tags
_NEW_SUBFILE, _SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 255, 256, 257, 258, 259, 262
_STRIPS, _STRIP_ROWS, _STRIP_BYTES, _PLANAR = 273, 278, 279, 284
_TILE_WIDTH, _TILE_HEIGHT, _TILES, _TILE_BYTES = 322, 323, 324, 325
_SAMPLES, _COLOUR_MAP, _EXTRA, _FORMAT, _ICC = 277, 320, 338, 339, 34675

_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB, _PALETTE, _YCBCR = 0, 1, 2, 3, 6
_COLOUR_MODELS = {4: "a mask", 5: "CMYK", 6: "YCbCr without JPEG", 8: "Lab", 9: "Lab", 10: "Lab", 32803: "a raw sensor"}
_CHANNELS = {_RGB: 3, 5: 4, _YCBCR: 3, 8: 3, 9: 3, 10: 3}  # of a colour model; the others have one
_JPEG = (6, 7)  # of Compression: old and new
_UNSIGNED, _SIGNED, _FLOAT = 1, 2, 3
_FORMATS = {_UNSIGNED: "unsigned", _SIGNED: "signed", _FLOAT: "floating-point"}
_ALPHAS: dict[int, Alpha] = {1: "premultiplied", 2: "straight"}  # of ExtraSamples

_EXPANSIONS = {1: 1, 32773: 64, 5: 1400, 6: MAX_EXPANSION, 7: MAX_EXPANSION, 8: MAX_EXPANSION, 32946: MAX_EXPANSION}
_BY_PILLOW = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 32773, 32946})  # compressions that every build of Pillow has
_ANY_EXPANSION = 1 << 16  # of compressions that no one knows a bound for
_MAX_CHANNELS, _MAX_PAGES = 8, 1000
_MAX_TILE = 1 << 20  # pixels of a tile that is larger than the picture
_LEVEL = 0.5 / 65535  # what rounds to a sample of 16 bits


@dataclass(frozen=True)
class _Page:
    """What the tags of one page say; numbers as in the tags.

    Attributes:
        index: of the page in the file.
        offset: of its tags in the file.
        bits: of each sample.
        three_greys: it is called grey, and its three channels are taken as RGB.
        segment: (width, height) of a strip or tile.
        segments: (offset, bytes) of each of them.
        dark_palette: the numbers of its palette are so small that they were meant for 8 bits.
    """

    index: int
    offset: int
    reduced: bool
    width: int
    height: int
    bits: tuple[int, ...]
    sample_format: int
    photometric: int
    three_greys: bool
    extra: tuple[int, ...]
    compression: int
    planar: bool
    segment: tuple[int, int]
    segments: tuple[tuple[int, int], ...]
    dark_palette: bool
    profile: bytes | None

    @property
    def colours(self) -> int:
        """Channels that are no extra samples."""
        return _CHANNELS.get(self.photometric, 1)

    @property
    def deep(self) -> bool:
        """Its pixels need 16 bits."""
        return self.bits[0] > 8

    @property
    def alpha(self) -> tuple[Alpha, int]:
        """What the alpha is, and which channel: the first extra sample that the file calls so."""
        number = next((number for number, kind in enumerate(self.extra) if kind in _ALPHAS), None)
        return ("none", 0) if number is None else (_ALPHAS[self.extra[number]], self.colours + number)

    def __str__(self) -> str:
        model = {_WHITE_IS_ZERO: "grey", _BLACK_IS_ZERO: "grey", _RGB: "RGB", _PALETTE: "a palette"}
        if self.dark_palette:
            return "a TIFF with a palette of 8-bit numbers"
        name = model.get(self.photometric) or _COLOUR_MODELS.get(self.photometric, f"colour model {self.photometric}")
        bits = "/".join(str(number) for number in sorted(set(self.bits)))
        kind = _FORMATS.get(self.sample_format, "complex or unknown")
        more = f" and {len(self.bits) - self.colours} more channels" if len(self.bits) > self.colours else ""
        return f"a TIFF of {bits}-bit {kind} samples, {name}{more}"


def tiff_file(path: Path, max_pixels: int | None) -> PictureFile:
    """The header of the first page of a TIFF that has full size.

    Raises:
        CollectionError: samples of another kind than fastrti takes, or a picture that is too large for its bytes.
    """
    with opened(path) as file:
        start = file.read(16)
        if start.startswith(STARTS[-1]):
            raise CollectionError(
                f"{path.name}: expected a TIFF, found a BigTIFF with the high byte of numbers first: save it as TIFF"
            )
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            pages = list(_pages(file, ImageFileDirectory_v2(start if start[2:3] == b"+" else start[:8])))
        if any(str(warning.message).endswith(f"tag {_ICC}") for warning in warned):  # Pillow: "Skipping tag 34675"
            raise CollectionError(
                f"{path.name}: expected a whole ICC profile, found a part of one: copy the file again"
            )
        pictures = [page for page in pages if not page.reduced]
        if not pictures:
            found = "a TIFF of thumbnails" if pages else "a TIFF without pages"
            raise CollectionError(f"{path.name}: expected a page of full size, found {found}: save it as a plain TIFF")
        page = max(pictures, key=lambda page: page.width * page.height)  # the first of the largest
        check_pixels(path.name, page.width, page.height, max_pixels, CollectionError)
        _check_samples(path, page)
        _check_segments(path, page)
        exif = exif_facts(lambda: tiff_exif(file, page.offset, start))
        by_pillow = not page.deep and _pillow_takes(file, page)
    decode = partial(_decode_by_pillow if by_pillow else _decode_by_tifffile, path, page)
    remarks = tuple(_remarks(page, len(pictures)))
    grey = page.photometric in (_WHITE_IS_ZERO, _BLACK_IS_ZERO)
    size, dtype = (page.width, page.height), np.uint16 if page.deep else np.uint8
    return picture_file(path, size, dtype, grey, exif, page.profile, None, decode, remarks)


def _remarks(page: _Page, pictures: int) -> Iterator[Doubt]:
    if pictures > 1:
        yield Doubt(f"of {pictures} pictures in the file, the first of full size was taken")
    if page.three_greys:
        yield Doubt("three channels that the TIFF calls grey were taken as red, green and blue")
    if page.sample_format == _FLOAT and page.profile is None:
        yield Doubt("floating-point samples without a profile were taken as 0 to 1 in the given transfer")


def _pages(file: BinaryIO, directory: ImageFileDirectory_v2) -> Iterator[_Page]:
    seen: set[int] = set()
    while directory.next and directory.next not in seen and len(seen) < _MAX_PAGES:
        offset = directory.next
        seen.add(offset)
        file.seek(offset)
        directory.load(file)
        yield _page(directory, len(seen) - 1, offset)


def _page(tags: ImageFileDirectory_v2, index: int, offset: int) -> _Page:
    compression = _whole(tags, _COMPRESSION, 1)
    bits = _wholes(tags, _BITS, (1,))
    samples = _whole(tags, _SAMPLES, len(bits))
    extra = _wholes(tags, _EXTRA, ())
    photometric = _YCBCR if compression == _JPEG[0] else _whole(tags, _PHOTOMETRIC, _WHITE_IS_ZERO)
    three_greys = photometric == _BLACK_IS_ZERO and samples == 3 and not any(extra)
    formats = set(_wholes(tags, _FORMAT, (_UNSIGNED,)))
    colour_map = _wholes(tags, _COLOUR_MAP, ())
    width, height = _whole(tags, _WIDTH), _whole(tags, _HEIGHT)
    tiled = _TILES in tags
    starts = _wholes(tags, _TILES if tiled else _STRIPS)
    sizes = _wholes(tags, _TILE_BYTES if tiled else _STRIP_BYTES, (1,) * len(starts))  # old files have none
    rows = min(_whole(tags, _STRIP_ROWS, height), height)
    return _Page(
        index=index,
        offset=offset,
        reduced=bool(_whole(tags, _NEW_SUBFILE, 0) & 5) or tags.get(_SUBFILE) == 2,  # a reduced picture, or a mask
        width=width,
        height=height,
        bits=bits * samples if len(bits) == 1 and samples <= _MAX_CHANNELS else bits,
        sample_format=formats.pop() if len(formats) == 1 else 0,
        photometric=_RGB if three_greys else photometric,
        three_greys=three_greys,
        extra=() if three_greys else extra,
        compression=compression,
        planar=_whole(tags, _PLANAR, 1) == 2,
        segment=(_whole(tags, _TILE_WIDTH), _whole(tags, _TILE_HEIGHT)) if tiled else (width, rows),
        segments=tuple(zip(starts, sizes)),
        dark_palette=photometric == _PALETTE and max(colour_map, default=0) < 256,
        profile=tags.get(_ICC),
    )


def _whole(tags: ImageFileDirectory_v2, tag: int, default: int | None = None) -> int:
    """The whole number of a tag; ValueError where it is several, or of another kind: bytes times a number are bytes."""
    (value,) = _wholes(tags, tag, None if default is None else (default,))
    return value


def _wholes(tags: ImageFileDirectory_v2, tag: int, default: tuple[int, ...] | None = None) -> tuple[int, ...]:
    """The whole numbers of a tag; ValueError where they are of another kind, KeyError where there is none."""
    value: Any = tags[tag] if default is None or tag in tags else default
    values = value if isinstance(value, tuple) else (value,)
    if not all(isinstance(each, int) for each in values):
        raise ValueError(f"expected whole numbers in the tag {tag}, found {type(values[0]).__name__}")
    return values


def _check_samples(path: Path, page: _Page) -> None:
    """Raises CollectionError for samples that cannot be taken for what a person saw."""
    alike = len(set(page.bits)) == 1 and page.colours <= len(page.bits) <= _MAX_CHANNELS
    bits = page.bits[0]
    if page.photometric == _YCBCR:
        taken = page.compression in _JPEG and len(page.bits) == 3
    elif page.photometric == _PALETTE:
        taken = bits <= 8 and not page.dark_palette
    else:
        taken = page.photometric == _RGB or (
            page.photometric in (_WHITE_IS_ZERO, _BLACK_IS_ZERO) and (len(page.bits) <= 2 or any(page.extra))
        )
    depth = bits <= 16 if page.sample_format == _UNSIGNED else page.sample_format == _FLOAT and bits in (16, 24, 32)
    if not (alike and taken and depth):
        raise CollectionError(
            f"{path.name}: expected grey or RGB samples, unsigned of up to 16 bits or floating-point of up to 32, "
            f"found {page}: save it as RGB of 16 bits"
        )


def _check_segments(path: Path, page: _Page) -> None:
    """Raises CollectionError where strips or tiles are missing, or too short for what they hold."""
    size = path.stat().st_size
    columns, rows = -(-page.width // page.segment[0]), -(-page.height // page.segment[1])
    wanted = columns * rows * (len(page.bits) if page.planar else 1)
    if len(page.segments) < wanted or any(count == 0 or start + count > size for start, count in page.segments):
        raise CollectionError(f"{path.name}: expected a whole TIFF, found one that lacks a part: copy the file again")
    if page.segment[0] * page.segment[1] > max(_MAX_TILE, 4 * page.width * page.height):
        raise CollectionError(
            f"{path.name}: expected tiles that are not much larger than the picture, found tiles of "
            f"{page.segment[0]}×{page.segment[1]}: save it as a plain TIFF"
        )
    stored = page.width * page.height * sum(page.bits) // 8
    check_whole(path, stored, _EXPANSIONS.get(page.compression, _ANY_EXPANSION))


def _pillow_takes(file: BinaryIO, page: _Page) -> bool:
    """Whether Pillow decodes the page, and has no other idea of its channels; the first page must be one, too."""
    try:
        file.seek(0)
        image = TiffImageFile(file)
        image.seek(page.index)
        return image.mode in MODES and page.compression in _BY_PILLOW and not (page.planar and page.extra)
    except Exception:  # whatever Pillow stumbles over: then tifffile is asked, and says what is wrong
        return False


def _decode_by_pillow(path: Path, page: _Page) -> Samples:
    with opened(path) as file:
        image = TiffImageFile(file)
        image.seek(page.index)
        orientation = exif_facts(image.getexif).orientation
        samples = pillow_samples(image, alpha=page.alpha[0] != "none")
    return replace(samples, turned=orientation)  # which Pillow applies itself


def _decode_by_tifffile(path: Path, page: _Page) -> Samples:
    with needs("16bit", f"{path.name}, {page}"):
        import imagecodecs  # noqa: F401
        import tifffile
    with opened(path) as file, tifffile.TiffFile(file) as tiff:
        stored = tiff.pages[page.index].asarray(maxworkers=1)
    alpha, channel = page.alpha
    chosen = [*range(page.colours), *([channel] if alpha != "none" else [])]
    if page.planar:
        values = np.moveaxis(stored.reshape(len(page.bits), page.height, page.width), 0, -1)
    else:
        values = stored.reshape(page.height, page.width, len(page.bits))
    full = 1.0 if page.sample_format == _FLOAT else (1 << page.bits[0]) - 1
    if page.sample_format == _FLOAT:
        _check_range(path, values, chosen)

    def rows(start: int, stop: int) -> NDArray[Any]:
        strip: NDArray[Any] = values[start:stop, :, chosen]
        return strip

    dtype = np.dtype(np.uint16 if page.deep else np.uint8)
    return Samples(page.height, page.width, rows, dtype, full, page.photometric == _WHITE_IS_ZERO, alpha)


def _check_range(path: Path, values: NDArray[Any], channels: list[int]) -> None:
    low = np.min([values[..., channel].min() for channel in channels])
    high = np.max([values[..., channel].max() for channel in channels])
    if not -_LEVEL <= low <= high <= 1 + _LEVEL:  # nor where one is not a number
        raise CollectionError(
            f"{path.name}: expected floating-point samples from 0 to 1, found {low:g} to {high:g}: "
            "save it as a 16-bit TIFF"
        )
