"""Raw photographs: developed by LibRaw to linear light of the sRGB primaries, 16 bits."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from fastrti.errors import CollectionError
from fastrti.extras import needs
from fastrti.photographs.colours import SRGB
from fastrti.photographs.exif import exif_facts
from fastrti.photographs.kinds import RAW_SUFFIXES
from fastrti.photographs.notes import Doubt
from fastrti.photographs.picture_file import Development, PictureFile, Samples, check_whole, opened
from fastrti.photographs.raw_exif import raw_exif
from fastrti.picture_limits import MAX_EXPANSION, check_pixels

if TYPE_CHECKING:
    import rawpy

_DNG_VERSION = 50706
_ORIENTATIONS = {0: 1, 1: 2, 2: 4, 3: 3, 4: 5, 5: 8, 6: 6, 7: 7}  # of EXIF, by LibRaw's flip
_SQUARE = 0.005  # what the two sides of a pixel may differ by
_LEAST_LINEAR = 0.5  # of the white level: less is in another unit
_LEAST_CROP = 0.5  # of the width and the height: less is no camera's own crop


def is_raw(path: Path, start: bytes, tiff: bool) -> bool:
    """Whether a file that is no JPEG, PNG or HEIF is raw.

    Args:
        path: its name counts: many raw files are TIFF files that only their makers' programs can tell from others.
        start: its first bytes, 8 or more.
        tiff: it begins as a TIFF. If it says that it is a DNG, it is raw under any name.
    """
    if path.suffix.lower() in RAW_SUFFIXES or not tiff:
        return path.suffix.lower() in RAW_SUFFIXES
    if b"+" in start[:4]:
        return False
    with opened(path) as file:
        tags = ImageFileDirectory_v2(start[:8])
        file.seek(tags.next)
        tags.load(file)
    return _DNG_VERSION in tags


def raw_file(path: Path, max_pixels: int | None) -> PictureFile:
    """The header of a raw file, and how it would be developed if it were alone.

    Raises:
        CollectionError: a file that LibRaw does not know, that is damaged, or whose pixels are not square.
        MissingPackageError: the extra `raw` is not installed.
    """
    with _unpacked(path, max_pixels) as raw:
        width, height = _crop(raw.sizes)[2:]
        orientation = _ORIENTATIONS[raw.sizes.flip]
        development = _own_development(raw)
        grey = raw.num_colors == 1
        remarks = tuple(_remarks(raw))
    with opened(path) as file:
        exif = exif_facts(lambda: raw_exif(file))
    exif = replace(exif, orientation=orientation, colours=None, uncalibrated=False)  # those of the camera's JPEG
    size, dtype = (width, height), np.dtype(np.uint16)
    decode = partial(develop, path, development, max_pixels)
    return PictureFile(path, *size, dtype, grey, exif, SRGB, decode, remarks, development)


def develop(path: Path, development: Development, max_pixels: int | None = None) -> Samples:
    """The samples of a raw file, proportional to light: 65,535 is `development.levels` above black.

    Every sample has its colour's black level taken away and is multiplied by its white balance. What is above white is
    white: the colour with the smallest multiplier decides, so that a clipped pixel is white in all three. Then missing
    colours are filled in (AHD) and the camera's matrix gives the sRGB primaries.

    Raises:
        CollectionError: a file that LibRaw cannot decode.
    """
    with _unpacked(path, max_pixels) as raw:
        left, top, width, height = _crop(raw.sizes)
        pixels = raw.postprocess(
            user_wb=list(development.white_balance),
            user_sat=development.levels,
            user_flip=0,
            output_bps=16,
            gamma=(1, 1),
            no_auto_bright=True,
            adjust_maximum_thr=0.0,  # else white would be what each photograph's own brightest sample is
        )
        visible = (raw.sizes.height, raw.sizes.width)
    if pixels.shape[:2] != visible:
        raise CollectionError(
            f"{path.name}: expected a sensor with upright rows, found another: develop the raw files, all alike"
        )
    pixels = pixels[top : top + height, left : left + width]
    return Samples(height, width, lambda start, stop: pixels[start:stop], np.dtype(np.uint16), 65535)


@contextmanager
def _unpacked(path: Path, max_pixels: int | None) -> Iterator["rawpy.RawPy"]:
    """The file with its samples in memory; errors of LibRaw become sentences."""
    with needs("raw", f"{path.name}, a raw file"):
        import rawpy

    raw = rawpy.RawPy()
    try:
        with opened(path) as file:
            raw.open_buffer(file)
        _check(path, raw.sizes, max_pixels)
        raw.unpack()
        yield raw
    except rawpy.LibRawFileUnsupportedError:
        raise CollectionError(
            f"{path.name}: expected a raw file that LibRaw {libraw_version()} knows, found another: convert it to DNG, "
            "or develop the raw files, all alike"
        ) from None
    except rawpy.LibRawError as error:
        said = str(error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else error)
        raise CollectionError(
            f"{path.name}: expected a whole raw file, found one that LibRaw cannot decode ({said}): copy it again"
        ) from None
    finally:
        raw.close()


def libraw_version() -> str:
    """The version of LibRaw, as in `0.22.2`."""
    import rawpy

    return ".".join(map(str, rawpy.libraw_version))


def _check(path: Path, sizes: Any, max_pixels: int | None) -> None:
    """Raises CollectionError for sizes that are too large, or larger than the file; nothing is unpacked yet."""
    check_pixels(path.name, sizes.raw_width, sizes.raw_height, max_pixels, CollectionError)
    check_whole(path, 2 * sizes.raw_width * sizes.raw_height, MAX_EXPANSION)
    if abs(sizes.pixel_aspect - 1) > _SQUARE:
        raise CollectionError(
            f"{path.name}: expected square pixels, found pixels {sizes.pixel_aspect:.3g} times as high as wide: "
            "develop the raw files, all alike"
        )


def _crop(sizes: Any) -> tuple[int, int, int, int]:
    """(left, top, width, height) in the visible part of the sensor: the camera's own crop, if it names one."""
    left, top = sizes.crop_left_margin - sizes.left_margin, sizes.crop_top_margin - sizes.top_margin
    right, bottom = min(left + sizes.crop_width, sizes.width), min(top + sizes.crop_height, sizes.height)
    left, top = max(left, 0), max(top, 0)
    if right - left < _LEAST_CROP * sizes.width or bottom - top < _LEAST_CROP * sizes.height:
        return 0, 0, sizes.width, sizes.height
    return left, top, right - left, bottom - top


