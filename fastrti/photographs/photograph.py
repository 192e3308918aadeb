"""One picture file as the pixels a person sees: upright RGB of 8 or 16 bits in the sRGB colour space, with its alpha.

The readers of the formats (`jpeg_file`, `png_file`, `tiff_file`, `heif_file`, `raw_file`) say what a file holds, and
give its samples as they are stored. What those samples mean is decided here alone.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import CollectionError, FastrtiError
from fastrti.photographs import heif_file, jpeg_file, png_file, raw_file, tiff_file
from fastrti.photographs.colours import SRGB, Converter, converter
from fastrti.photographs.exif import SIDEWAYS
from fastrti.photographs.picture_file import PictureFile, Samples, opened

for _library in ("PIL", "tifffile", "pillow_heif"):
    logging.getLogger(_library).addHandler(logging.NullHandler())  # else Python prints what they log of damaged files

_OPAQUE = 0.5  # of full alpha: what is less is not the object
_STRIP_PIXELS = 1 << 17  # converted at once


@dataclass(frozen=True, eq=False)
class Photograph:
    """A decoded picture.

    Attributes:
        pixels: (H, W, 3) uint8 or uint16; greyscale is repeated.
        opaque: (H, W) bool, alpha above one half; None where the file has no alpha.
    """

    pixels: NDArray[np.uint8] | NDArray[np.uint16]
    opaque: NDArray[np.bool_] | None


def read_photograph(path: Path, max_pixels: int | None = None) -> Photograph:
    """Reads a picture file as it says itself that it is to be seen; a raw file is developed to linear light.

    Args:
        path: the file.
        max_pixels: as of `open_photograph`.

    Raises:
        CollectionError: see `open_photograph` and `decode`.
        MissingPackageError: a file that needs the extra `16bit`, `raw` or `heif`, which is not installed.
    """
    return decode(open_photograph(path, max_pixels))


def open_photograph(path: Path, max_pixels: int | None = None) -> PictureFile:
    """What a JPEG, PNG, TIFF, HEIF or raw file says of itself; no picture is decoded.

    Args:
        path: the file.
        max_pixels: allow pictures of more pixels than the default of 150 million, or of fewer.

    Raises:
        CollectionError: damaged, of another format, colour model or depth, a profile that cannot be converted, more
            pixels than the limit, or more than any compression could hold in so few bytes.
        MissingPackageError: a HEIF or raw file without the extra `heif` or `raw`.
    """
    with opened(path) as file:
        start = file.read(16)
    with _one_sentence(path):
        if start.startswith(jpeg_file.START):
            return jpeg_file.jpeg_file(path, max_pixels)
        if start.startswith(png_file.START):
            return png_file.png_file(path, max_pixels)
        if start[4:8] == b"ftyp" and start[8:12] in heif_file.BRANDS:
            return heif_file.heif_file(path, max_pixels)
        tiff = start.startswith(tiff_file.STARTS)
        if raw_file.is_raw(path, start, tiff):
            return raw_file.raw_file(path, max_pixels)
        if tiff:
            return tiff_file.tiff_file(path, max_pixels)
    raise CollectionError(
        f"{path.name}: expected a JPEG, PNG, TIFF, HEIF or raw file, found another kind of file: convert it"
    )


def decode(file: PictureFile, linear: bool = False) -> Photograph:
    """The pixels of a file, upright and in sRGB.

    Args:
        file: its header, possibly changed by a decision for a set of photographs.
        linear: samples are proportional to light and stay so. Only the primaries become those of sRGB. Raw files have
            both in any case.

    Raises:
        CollectionError: damaged or truncated, or a JPEG of too many scans.
        MissingPackageError: a file that needs the extra `16bit`, which is not installed.
    """
    with _one_sentence(file.path):
        samples = file.decode()
        turned = (samples.height, samples.width)
        if (turned[::-1] if samples.turned in SIDEWAYS else turned) != (file.height, file.width):
            raise ValueError("another size than the header's")
        photograph = _seen(samples, _converter(file, linear))
    turn = (samples.turned, file.exif.orientation)
    opaque = None if photograph.opaque is None else _turned(photograph.opaque, *turn)
    return Photograph(_turned(photograph.pixels, *turn), opaque)


def _converter(file: PictureFile, linear: bool) -> Converter | None:
    if file.colours is None or file.colours == SRGB:
        return None
    return converter(file.colours, file.dtype, to_linear=linear)


def _seen(samples: Samples, convert: Converter | None) -> Photograph:
    """Stored samples as colours, strip by strip: what memory holds besides them stays small."""
    shape = samples.height, samples.width
    pixels = np.empty((*shape, 3), samples.dtype)
    opaque = None if samples.alpha == "none" else np.empty(shape, np.bool_)
    step = max(1, _STRIP_PIXELS // samples.width)
    for start in range(0, samples.height, step):
        rows = slice(start, min(start + step, samples.height))
        strip = samples.rows(rows.start, rows.stop)
        if opaque is not None:
            alpha, strip = strip[..., -1], strip[..., :-1]
            opaque[rows] = alpha > _OPAQUE * samples.full
            if samples.alpha == "premultiplied":
                strip = _unmultiplied(strip, alpha, samples.full)
        strip = _levels(strip, samples)
        if convert is not None:
            strip = convert(strip)
        pixels[rows] = strip  # grey is repeated
    return Photograph(pixels, opaque)


def _unmultiplied(strip: NDArray[Any], alpha: NDArray[Any], full: float) -> NDArray[Any]:
    """Colours without the alpha that they were multiplied by; black where it is 0."""
    share = np.divide(full, alpha, where=alpha > 0, out=np.zeros(alpha.shape, np.float32))
    colours: NDArray[Any] = np.minimum(strip * share[..., None], full)
    return colours


def _levels(strip: NDArray[Any], samples: Samples) -> NDArray[Any]:
    """Samples as levels of 8 or 16 bits, black being 0; bytes and words that are so already stay as they are."""
    white = np.iinfo(samples.dtype).max
    if samples.inverted:
        strip = samples.full - strip
    if strip.dtype == samples.dtype and samples.full == white:
        return strip
    levels: NDArray[Any] = np.rint(np.clip(strip.astype(np.float64) * (white / samples.full), 0, white))
    return levels.astype(samples.dtype)


def _turned(picture: NDArray[Any], done: int, wanted: int) -> NDArray[Any]:
    """Gives a picture that has one EXIF orientation applied another one (1–8: where the first row and column are)."""
    if done != wanted:
        stored = _upright(picture, {6: 8, 8: 6}.get(done, done))  # the others undo themselves
        picture = _upright(stored, wanted)
    return picture


def _upright(picture: NDArray[Any], orientation: int) -> NDArray[Any]:
    if orientation in SIDEWAYS:
        picture = picture.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        picture = picture[:, ::-1]
    if orientation in (3, 4, 7, 8):
        picture = picture[::-1]
    return picture


@contextmanager
def _one_sentence(path: Path) -> Iterator[None]:
    """What goes wrong inside becomes one sentence: on damaged bytes the decoders raise whatever they stumble over."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the libraries skip, such as a damaged tag
            yield
    except FastrtiError:
        raise
    except MemoryError:
        raise CollectionError(
            f"{path.name}: expected memory for the picture, found less: scale the photographs down"
        ) from None
    except Exception as error:
        raise CollectionError(
            f"{path.name}: expected a whole picture, found one that cannot be decoded: copy or save it again"
        ) from error
