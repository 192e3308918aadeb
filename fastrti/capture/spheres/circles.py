"""Circles in pictures: edge points vote for centres, and a robust fit goes from coarse pictures to the finest.

Votes: Duda and Hart 1972, along the gradient as Kimme, Ballard and Sklansky 1975. Fit: Pratt 1987, reweighted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CLEAR_EDGES = 0.9
"""The share of a circumference whose edge points leave little doubt about where the circle is."""

_RADII = np.arange(8.0, 19.0)  # pixels of a level; each level has half the size of the one before
_CANDIDATES = 40  # of each level
_LEAST_EDGE = 0.3  # the share of a circumference with edge points that is worth another level
_SECTORS = 48  # of a circle, for its share of edge points
_FACING = np.cos(np.radians(25))  # between an edge's gradient and the radius
_WEAK_EDGES = 0.65  # the share of all local maxima of the gradient that is left out


@dataclass(frozen=True)
class Circle:
    """A circle in a picture.

    Attributes:
        x, y: its middle in pixels from the upper left corner; the first pixel's middle is (½, ½).
        radius: in pixels.
        edge: the share of its circumference where edge points lie on it, 0–1.
    """

    x: float
    y: float
    radius: float
    edge: float = 1.0

    def scaled(self, factor: float) -> "Circle":
        """The same circle in a picture of another size."""
        return Circle(self.x * factor, self.y * factor, self.radius * factor, self.edge)

    def scaled_radius(self, factor: float) -> "Circle":
        """A circle of another radius with the same middle, of which no edge is known."""
        return Circle(self.x, self.y, self.radius * factor, 0.0)


@dataclass(frozen=True, eq=False)
class _Edges:
    """Edge points of one level of the pyramid.

    Attributes:
        points: (E, 2) x and y in pixels of this level.
        normals: (E, 2) unit gradients.
        rows: (E,) the row of the pixel of each point, ascending.
        shape: (h, w) of the level.
    """

    points: Floats
    normals: Floats
    rows: NDArray[np.intp]
    shape: tuple[int, int]


def find_circles(layers: Sequence[NDArray[np.floating]], smallest: float = 10.0) -> list[Circle]:
    """Circles whose outlines show, the most complete first.

    Args:
        layers: (h, w) pictures of the same things; an edge counts where it is strongest.
        smallest: radius, in pixels.
    """
    levels: list[_Edges] = []
    pictures = [np.asarray(layer, np.float64) for layer in layers]
    while min(pictures[0].shape) >= 2 * _RADII[0]:
        levels.append(_edges(pictures))
        pictures = [_halved(picture) for picture in pictures]
    found = []
    for level, edges in enumerate(levels):
        for circle in _voted(edges):
            fitted: Circle | None = circle
            for finer in range(level, -1, -1):
                if fitted is not None:
                    fitted = _fitted(levels[finer], fitted, 0.2 if finer == level else 0.12)
                if fitted is not None and fitted.edge < _LEAST_EDGE:
                    fitted = None
                if fitted is not None and finer > 0:
                    fitted = fitted.scaled(2)
            if fitted is not None and fitted.radius >= smallest:
                found.append(fitted)
    return _distinct(found)


def _halved(picture: Floats) -> Floats:
    h, w = (side // 2 for side in picture.shape)
    half: Floats = picture[: 2 * h, : 2 * w].reshape(h, 2, w, 2).mean((1, 3))
    return half


def _smooth(picture: Floats) -> Floats:
    """Means over three pixels along each axis, with the weights 1, 2, 1."""
    padded = np.pad(picture, 1, mode="edge")
    across = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    smooth: Floats = (across[:-2] + 2 * across[1:-1] + across[2:]) / 16
    return smooth


def _edges(pictures: Sequence[Floats]) -> _Edges:
    """Points where the gradient is largest along its own direction, to a fraction of a pixel."""
    h, w = pictures[0].shape
    rise, across, up = np.full((h, w), -1.0), np.zeros((h, w)), np.zeros((h, w))
    for picture in pictures:
        gy, gx = np.gradient(_smooth(picture))
        size = np.hypot(gx, gy)
        stronger = size > rise
        rise, across, up = (np.where(stronger, new, old) for new, old in ((size, rise), (gx, across), (gy, up)))
    safe = np.maximum(rise, 1e-12)
    nx, ny = across / safe, up / safe
    rows, columns = np.mgrid[1 : h - 1, 1 : w - 1]
    dx, dy = nx[1:-1, 1:-1], ny[1:-1, 1:-1]
    middle = rise[1:-1, 1:-1]
    ahead, behind = (_sampled(rise, columns + s * dx, rows + s * dy) for s in (1, -1))
    peak = (middle > ahead) & (middle >= behind) & (middle > 1e-9)
    if not peak.any():
        return _Edges(np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0, np.intp), (h, w))
    peak &= middle > np.quantile(middle[peak], _WEAK_EDGES)
    offset = 0.5 * (ahead - behind)[peak] / np.maximum(2 * middle - ahead - behind, 1e-12)[peak]
    normals = np.stack([dx[peak], dy[peak]], axis=1)
    points = np.stack([columns[peak], rows[peak]], axis=1) + 0.5 + np.clip(offset, -0.5, 0.5)[:, None] * normals
    return _Edges(points, normals, rows[peak], (h, w))


def _sampled(picture: Floats, x: Floats, y: Floats) -> Floats:
    """The picture at columns x and rows y, bilinear, at most one pixel beyond its inner pixels."""
    left, top = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
    left, top = np.clip(left, 0, picture.shape[1] - 2), np.clip(top, 0, picture.shape[0] - 2)
    fx, fy = x - left, y - top
    flat, width = picture.ravel(), picture.shape[1]
    at = top * width + left
    upper = flat[at] * (1 - fx) + flat[at + 1] * fx
    lower = flat[at + width] * (1 - fx) + flat[at + width + 1] * fx
    values: Floats = upper * (1 - fy) + lower * fy
    return values


def _voted(edges: _Edges) -> list[Circle]:
    """The circles of this level's radii that have most votes for their circumference."""
    h, w = edges.shape
    scores = np.empty((len(_RADII), h, w))
    for index, radius in enumerate(_RADII):
        votes = np.zeros(h * w)
        for sign in (radius, -radius):
            centres = np.floor(edges.points + sign * edges.normals).astype(np.intp)
            inside = ((centres >= 0) & (centres < (w, h))).all(1)
            votes += np.bincount(centres[inside, 1] * w + centres[inside, 0], minlength=h * w)
        scores[index] = _smooth(_smooth(votes.reshape(h, w))) / radius
    pooled = scores + np.roll(scores, 1, 0) + np.roll(scores, -1, 0)
    pooled[[0, -1]] = scores[[0, -1]] * 2
    best, radius_of = pooled.max(0), pooled.argmax(0)
    padded = np.pad(best, 2, constant_values=-1)
    around = np.max([padded[r : r + h, c : c + w] for r in range(5) for c in range(5)], axis=0)
    rows, columns = np.nonzero((best == around) & (best > 0))
    chosen = np.argsort(-best[rows, columns])[:_CANDIDATES]
    return [Circle(columns[i] + 0.5, rows[i] + 0.5, float(_RADII[radius_of[rows[i], columns[i]]])) for i in chosen]


