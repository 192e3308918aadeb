"""Scores of an object as a user sees it: the Renderer's 8-bit pictures against 8-bit photographs."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError, CollectionError
from fastrti.files import replace_file
from fastrti.lights import raised_to_horizon
from fastrti.photographs.mlic import Mlic
from fastrti.progress import counted
from fastrti.rendering.renderer import Renderer
from fastrti.scoring.metrics import ciede2000, psnr, ssim

MEASURES: dict[str, Callable[[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.bool_] | None], float]] = {
    "psnr": psnr,
    "ssim": ssim,
    "ciede2000": ciede2000,
}
"""What a picture can be scored by."""


class Score(NamedTuple):
    """How close a picture comes to its photograph; NaN for a measure that was not asked for.

    Attributes:
        psnr: in dB, infinite for equal pictures.
        ssim: 1 for equal pictures.
        ciede2000: mean colour difference, 0 for equal pictures.
    """

    psnr: float = float("nan")
    ssim: float = float("nan")
    ciede2000: float = float("nan")


@dataclass(frozen=True)
class ScoredPhotograph:
    """A row of an evaluation.

    Attributes:
        name: of the photograph's file.
        light: (x, y, z), the light of the photograph.
        score: of the object's picture under that light.
    """

    name: str
    light: tuple[float, float, float]
    score: Score


@dataclass(frozen=True)
class Evaluation:
    """The scores of an object, one row for each photograph.

    Attributes:
        rows: in the order of the collection.
        measures: the names of the measures that were asked for.
    """

    rows: tuple[ScoredPhotograph, ...]
    measures: tuple[str, ...]

    @property
    def scores(self) -> list[Score]:
        """The score of each photograph, in the order of the rows."""
        return [row.score for row in self.rows]

    @property
    def mean(self) -> Score:
        """The mean over photographs of each measure."""
        return mean_score(self.scores)

    def to_csv(self, path: str | PathLike[str]) -> None:
        """Writes a line for each photograph: name, x, y, z, and the measures that were asked for.

        Raises:
            ArgumentError: the file cannot be written.
        """
        text = io.StringIO()
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow(["name", "x", "y", "z", *self.measures])
        for row in self.rows:
            lines.writerow([row.name, *row.light, *(getattr(row.score, measure) for measure in self.measures)])
        replace_file(Path(path), text.getvalue().encode(), ArgumentError)


def evaluate(renderer: Renderer, mlic: Mlic, measures: Sequence[str] = tuple(MEASURES)) -> Evaluation:
    """Scores the object's picture under the light of each photograph.

    If the object or the collection has a mask, only pixels inside all masks count.

    Args:
        renderer: draws the object.
        mlic: the photographs.
        measures: some of "psnr", "ssim" and "ciede2000". SSIM and CIEDE2000 need the extra "measure".

    Raises:
        ArgumentError: another measure, or none.
        CollectionError: photographs of another size than the object.
        MissingPackageError: a measure needs the extra "measure", which is not installed.
    """
    unknown = [measure for measure in measures if measure not in MEASURES]
    if unknown or not measures:
        raise ArgumentError(
            f"expected measures of {', '.join(MEASURES)}, got {', '.join(map(str, measures)) or 'none'}"
        )
    relightable = renderer.relightable
    if (mlic.width, mlic.height) != (relightable.width, relightable.height):
        raise CollectionError(
            f"expected photographs of the object's size, {relightable.width}×{relightable.height}, "
            f"got {mlic.width}×{mlic.height}"
        )
    masks = [mask for mask in (relightable.mask, mlic.mask) if mask is not None]
    mask = np.logical_and.reduce(masks) if masks else None
    rows = []
    for index in counted(range(len(mlic)), "scoring"):
        name, light = mlic.names[index], mlic.lights[index]
        picture = renderer.to_host(renderer.relight(raised_to_horizon(light)))
        photograph = mlic.picture(index)
        score = Score(**{measure: MEASURES[measure](picture, photograph, mask) for measure in measures})
        x, y, z = light.tolist()
        rows.append(ScoredPhotograph(name, (x, y, z), score))
    return Evaluation(tuple(rows), tuple(measures))


def mean_score(scores: Iterable[Score]) -> Score:
    """The mean of each measure."""
    return Score(*(float(np.mean(values)) for values in zip(*scores)))
