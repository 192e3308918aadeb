"""Photographs under lamps near the object, as they would be under distant lights.

A lamp near the object lights every point from its own direction and with its own strength. A fit knows one direction
for each photograph. So the photographs are changed, once. Everything else keeps to distant lights.

The strength is geometry: a lamp at p lights the point x in proportion to 1/|p − x|². It is corrected in linear light.

The directions l(x) at a point are geometry, too. So the N values m of a pixel are known at N directions that are its
own, and wanted are the values at the lamps' directions from the middle of the picture, l̄. They are interpolated by a
Gaussian process (Rasmussen & Williams 2006, eq. 2.25) with the covariance k of two directions and a little noise ν:

    r = k(l̄, l(x)) · (k(l(x), l(x)) + ν)⁻¹ · m

Values whose own directions are the wanted ones stay as they were measured. The values are sRGB-encoded, as
everywhere. The matrix depends on the place alone. It is computed at the corners of cells and interpolated between them,
so that no cell has an edge.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fastrti.least_squares import solve
from fastrti.photographs.checks import Samples
from fastrti.photographs.corrections import Correction
from fastrti.photographs.linear_light import LinearLight, stayed_white
from fastrti.photographs.mlic import Mlic
from fastrti.progress import counted

Floats = NDArray[np.float64]

# Chosen on simulated captures, see docs/capture/near_lights.md: a wide one for shading, a narrow one for highlights and
# shadows, and one for what a single photograph shows, which is kept where its light hardly moves and else is noise.
_SCALES = ((1.0, 0.7), (0.1, 0.3), (0.01, 0.05))
"""Variances and lengths, over the 3-D chord, of the squared exponentials whose sum is the covariance."""
_NOISE = 1e-4  # a variance, of photographs of one light
_NEAREST = 1.5  # longer sides of the picture; at 1.2 the best fits of simulated captures lost 2 dB
_CELLS = 8  # along the width; 32 change no score by 0.01 dB
_BLOCK_VALUES = 1 << 21  # of photographs, corrected at once


def distant(mlic: Mlic, out: Samples | None = None) -> Mlic:
    """The photographs as under distant lights. Samples that are white stay white: nobody knows how bright they were.

    The lamps are taken to be points of one strength, which light alike in all directions, and the object to be flat.
    The photographs become those of lamps at the median distance.

    Args:
        mlic: the photographs and the positions of their lights.
        out: where the corrected photographs go, see `correct`.

    Returns:
        The collection without positions. Its lights are the directions of the lamps from the middle of the picture.
        A collection without positions is returned as it is.
    """
    if mlic.positions is None:
        return mlic
    out = np.empty_like(mlic.photographs) if out is None else out
    light, lamps = LinearLight(mlic.photographs.dtype, mlic.transfer), _Lamps(mlic.positions)
    white = 0
    for block in _blocks(mlic, lamps):
        samples = mlic.photographs[:, block.rows, block.columns]
        clipped = samples == light.white
        seen = light.seen(light.decode(samples) * lamps.falloff(block.points)[..., None])
        out[:, block.rows, block.columns] = np.where(clipped, light.white, light.of_seen(block.moved(seen)))
        white += int(clipped.sum())
    return replace(
        mlic,
        photographs=out,
        lights=lamps.lights,
        positions=None,
        notes=(*mlic.notes, *lamps.notes(max(1.0, mlic.height / mlic.width))),
        corrections=(*mlic.corrections, _correction(mlic, lamps, white / mlic.photographs.size)),
    )


class _Lamps:
    """The lamps of a collection, (N, 3) in picture widths, and what they do to the points of the object's plane.

    Attributes:
        lights: (N, 3), their directions from the middle of the picture.
        distance: the median distance from there.
    """

    def __init__(self, positions: Floats):
        self.positions = positions
        distances = np.linalg.norm(positions, axis=1)
        self.lights, self.distance = positions / distances[:, None], float(np.median(distances))

    def notes(self, longer_side: float) -> list[str]:
        """A sentence where lamps are so near, for a picture whose longer side is so many widths, that much is lost."""
        nearest, least = float(np.linalg.norm(self.positions, axis=1).min()), _NEAREST * longer_side
        if nearest >= least:
            return []
        return [
            f"the nearest lamp stands {nearest:.2f} picture widths from the middle of the picture: "
            f"nearer than {least:.2f}, shadows and highlights are corrected coarsely"
        ]

    def falloff(self, points: Floats) -> NDArray[np.float32]:
        """What makes the strength of each lamp at points that of the median distance: (…, 2) → (N, …)."""
        squared = (self._towards(points) ** 2).sum(-1)
        relative: NDArray[np.float32] = (squared / self.distance**2).astype(np.float32)
        return relative

    def at(self, point: Floats) -> Floats:
        """The directions of the lamps from a point, (2,) → (N, 3)."""
        towards = self._towards(point)
        directions: Floats = towards / np.linalg.norm(towards, axis=1, keepdims=True)
        return directions

    def mover(self, point: Floats) -> NDArray[np.float32]:
        """What turns the values under the lamps at a point into those under the distant lights, (2,) → (N, N)."""
        own = self.at(point)
        mover = solve(_covariance(own, own), _NOISE * np.eye(len(own)), _covariance(own, self.lights)).T
        single: NDArray[np.float32] = mover.astype(np.float32)
        return single

    def _towards(self, points: Floats) -> Floats:  # (…, 2) → (N, …, 3)
        flat = np.concatenate([points, np.zeros((*points.shape[:-1], 1))], axis=-1)
        towards: Floats = self.positions.reshape(-1, *[1] * (points.ndim - 1), 3) - flat
        return towards


def _covariance(a: Floats, b: Floats) -> Floats:
    """Of values at the directions a, (A, 3), and b, (B, 3): (A, B). What is linear in the light is part of it."""
    squared_chord = ((a[:, None] - b) ** 2).sum(-1)
    covariance: Floats = 0.5 * (a @ b.T) + 0.5
    for variance, length in _SCALES:
        covariance += variance * np.exp(-squared_chord / (2 * length**2))
    return covariance


@dataclass(frozen=True, eq=False)
class _Block:
    """Some rows of a cell.

    Attributes:
        rows, columns: where it lies in the photographs.
        points: (h, w, 2), the pixels' points of the object's plane in picture widths.
        movers: (N, 4N), those of the cell's four corners side by side.
        shares: (4, h, w), of the corners in each pixel.
    """

    rows: slice
    columns: slice
    points: Floats
    movers: NDArray[np.float32]
    shares: NDArray[np.float32]

    def moved(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """The values of the block's pixels, (N, h, w, 3), under the distant lights."""
        shared = (self.shares[:, None, ..., None] * values).reshape(self.movers.shape[1], -1)
        return (self.movers @ shared).reshape(values.shape)