def _fitted(edges: _Edges, circle: Circle, reach: float) -> Circle | None:
    """The circle through the edge points near a circle; None where they make none."""
    reach = max(reach * circle.radius, 1.5)
    x, y, r = circle.x, circle.y, circle.radius
    first, last = np.searchsorted(edges.rows, [y - r - 2 * reach - 1, y + r + 2 * reach + 1])
    points, normals = edges.points[first:last], edges.normals[first:last]
    near = np.abs(np.hypot(points[:, 0] - x, points[:, 1] - y) - r) < 2 * reach
    points, normals = points[near], normals[near]
    for step in range(8):
        width = max(reach * 0.6**step, 0.8)
        dx, dy = points[:, 0] - x, points[:, 1] - y
        distance = np.maximum(np.hypot(dx, dy), 1e-9)
        facing = np.abs(dx * normals[:, 0] + dy * normals[:, 1]) / distance
        weight = np.maximum(1 - ((distance - r) / width) ** 2, 0) ** 2 * (facing > _FACING)
        if np.count_nonzero(weight) < 8:
            return None
        # residual distance − r, linear in the shifts of middle and radius
        jacobian = np.stack([dx / distance, dy / distance, np.ones(len(points))], axis=1)
        normal = jacobian.T @ (weight[:, None] * jacobian) + 1e-9 * np.eye(3)
        shift = np.linalg.solve(normal, jacobian.T @ (weight * (distance - r)))
        if np.abs(shift).max() > r:
            return None
        x, y, r = x + shift[0], y + shift[1], r + shift[2]
    sectors = np.floor((np.arctan2(dy, dx) / (2 * np.pi) + 0.5) * _SECTORS).astype(int) % _SECTORS
    edge = len(np.unique(sectors[weight > 0.1])) / _SECTORS
    h, w = edges.shape
    if not (0 < x < w and 0 < y < h and 4 < r < max(h, w)):
        return None
    return Circle(float(x), float(y), float(r), edge)


def _distinct(circles: Sequence[Circle]) -> list[Circle]:
    """The most complete of circles that are one."""
    kept: list[Circle] = []
    for circle in sorted(circles, key=lambda circle: -circle.edge):
        if all(
            np.hypot(circle.x - other.x, circle.y - other.y) > 0.1 * other.radius + 1
            or abs(circle.radius - other.radius) > 0.08 * other.radius + 1
            for other in kept
        ):
            kept.append(circle)
    return kept
