"""The relief: a framed tablet with a shield, bosses, an inscription, weathering and scratches.

Lengths are in units of the picture's shorter side, so a scene is the same at every size of one aspect.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]  # (H, W)
Segment = tuple[float, float, float, float]  # x0, y0, x1, y1


@dataclass(frozen=True, eq=False)
class Grid:
    """The pixel centres of a picture, in units of its shorter side.

    Attributes:
        x: (W,) float32, to the right.
        y: (H, 1) float32, downwards.
        across: the picture's width, 1 or more.
        down: its height, 1 or more.
    """

    x: NDArray[np.float32]
    y: NDArray[np.float32]
    across: float
    down: float

    @classmethod
    def of(cls, width: int, height: int) -> "Grid":
        """The grid of a picture of width × height pixels."""
        side = min(width, height)
        x, y = (((np.arange(size) + 0.5) / side).astype(np.float32) for size in (width, height))
        return cls(x, y[:, None], width / side, height / side)


def height_field(width: int, height: int, seed: int) -> Field:
    """The heights of the scene's surface at the pixel centres, (H, W) float32, in units of the shorter side."""
    rng = np.random.default_rng((seed, 0))
    grid = Grid.of(width, height)
    heights = 0.015 * smooth_noise(grid, 3, rng) + _swellings(grid, rng) + _shield(grid)
    for cells, amplitude in ((12, 0.010), (30, 0.004), (80, 0.0014), (240, 0.0005), (800, 0.00012)):
        heights += amplitude * smooth_noise(grid, cells, rng)
    heights -= _grooves(grid, _inscription(grid, rng), half_width=0.008, depth=0.011)
    heights -= _grooves(grid, _scratches(grid, rng), half_width=max(0.0012, 0.7 / min(width, height)), depth=0.0012)
    raised: Field = np.maximum(_bosses(grid, rng), _frame(grid))
    np.maximum(heights, raised + np.float32(0.3) * heights, out=heights)
    return heights


def smooth_noise(grid: Grid, cells: int, rng: np.random.Generator) -> Field:
    """Cubic B-spline noise on a lattice of `cells` knots per unit, (H, W) float32, of a deviation near 1."""
    rows = _spline_weights(grid.y[:, 0] * cells, grid.down * cells)
    columns = _spline_weights(grid.x * cells, grid.across * cells)
    lattice = rng.standard_normal((rows.shape[1], columns.shape[1])).astype(np.float32)
    # The spline averages its knots: twice the sum brings back about the lattice's deviation.
    noise: Field = 2 * rows @ lattice @ columns.T
    return noise


def _spline_weights(positions: NDArray[np.float32], extent: float) -> NDArray[np.float32]:
    """What every knot of [0, extent] adds at every position: cubic B-splines, (positions, knots) float32."""
    distance = np.abs(positions[:, None] - np.arange(-1, np.ceil(extent) + 2, dtype=np.float32))
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = np.maximum(2 - distance, 0) ** 3 / 6
    weights: NDArray[np.float32] = np.where(distance < 1, near, far).astype(np.float32)
    return weights


def _swellings(grid: Grid, rng: np.random.Generator) -> Field:
    """Broad mounds and hollows."""
    heights = np.zeros((grid.y.size, grid.x.size), np.float32)
    for _ in range(round(10 * grid.across * grid.down)):
        radius = rng.uniform(0.06, 0.16)
        rise = np.float32(rng.choice((-0.2, 0.2)) * radius)
        squared = _squared_radius(grid, rng.uniform(0, grid.across), rng.uniform(0, grid.down), radius)
        heights += rise * np.maximum(1 - squared, 0) ** 2
    return heights


def _shield(grid: Grid) -> Field:
    """A shallow dome inside a half-round ring, in the middle of the picture."""
    radius = np.sqrt(_squared_radius(grid, grid.across / 2, grid.down / 2, 1))
    dome = 0.4 * np.maximum(0.24**2 - radius**2, 0) / 0.24
    ring = np.sqrt(np.maximum(0.025**2 - (radius - 0.29) ** 2, 0))
    shield: Field = (dome + ring).astype(np.float32)
    return shield


