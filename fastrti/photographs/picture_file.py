"""What a picture file says of itself before it is decoded, and the samples that a decoder takes out of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import CollectionError
from fastrti.files import open_file
from fastrti.photographs.colours import ColourError, ColourSpace, from_icc
from fastrti.photographs.exif import SIDEWAYS, ExifFacts

Alpha = Literal["none", "straight", "premultiplied"]


@dataclass(frozen=True, eq=False)
class Samples:
    """Decoded samples as they are stored, and what they mean.

    Attributes:
        height: in pixels.
        width: in pixels.
        rows: rows(start, stop) → (stop − start, W, C): one or three colours, then alpha unless it is "none".
        dtype: of the pixels that they become, uint8 or uint16.
        full: the sample that is white, or black where `inverted`.
        inverted: 0 is white.
        alpha: what the last channel is.
        turned: the orientation that the decoder has applied already, 1–8.
    """

    height: int
    width: int
    rows: Callable[[int, int], NDArray[Any]]
    dtype: np.dtype[Any]
    full: float
    inverted: bool = False
    alpha: Alpha = "none"
    turned: int = 1


@dataclass(frozen=True)
class Development:
    """How the samples of a raw file become light.

    Attributes:
        white_balance: multipliers of red, green, blue and the fourth colour of the sensor; green is 1. A fourth of 0 is
            the second green of usual sensors.
        levels: of the sensor, from black to white.
    """

    white_balance: tuple[float, float, float, float]
    levels: int


@dataclass(frozen=True, eq=False)
class PictureFile:
    """The header of a picture file. A decision for a whole set of photographs changes some of it.

    Attributes:
        path: the file.
        width: of the stored picture, in pixels.
        height: of the stored picture, in pixels.
        dtype: of its pixels, uint8 or uint16.
        grey: it has no colours.
        exif: which way up, and how exposed.
        colours: its colour space; None where the file does not say.
        decode: gives the stored samples.
        remarks: what a person should know of how the file was taken.
        development: of a raw file; None for all others.
    """

    path: Path
    width: int
    height: int
    dtype: np.dtype[Any]
    grey: bool
    exif: ExifFacts
    colours: ColourSpace | None
    decode: Callable[[], Samples]
    remarks: tuple[str, ...] = ()
    development: Development | None = None

    @property
    def upright(self) -> tuple[int, int]:
        """(width, height) of the picture that a person sees."""
        size = (self.width, self.height)
        return size[::-1] if self.exif.orientation in SIDEWAYS else size


def picture_file(
    path: Path,
    size: tuple[int, int],
    dtype: type[np.unsignedinteger[Any]],
    grey: bool,
    exif: ExifFacts,
    profile: bytes | None,
    colours: ColourSpace | None,
    decode: Callable[[], Samples],
    remarks: tuple[str, ...] = (),
) -> PictureFile:
    """The header of a file, with the one colour space of those it may name: its own chunk, its ICC profile, its EXIF.

    Raises:
        CollectionError: an ICC profile that cannot be converted.
    """
    try:
        colours = colours or (from_icc(profile) if profile else exif.colours)
    except ColourError as error:
        raise CollectionError(
            f"{path.name}: expected an RGB or grey ICC profile, found {error}: save the photographs as sRGB"
        ) from None
    if colours and colours.grey and not grey:
        raise CollectionError(
            f"{path.name}: expected an RGB ICC profile in a colour picture, found a grey one: "
            "save the photographs as sRGB"
        )
    return PictureFile(path, *size, np.dtype(dtype), grey, exif, colours, decode, remarks)


def opened(path: Path) -> BinaryIO:
    """The file, open for reading.

    Raises:
        CollectionError: it cannot be read.
    """
    return open_file(path, "a photograph", CollectionError)


def check_whole(path: Path, stored_bytes: int, expansion: int) -> None:
    """Raises CollectionError where no compression could hold so many bytes in the file."""
    size = path.stat().st_size
    if stored_bytes > expansion * size:
        raise CollectionError(
            f"{path.name}: expected a whole picture, found {size} bytes, which cannot hold its {stored_bytes}: "
            "copy the file again"
        )
