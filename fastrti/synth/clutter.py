"""The table under the tablet, and other round things on it that are no glossy spheres."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastrti.synth.materials import Surface, smith_factor, surface_normals
from fastrti.synth.relief import Field, Grid, smooth_noise

_TABLES = ((0.32, 0.20, 0.11), (0.45, 0.45, 0.44), (0.08, 0.08, 0.09), (0.62, 0.58, 0.50), (0.10, 0.16, 0.12))
"""Linear colours: wood, grey card, black cloth, linen, green felt."""
_PAINTS = ((0.70, 0.66, 0.58), (0.02, 0.02, 0.02), (0.40, 0.05, 0.04), (0.06, 0.12, 0.35), (0.45, 0.33, 0.06))
_METALS = ((0.62, 0.40, 0.22), (0.80, 0.80, 0.82), (0.95, 0.68, 0.30))


@dataclass(eq=False)
class Table:
    """A surface that is being laid out; pixels count from its upper left corner.

    Attributes:
        heights: (H, W) float32, in pixels above the object's plane.
        scattered: (3, H, W) float32, see `Surface`.
        reflected: (3, H, W) float32, see `Surface`.
        alpha2: (H, W) float32, see `Surface`.
    """

    heights: Field
    scattered: NDArray[np.float32]
    reflected: NDArray[np.float32]
    alpha2: Field

    def surface(self, view: NDArray[np.floating]) -> Surface:
        """The surface as it is seen from a direction, (3,) or (3, H, W)."""
        normals = surface_normals(self.heights, 1.0)
        x, y, z = view.astype(np.float32)
        facing = np.maximum(x * normals[0] + y * normals[1] + z * normals[2], 0.01)
        return Surface(normals, self.scattered, self.reflected, self.alpha2, smith_factor(facing, self.alpha2))


def lay_table(width: int, height: int, rng: np.random.Generator) -> Table:
    """A table of one of some colours, with a grain."""
    grid = Grid.of(width, height)
    colour = np.array(_TABLES[rng.integers(len(_TABLES))], np.float32)
    fine = min(240, min(width, height) // 2)
    grain = np.clip(1 + 0.15 * smooth_noise(grid, 5, rng) + 0.12 * smooth_noise(grid, fine, rng), 0.3, 1.7)
    return Table(
        heights=np.float32(0.1) * smooth_noise(grid, fine, rng),
        scattered=colour[:, None, None] * grain,
        reflected=np.full((3, height, width), 0.04, np.float32),
        alpha2=np.full((height, width), rng.uniform(0.4, 0.9) ** 2, np.float32),
    )


def scatter_clutter(table: Table, count: int, sizes: tuple[float, float], rng: np.random.Generator) -> None:
    """Lays round things on the table.

    Args:
        table: is changed.
        count: how many.
        sizes: the smallest and the largest radius, in pixels.
        rng: what is random.
    """
    rows, columns = table.heights.shape
    for _ in range(count):
        radius = float(rng.uniform(*sizes))
        x, y = rng.uniform(0, columns), rng.uniform(0, rows)
        box = tuple(
            slice(max(0, int(middle - radius - 2)), min(side, int(middle + radius + 3)))
            for middle, side in ((y, rows), (x, columns))
        )
        across = (np.arange(columns)[box[1]] + 0.5 - x).astype(np.float32)
        down = (np.arange(rows)[box[0]] + 0.5 - y).astype(np.float32)[:, None]
        _KINDS[rng.integers(len(_KINDS))](table, box, np.hypot(across, down) / np.float32(radius), radius, rng)


Box = tuple[slice, ...]


def _coin(table: Table, box: Box, r: Field, radius: float, rng: np.random.Generator) -> None:
    """A flat piece of metal with a rim and a picture."""
    inside = r < 1
    relief = 0.03 * radius * smooth_noise(Grid.of(r.shape[1], r.shape[0]), 6, rng) + np.where(r > 0.9, 2, 1)
    table.heights[box][inside] = (0.08 * radius + relief)[inside]
    _paint(table, box, inside, (0, 0, 0), _METALS[rng.integers(len(_METALS))], rng.uniform(0.25, 0.5))


def _printed_circle(table: Table, box: Box, r: Field, radius: float, rng: np.random.Generator) -> None:
    line = np.abs(r - 0.92) < max(0.04, 1 / radius)
    _paint(table, box, line, _PAINTS[rng.integers(len(_PAINTS))], (0.04,) * 3, 0.6)


def _disc(table: Table, box: Box, r: Field, radius: float, rng: np.random.Generator) -> None:
    """Dark, flat and rather smooth."""
    inside = r < 1
    table.heights[box][inside] = 1.5
    _paint(table, box, inside, (0.02,) * 3, (0.04,) * 3, rng.uniform(0.2, 0.7))


def _ring(table: Table, box: Box, r: Field, radius: float, rng: np.random.Generator) -> None:
    """A torus of metal or plastic."""
    tube = 0.18
    inside = np.abs(r - (1 - tube)) < tube
    rise = radius * np.sqrt(np.maximum(tube**2 - (r - (1 - tube)) ** 2, 0))
    table.heights[box][inside] = rise[inside]
    _paint(table, box, inside, (0, 0, 0), _METALS[rng.integers(len(_METALS))], rng.uniform(0.2, 0.5))


def _matt_ball(table: Table, box: Box, r: Field, radius: float, rng: np.random.Generator) -> None:
    """Half a ball of chalk, wood or rubber: shaded like a sphere, without a mirror's highlight."""
    inside = r < 1
    table.heights[box][inside] = (radius * np.sqrt(np.maximum(1 - r * r, 0)))[inside]
    _paint(table, box, inside, _PAINTS[rng.integers(len(_PAINTS))], (0.04,) * 3, rng.uniform(0.5, 0.9))


_KINDS = (_coin, _printed_circle, _disc, _ring, _matt_ball)


def _paint(
    table: Table,
    box: Box,
    inside: NDArray[np.bool_],
    scattered: tuple[float, ...],
    reflected: tuple[float, ...],
    roughness: float,
) -> None:
    for channel in range(3):
        table.scattered[channel][box][inside] = scattered[channel]
        table.reflected[channel][box][inside] = reflected[channel]
    table.alpha2[box][inside] = roughness**2
