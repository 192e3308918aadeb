"""Where the lights are, from the rays that spheres reflect towards them.

A light at p is seen from the sphere's point o in the direction d: p − o is parallel to d. With p = u / s, where u is
the direction from the middle of the picture and s is one over the distance, (I − d dᵀ)(u − s o) = 0 is linear in both,
and a light far away is s = 0. Squares are weighted as errors of the angle.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.spheres.sphere_view import Floats

_NEAREST, _SURE = 0.12, 2.0  # one over the distance, in picture widths and in its errors: what is less is far away
_CERTAIN = 0.15  # of the distance: what is less certain is drawn to the distance of the others
_ALIKE = 0.03  # of the distance: how different lights of a dome are at least
_DISAGREE = np.radians(6)  # between a ray and the light


@dataclass(frozen=True, eq=False)
class Rays:
    """The rays of all photographs from all spheres, in picture widths from the middle of the picture.

    Attributes:
        starts: (S, N, 3) points on the spheres.
        directions: (S, N, 3) unit vectors towards the lights.
        found: (S, N) bool, which are known.
        errors: (S,) how well a direction is known, in radians.
    """

    starts: Floats
    directions: Floats
    found: NDArray[np.bool_]
    errors: Floats


@dataclass(frozen=True, eq=False)
class Lights:
    """The lights of N photographs.

    Attributes:
        directions: (N, 3) unit vectors from the middle of the picture; NaN where there is no light.
        nearness: (N,) one over the distance in picture widths; 0 for lights far away.
        uncertain: (N,) bool, lights near by whose distance is that of the others.
        contradicted: (N,) bool, photographs whose spheres see different lights.
    """

    directions: Floats
    nearness: Floats
    uncertain: NDArray[np.bool_]
    contradicted: NDArray[np.bool_]

    @property
    def near(self) -> bool:
        """Whether the lights stand near."""
        return bool((self.nearness > 0).any())


def solve(rays: Rays, distance: float | None = None) -> Lights:
    """The lights that fit the rays best.

    Args:
        rays: one or more spheres.
        distance: of all lights from the middle of the picture, in picture widths, where a dome holds them.
    """
    count = rays.found.shape[1]
    found, contradicted = _without_contradictions(rays)
    results = [_light(rays, found[:, n], n) for n in range(count)]
    directions = np.array([direction for direction, _, _ in results])
    nearness, errors = (np.array([result[k] for result in results]) for k in (1, 2))
    uncertain = np.zeros(count, bool)
    if distance is not None:
        nearness = np.full(count, 1 / distance)
    else:
        nearness, uncertain = _pooled(nearness, errors)
    for n in range(count):
        directions[n] = _direction(rays, found[:, n], n, nearness[n])
    return Lights(directions, nearness, uncertain, contradicted)


def _pooled(nearness: Floats, errors: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """One over the distances, each drawn to those of the others as its error says, and which were drawn much.

    The distances of a dome differ little, those of a hand more: how much, the measured ones say (empirical Bayes).
    """
    measured = np.isfinite(errors)
    far = np.zeros_like(nearness), np.zeros(len(nearness), bool)
    if not measured.any():
        return far
    weights = np.where(measured, 1 / errors**2, 0)
    usual = float((weights * nearness).sum() / weights.sum())
    if usual < _NEAREST or usual * np.sqrt(weights.sum()) < _SURE:
        return far
    spread = float((weights * (nearness - usual) ** 2).sum() / weights.sum()) - measured.sum() / weights.sum()
    prior = 1 / max(spread, (_ALIKE * usual) ** 2)
    drawn = (weights * nearness + prior * usual) / (weights + prior)
    return np.maximum(drawn, 0.05 * usual), errors > _CERTAIN * usual


def _without_contradictions(rays: Rays) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rays to use, (S, N), and the photographs (N,) where two rays say different things."""
    found = rays.found.copy()
    contradicted = np.zeros(found.shape[1], bool)
    for n in range(found.shape[1]):
        while found[:, n].sum() >= 2:
            direction, nearness, _ = _light(rays, found[:, n], n)
            towards = direction - nearness * rays.starts[:, n]
            towards /= np.linalg.norm(towards, axis=1, keepdims=True)
            off = np.arccos(np.clip((towards * rays.directions[:, n]).sum(1), -1, 1)) * found[:, n]
            if off.max() < _DISAGREE + 3 * rays.errors[off.argmax()]:
                break
            if found[:, n].sum() == 2:
                found[:, n] = False
                contradicted[n] = True
            else:
                found[off.argmax(), n] = False
    return found, contradicted


def _light(rays: Rays, found: NDArray[np.bool_], n: int) -> tuple[Floats, float, float]:
    """Direction, one over the distance, and its error, infinite where it is not known."""
    if not found.any():
        return np.full(3, np.nan), 0.0, np.inf
    if found.sum() == 1:
        return rays.directions[found, n][0], 0.0, np.inf
    matrix, direction, nearness = np.eye(4), rays.directions[found, n].mean(0), 0.0
    for _ in range(4):
        matrix = _normal_matrix(rays, found, n, direction, nearness)
        coupling, own = matrix[:3, 3], max(matrix[3, 3], 1e-12)
        _, vectors = np.linalg.eigh(matrix[:3, :3] - np.outer(coupling, coupling) / own)
        direction = vectors[:, 0] * np.sign(vectors[:, 0] @ rays.directions[found, n].sum(0) or 1)
        nearness = float(-(coupling @ direction) / own)
    across = np.linalg.svd(direction[None])[2][1:]  # two vectors at right angles to the light
    basis = np.zeros((3, 4))
    basis[:2, :3], basis[2, 3] = across, 1
    information = basis @ matrix @ basis.T
    known = np.linalg.cond(information) < 1e12
    return direction, nearness, float(np.sqrt(np.linalg.inv(information)[2, 2])) if known else np.inf


def _direction(rays: Rays, found: NDArray[np.bool_], n: int, nearness: float) -> Floats:
    """The direction from the middle of the picture, where the distance is known."""
    if not found.any():
        return np.full(3, np.nan)
    starts, seen = rays.starts[found, n], rays.directions[found, n]
    weights = 1 / rays.errors[found] ** 2
    if nearness <= 0:
        mean = (weights[:, None] * seen).sum(0)
    else:  # each ray meets the sphere of this radius at one point
        along = (starts * seen).sum(1)
        reach = np.sqrt(np.maximum(along**2 - (starts**2).sum(1) + nearness**-2, 0)) - along
        mean = (weights[:, None] * (starts + reach[:, None] * seen)).sum(0)
    result: Floats = mean / np.linalg.norm(mean)
    return result


def _normal_matrix(rays: Rays, found: NDArray[np.bool_], n: int, direction: Floats, nearness: float) -> Floats:
    """The normal equations in (u, s), (4, 4), in units of squared errors."""
    matrix = np.zeros((4, 4))
    for start, seen, error in zip(rays.starts[found, n], rays.directions[found, n], rays.errors[found]):
        across = np.eye(3) - np.outer(seen, seen)
        rows = np.hstack([across, -(across @ start)[:, None]])
        length = np.linalg.norm(direction - nearness * start)
        matrix += rows.T @ rows / (error * length) ** 2
    return matrix
