"""EXIF: which way up, in which colour space, how exposed and by which camera a photograph is.

What says where or by whom a photograph was taken is never read: places, names of owners, numbers of devices.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from PIL import ExifTags, Image

from fastrti.photographs.colours import SRGB, SRGB_PRIMARIES, ColourSpace, adobe_rgb

SIDEWAYS = frozenset({5, 6, 7, 8})
"""The orientations that exchange width and height."""

_SRGB, _ADOBE_RGB, _UNCALIBRATED = 1, 2, 0xFFFF  # of ColorSpace; 2 is not in the standard, but is written
_INTEROP_INDEX = 1
_OTHER_COLOURS = "R03"  # DCF 2.0: the optional colour space, Adobe RGB
_NEAR = 0.005  # of a chromaticity
_NAME_AT_MOST = 100  # letters of a camera or a lens


@dataclass(frozen=True)
class Exposure:
    """How long, how open and how sensitive, as EXIF says it; None where it does not say.

    Attributes:
        seconds: exposure time.
        f_number: focal length over aperture.
        iso: sensitivity.
    """

    seconds: float | None
    f_number: float | None
    iso: float | None

    def __str__(self) -> str:
        parts = []
        if self.seconds:
            short = self.seconds < 0.3
            parts.append(f"1/{1 / self.seconds:.0f} s" if short else f"{self.seconds:g} s")
        if self.f_number:
            parts.append(f"f/{self.f_number:g}")
        if self.iso:
            parts.append(f"ISO {self.iso:g}")
        return " ".join(parts) or "none"


@dataclass(frozen=True)
class Camera:
    """What took a photograph, as EXIF says it.

    Attributes:
        name: maker and model; empty where it says neither.
        lens: empty where it does not say.
        focal_length: in mm, or None.
        focal_length_35mm: of a lens with the same view on a picture of 36×24 mm, or None.
    """

    name: str = ""
    lens: str = ""
    focal_length: float | None = None
    focal_length_35mm: float | None = None

    def __str__(self) -> str:
        length = "" if self.focal_length is None else f"at {self.focal_length:g} mm"
        return ", ".join(part for part in (self.name, " ".join(filter(None, (self.lens, length)))) if part)


@dataclass(frozen=True)
class ExifFacts:
    """What EXIF says of a photograph.

    Attributes:
        orientation: 1–8; 1 where it says nothing.
        colours: None where it does not say.
        uncalibrated: it says that the colours are not sRGB, but not what they are.
        exposure: None where it says nothing.
        camera: with empty parts where it says nothing.
        taken: when, in the form of ISO 8601, with the offset from UTC where it says so; empty where it does not.
        damaged: it cannot be read, and nothing of it is known.
    """

    orientation: int = 1
    colours: ColourSpace | None = None
    uncalibrated: bool = False
    exposure: Exposure | None = None
    camera: Camera = Camera()
    taken: str = ""
    damaged: bool = False


def exif_facts(get_exif: Callable[[], Image.Exif], data: bytes = b"") -> ExifFacts:
    """Reads what matters here of EXIF data. Values of other kinds than EXIF's count as absent.

    Args:
        get_exif: gives what Pillow made of the data.
        data: the bytes themselves, where they stand apart: Pillow read them before, and passed over errors.
    """
    try:
        Image.Exif().load(data)
        return _facts(get_exif())
    except Exception:  # on damaged data Pillow's reader raises whatever it stumbles over
        return ExifFacts(damaged=True)


def tiff_exif(file: BinaryIO, offset: int, start: bytes) -> Image.Exif:
    """The EXIF data of a file that is built as a TIFF.

    Args:
        file: open for reading.
        offset: of the tags of a page.
        start: the first bytes of the file, which say the order of bytes.
    """
    file.seek(0)
    exif = Image.Exif()
    exif.endian = "<" if start[:1] == b"I" else ">"
    exif.bigtiff = b"+" in start[:4]
    exif.load_from_fp(file, offset)
    return exif


def _facts(exif: Image.Exif) -> ExifFacts:
    camera = exif.get_ifd(ExifTags.IFD.Exif)
    orientation = exif.get(ExifTags.Base.Orientation, 1)
    color_space = camera.get(ExifTags.Base.ColorSpace)
    colours = _colours(color_space, _interop_index(exif, camera))
    primaries = _several(exif.get(ExifTags.Base.PrimaryChromaticities))
    return ExifFacts(
        orientation=int(orientation) if orientation in range(1, 9) else 1,
        colours=colours,
        uncalibrated=colours is None and (color_space == _UNCALIBRATED or _differ(primaries)),
        exposure=_exposure(camera),
        camera=_camera(exif, camera),
        taken=_taken(camera),
    )


def _colours(color_space: Any, interop_index: str) -> ColourSpace | None:
    if color_space == _SRGB:
        return SRGB
    if color_space == _ADOBE_RGB or interop_index == _OTHER_COLOURS:
        return adobe_rgb()
    return None


def _interop_index(exif: Image.Exif, camera: Mapping[int, Any]) -> str:
    if not isinstance(camera.get(ExifTags.IFD.Interop), int):
        return ""
    index = exif.get_ifd(ExifTags.IFD.Interop).get(_INTEROP_INDEX, "")
    return str(index.decode("latin-1") if isinstance(index, bytes) else index).strip("\0 ").upper()


def _differ(primaries: tuple[Any, ...]) -> bool:
    numbers = [_number(value) for value in primaries]
    return len(numbers) == 6 and any(
        found is not None and abs(found - wanted) > _NEAR for found, wanted in zip(numbers, SRGB_PRIMARIES)
    )


def _exposure(camera: Mapping[int, Any]) -> Exposure | None:
    tags = (ExifTags.Base.ExposureTime, ExifTags.Base.FNumber, ExifTags.Base.ISOSpeedRatings)
    seconds, f_number, iso = (_number(camera.get(tag)) for tag in tags)
    return Exposure(seconds, f_number, iso) if seconds or f_number or iso else None


def _camera(exif: Image.Exif, camera: Mapping[int, Any]) -> Camera:
    return Camera(
        _named(_text(exif.get(ExifTags.Base.Make)), _text(exif.get(ExifTags.Base.Model))),
        _named(_text(camera.get(ExifTags.Base.LensMake)), _text(camera.get(ExifTags.Base.LensModel))),
        _number(camera.get(ExifTags.Base.FocalLength)),
        _number(camera.get(ExifTags.Base.FocalLengthIn35mmFilm)),
    )


def _named(maker: str, model: str) -> str:
    """Most models begin with the maker's name, in letters of another size or without its "Corporation"."""
    first = maker.partition(" ")[0].lower()
    return model if model.lower().startswith(first) else f"{maker} {model}".strip()


def _taken(camera: Mapping[int, Any]) -> str:
    written = _text(camera.get(ExifTags.Base.DateTimeOriginal))
    try:
        local = datetime.strptime(written, "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return ""
    try:
        offset = datetime.strptime(_text(camera.get(ExifTags.Base.OffsetTimeOriginal)), "%z").tzinfo
    except ValueError:
        offset = None
    return local.replace(tzinfo=offset).isoformat()


def _text(value: Any) -> str:
    """A line of text without what ends or pads it in a camera's memory; empty for everything else."""
    text = value.decode("latin-1") if isinstance(value, bytes) else value if isinstance(value, str) else ""
    printed = "".join(letter if letter.isprintable() else " " for letter in text.partition("\0")[0])
    return " ".join(printed.split())[:_NAME_AT_MOST]


def _several(value: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else ()


def _number(value: Any) -> float | None:
    """A positive number, to four digits; None for everything else that may stand in its place."""
    try:
        number = float(value[0] if isinstance(value, tuple) else value)
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        return None
    return float(f"{number:.4g}") if math.isfinite(number) and number > 0 else None
