"""Ways to predict a pixel's value at a new light as a weighted sum of its photographed values."""

from functools import cache, partial

import numpy as np
from numpy.typing import NDArray

from fastrti.least_squares import Terms, coefficient_covariance, solve, term_solver
from fastrti.objects.light_terms import monomial_terms, monomials
from fastrti.photographs.coverage import different_lights, same_light
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
        degrees = _degrees(settings.degrees, len(different_lights(lights)))
        self._polynomials = [_polynomial(degree) for degree in degrees]
        self._solvers = [term_solver(terms, lights) for terms in self._polynomials]
        self._covariances = [coefficient_covariance(terms, lights) for terms in self._polynomials]
        self._inverses = [self._inverse(length, noise) for length, noise in self._processes]

    def at(self, lights: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """How each method predicts values under L lights, and how uncertain it is of them.

        The variances are in a unit of each method's own. In a wide gap between the photographs, a method that
        extrapolates there is far more uncertain than others.

        Source: Rasmussen & Williams 2006, eq. 2.26 (Gaussian processes); `coefficient_covariance` (least squares).

        Args:
            lights: (L, 3) unit vectors.

        Returns:
            (M, L, N), the weights of the photographs, and (M, L), the variances of the predictions.
        """
        weights, variances = [], []
        for terms, solver, covariance in zip(self._polynomials, self._solvers, self._covariances):
            values = terms(lights)
            weights.append(values @ solver)
            variances.append(1 + ((values @ covariance) * values).sum(1))
        for (length, noise), inverse in zip(self._processes, self._inverses):
            kernel = self._kernel(lights, self.lights, length)
            prior = 1.5 + 0.5 * np.square(lights * self._axes).sum(1)  # the kernel of each light with itself
            weights.append(kernel @ inverse)
            variances.append(prior + noise - (weights[-1] * kernel).sum(1))
        return np.stack(weights), np.stack(variances)

    def leave_one_out(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """What each method makes of photographs that are predicted from those of other lights.

        Photographs of one light are left out together: each would predict the others at once.

        Source: Rasmussen & Williams 2006, eq. 5.12 (Gaussian processes); the PRESS residual (least squares).

        Returns:
            (M, N, N), maps N values to the N residuals, and (M, N), the variances of the predictions as in `at`.
        """
        smoothers = [terms(self.lights) @ solver for terms, solver in zip(self._polynomials, self._solvers)]
        makers = np.stack([np.eye(len(self.lights)) - smoother for smoother in smoothers] + self._inverses)
        residuals, variances = np.empty_like(makers), np.empty(makers.shape[:2])
        for index, same in enumerate(same_light(self.lights)):
            (left_out,) = np.nonzero(same)
            own = left_out.searchsorted(index)
            among = np.linalg.inv(makers[:, left_out][:, :, left_out])
            residuals[:, index] = (among[:, [own]] @ makers[:, left_out])[:, 0]
            variances[:, index] = among[:, own, own]
        return residuals, variances

    def _inverse(self, length: float, noise: float) -> NDArray[np.float64]:  # (N, N)
        one = np.eye(len(self.lights))
        return solve(self._kernel(self.lights, self.lights, length), noise * one, one)

    def _kernel(self, a: NDArray[np.float64], b: NDArray[np.float64], length: float) -> NDArray[np.float64]:
        """Squared exponential of the chord plus a linear kernel, (A, 3), (B, 3) → (A, B)."""
        a, b = a * self._axes, b * self._axes
        squared_chord = ((a[:, None] - b) ** 2).sum(-1)
        kernel: NDArray[np.float64] = np.exp(-squared_chord / (2 * length**2)) + 0.5 * (a @ b.T) + 0.5
        return kernel


@cache
def _polynomial(degree: int) -> Terms:
    """All monomials up to a degree; the same function each time, so that its penalty is computed once."""
    return partial(monomial_terms, exponents=monomials(degree))


def _degrees(degrees: tuple[int, ...], lights: int) -> list[int]:
    """The degrees with fewer terms than there are lights, and always the lowest: others repeat the photographs."""
    return [degree for degree in degrees if degree == min(degrees) or len(monomials(degree)) < lights]
