"""Colour spaces of photographs, and their conversion to sRGB at 8 and 16 bits.

Every colour space is an ICC profile, also where a file only names it (EXIF) or gives its numbers (PNG). So one library,
Little CMS, converts them all: Pillow has it for 8 bits, imagecodecs for 16.
"""

import io
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from fastrti.extras import needs
from fastrti.srgb import srgb_decode

Converter: TypeAlias = Callable[[NDArray[Any]], NDArray[Any]]
"""(H, W, 1) greys or (H, W, 3) colours → (H, W, 3), of the same dtype."""

SRGB_PRIMARIES = (0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
D65 = (0.3127, 0.3290)

# Numbers of ITU-T H.273, as PNG and HEIF have them
_PRIMARIES = {
    1: ("sRGB", SRGB_PRIMARIES),
    9: ("BT.2020", (0.708, 0.292, 0.170, 0.797, 0.131, 0.046)),
    12: ("Display P3", (0.680, 0.320, 0.265, 0.690, 0.150, 0.060)),
}
_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0, 13: None}

_ROUNDING = 1  # of 255: what a profile may move and still be sRGB under another name
_STRAIGHT = 2  # of 255: what a curve may bend and still be linear
_D50 = np.array([0.9642, 1.0, 0.8249])  # the white of every ICC profile
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_CURVE_POINTS = 1024


class ColourError(ValueError):
    """A colour space that cannot be converted; the message says what was found."""


@dataclass(frozen=True)
class ColourSpace:
    """What the samples of a file mean as colours.

    Attributes:
        name: what people call it.
        profile: its ICC profile; empty for sRGB itself.
        grey: the profile is for pictures of one channel.
        linear: samples are proportional to light.
    """

    name: str
    profile: bytes = b""
    grey: bool = False
    linear: bool = False


SRGB = ColourSpace("sRGB")


def from_primaries(
    name: str, primaries: Sequence[float], white: Sequence[float] = D65, gamma: float | None = None
) -> ColourSpace:
    """An RGB colour space by its numbers.

    Args:
        name: what people call it.
        primaries: x and y of red, green and blue.
        white: x and y.
        gamma: of the power curve; None for the curve of sRGB.

    Raises:
        ColourError: numbers of no colour space.
    """
    curve = srgb_decode(np.linspace(0, 1, _CURVE_POINTS)) if gamma is None else gamma
    return from_icc(_matrix_profile(name, primaries, white, curve))


def from_codes(primaries: int, transfer: int) -> ColourSpace | None:
    """The colour space of two numbers of ITU-T H.273; None for those of high dynamic range, and others."""
    if primaries not in _PRIMARIES or transfer not in _GAMMAS:
        return None
    name, corners = _PRIMARIES[primaries]
    gamma = _GAMMAS[transfer]
    return from_primaries(name if gamma is None else f"{name} with the gamma {gamma:g}", corners, gamma=gamma)


@lru_cache(maxsize=1)
def adobe_rgb() -> ColourSpace:
    """Adobe RGB (1998)."""
    return from_primaries("Adobe RGB (1998)", (0.64, 0.33, 0.21, 0.71, 0.15, 0.06), gamma=2.19921875)


@lru_cache(maxsize=32)  # the photographs of a collection have the same few
def from_icc(profile: bytes) -> ColourSpace:
    """The colour space of an ICC profile; `SRGB` where no colour moves by more than a rounding.

    Raises:
        ColourError: a damaged profile, or one of another kind than RGB or grey.
    """
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = opened.profile.xcolor_space.strip()
    except (OSError, ImageCms.PyCMSError):
        raise ColourError("a damaged one") from None
    if space not in ("RGB", "GRAY"):
        raise ColourError(f"one for {space}")
    grey = space == "GRAY"
    name = " ".join(str(opened.profile.profile_description or "").split())
    name = "".join(letter for letter in name if letter.isprintable())[:60] or "an unnamed profile"
    try:
        if np.abs(_moved(profile, grey) - _grid(grey)).max() <= _ROUNDING:
            return SRGB
        bent = np.abs(_moved(profile, grey, _linear_srgb()) - _grid(grey))
        linear = bent[(_grid(grey) == _grid(True)).all(axis=2)].max() <= _STRAIGHT  # of the greys
    except (OSError, ImageCms.PyCMSError):
        raise ColourError(f"{name}, which does not convert to sRGB") from None
    return ColourSpace(name, profile, grey, bool(linear))


def alike(one: ColourSpace, other: ColourSpace) -> bool:
    """Whether two colour spaces are one under two names: no colour differs by more than a rounding."""
    if one == other or SRGB in (one, other) or one.grey != other.grey:
        return one == other
    return int(np.abs(_moved(one.profile, one.grey) - _moved(other.profile, other.grey)).max()) <= _ROUNDING


def distinct(spaces: Iterable[ColourSpace]) -> list[ColourSpace]:
    """The colour spaces that are not alike, in the order in which they come."""
    found: list[ColourSpace] = []
    for space in dict.fromkeys(spaces):
        if not any(alike(space, other) for other in found):
            found.append(space)
    return found