def _bosses(grid: Grid, rng: np.random.Generator) -> Field:
    """Half-spheres: every normal there is, and steep sides that cast shadows."""
    heights = np.full((grid.y.size, grid.x.size), -1, np.float32)
    for _ in range(round(9 * grid.across * grid.down)):
        radius = rng.uniform(0.025, 0.055)
        squared = _squared_radius(grid, rng.uniform(0.1, grid.across - 0.1), rng.uniform(0.1, grid.down - 0.1), radius)
        np.maximum(heights, np.where(squared < 1, radius * np.sqrt(np.maximum(1 - squared, 0)), -1), out=heights)
    return heights


def _squared_radius(grid: Grid, centre_x: float, centre_y: float, radius: float) -> Field:
    """The squared distance from a centre, in units of the radius."""
    squared: Field = (((grid.x - centre_x) / radius) ** 2 + ((grid.y - centre_y) / radius) ** 2).astype(np.float32)
    return squared


def _frame(grid: Grid) -> Field:
    """A flat rim around the picture that falls to the ground over a short slope."""
    edge = np.minimum(np.minimum(grid.x, grid.across - grid.x), np.minimum(grid.y, grid.down - grid.y))
    slope = np.clip((0.04 - edge) / 0.01, 0, 1)
    frame: Field = (0.035 * slope * slope * (3 - 2 * slope)).astype(np.float32)
    return frame


def _inscription(grid: Grid, rng: np.random.Generator) -> Iterator[Segment]:
    """Strokes of signs in lines: a sign joins a few of nine points."""
    pitch, size = 0.12, 0.04
    for line in np.arange(0.12, grid.down - 0.08, pitch):
        for column in np.arange(0.12, grid.across - 0.08, 0.8 * pitch):
            for _ in range(rng.integers(2, 5)):
                ends = rng.integers(-1, 2, (2, 2)) * size + rng.normal(0, 0.004, (2, 2))
                yield (column + ends[0, 0], line + ends[0, 1], column + ends[1, 0], line + ends[1, 1])


def _scratches(grid: Grid, rng: np.random.Generator) -> Iterator[Segment]:
    """Long fine lines in all directions."""
    for _ in range(round(60 * grid.across * grid.down)):
        x, y, angle = rng.uniform(0, grid.across), rng.uniform(0, grid.down), rng.uniform(0, np.pi)
        length = rng.uniform(0.05, 0.5)
        yield (x, y, x + length * np.cos(angle), y + length * np.sin(angle))


def _grooves(grid: Grid, segments: Iterator[Segment], half_width: float, depth: float) -> Field:
    """V-shaped grooves along segments, (H, W) ≥ 0; crossings are as deep as one groove."""
    grooves = np.zeros((grid.y.size, grid.x.size), np.float32)
    for x0, y0, x1, y1 in segments:
        columns = slice(*np.searchsorted(grid.x, (min(x0, x1) - half_width, max(x0, x1) + half_width)))
        rows = slice(*np.searchsorted(grid.y[:, 0], (min(y0, y1) - half_width, max(y0, y1) + half_width)))
        to_x, to_y = grid.x[columns] - np.float32(x0), grid.y[rows] - np.float32(y0)
        along_x, along_y = np.float32(x1 - x0), np.float32(y1 - y0)
        squared_length = max(along_x**2 + along_y**2, np.float32(1e-12))
        nearest = np.clip((to_x * along_x + to_y * along_y) / squared_length, 0, 1)
        distance = np.hypot(to_x - nearest * along_x, to_y - nearest * along_y)
        box = grooves[rows, columns]
        np.maximum(box, depth * (1 - distance / half_width), out=box)
    return grooves
