"""Each sphere at full size: its outline and its highlights to a fraction of a pixel."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.spheres.circles import CLEAR_EDGES, Circle
from fastrti.capture.spheres.highlights import Highlights, find_highlights
from fastrti.capture.spheres.horizon import refined_by_horizon
from fastrti.capture.spheres.outline import refined
from fastrti.capture.spheres.sphere_view import Floats, View
from fastrti.capture.spheres.survey import DARK, Sums, grey, reduced, sampled, usual_light
from fastrti.photographs.photograph import decode
from fastrti.photographs.picture_file import PictureFile
from fastrti.progress import counted

_MOST_SIDE = 600  # pixels of a crop: larger ones are made smaller, which is still a tenth of a pixel or better
_MARGIN = 1.25  # of the radius


@dataclass(frozen=True, eq=False)
class Closeup:
    """A sphere at full size.

    Attributes:
        circle: its outline in the unfolded picture, in pixels of the photographs.
        outline: how clearly the outline shows, see `outline.refined`.
        highlights: in pixels of the photographs.
    """

    circle: Circle
    outline: float
    highlights: Highlights


@dataclass(frozen=True)
class Wanted:
    """A sphere to look at.

    Attributes:
        circle: in the unfolded picture, in pixels of the photographs.
        exact: the circle is known, and not to be improved.
        mirroring: the outline is told by the horizon that the sphere reflects.
    """

    circle: Circle
    exact: bool = False
    mirroring: bool = False


def look_closely(files: Sequence[PictureFile], view: View, spheres: Sequence[Wanted]) -> list[Closeup]:
    """Reads all photographs once more, and of each only what is near a sphere.

    Args:
        files: the headers of the photographs.
        view: the camera, for photographs at full size.
        spheres: one or more.

    Raises:
        CollectionError: a photograph that cannot be read.
    """
    crops = [_Crop(len(files), view, sphere) for sphere in spheres]
    for index, file in enumerate(counted(files, "reading highlights")):
        pixels = decode(file).pixels
        for crop in crops:
            crop.add(index, reduced(pixels[crop.rows, crop.columns], crop.factor))
    return [crop.closeup() for crop in crops]


class _Crop:
    """What is near one sphere in all photographs."""

    def __init__(self, count: int, view: View, sphere: Wanted):
        self.view, self.sphere = view, sphere
        outline = view.outline(sphere.circle)
        low, high = outline.min(0), outline.max(0)
        margin = (_MARGIN - 1) * sphere.circle.radius + 3
        self.factor = max(1, int((high - low).max() * _MARGIN / _MOST_SIDE))
        left, top = (max(0, int(value - margin)) for value in low)
        right, bottom = (
            min(int(side), int(value + margin) + 1) for value, side in zip(high, (view.width, view.height))
        )
        self.columns, self.rows = slice(left, right), slice(top, bottom)
        self.corner = np.array([left, top], np.float64)
        shape = (-(-(bottom - top) // self.factor), -(-(right - left) // self.factor))
        self.greys = np.empty((count, *shape), np.uint8)
        self.sums = Sums(shape)

    def add(self, index: int, picture: NDArray[np.uint8]) -> None:
        self.greys[index] = grey(picture)
        self.sums.add(picture)

    def closeup(self) -> Closeup:
        circle, clear = self._outline()
        x, y, radius = self.view.seen(circle)
        (x, y), radius = ((np.array([x, y]) - self.corner) / self.factor).tolist(), radius / self.factor
        highlights = find_highlights(self.greys, x, y, radius)
        return Closeup(circle, clear, Highlights(highlights.points * self.factor + self.corner, highlights.found))

    def _outline(self) -> tuple[Circle, float]:
        """The circle, improved. Outlines are measured in pixels of the crop."""
        circle = self.sphere.circle
        if self.sphere.exact:
            return circle, np.inf
        corner = self.corner / self.factor
        view = self.view.scaled(1 / self.factor)
        mirroring = self.sphere.mirroring
        light = usual_light(self.greys)[..., None] if mirroring else self.sums.light() + np.float32(DARK)

        def picture(points: Floats) -> Floats:
            return sampled(light, view.folded(points) - corner)

        def along_rays(points: Floats) -> Floats:
            """Light, of which logarithms would move the edge of a dark ball inwards and that of a bright one outwards;
            and the logarithms of two quotients of colour, which do not change where the ball is shaded."""
            values = picture(points)
            red, green, blue, _ = np.moveaxis(np.log(values), 2, 0)
            colour = np.stack([red - green, blue - green], axis=-1)
            channels: Floats = np.concatenate([values / values.mean(1, keepdims=True), colour], axis=-1)
            return channels

        slack = 0.02 if circle.edge >= CLEAR_EDGES else 0.05
        start = circle.scaled(1 / self.factor)
        if mirroring:
            better, clear = refined_by_horizon(view, picture, start, slack)
        else:
            better, _ = refined(along_rays, start, (1 - slack, 1 + slack), slack)
            better, clear = refined(along_rays, better, (1 - slack / 2, 1 + slack / 2), slack / 2)
        return better.scaled(self.factor), clear
