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
    found, contradicted = _without_contradictions(rays)
    _, nearness, errors = _lights(rays, found)
    uncertain = np.zeros(len(nearness), bool)
    if distance is not None:
        nearness = np.full(len(nearness), 1 / distance)
    else:
        nearness, uncertain = _pooled(nearness, errors)
    return Lights(_directions(rays, found, nearness), nearness, uncertain, contradicted)


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
    limits = _DISAGREE + 3 * rays.errors
    while True:
        directions, nearness, _ = _lights(rays, found)
        towards = directions - nearness[:, None] * rays.starts
        cosines = (towards * rays.directions).sum(2) / np.linalg.norm(towards, axis=2)
        off = np.where(found, np.arccos(np.clip(cosines, -1, 1)), 0)
        count, worst = found.sum(0), off.argmax(0)
        (wrong,) = np.nonzero((count >= 2) & (off.max(0) >= limits[worst]))
        if not len(wrong):
            return found, contradicted
        contradicted[wrong[count[wrong] == 2]] = True
        found[:, wrong[count[wrong] == 2]] = False
        found[worst[wrong], wrong] = False


def _lights(rays: Rays, found: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Directions, (N, 3); one over the distances, (N,); and their errors, (N,), infinite where they are not known.

    The direction is NaN where no ray is found.
    """
    count = found.sum(0)
    directions = (rays.directions * found[..., None]).sum(0) / np.maximum(count, 1)[:, None]
    nearness, matrices = np.zeros(len(count)), np.zeros((len(count), 4, 4))
    many = np.flatnonzero(count >= 2)
    towards = directions[many]
    for _ in range(4):
        matrices = _normal_matrices(rays, found[:, many], many, directions[many], nearness[many])
        coupling, own = matrices[:, :3, 3], np.maximum(matrices[:, 3, 3], 1e-12)
        across = matrices[:, :3, :3] - coupling[:, :, None] * coupling[:, None] / own[:, None, None]
        smallest = np.linalg.eigh(across)[1][:, :, 0]
        directions[many] = smallest * np.where((smallest * towards).sum(1) < 0, -1, 1)[:, None]
        nearness[many] = -(coupling * directions[many]).sum(1) / own
    errors = np.full(len(count), np.inf)
    basis = np.zeros((len(many), 3, 4))
    basis[:, :2, :3] = np.linalg.svd(directions[many][:, None])[2][:, 1:]  # two vectors at right angles to the light
    basis[:, 2, 3] = 1
    information = basis @ matrices[: len(many)] @ basis.transpose(0, 2, 1)
    known = np.linalg.cond(information) < 1e12
    errors[many[known]] = np.sqrt(np.linalg.inv(information[known])[:, 2, 2])
    directions[count == 0] = np.nan
    return directions, nearness, errors


def _directions(rays: Rays, found: NDArray[np.bool_], nearness: Floats) -> Floats:
    """The directions from the middle of the picture, (N, 3), where the distances are known; NaN without a ray."""
    weights = np.where(found, (1 / rays.errors**2)[:, None], 0)[..., None]
    starts, seen = rays.starts, rays.directions
    along = (starts * seen).sum(2)
    far = nearness <= 0  # else each ray meets the sphere of this radius at one point
    distances = 1 / np.where(far, 1, nearness)
    reach = np.sqrt(np.maximum(along**2 - (starts**2).sum(2) + distances**2, 0)) - along
    mean = (weights * np.where(far[:, None], seen, starts + reach[..., None] * seen)).sum(0)
    with np.errstate(invalid="ignore"):
        directions: Floats = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    return directions


def _normal_matrices(
    rays: Rays, found: NDArray[np.bool_], chosen: NDArray[np.intp], directions: Floats, nearness: Floats
) -> Floats:
    """The normal equations in (u, s) of the chosen photographs, (…, 4, 4), in units of squared errors."""
    starts, seen = rays.starts[:, chosen], rays.directions[:, chosen]
    across = np.eye(3) - seen[..., :, None] * seen[..., None, :]
    rows = np.concatenate([across, -(across @ starts[..., None])], axis=-1)
    lengths = np.linalg.norm(directions - nearness[:, None] * starts, axis=-1)
    weights = np.where(found, 1 / (rays.errors[:, None] * lengths) ** 2, 0)
    matrices: Floats = np.einsum("snki,sn,snkj->nij", rows, weights, rows)
    return matrices
