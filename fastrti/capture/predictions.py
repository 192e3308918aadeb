"""What all the other photographs predict of each one: the yardstick of exposures, shifts, lights and checks.

A pixel's values change smoothly with the light, so the photographs around a light predict the one under it. The
prediction is a weighted sum of photographs (`fastrti.training.linear_interpolators`), the same for all pixels. A
photograph never predicts itself. A bad photograph spoils the predictions of its neighbours. So the worst are left out
of all predictions, one after the other, where that makes the others agree better. They are predicted all the same.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastrti.training.linear_interpolators import LinearInterpolators
from fastrti.training.settings import InterpolatorSettings

Values = NDArray[np.float32]

_SUSPECT = 1.6  # times the error that is expected under its light
_SUSPECTS = 4  # tried at once
_SPOILS = 0.25  # natural logarithm by which the others' errors shrink in all without a bad photograph
_MOST_LEFT_OUT = 0.25  # of the photographs
_SHARE_STEPS = 100
_MOST_VALUES = 1 << 11  # that decide on shares and bad photographs
_LENGTH, _NOISE = 0.4, 3e-2  # of the process that tells the error to expect
_LEAST_ERROR = 1e-4  # added to all, so that photographs without a difference have a ratio


@dataclass(frozen=True, eq=False)
class Predictor:
    """Predicts each of N photographs from all the others.

    Attributes:
        lights: (N, 3) unit vectors, of the photographs.
        weights: (N, N) float32. Row n predicts photograph n; its own column is 0.
        shares: (M,) of the methods of interpolation, with the sum 1.
        left_out: (N,) bool, the photographs that predict no other because the others agree better without them.
        errors: (N,) root-mean-square errors of the predictions.
        surprises: (N,) the same, relative to what is expected at each light's distance from the others; 1 is the median
            of the photographs that are not left out.
    """

    lights: NDArray[np.float64]
    weights: Values
    shares: NDArray[np.float64]
    left_out: NDArray[np.bool_]
    errors: NDArray[np.float64]
    surprises: NDArray[np.float64]
    _methods: LinearInterpolators
    _every_weight: NDArray[np.float64]  # (M, N, N), of each method

    def __call__(self, values: Values) -> Values:
        """The predictions of any pixels: (N, …) float32 → (N, …) float32, not clamped."""
        predicted = self.weights @ values.reshape(len(values), -1)
        return predicted.reshape(values.shape)

    def at(self, index: int, lights: NDArray[np.float64]) -> Values:
        """Weights that predict photograph `index` from the others as if its light were another.

        Args:
            index: the photograph, which does not count itself.
            lights: (L, 3) unit vectors.

        Returns:
            (L, N) float32.
        """
        good = np.flatnonzero(~self.left_out)
        every = np.zeros((len(self.shares), len(lights), len(self.lights)))
        every[:, :, good] = self._methods.at(lights)[0]
        own = every[:, :, index].copy()
        every[:, :, index] = 0
        every += own[:, :, None] * self._every_weight[:, None, index]  # as if it had the value that is predicted of it
        weights: Values = np.tensordot(self.shares, every, axes=1).astype(np.float32)
        return weights


def predict(
    values: Values,  # (N, …), of one kind of light: all encoded, or all linear
    lights: NDArray[np.float64],  # (N, 3)
    settings: InterpolatorSettings | None = None,
    left_out: NDArray[np.bool_] | None = None,  # (N,)
) -> Predictor:
    """Decides how photographs are predicted from each other.

    Args:
        values: (N, …) float32 of some pixels; all that count.
        lights: (N, 3) unit vectors, N ≥ 2.
        settings: the methods of interpolation; their mix is the one with the least error.
        left_out: photographs that are known to be bad. None knows of none.
    """
    settings = settings or InterpolatorSettings()
    flat = np.ascontiguousarray(values.reshape(len(values), -1)[:, :: max(1, values[0].size // _MOST_VALUES)])
    best = _predictor(flat, lights, np.zeros(len(lights), bool) if left_out is None else left_out, settings)
    while best.left_out.sum() + 1 <= _MOST_LEFT_OUT * len(lights):
        suspects = [i for i in best.surprises.argsort()[::-1] if not best.left_out[i] and best.surprises[i] > _SUSPECT]
        without = [_predictor(flat, lights, _added(best.left_out, i), settings) for i in suspects[:_SUSPECTS]]
        gains = [_agreement(best, other) for other in without]
        if not gains or max(gains) < _SPOILS:
            break
        best = without[int(np.argmax(gains))]
    return best


def _added(left_out: NDArray[np.bool_], index: int) -> NDArray[np.bool_]:
    more: NDArray[np.bool_] = left_out.copy()
    more[index] = True
    return more


def _agreement(before: Predictor, after: Predictor) -> float:
    """How much better the photographs that `after` does not leave out are predicted there, summed as logarithms."""
    good = ~after.left_out
    return float(np.log(before.errors[good] / after.errors[good]).sum())


def _predictor(
    values: Values, lights: NDArray[np.float64], left_out: NDArray[np.bool_], settings: InterpolatorSettings
) -> Predictor:
    good = np.flatnonzero(~left_out)
    methods = LinearInterpolators(lights[good], settings)
    residuals, _ = methods.leave_one_out()  # (M, G, G)
    weights = np.zeros((len(residuals), len(lights), len(lights)))
    weights[:, good[:, None], good] = np.eye(len(good)) - residuals
    weights[:, np.flatnonzero(left_out)[:, None], good] = methods.at(lights[left_out])[0]
    weights[:, np.arange(len(lights)), np.arange(len(lights))] = 0  # exactly
    shares = _shares(residuals.astype(np.float32) @ values[good])
    mixed = np.tensordot(shares, weights, axes=1).astype(np.float32)
    errors = np.sqrt(np.square(values - mixed @ values).mean(1)).astype(np.float64) + _LEAST_ERROR
    surprises = errors / _expected(lights, good)
    surprises /= np.median(surprises[good])
    return Predictor(lights, mixed, shares, left_out, errors, surprises, methods, weights)


def _expected(lights: NDArray[np.float64], good: NDArray[np.intp]) -> NDArray[np.float64]:  # (N,)
    """The deviations to expect of predictions from the good photographs (Rasmussen & Williams 2006, eqs. 2.26, 5.12).

    They are those of a Gaussian process over the lights, and grow with the distance to the others.
    """
    squared_chord = np.square(lights[:, None] - lights[good]).sum(-1)
    kernel = np.exp(-squared_chord / (2 * _LENGTH**2))  # (N, G)
    inverse = np.linalg.inv(kernel[good] + _NOISE * np.eye(len(good)))
    variances = 1 + _NOISE - np.einsum("ng,gh,nh->n", kernel, inverse, kernel)
    variances[good] = 1 / inverse.diagonal()
    deviations: NDArray[np.float64] = np.sqrt(variances)
    return deviations


def _shares(errors: NDArray[np.floating]) -> NDArray[np.float64]:
    """The shares ≥ 0 of sum 1 with the least error, (M, N, V) → (M,). Every photograph counts alike, hard or easy."""
    scaled = errors / np.sqrt(np.square(errors).mean((0, 2), keepdims=True) + 1e-12)
    flat = scaled.reshape(len(errors), -1)
    covariances = flat @ flat.T / flat.shape[1]
    shares = np.full(len(errors), 1 / len(errors))
    for _ in range(_SHARE_STEPS):
        gradient = covariances @ shares / covariances.diagonal().min()
        shares = shares * np.exp(-0.5 * (gradient - gradient.min()))
        shares /= shares.sum()
    return shares
