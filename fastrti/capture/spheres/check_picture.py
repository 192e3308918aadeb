"""A picture to check found lights by: all photographs' brightest pixels, circles, highlights, and a hemisphere."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from fastrti.capture.spheres.found_lights import FoundLights
from fastrti.capture.spheres.survey import Survey
from fastrti.errors import CollectionError
from fastrti.files import replace_file

_SIDE = 1000  # pixels of the longer side of the photograph in the picture
_CIRCLE, _CANDIDATE, _SPOT, _LIGHT = (80, 220, 90), (240, 160, 40), (255, 60, 60), (255, 200, 60)
_GROUND, _GRID = (24, 24, 26), (90, 90, 96)


class CheckPicture:
    """Draws what was found. Without anything drawn it is the brightest of all photographs.

    Args:
        seen: the survey of the photographs.
        width: of the photographs, in pixels.
        height: of the photographs, in pixels.
    """

    def __init__(self, seen: Survey, width: int, height: int):
        self._scale = _SIDE / max(width, height)
        size = max(1, round(width * self._scale)), max(1, round(height * self._scale))
        self._photograph = Image.fromarray(seen.brightest).resize(size, Image.Resampling.BILINEAR)
        self._hemisphere = _hemisphere(size[1] if size[1] >= 200 else 200)

    def draw_candidates(self, outlines: Sequence[NDArray[np.float64]]) -> None:
        """Draws circles that are no spheres; each outline is (P, 2) pixels of the photographs."""
        for outline in outlines:
            self._line(outline, _CANDIDATE)

    def draw_lights(self, found: FoundLights, outlines: Sequence[NDArray[np.float64]]) -> None:
        """Draws spheres with their highlights, and the lights from above."""
        for outline in outlines:
            self._line(outline, _CIRCLE)
        draw = ImageDraw.Draw(self._photograph)
        for x, y in found.highlights.reshape(-1, 2)[np.isfinite(found.highlights.reshape(-1, 2)[:, 0])] * self._scale:
            draw.line([(x - 4, y), (x + 4, y)], _SPOT)
            draw.line([(x, y - 4), (x, y + 4)], _SPOT)
        side = self._hemisphere.height
        dots = ImageDraw.Draw(self._hemisphere)
        for x, y, _ in found.lights[found.lit]:
            column, row = side / 2 + 0.45 * side * x, side / 2 - 0.45 * side * y
            dots.ellipse([column - 4, row - 4, column + 4, row + 4], fill=_LIGHT)

    def save(self, path: str | Path) -> None:
        """Writes a PNG.

        Raises:
            CollectionError: it cannot be written.
        """
        height = max(self._photograph.height, self._hemisphere.height)
        sheet = Image.new("RGB", (self._photograph.width + self._hemisphere.width, height), _GROUND)
        sheet.paste(self._photograph, (0, 0))
        sheet.paste(self._hemisphere, (self._photograph.width, 0))
        file = io.BytesIO()
        sheet.save(file, format="PNG")
        replace_file(path, file.getvalue(), CollectionError)

    def _line(self, outline: NDArray[np.float64], colour: tuple[int, int, int]) -> None:
        points = [(float(x), float(y)) for x, y in np.vstack([outline, outline[:1]]) * self._scale]
        ImageDraw.Draw(self._photograph).line(points, colour, 2)


def _hemisphere(side: int) -> Image.Image:
    """A hemisphere from above: the horizon, and circles of 30° and 60°."""
    picture = Image.new("RGB", (side, side), _GROUND)
    draw = ImageDraw.Draw(picture)
    for elevation in (0, 30, 60):
        radius = 0.45 * side * np.cos(np.radians(elevation))
        draw.ellipse([side / 2 - radius, side / 2 - radius, side / 2 + radius, side / 2 + radius], outline=_GRID)
    draw.line([(0.05 * side, side / 2), (0.95 * side, side / 2)], _GRID)
    draw.line([(side / 2, 0.05 * side), (side / 2, 0.95 * side)], _GRID)
    return picture
