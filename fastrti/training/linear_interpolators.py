"""Ways to predict a pixel's value at a new light as a weighted sum of its photographed values."""

import numpy as np
from numpy.typing import NDArray

from fastrti.objects.light_terms import monomial_terms, monomials

DEGREES = (1, 2, 3)  # of the polynomials
# Gaussian processes: length of the squared exponential (3-D chord), noise variance relative to its 1. Of others in
# 0.15–1.2 and 1e-3–0.2 only 0.15 adds to these on held-out dome lights, on glitter; between rings it costs as much.
PROCESSES = ((0.25, 3e-2), (0.4, 3e-2), (0.7, 1e-3), (0.7, 3e-2))


class LinearInterpolators:
    """M ways to predict a pixel's value at a new light as a weighted sum of its N photographed values.

    Args:
        lights: (N, 3) float64 unit vectors; slightly below the horizon is fine.
    """

    def __init__(self, lights: NDArray[np.float64]):
        self.lights = lights
        self._features = monomials(max(DEGREES))
        self._polynomials = [self._least_squares(degree) for degree in DEGREES if len(monomials(degree)) < len(lights)]
        self._inverses = [self._inverse(length, noise) for length, noise in PROCESSES]

    def weights(self, lights: NDArray[np.float64]) -> NDArray[np.float64]:  # (L, 3) → (M, L, N)
        """The weights of the N photographs at each of L lights, by each method."""
        terms = monomial_terms(lights, self._features)
        kernels = [_kernel(lights, self.lights, length) for length, _ in PROCESSES]
        return np.stack([terms @ p for p in self._polynomials] + [k @ i for k, i in zip(kernels, self._inverses)])

    def leave_one_out(self) -> NDArray[np.float64]:  # (M, N, N)
        """Maps N values to the N residuals of predicting each from all the others, by each method.

        Source: Rasmussen & Williams 2006, eq. 5.12 (Gaussian processes); the PRESS residual (least squares).
        """
        terms = monomial_terms(self.lights, self._features)
        residual_makers = [np.eye(len(terms)) - terms @ p for p in self._polynomials]
        return np.stack([matrix / matrix.diagonal()[:, None] for matrix in residual_makers + self._inverses])

    def _least_squares(self, degree: int) -> NDArray[np.float64]:  # (F, N); the rows of higher degrees are 0
        kept = [sum(feature) <= degree for feature in self._features]
        solution = np.zeros((len(kept), len(self.lights)))
        solution[kept] = np.linalg.pinv(monomial_terms(self.lights, self._features)[:, kept])
        return solution

    def _inverse(self, length: float, noise: float) -> NDArray[np.float64]:  # (N, N)
        covariance = _kernel(self.lights, self.lights, length) + noise * np.eye(len(self.lights))
        return np.linalg.inv(covariance).astype(np.float64)


def _kernel(a: NDArray[np.float64], b: NDArray[np.float64], length: float) -> NDArray[np.float64]:
    """Squared exponential of the chord plus a linear kernel, (A, 3), (B, 3) → (A, B)."""
    squared_chord = ((a[:, None] - b) ** 2).sum(-1)
    kernel: NDArray[np.float64] = np.exp(-squared_chord / (2 * length**2)) + 0.5 * (a @ b.T) + 0.5
    return kernel
