"""Ways to predict a pixel's value at a new light as a weighted sum of its photographed values."""

import numpy as np
from numpy.typing import NDArray

from fastrti.objects.light_terms import monomial_terms, monomials
from fastrti.training.settings import InterpolatorSettings


class LinearInterpolators:
    """M ways to predict a pixel's value at a new light as a weighted sum of its N photographed values.

    Args:
        lights: (N, 3) float64 unit vectors; slightly below the horizon is fine.
        settings: which methods.
    """

    def __init__(self, lights: NDArray[np.float64], settings: InterpolatorSettings):
        self.lights = lights
        self._processes, self._axes = settings.processes, np.array([1, 1, settings.vertical_stretch])
        self._features = monomials(max(settings.degrees))
        degrees = [degree for degree in settings.degrees if len(monomials(degree)) < len(lights)]
        self._polynomials = [self._least_squares(degree) for degree in degrees]
        self._inverses = [self._inverse(length, noise) for length, noise in self._processes]

    def weights(self, lights: NDArray[np.float64]) -> NDArray[np.float64]:  # (L, 3) → (M, L, N)
        """The weights of the N photographs at each of L lights, by each method."""
        terms = monomial_terms(lights, self._features)
        kernels = [self._kernel(lights, self.lights, length) for length, _ in self._processes]
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
        covariance = self._kernel(self.lights, self.lights, length) + noise * np.eye(len(self.lights))
        return np.linalg.inv(covariance).astype(np.float64)

    def _kernel(self, a: NDArray[np.float64], b: NDArray[np.float64], length: float) -> NDArray[np.float64]:
        """Squared exponential of the chord plus a linear kernel, (A, 3), (B, 3) → (A, B)."""
        a, b = a * self._axes, b * self._axes
        squared_chord = ((a[:, None] - b) ** 2).sum(-1)
        kernel: NDArray[np.float64] = np.exp(-squared_chord / (2 * length**2)) + 0.5 * (a @ b.T) + 0.5
        return kernel
