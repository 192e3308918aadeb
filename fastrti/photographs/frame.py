"""What of the photographs becomes the object: a part, turned, with a mask, a scale and a white."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fastrti.errors import ArgumentError, CollectionError
from fastrti.photographs.checks import Samples
from fastrti.photographs.corrections import Correction
from fastrti.photographs.mask_file import EMPTY, read_mask
from fastrti.photographs.mlic import Mlic
from fastrti.photographs.sources import source_file
from fastrti.photographs.turning import Part, turned
from fastrti.photographs.white_balance import balanced


@dataclass(frozen=True)
class Frame:
    """What `framed` does. All places are pixels of the photographs as they are read: upright, and before crop and turn.
    They count from the top left pixel, which is 0, 0.

    Attributes:
        crop: (x, y, width, height) of the part to keep. (x, y) is its top left pixel. None keeps all.
        rotate: degrees to turn the part by, clockwise. Multiples of 90 move pixels and nothing else. Other angles
            resample: the picture turns about the middle of the part, whose frame turns by the nearest quarter only.
        mask: a picture of the photographs' size, white where the object is. It counts beside the masks of the folder.
        mm_per_pixel: the scale on the object, where it is known.
        ruler: (x1, y1, x2, y2, mm), two points and the distance between them, where the scale is not known.
        white: (x, y, radius) of a patch that is grey. It becomes grey in linear light, with one gain for each channel.
    """

    crop: tuple[int, int, int, int] | None = None
    rotate: float = 0
    mask: str | Path | None = None
    mm_per_pixel: float | None = None
    ruler: tuple[float, float, float, float, float] | None = None
    white: tuple[float, float, float] | None = None


def framed(mlic: Mlic, frame: Frame, out: Samples | None = None) -> Mlic:
    """The collection in a frame. Light directions, positions, mask and scale follow the picture.

    Args:
        mlic: the photographs and their lights.
        frame: what to do; `Frame()` does nothing.
        out: memory for the framed photographs, of as many samples as those of the collection or more.
            `mlic.photographs` itself is allowed, and `mlic` is worthless afterwards. None takes new memory.

    Returns:
        The framed collection, whose `corrections` say what was done, or the collection itself.

    Raises:
        ArgumentError: a frame that does not fit the photographs.
        CollectionError: a mask that cannot be used, a grey patch that says nothing, or no object in the frame.
    """
    if frame.mask is not None:
        mlic = _masked(mlic, Path(frame.mask))
    mlic = _scaled(mlic, frame)
    part = _part(mlic, frame)
    if frame.white is not None:
        mlic = balanced(mlic, frame.white, out)
        out = mlic.photographs
    return turned(mlic, part, out) if part.changes(mlic) else mlic


def _masked(mlic: Mlic, path: Path) -> Mlic:
    drawn = read_mask(path, (mlic.height, mlic.width))
    mask = drawn if mlic.mask is None else drawn & mlic.mask
    if not mask.any():
        raise CollectionError(f"{path.name}: {EMPTY}")
    share = round(float(mask.mean()), 6)
    correction = Correction("mask", f"{path.name}, {share:.1%} of the pixels are object", {"share": share})
    return replace(
        mlic,
        mask=None if mask.all() else mask,
        sources=(*mlic.sources, source_file(path, "mask")),
        corrections=(*mlic.corrections, correction),
    )


def _scaled(mlic: Mlic, frame: Frame) -> Mlic:
    if frame.mm_per_pixel is not None and frame.ruler is not None:
        raise ArgumentError("expected a scale in millimetres per pixel or a ruler, got both: leave one out")
    if frame.mm_per_pixel is not None:
        scale, source, numbers = frame.mm_per_pixel, "as it was given", {}
    elif frame.ruler is not None:
        *points, length = map(float, frame.ruler)
        pixels = _distance(mlic, points)
        if not 0 < length < math.inf:
            raise ArgumentError(f"expected a ruler of more than 0 mm, got {length:g}")
        scale, numbers = length / pixels, {"points": points, "mm": length, "pixels": pixels}
        source = f"from {length:g} mm over {pixels:.1f} pixels"
    else:
        return mlic
    correction = Correction("scale", f"{scale:.6g} mm per pixel, {source}", {"mm_per_pixel": scale, **numbers})
    return replace(mlic, mm_per_pixel=scale, corrections=(*mlic.corrections, correction))


def _distance(mlic: Mlic, points: list[float]) -> float:
    """The pixels from one end of a ruler to the other."""
    x1, y1, x2, y2 = points
    for x, y in ((x1, y1), (x2, y2)):
        if not (0 <= x <= mlic.width and 0 <= y <= mlic.height):
            raise ArgumentError(
                f"expected the ends of the ruler in the photographs, {mlic.width}×{mlic.height} pixels, got {x:g},{y:g}"
            )
    pixels = math.hypot(x2 - x1, y2 - y1)
    if pixels < 1:
        raise ArgumentError(f"expected two ends of the ruler that are a pixel apart or more, got {pixels:g} pixels")
    return pixels


def _part(mlic: Mlic, frame: Frame) -> Part:
    x, y, width, height = frame.crop or (0, 0, mlic.width, mlic.height)
    inside = 0 <= x < x + width <= mlic.width and 0 <= y < y + height <= mlic.height
    if not inside or not all(isinstance(number, (int, np.integer)) for number in (x, y, width, height)):
        raise ArgumentError(
            f"expected a crop of whole pixels inside the photographs, {mlic.width}×{mlic.height}, "
            f"got {x},{y},{width}x{height}"
        )
    if not math.isfinite(frame.rotate):
        raise ArgumentError(f"expected a number of degrees to rotate by, got {frame.rotate}")
    return Part(int(x), int(y), int(width), int(height), math.remainder(frame.rotate, 360))
