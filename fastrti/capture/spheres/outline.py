"""The outline of a sphere to a fraction of a pixel.

A glossy surface reflects everything at its rim (Schlick 1994: with (1 − cos)⁵), so that the outline itself may hardly
show, and the strongest edge lies inside it. Each sector of the circle is therefore compared with a model: what the
table looks like outside, and a constant and Schlick's term inside. The circle that explains all sectors best is
taken.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.spheres.circles import Circle

Floats = NDArray[np.float64]

SECTORS = 60
_STEP = 0.5  # pixels between samples along a radius
_BLUR = 0.5  # pixels, of a photographed edge
_WINDOW = 0.14  # of the radius, on both sides of the edge
_NOISE = 2e-4  # variance of a logarithm, or of light as a share of the usual, where it is smallest
_SHOWN = 4.0  # the log-likelihood that makes an edge of a sector


def refined(
    sampled: Callable[[Floats], Floats], circle: Circle, span: tuple[float, float], reach: float
) -> tuple[Circle, float]:
    """The circle near one that explains the picture best.

    Args:
        sampled: the picture at points along rays, (rays, points, 2) → (rays, points, C): in logarithms of light, or in
            light, of which about 1 is usual along a ray.
        circle: where to look.
        span: the smallest and the largest radius, as shares of the circle's.
        reach: how far the middle may be off, as a share of the radius.

    Returns:
        the circle, with the share of its sectors that show an edge; and the mean log-likelihood of a sector.
    """
    angles = (np.arange(SECTORS, dtype=np.float64) + 0.5) * (2 * np.pi / SECTORS)
    window = max(round(_WINDOW * circle.radius * span[1] / _STEP) * _STEP, 3.0)
    low = max(span[0] * circle.radius - reach * circle.radius, 2.0)
    high = span[1] * circle.radius + reach * circle.radius
    radii: Floats = np.arange(max(low - window, 0.5), high + window + _STEP, _STEP)
    values = _polar(sampled, circle, angles, radii)
    edges: Floats = np.arange(low, high + 1e-9, _STEP / 2)
    gains = _gains(values, radii, edges, window)
    x, y, r, score = _best(gains, edges, angles, circle.radius, span, reach)
    at = _places(x, y, r, angles)
    strength = _looked_up(gains, edges, at)
    shown = float((strength > _SHOWN).mean())
    return Circle(circle.x + x, circle.y + y, r, shown), score


def _polar(sampled: Callable[[Floats], Floats], circle: Circle, angles: Floats, radii: Floats) -> Floats:
    """(S, R, C): the mean of three rays in each sector."""
    rays = (angles[:, None] + np.array([-1, 0, 1]) * (2 * np.pi / SECTORS / 3)).ravel()
    around = np.stack([np.cos(rays), np.sin(rays)], axis=-1)
    points = np.array([circle.x, circle.y]) + around[:, None] * radii[:, None]
    values = sampled(points)
    means: Floats = values.reshape(len(angles), 3, len(radii), -1).mean(1)
    return means


def _gains(values: Floats, radii: Floats, edges: Floats, window: float) -> Floats:
    """(S, T): how much better each sector is explained with an edge at each place than without."""
    rho, at = radii, edges[:, None]
    # (T, R): for each edge as many samples. The window ends between two of them, so that no rounding error decides.
    near = (rho - at > _STEP / 8 - window) & (rho - at < _STEP / 8 + window)
    inside = 1 / (1 + np.exp(np.minimum((rho - at) / (_BLUR / 2), 50)))
    facing = np.sqrt(np.maximum(1 - np.minimum(rho / at, 1) ** 2, 0))
    ones = np.ones_like(inside)
    plain = np.stack([ones, rho - at], axis=2) * near[:, :, None]
    model = np.stack([ones, inside, inside * (1 - facing) ** 5], axis=2) * near[:, :, None]
    seen = values.transpose(0, 2, 1)  # (S, C, R)
    squares, counts = seen**2 @ near.T, near.sum(1)  # (S, C, T), (T,)
    without, with_edge = (_residual(seen, squares, counts, terms) for terms in (plain, model))
    gains: Floats = 0.5 * counts * _STEP * np.log(without / with_edge).sum(1)
    return gains


def _residual(values: Floats, squares: Floats, counts: NDArray[np.intp], terms: Floats) -> Floats:
    """(S, C, T): the squares that the terms (T, R, K) of each place leave of values (S, C, R)."""
    bases, _ = np.linalg.qr(terms)
    places, samples, size = bases.shape
    shares = values @ bases.transpose(1, 0, 2).reshape(samples, places * size)
    explained = (shares.reshape(*values.shape[:2], places, size) ** 2).sum(3)
    residual: Floats = np.maximum(squares - explained, 0) + _NOISE * counts
    return residual


def _places(x: float | Floats, y: float | Floats, r: float | Floats, angles: Floats) -> Floats:
    """How far from the old middle a circle's edge is, in each direction: (…, S)."""
    x, y, r = (np.asarray(value)[..., None] for value in (x, y, r))
    along, aside = x * np.cos(angles) + y * np.sin(angles), x * np.sin(angles) - y * np.cos(angles)
    places: Floats = along + np.sqrt(np.maximum(r**2 - aside**2, 0))
    return places


def _looked_up(gains: Floats, edges: Floats, places: Floats) -> Floats:
    at = np.clip((places - edges[0]) / (edges[1] - edges[0]), 0, len(edges) - 1.001)
    left = at.astype(np.intp)
    sectors = np.arange(len(gains))
    values: Floats = gains[sectors, left] * (1 - (at - left)) + gains[sectors, left + 1] * (at - left)
    return values


def _best(
    gains: Floats, edges: Floats, angles: Floats, radius: float, span: tuple[float, float], reach: float
) -> tuple[float, float, float, float]:
    """The shift of the middle, the radius and the score of the best circle: a grid that gets finer."""
    gains = np.maximum(gains, 0)
    most = gains.max(1)  # a few strong sectors shall not decide alone
    shares = gains * (np.minimum(most, np.quantile(most, 0.75)) / np.maximum(most, 1e-3))[:, None]
    x = y = 0.0
    r = radius * (span[0] + span[1]) / 2
    half = np.array([reach * radius, reach * radius, radius * (span[1] - span[0]) / 2])
    steps = (9, 9, max(9, int(2 * half[2]) + 1))
    score = -np.inf
    for _ in range(12):
        axes = [middle + np.linspace(-h, h, n) for middle, h, n in zip((x, y, r), half, steps)]
        grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
        scores = _looked_up(shares, edges, _places(grid[:, 0], grid[:, 1], grid[:, 2], angles)).mean(-1)
        best = scores.argmax()
        x, y, r = map(float, grid[best])
        score = float(scores[best])
        half, steps = np.maximum(half * 0.5, 0.02), (5, 5, 5)
        if half.max() <= 0.02:
            break
    return x, y, r, score
