"""The one solver of all least-squares and kernel systems, regularised to how well the lights are known.

The direction of a photographed light is measured, to between 0.1° and 1°. Some sums of terms change so little over the
photographed lights that errors of this size decide their coefficients. Plain least squares gives them coefficients of
any size. Lights in one ring are an example, because they do not show how pictures change with the height of the light.

So every system has a penalty. For the coefficients c of terms t(light) it is

    cᵀ · penalty · c  =  50 · δ² · mean over the hemisphere of (t·c)² + |slope of t·c|²

The squared error over the 50 photographs of a dome grows by such a sum, on average, if every light is off by δ. This is
the stochastic robust approximation of Boyd & Vandenberghe 2004, "Convex Optimization", section 6.4.1. The mean is over
the hemisphere, not over the photographed lights. So what the lights do not determine becomes as flat as possible. The
penalty is the same for fewer photographs, which leave more to it.

Lights held out of domes chose the size. There, δ = 0.3° costs no basis more than 0.01 dB, and gains HSH of 16 terms up
to 0.2 dB. More would change the scores of ordinary domes by more than 0.05 dB on average.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fastrti.lights import on_spiral

Lights = NDArray[np.float64]
Terms = Callable[[Lights], NDArray[np.float64]]
"""Functions of the light: (L, 3) unit vectors → (L, T). No sum of them is 0 on the whole hemisphere."""
Real = TypeVar("Real", np.float32, np.float64)

LIGHT_ACCURACY = float(np.radians(0.3))
"""δ: how far a photographed light is off, in radians."""

PENALTY = 50 * LIGHT_ACCURACY**2
"""Of a sum of terms whose square and squared slope have the mean 1 over the hemisphere."""

_LOWEST_SINE = np.sin(np.radians(10))  # below, the slope of harmonics grows without bound
_DIRECTIONS = 1000  # that stand for the hemisphere
_STEP = 1e-4  # radians; differences over it stand for slopes


def solve(products: NDArray[Real], penalty: NDArray[Real], right: NDArray[Real]) -> NDArray[Real]:
    """(products + penalty)⁻¹ · right, of one system or of many at once.

    Args:
        products: (…, T, T) positive semidefinite: AᵀA, or the covariance of a kernel.
        penalty: (…, T, T) positive definite: `light_penalty`, or the noise of a kernel.
        right: (…, T, K).

    Returns:
        (…, T, K).
    """
    return np.linalg.solve(products + penalty, right).astype(products.dtype, copy=False)


@lru_cache(maxsize=32)
def light_penalty(terms: Terms) -> NDArray[np.float64]:
    """The penalty of the coefficients of T terms, (T, T), read-only: it is computed once for each `terms`."""
    lights = _hemisphere()
    values = terms(lights)
    squares = values.T @ values
    for step in _STEP * _tangents(lights):
        slopes = (terms(lights + step) - terms(lights - step)) / (2 * _STEP)
        squares += slopes.T @ slopes
    penalty: NDArray[np.float64] = PENALTY / len(lights) * squares
    penalty.flags.writeable = False
    return penalty


def term_solver(terms: Terms, lights: Lights) -> NDArray[np.float64]:
    """What turns the N values of a pixel into the coefficients of T terms, by regularised least squares.

    Args:
        terms: T of them.
        lights: (N, 3) unit vectors.

    Returns:
        (T, N).
    """
    design = terms(lights)
    return solve(design.T @ design, light_penalty(terms), design.T)


def coefficient_covariance(terms: Terms, lights: Lights) -> NDArray[np.float64]:
    """How uncertain the coefficients of T terms are: (AᵀA + penalty)⁻¹, with the terms of the photographs as A.

    The unit is the variance of a photograph about its least-squares fit. So a photograph under a new light has the
    variance 1 + t · covariance · t.

    Source: Rasmussen & Williams 2006, "Gaussian Processes for Machine Learning", eq. 2.8, with the penalty as the
    inverse of the prior covariance.

    Args:
        terms: T of them.
        lights: (N, 3) unit vectors of the photographs.

    Returns:
        (T, T).
    """
    design = terms(lights)
    return solve(design.T @ design, light_penalty(terms), np.eye(design.shape[1]))


def determined_terms(terms: Terms, lights: Lights) -> int:
    """How many of T independent sums of terms the photographs decide more than the penalty does."""
    design = terms(lights)
    products = design.T @ design
    kept = np.linalg.eigvals(solve(products, light_penalty(terms), products))  # 0 … 1, of each sum
    return int((kept.real > 0.5).sum())


def _hemisphere() -> Lights:
    """Directions spread evenly over the hemisphere, on a spiral."""
    return on_spiral(_LOWEST_SINE + (1 - _LOWEST_SINE) * (np.arange(_DIRECTIONS) + 0.5) / _DIRECTIONS)


def _tangents(lights: Lights) -> NDArray[np.float64]:
    """Two unit vectors at right angles to each light and to each other: upwards and around, (2, L, 3)."""
    around = np.stack([-lights[:, 1], lights[:, 0], np.zeros(len(lights))], axis=1)
    around /= np.linalg.norm(around, axis=1, keepdims=True)
    return np.stack([np.cross(lights, around), around])
