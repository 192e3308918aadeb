"""Functions of the light: what a light network starts from, and the bases of classical RTI.

Lights are (L, 3) float64 unit vectors everywhere here (`fastrti.lights`).
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

Lights = NDArray[np.float64]
Monomial = tuple[int, int, int]
"""The exponents (a, b, c) of xᵃ·yᵇ·zᶜ."""

PTM_EXPONENTS: tuple[Monomial, ...] = ((2, 0, 0), (0, 2, 0), (1, 1, 0), (1, 0, 0), (0, 1, 0), (0, 0, 0))
"""The terms of a Polynomial Texture Map as monomials: x², y², xy, x, y, 1."""

HSH_TERMS = 16

# The hemispherical harmonics (Gautron et al. 2004) as polynomials of (x·s, y·s, z) with s = sqrt(z/(1+z)), which are
# q·cos φ, q·sin φ and cos θ with q = sqrt(cos θ − cos² θ): sqrt(square/π) · Σ factor · monomial, each
# (a, b, c, factor).
_HARMONICS: tuple[tuple[float, tuple[tuple[int, int, int, int], ...]], ...] = (
    (1 / 2, ((0, 0, 0, 1),)),
    (6, ((1, 0, 0, 1),)),
    (3 / 2, ((0, 0, 1, 2), (0, 0, 0, -1))),
    (6, ((0, 1, 0, 1),)),
    (30, ((2, 0, 0, 1), (0, 2, 0, -1))),
    (30, ((1, 0, 1, 2), (1, 0, 0, -1))),
    (5 / 2, ((0, 0, 0, 1), (0, 0, 1, -6), (0, 0, 2, 6))),
    (30, ((0, 1, 1, 2), (0, 1, 0, -1))),
    (30, ((1, 1, 0, 2),)),
    (140, ((3, 0, 0, 1), (1, 2, 0, -3))),
    (210, ((2, 0, 1, 2), (2, 0, 0, -1), (0, 2, 1, -2), (0, 2, 0, 1))),
    (84, ((1, 0, 0, 1), (1, 0, 1, -5), (1, 0, 2, 5))),
    (7 / 2, ((0, 0, 0, -1), (0, 0, 1, 12), (0, 0, 2, -30), (0, 0, 3, 20))),
    (84, ((0, 1, 0, 1), (0, 1, 1, -5), (0, 1, 2, 5))),
    (210, ((1, 1, 1, 4), (1, 1, 0, -2))),
    (140, ((2, 1, 0, 3), (0, 3, 0, -1))),
)


def monomials(degree: int) -> tuple[Monomial, ...]:
    """All (a, b, c) of xᵃ·yᵇ·zᶜ with a + b + c ≤ degree and c ≤ 1: a basis, since z² = 1 − x² − y² on the sphere.

    4 for degree 1, 16 for degree 3.
    """
    return tuple(
        (a, b, c) for a in range(degree + 1) for b in range(degree + 1 - a) for c in range(min(1, degree - a - b) + 1)
    )


def monomial_terms(points: Lights, exponents: tuple[Monomial, ...] | NDArray[np.int32]) -> Lights:
    """xᵃ·yᵇ·zᶜ of each point and each triple of exponents: (L, 3), (F, 3) → (L, F)."""
    terms: Lights = np.prod(points[:, None, :] ** np.asarray(exponents), axis=2)
    return terms


def ptm_terms(lights: Lights) -> Lights:
    """Polynomial Texture Map terms x², y², xy, x, y, 1 (Malzbender et al. 2001, eq. 1): (L, 3) → (L, 6)."""
    return monomial_terms(lights, PTM_EXPONENTS)


def hsh_terms(lights: Lights) -> Lights:
    """Hemispherical harmonics 1–16 (Gautron et al. 2004): (L, 3) → (L, 16). The first 4, 9, 16 are orders 2, 3, 4.

    A light slightly below the horizon counts as on it, at the same azimuth.
    """
    exponents, factors = harmonics(HSH_TERMS)
    products = monomial_terms(_harmonic_points(lights), exponents)[:, None] * factors
    terms: Lights = products.sum(axis=2)  # not a matrix product: what cancels exactly must stay 0
    return terms


@cache
def harmonics(terms: int) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """The first harmonics as polynomials of (x·s, y·s, z), s = sqrt(z/(1+z)).

    Returns:
        The exponents of M monomials, (M, 3), and the factor of each monomial in each harmonic, (terms, M).
    """
    used = sorted({(a, b, c) for _, parts in _HARMONICS[:terms] for a, b, c, _ in parts})
    factors = np.zeros((terms, len(used)))
    for term, (square, parts) in enumerate(_HARMONICS[:terms]):
        for a, b, c, factor in parts:
            factors[term, used.index((a, b, c))] = factor * np.sqrt(square / np.pi)
    return np.array(used, np.int32), factors


def _harmonic_points(lights: Lights) -> Lights:
    z = np.clip(lights[:, 2], 0, 1)
    across = np.hypot(lights[:, 0], lights[:, 1])
    stretch = np.sqrt(z - z * z) / np.where(across > 0, across, 1)  # equals s on the unit sphere, 0 at the pole
    return np.stack([lights[:, 0] * stretch, lights[:, 1] * stretch, z], axis=1)


def gaussian_weights(lights: Lights, nodes: NDArray[np.floating], sigma: float) -> Lights:
    """exp(−|l − n|²/σ²) over its sum: the weight of each node at each light, (L, 3), (M, 3) → (L, M)."""
    exponents = -((lights[:, None] - nodes.astype(np.float64)) ** 2).sum(axis=2) / sigma**2
    weights: Lights = np.exp(exponents - exponents.max(axis=1, keepdims=True))  # the shift keeps far lights finite
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def grid_weights(light: Lights, resolution: int) -> Lights:
    """Bilinear weights of the nodes of a square grid on the octahedral map of the hemisphere.

    Args:
        light: (3,), one light.
        resolution: the grid is resolution × resolution, node = row·resolution + column.

    Returns:
        (resolution²,), at most four of them not 0.
    """
    x, y, _ = light
    column, row = (np.array([x + y, y - x]) / np.abs(light).sum() * 0.5 + 0.5) * (resolution - 1)
    left, below = (min(max(int(v), 0), resolution - 2) for v in (column, row))
    dx, dy = column - left, row - below
    weights = np.zeros((resolution, resolution))
    weights[below : below + 2, left : left + 2] = np.outer([1 - dy, dy], [1 - dx, dx])
    return weights.ravel()
