"""Photographs under lamps near the object, as they would be under distant lights."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.linear_light import LinearLight
from fastrti.photographs.checks import Samples
from fastrti.photographs.corrections import Correction
from fastrti.photographs.mlic import Mlic
from fastrti.progress import counted


def distant(mlic: Mlic, out: Samples | None = None) -> Mlic:
    """The photographs as under distant lights: the lamps' fall-off is taken out.

    A lamp at p lights the point x of the object's plane with a strength in proportion to 1/|p − x|².

    Args:
        mlic: the photographs and the positions of their lights. Without positions it is returned as it is.
        out: where the corrected photographs go, see `correct`.

    Returns:
        The collection without positions. Its lights are the directions of the lamps from the middle of the picture.
    """
    if mlic.positions is None:
        return mlic
    out = np.empty_like(mlic.photographs) if out is None else out
    light = LinearLight(mlic)
    distances = np.linalg.norm(mlic.positions, axis=1)
    for index in counted(range(len(mlic)), "correcting near lights"):
        gain = _falloff(mlic, mlic.positions[index]) / np.float32(np.median(distances) ** 2)
        photograph = mlic.photographs[index]
        corrected = light.encode(light.decode(photograph) * gain[..., None])
        out[index] = np.where(photograph == light.white, photograph, corrected)
    correction = Correction("near lights", "fall-off corrected", {"positions": mlic.positions.tolist()})
    return replace(
        mlic,
        photographs=out,
        lights=mlic.positions / distances[:, None],
        positions=None,
        corrections=(*mlic.corrections, correction),
    )


def _falloff(mlic: Mlic, position: NDArray[np.float64]) -> NDArray[np.float32]:
    """The squared distance of a lamp from every pixel's point of the object's plane, (H, W) in picture widths."""
    x = (np.arange(mlic.width) + 0.5 - mlic.width / 2) / mlic.width
    y = (mlic.height / 2 - np.arange(mlic.height) - 0.5) / mlic.width
    squared = (position[0] - x) ** 2 + (position[1] - y[:, None]) ** 2 + position[2] ** 2
    return squared.astype(np.float32)