def converter(space: ColourSpace, dtype: np.dtype[Any], to_linear: bool = False) -> Converter:
    """What turns samples of a colour space into sRGB, or into linear light of the sRGB primaries.

    Raises:
        MissingPackageError: 16 bits without imagecodecs.
    """
    wanted = _linear_srgb() if to_linear else _srgb_profile()
    convert = (_convert8 if dtype == np.uint8 else _convert16)(space, wanted)

    def shaped(samples: NDArray[Any]) -> NDArray[Any]:
        channels = samples[..., 0] if space.grey else np.broadcast_to(samples, (*samples.shape[:2], 3))
        return convert(np.ascontiguousarray(channels))

    return shaped


def _convert8(space: ColourSpace, wanted: bytes) -> Converter:
    transform = _transform("L" if space.grey else "RGB", space.profile, wanted)
    return lambda samples: np.asarray(ImageCms.applyTransform(Image.fromarray(samples), transform))


def _convert16(space: ColourSpace, wanted: bytes) -> Converter:
    with needs("16bit", "the colours of 16-bit photographs"):
        import imagecodecs

    return partial(
        imagecodecs.cms_transform,
        profile=space.profile,
        outprofile=wanted,
        colorspace="gray" if space.grey else "rgb",
        outcolorspace="rgb",
        flags=imagecodecs.CMS.FLAGS.NOOPTIMIZE,  # the tables of the default are 350 levels of 65,535 off for greys
    )


@lru_cache(maxsize=1)
def _srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@lru_cache(maxsize=1)
def _linear_srgb() -> bytes:
    return _matrix_profile("linear sRGB", SRGB_PRIMARIES, D65, 1.0)


def _transform(mode: str, profile: bytes, wanted: bytes) -> ImageCms.ImageCmsTransform:
    source, target = (ImageCms.ImageCmsProfile(io.BytesIO(icc)) for icc in (profile, wanted))
    return ImageCms.buildTransform(source, target, mode, "RGB")


def _grid(grey: bool = False) -> NDArray[np.uint8]:
    """(18, 18², 3) colours all over the space, or as many greys."""
    steps = np.arange(0, 256, 15, dtype=np.uint8)
    red, green, blue = np.meshgrid(steps, steps, steps, indexing="ij")
    return np.stack([red, red, red] if grey else [red, green, blue], axis=-1).reshape(len(steps), -1, 3)


@lru_cache(maxsize=64)
def _moved(profile: bytes, grey: bool, wanted: bytes | None = None) -> NDArray[np.int16]:
    """What the colours of `_grid` become in sRGB, or in another wanted profile."""
    grid = Image.fromarray(np.ascontiguousarray(_grid(grey)[..., 0]) if grey else _grid())
    transform = _transform("L" if grey else "RGB", profile, wanted or _srgb_profile())
    return np.asarray(ImageCms.applyTransform(grid, transform)).astype(np.int16)


def _matrix_profile(
    name: str, primaries: Sequence[float], white: Sequence[float], curve: float | NDArray[np.floating]
) -> bytes:
    """An ICC profile, version 2, of three primaries and one curve (ICC.1:2001-04, 6.3.1.2)."""
    tags = {b"desc": _text(name), b"cprt": b"text\0\0\0\0\0", b"wtpt": _xyz(_D50)}
    for letter, column in zip((b"r", b"g", b"b"), _to_d50(primaries, white).T):
        tags |= {letter + b"XYZ": _xyz(column), letter + b"TRC": _curve(curve)}
    start = 132 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for tag, content in tags.items():
        table += struct.pack(">4sII", tag, start + len(body), len(content))
        body += content.ljust(-(-len(content) // 4) * 4, b"\0")
    size = start + len(body)
    header = struct.pack(">I4xI4s4s4s12x4s28x", size, 0x02400000, b"mntr", b"RGB ", b"XYZ ", b"acsp")
    return (header + _xyz(_D50)[8:]).ljust(128, b"\0") + table + body


def _to_d50(primaries: Sequence[float], white: Sequence[float]) -> NDArray[np.float64]:
    """(3, 3): the XYZ of red, green and blue as columns, adapted to D50 after Bradford."""
    corners = np.array([[x, y, 1 - x - y] for x, y in zip(primaries[::2], primaries[1::2])]).T
    bright = np.array([white[0], white[1], 1 - white[0] - white[1]])
    try:
        if min(white[1], *primaries[1::2]) < 0 or white[1] == 0:
            raise ColourError("primaries of no colour space")
        bright = bright / white[1]
        adapted = np.linalg.solve(_BRADFORD, np.diag((_BRADFORD @ _D50) / (_BRADFORD @ bright)) @ _BRADFORD)
        columns: NDArray[np.float64] = adapted @ corners * np.linalg.solve(corners, bright)
    except np.linalg.LinAlgError:
        raise ColourError("primaries of no colour space") from None
    if not np.isfinite(columns).all() or np.abs(columns).max() > 10:
        raise ColourError("primaries of no colour space")
    return columns


def _text(text: str) -> bytes:
    letters = text.encode("ascii", "replace") + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(letters)) + letters + bytes(78)


def _xyz(values: Sequence[float] | NDArray[np.floating]) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(struct.pack(">i", round(float(value) * 65536)) for value in values)


def _curve(curve: float | NDArray[np.floating]) -> bytes:
    if isinstance(curve, np.ndarray):
        return b"curv\0\0\0\0" + struct.pack(f">I{len(curve)}H", len(curve), *np.rint(curve * 65535).astype(int))
    if not 0 < curve < 255:
        raise ColourError(f"a gamma of {curve:g}")
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(curve * 256))
