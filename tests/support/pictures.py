"""Small photographs of every kind, and collections of them."""

import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from fastrti import Mlic
from fastrti.photographs.lp_file import write_lp
from fastrti.srgb import srgb_encode

COLOURS = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
COLOURS16 = np.random.default_rng(1).integers(0, 65536, (5, 7, 3), dtype=np.uint16)

ADOBE_PRIMARIES, SRGB_PRIMARIES = (0.64, 0.33, 0.21, 0.71, 0.15, 0.06), (0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
P3_PRIMARIES, D65 = (0.680, 0.320, 0.265, 0.690, 0.150, 0.060), (0.3127, 0.3290)


def load(folder: Path, **settings: str) -> Mlic:
    """The collection of all pictures in a folder, in the order of their names, under lights of some directions."""
    names = sorted(path.name for path in folder.iterdir() if path.suffix != ".lp")
    angles = np.arange(len(names)) / len(names) * 2 * np.pi
    lights = np.stack([0.6 * np.cos(angles), 0.6 * np.sin(angles), np.full(len(names), 0.8)], axis=1)
    write_lp(folder / "lights.lp", names, lights)
    return Mlic.load(folder, **settings)  # type: ignore[arg-type]


def exif(
    orientation: int | None = None,
    color_space: int | None = None,
    interop: str | None = None,
    exposure: tuple[float, float, int] | None = None,
) -> Image.Exif:
    """EXIF data as cameras write them; exposure is seconds, f-number, ISO."""
    data = Image.Exif()
    data[ExifTags.Base.Make] = "Camera"  # Pillow leaves out EXIF data without a tag of its own
    camera = data.get_ifd(ExifTags.IFD.Exif)
    if orientation is not None:
        data[ExifTags.Base.Orientation] = orientation
    if color_space is not None:
        camera[ExifTags.Base.ColorSpace] = color_space
    if interop is not None:
        camera[ExifTags.IFD.Interop] = {1: interop}
    if exposure is not None:
        tags = (ExifTags.Base.ExposureTime, ExifTags.Base.FNumber, ExifTags.Base.ISOSpeedRatings)
        camera.update(zip(tags, exposure))
    data[ExifTags.IFD.Exif] = camera  # for JPEG and PNG; Pillow's TIFF writer takes the other
    return data


def png_chunk(name: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(
    samples: NDArray[np.unsignedinteger], *chunks: tuple[bytes, bytes], size: tuple[int, int] | None = None
) -> bytes:
    """A PNG of (H, W) or (H, W, C) samples with these chunks before them; it can claim another size, (W, H)."""
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[samples.reshape(*samples.shape[:2], -1).shape[2]]
    bits = 8 * samples.dtype.itemsize
    header = struct.pack(">IIBBBBB", *(size or samples.shape[1::-1]), bits, colour_type, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(f">u{samples.dtype.itemsize}").tobytes() for row in samples)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*part) for part in parts)


def profile(primaries: Sequence[float], gamma: float) -> bytes:
    """An ICC profile for colours."""
    return bytes(imagecodecs.cms_profile("rgb", whitepoint=D65, primaries=primaries, gamma=gamma))


def grey_profile(gamma: float) -> bytes:
    """An ICC profile for greys."""
    return bytes(imagecodecs.cms_profile("gray", whitepoint=D65, gamma=gamma))


def to_xyz(primaries: Sequence[float]) -> NDArray[np.float64]:
    """(3, 3): the XYZ of the three primaries as columns; white is D65."""
    corners = np.array([[x, y, 1 - x - y] for x, y in zip(primaries[::2], primaries[1::2])]).T
    white = np.array([D65[0], D65[1], 1 - sum(D65)]) / D65[1]
    return corners * np.linalg.solve(corners, white)


def in_srgb(
    samples: NDArray[np.unsignedinteger], primaries: Sequence[float], gamma: float | None = None
) -> NDArray[np.float64]:
    """What samples of other primaries and another curve are in sRGB, from the definitions."""
    values = samples / np.iinfo(samples.dtype).max
    light = values**gamma if gamma else np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    light = light @ (np.linalg.inv(to_xyz(SRGB_PRIMARIES)) @ to_xyz(primaries)).T
    return srgb_encode(light.clip(0, 1)) * np.iinfo(samples.dtype).max