def _blocks(mlic: Mlic, lamps: _Lamps) -> Iterator[_Block]:
    """The picture in blocks, cell by cell."""
    columns = _edges(mlic.width, _CELLS)
    rows = _edges(mlic.height, max(1, round(_CELLS * mlic.height / mlic.width)))
    below = _movers(mlic, lamps, rows[0], columns)
    for top, bottom in counted(list(pairwise(rows)), "correcting near lights"):
        above, below = below, _movers(mlic, lamps, bottom, columns)
        for number, (left, right) in enumerate(pairwise(columns)):
            movers = np.hstack([*above[number : number + 2], *below[number : number + 2]])
            step = max(1, _BLOCK_VALUES // (3 * len(mlic) * (right - left)))
            for first in range(top, bottom, step):
                last = min(first + step, bottom)
                down, across = np.arange(first, last) + 0.5, np.arange(left, right) + 0.5
                y, x = (down - top) / (bottom - top), (across - left) / (right - left)
                shares = np.stack([np.multiply.outer(b, a) for b in (1 - y, y) for a in (1 - x, x)])
                points = _points(mlic, down, across)
                yield _Block(slice(first, last), slice(left, right), points, movers, shares.astype(np.float32))


def _movers(mlic: Mlic, lamps: _Lamps, row: int, columns: list[int]) -> list[NDArray[np.float32]]:
    """The movers at the corners of cells on one row."""
    return [lamps.mover(point) for point in _points(mlic, np.array([row]), np.array(columns))[0]]


def _points(mlic: Mlic, down: NDArray[np.number], across: NDArray[np.number]) -> Floats:
    """Points of the object's plane, (h, w, 2) in picture widths, from pixels counted from the upper left corner."""
    y, x = np.meshgrid((mlic.height / 2 - down) / mlic.width, (across - mlic.width / 2) / mlic.width, indexing="ij")
    return np.stack([x, y], axis=-1)


def _edges(size: int, cells: int) -> list[int]:
    """Where cells begin and end, in whole pixels."""
    return sorted(set(np.linspace(0, size, cells + 1).round().astype(int).tolist()))


def _correction(mlic: Mlic, lamps: _Lamps, white: float) -> Correction:
    """What was done, in numbers of the whole picture."""
    height, width = mlic.height, mlic.width
    places = _points(mlic, np.array([0, height / 2, height]), np.array([0, width / 2, width])).reshape(-1, 2)
    falloff = np.stack([lamps.falloff(place) for place in places])
    cosines = np.stack([(lamps.at(place) * lamps.lights).sum(1) for place in places])
    uneven = float((falloff.max(0) / falloff.min(0)).max())
    turn = float(np.degrees(np.arccos(cosines.min().clip(-1, 1))))
    return Correction(
        "near lights",
        f"lamps {lamps.distance:.2f} picture widths away were made distant; in one photograph their light differed by "
        f"up to 1:{uneven:.1f} in strength and by up to {turn:.0f}° in direction{stayed_white(white)}",
        {
            "positions": lamps.positions.tolist(),
            "distance": lamps.distance,
            "falloff": uneven,
            "turn_deg": turn,
            "white": white,
        },
    )
