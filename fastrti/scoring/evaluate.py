"""Scoring an object as a user sees it: 8-bit planes through the Renderer, 8-bit pictures against photographs."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fastrti.errors import CollectionError
from fastrti.lights import raised_to_horizon
from fastrti.photographs.mlic import Mlic
from fastrti.rendering.renderer import Renderer
from fastrti.scoring.metrics import ciede2000, psnr, ssim
from fastrti.sharing.save import to_numpy


class Score(NamedTuple):
    """How close one picture comes to its photograph.

    Attributes:
        psnr: in dB, infinite for equal pictures.
        ssim: 1 for equal pictures.
        ciede2000: mean colour difference, 0 for equal pictures.
    """

    psnr: float
    ssim: float
    ciede2000: float


def evaluate(renderer: Renderer, mlic: Mlic) -> list[Score]:
    """The score of each photograph, where the masks of both object and collection show the object.

    Raises:
        CollectionError: photographs of another size than the object.
    """
    relightable = renderer.relightable
    if (mlic.width, mlic.height) != (relightable.width, relightable.height):
        raise CollectionError(
            f"expected photographs of the object's size, {relightable.width}×{relightable.height}, "
            f"got {mlic.width}×{mlic.height}"
        )
    masks = [mask for mask in (relightable.mask, mlic.mask) if mask is not None]
    mask = np.logical_and.reduce(masks) if masks else None
    scores = []
    for index, light in enumerate(mlic.lights):
        picture = to_numpy(renderer.relight(raised_to_horizon(light)))
        pair = (picture, mlic.picture(index), mask)
        scores.append(Score(psnr(*pair), ssim(*pair), ciede2000(*pair)))
    return scores


def mean_score(scores: Sequence[Score]) -> Score:
    """The mean over photographs of each measure."""
    return Score(*(float(np.mean(values)) for values in zip(*scores)))