def _own_development(raw: "rawpy.RawPy") -> Development:
    colours = max(raw.num_colors, 1)
    linear = min(raw.camera_white_level_per_channel or [0])  # up to here the sensor is linear, as some cameras say
    white = linear if _LEAST_LINEAR * raw.white_level < linear < raw.white_level else raw.white_level
    levels = white - max(raw.black_level_per_channel[:colours])
    if levels <= 0:
        raise ValueError("white that is not above black")
    balance = next(filter(_balances, (raw.camera_whitebalance, raw.daylight_whitebalance)), (1.0, 1.0, 1.0, 0.0))
    red, green, blue, fourth = (value / balance[1] for value in balance)
    return Development((red, green, blue, fourth), levels)


def _balances(multipliers: list[float]) -> bool:
    """Whether these are a white balance: LibRaw has 0 or −1 for one that it does not know."""
    return bool(np.isfinite(multipliers).all()) and min(multipliers[:3]) > 0


def _remarks(raw: "rawpy.RawPy") -> Iterator[Doubt]:
    if raw.num_colors < 3:
        return
    if not _balances(raw.camera_whitebalance):
        yield Doubt("no white balance in the raw file: that of daylight was taken")
    if not (np.any(raw.rgb_xyz_matrix) or np.any(raw.color_matrix)):
        yield Doubt("no colours of this camera are known: the sensor's own colours were taken as sRGB")
