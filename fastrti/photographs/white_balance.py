"""White balance from a patch that is grey: one gain for each channel of the whole set, in linear light."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError, CollectionError
from fastrti.photographs.checks import Samples
from fastrti.photographs.corrections import Correction
from fastrti.photographs.linear_light import LinearLight
from fastrti.photographs.mlic import Mlic
from fastrti.photographs.notes import Doubt
from fastrti.progress import counted

_DARK = 0.01  # of white, in linear light: what is darker is noise and stray light
_LARGE_GAIN = 4.0
_COLOURED = 0.1  # spread of the ratio of two channels in the patch, above which it is hardly one grey


def balanced(mlic: Mlic, white: tuple[float, float, float], out: Samples | None = None) -> Mlic:
    """A collection whose patch is grey. The smallest gain is 1, so that what is clipped to white stays white.

    Every photograph counts by its light on the patch. Those that clip it, or leave it dark, do not count.

    Args:
        mlic: the photographs.
        white: (x, y, radius) of the patch, in pixels.
        out: where the photographs go, see `fastrti.photographs.frame.framed`.

    Raises:
        ArgumentError: a patch that is not inside the photographs.
        CollectionError: a patch that is dark or clipped in every photograph.
    """
    light = LinearLight(mlic.photographs.dtype, mlic.transfer)
    patch = _patch(mlic, white)  # (N, P, 3)
    levels = light.decode(patch).mean(axis=1)  # (N, 3)
    usable = (patch.max(axis=(1, 2)) < light.white) & (levels.min(axis=1) > _DARK)
    if not usable.any():
        raise CollectionError(
            f"expected a grey patch at {_place(white)} that is neither dark nor clipped in all photographs, "
            "found none: name another place"
        )
    sums = levels[usable].sum(axis=0)
    gains = sums.max() / sums
    tables = [light.scaled(gain) for gain in gains]
    clipped = _apply(mlic.photographs, tables, out := np.empty_like(mlic.photographs) if out is None else out)
    red, green, blue = gains
    correction = Correction(
        "white balance",
        f"red × {red:.3f}, green × {green:.3f}, blue × {blue:.3f} in linear light, from the grey patch at "
        f"{_place(white)}; {clipped:.2%} of the samples became white",
        {
            "gains": gains.tolist(),
            "patch": [float(number) for number in white],
            "photographs": int(usable.sum()),
            "became_white": clipped,
        },
    )
    notes = (*mlic.notes, *_doubts(light.decode(patch[usable]), gains))
    return replace(mlic, photographs=out, corrections=(*mlic.corrections, correction), notes=notes)


def _patch(mlic: Mlic, white: tuple[float, float, float]) -> Samples:
    """The samples of the disc, (N, P, 3)."""
    x, y, radius = white
    inside = radius <= x <= mlic.width - 1 - radius and radius <= y <= mlic.height - 1 - radius
    if not (radius >= 1 and inside):
        raise ArgumentError(
            f"expected a grey patch of a radius of 1 or more inside the photographs, "
            f"{mlic.width}×{mlic.height} pixels, got {_place(white)}"
        )
    rows = np.arange(math.ceil(y - radius), math.floor(y + radius) + 1)
    columns = np.arange(math.ceil(x - radius), math.floor(x + radius) + 1)
    disc = np.nonzero((rows[:, None] - y) ** 2 + (columns - x) ** 2 <= radius**2)
    samples: Samples = mlic.photographs[:, rows[disc[0]], columns[disc[1]]]
    return samples


def _apply(photographs: Samples, tables: list[Samples], out: Samples) -> float:
    """Writes every sample through the table of its channel; the share of samples that became white."""
    full, became = np.iinfo(photographs.dtype).max, 0
    for index in counted(range(len(photographs)), "balancing white"):
        for channel in range(3):
            before = photographs[index, ..., channel]
            after = tables[channel][before]
            became += int(np.count_nonzero((after == full) & (before != full)))
            out[index, ..., channel] = after
    return round(became / photographs.size, 6)


def _doubts(light: NDArray[np.floating], gains: NDArray[np.floating]) -> list[str]:
    """What makes it likely that the patch is not what it should be; light is (N, P, 3)."""
    if gains.max() > _LARGE_GAIN:
        return [Doubt(f"the patch for the white balance is far from grey, gains up to {gains.max():.1f}: is it grey?")]
    pixels = np.maximum(light.sum(axis=0), 1e-9)
    spread = np.log(pixels / pixels.mean(axis=1, keepdims=True)).std(axis=0).max()
    return [Doubt("the patch for the white balance has several colours: is it grey?")] if spread > _COLOURED else []


def _place(white: tuple[float, float, float]) -> str:
    return "{:g}, {:g} with the radius {:g}".format(*white)
