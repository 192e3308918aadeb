"""Thumbnails of an object, and strips: the same thumbnail under a grid of lights, so that a page can relight it."""

from pathlib import Path

import numpy as np
from PIL import Image

from fastrti.files import write_file
from fastrti.formats.jpeg import optimized_jpeg
from fastrti.objects.scales import FACTORS
from fastrti.rendering.renderer import STILL_LIGHT, Renderer

THUMBNAIL, STRIP = "thumbnail.jpg", "strip.jpg"

SIDE = 256
"""Pixels: the longer side of a thumbnail."""

GRID = 5
"""Lights of a strip in a row and in a column. A page blends the four next to the pointer."""

REACH = 0.9
"""The x and the y of the outermost lights; those in the corners are drawn in to this distance from the middle."""

_QUALITY, _STRIP_QUALITY = 80, 55


def write_thumbnails(renderer: Renderer, folder: Path) -> tuple[int, int]:
    """Writes the thumbnail and the strip, whose first row has the lights at the top.

    Args:
        renderer: of the object.
        folder: is not finished.

    Returns:
        (width, height) of the thumbnail in pixels.
    """
    relightable = renderer.relightable
    longest = max(relightable.width, relightable.height)
    factor = max(factor for factor in FACTORS if factor == 1 or longest >= factor * SIDE)
    shrink = min(1, SIDE / longest)
    size = max(1, round(relightable.width * shrink)), max(1, round(relightable.height * shrink))

    def drawn(light: tuple[float, float]) -> Image.Image:
        picture = Image.fromarray(renderer.to_host(renderer.relight(light, scale=1 / factor)))
        return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=2)

    strip = Image.new("RGB", (GRID * size[0], GRID * size[1]))
    for row in range(GRID):
        for column in range(GRID):
            strip.paste(drawn(grid_light(row, column)), (column * size[0], row * size[1]))
    write_file(folder / THUMBNAIL, optimized_jpeg(np.asarray(drawn(STILL_LIGHT)), quality=_QUALITY))
    write_file(folder / STRIP, optimized_jpeg(np.asarray(strip), quality=_STRIP_QUALITY))
    return size


def grid_light(row: int, column: int) -> tuple[float, float]:
    """(x, y) of a light of the strip, within REACH of the middle."""
    x, y = (REACH * (2 * place / (GRID - 1) - 1) for place in (column, GRID - 1 - row))
    outside = max(1.0, float(np.hypot(x, y)) / REACH)
    return float(x / outside), float(y / outside)
