"""Exposures: how much brighter each photograph is than the others say, and photographs with that taken out.

Two kinds of evidence decide the gain of a photograph, the factor of its light.

* Matt surfaces: a lit pixel without a highlight shows albedo · (normal · light), after Lambert. All photographs
  together decide normals and gains. This is semi-calibrated photometric stereo (Cho et al. 2018, "Semi-Calibrated
  Photometric Stereo"), with weights that drop whatever does not follow: shadows, highlights, clipped samples. It tells
  gains to about 1 % where the object has matt parts.
* The predictions of `fastrti.capture.predictions`, which need no matt surface and tell gains to some percent.

Both leave sums of gains open that change smoothly with the light, because a flat object under them looks tilted, or
lit by lamps that are stronger from one side. So gains are drawn to 1 as strongly as random exposures are, and nothing
is taken for an exposure that such a sum can explain.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.predictions import predict
from fastrti.capture.samples import PixelSample, sample_pixels
from fastrti.photographs.checks import Samples
from fastrti.photographs.corrections import Correction
from fastrti.photographs.coverage import different_lights
from fastrti.photographs.linear_light import LinearLight
from fastrti.photographs.mlic import Mlic
from fastrti.progress import counted
from fastrti.srgb import srgb_decode, srgb_encode

Array = NDArray[np.float64]

LEAST_LIGHTS = 12
"""Fewer lights do not tell gains from surfaces."""

UNEVEN = 0.07
"""Natural logarithm, a tenth of a stop: gains that are more uneven are corrected. Even captures of glossy and of matt
objects stay below two thirds of it."""

_PIXELS = 1200
_ROUNDS, _FREE_ROUNDS = 14, 4
_SPREAD = 0.15  # of the natural logarithm of random gains: a third of a stop either way
_PREDICTED_EVERY = 3  # rounds
_MATT_ERROR = 0.3  # of one gain: in spreads of matt residuals
_PREDICTED_ERROR, _PREDICTED_SHARE = 0.04, 0.5  # of one gain: at least, and in spreads of what is predicted
_SMOOTH_ERROR = 0.01  # of all gains together, as a smooth function of the light: no surface is quite matt
_SMOOTH_PREDICTED = 0.1  # the same of predictions, which follow any smooth function
_HIGHLIGHT = 0.95  # cosine between a normal and the half vector: above it are highlights
_GRAZING = 0.12  # cosine between a normal and a light: below it is the edge of the shadow
_EXPLAINED = 0.5  # of the squares may be left by a gain that is the only fault
_ENOUGH = 0.05  # of the pixels: as many tell a gain as well as all do


@dataclass(frozen=True, eq=False)
class Gains:
    """How bright the photographs are.

    Attributes:
        logarithms: (N,) natural logarithms of the gains in linear light, of mean 0. 0 where a photograph is wrong in
            another way, such as by its light: no gain explains it.
        uneven: (N,) the part of them that no smooth function of the light explains.
    """

    logarithms: Array
    uneven: Array

    @property
    def stops(self) -> Array:
        """(N,) in stops: 1 is twice the light."""
        stops: Array = self.logarithms / np.log(2)
        return stops

    @property
    def are_uneven(self) -> bool:
        """Whether they differ by more than the estimate can be wrong."""
        return float(self.uneven.std()) > UNEVEN


def even_exposures(mlic: Mlic, out: Samples | None = None) -> Mlic:
    """The collection with gains taken out, or itself where they are even.

    White samples stay white, because the light may have been brighter. What becomes brighter than white is white too.

    Args:
        mlic: the photographs.
        out: where the corrected photographs go, see `fastrti.capture.corrections.correct`. None takes new memory.
    """
    gains = estimate_gains(mlic)
    if gains is None or not gains.are_uneven:
        return mlic
    out = np.empty_like(mlic.photographs) if out is None else out
    light = LinearLight(mlic.photographs.dtype, mlic.transfer)
    samples = np.arange(light.white + 1, dtype=np.uint16)
    for index in counted(range(len(mlic)), "evening exposures"):
        table = light.encode(light.decode(samples) * np.float32(np.exp(-gains.logarithms[index])))
        table[-1] = light.white
        out[index] = table[mlic.photographs[index]]
    stops = {name: round(float(stop), 3) for name, stop in zip(mlic.names, gains.stops)}
    brightest, darkest = max(stops, key=stops.__getitem__), min(stops, key=stops.__getitem__)
    sentence = (
        f"photographs differ by {gains.stops.std():.2f} stops, from {stops[darkest]:+.2f} ({darkest}) to "
        f"{stops[brightest]:+.2f} ({brightest}); all were brought to one exposure"
    )
    correction = Correction("exposures", sentence, {"stops": stops})
    return replace(mlic, photographs=out, corrections=(*mlic.corrections, correction))


def estimate_gains(mlic: Mlic) -> Gains | None:
    """The gain of every photograph, or None where there are fewer than `LEAST_LIGHTS` different lights."""
    if len(different_lights(mlic.lights)) < LEAST_LIGHTS:
        return None
    sample = sample_pixels(mlic, _PIXELS)
    light = srgb_decode(sample.values).astype(np.float64)  # (N, P, 3)
    grey = light.mean(2)
    grey = grey / (np.quantile(grey, 0.7, axis=0) + 1e-3)  # every pixel counts alike, bright or dark
    usable = ~sample.clipped & (light.mean(2) > 0.002)
    gains = np.zeros(len(mlic))
    weights = usable.astype(np.float64)
    smooth, _ = np.linalg.qr(smooth_terms(mlic.lights))
    for round_ in range(_ROUNDS):
        residuals, slopes, errors, weights, matt = _matt(grey * np.exp(-gains)[:, None], mlic.lights, weights, usable)
        if round_ < _FREE_ROUNDS:
            gains += 0.5 * residuals / (1 + (errors / _SPREAD) ** 2)
        else:
            if (round_ - _FREE_ROUNDS) % _PREDICTED_EVERY == 0:
                others = _predicted(sample, light, gains, mlic.lights, smooth, matt, usable)
            whitened = _whitening(errors, smooth, _SMOOTH_ERROR)
            gains = _solved([(whitened @ slopes, whitened @ (residuals + slopes @ gains)), others])
        gains -= gains.mean()
    return _believed(gains, _unexplained(light, gains, mlic.lights), smooth)


def _unexplained(light: Array, gains: Array, lights: Array) -> NDArray[np.bool_]:
    """The photographs, (N,), that spoil the predictions of others and are hardly more as predicted with their gains."""
    even = _encoded(light, gains)
    predictor = predict(even, lights)
    predicted = predictor(even)
    before, after = (
        np.square(values - predicted).mean((1, 2)) for values in (_encoded(light, np.zeros(len(gains))), even)
    )
    wrong: NDArray[np.bool_] = predictor.left_out & (after > _EXPLAINED * before)
    return wrong


def _believed(gains: Array, wrong: NDArray[np.bool_], smooth: Array) -> Gains:
    """The gains, without those of photographs that are wrong in other ways: even with its gain each spoils others."""
    gains = np.where(wrong, 0, gains - gains[~wrong].mean())
    explained = smooth @ np.linalg.lstsq(smooth[~wrong], gains[~wrong], rcond=None)[0]
    return Gains(gains, np.where(wrong, 0, gains - explained))


def _matt(
    light: Array, lights: Array, weights: Array, usable: NDArray[np.bool_]
) -> tuple[Array, Array, Array, Array, NDArray[np.bool_]]:
    """How photographs differ from matt surfaces.

    Returns:
        The differences, (N,); their slopes by gains, (N, N); their errors, (N,); new weights, (N, P); and where a lit
        pixel has no highlight, (N, P).
    """
    systems = np.einsum("nk,np,nj->pkj", lights, weights, lights, optimize=True) + 1e-3 * np.eye(3)
    shaded = np.linalg.solve(systems, np.einsum("nk,np->pk", lights, weights * light)[..., None])[..., 0]
    albedo = np.linalg.norm(shaded, axis=1) + 1e-9
    cosines = lights @ (shaded / albedo[:, None]).T  # (N, P)
    halves = lights + np.array([0, 0, 1])
    halves /= np.linalg.norm(halves, axis=1, keepdims=True)
    matt = usable & (cosines > _GRAZING) & (halves @ (shaded / albedo[:, None]).T < _HIGHLIGHT)
    shading = np.maximum(cosines * albedo, 0.03)
    relative = (light - shading) / shading
    spread = max(1.48 * float(np.median(np.abs(relative[matt]))) if matt.any() else 1.0, 0.01)
    trust = matt * np.clip(cosines, 0, 0.5) / (1 + (relative / (2 * spread)) ** 2) ** 2
    weights = trust / shading**2
    total = trust.sum(1) + 1e-9
    inverses = np.linalg.inv(np.einsum("nk,np,nj->pkj", lights, weights, lights, optimize=True) + 1e-3 * np.eye(3))
    followed = np.zeros((len(lights), len(lights)))  # the share of every photograph in what is asked of each
    for k, j in np.ndindex(3, 3):
        products = (trust / shading * inverses[:, k, j]) @ (weights * light).T
        followed += np.outer(lights[:, k], lights[:, j]) * products / total[:, None]
    slopes = np.eye(len(lights)) - followed
    errors = _MATT_ERROR * spread * np.sqrt(1 + (_ENOUGH * 0.5 * light.shape[1] / total) ** 2)
    return (trust * relative).sum(1) / total, slopes, errors, weights, matt


def _predicted(
    sample: PixelSample,
    light: Array,
    gains: Array,
    lights: Array,
    smooth: Array,
    matt: NDArray[np.bool_],
    usable: NDArray[np.bool_],
) -> tuple[Array, Array]:
    """Equations of gains, (N, N) and (N,), that ask photographs to be like their predictions.

    Matt pixels count, and all usable ones where few are matt: under a high light a flat object is one highlight.
    """
    values = _encoded(light, gains)
    predictor = predict(values, lights)
    clipped = np.repeat(sample.clipped, 3, axis=1)
    values, predictions = values.reshape(len(values), -1), predictor(values).reshape(len(values), -1)
    slopes = (np.maximum(values, 0) + np.maximum(predictions, 0) + 0.11) / 4.8  # of an encoded value by its log light
    lack = 1 - np.minimum(matt.mean(1) / _ENOUGH, 1)
    counted_pixels = np.repeat(np.maximum(matt, lack[:, None] * usable), 3, axis=1)
    trust = slopes * counted_pixels * (np.abs(predictor.weights) @ clipped < 0.3) + 1e-9
    relative = (values - predictions) / slopes
    middle = _weighted_medians(relative, trust)[:, None]
    spread = _weighted_medians(np.abs(relative - middle), trust)[:, None] + 1e-4
    trust = trust / (1 + ((relative - middle) / (2 * spread)) ** 2)
    moved = (trust / slopes) @ ((values + 0.055) / 2.4).T * predictor.weights / trust.sum(1, keepdims=True)
    slopes_by_gain = np.eye(len(lights)) - moved
    errors = np.hypot(_PREDICTED_ERROR, _PREDICTED_SHARE * spread[:, 0])
    whitened = _whitening(errors, smooth, _SMOOTH_PREDICTED)
    return whitened @ slopes_by_gain, whitened @ (middle[:, 0] + slopes_by_gain @ gains)


def _encoded(light: Array, gains: Array) -> NDArray[np.float32]:
    """Light with its gains taken out as photographs show it, (N, P, 3)."""
    return srgb_encode(light * np.exp(-gains)[:, None, None]).astype(np.float32)


def _weighted_medians(values: NDArray[np.floating], weights: NDArray[np.floating]) -> NDArray[np.floating]:
    """Of each row, (N, P) → (N,)."""
    order = np.argsort(values, axis=1)
    summed = np.take_along_axis(weights, order, 1).cumsum(1)
    middle = (summed >= summed[:, -1:] / 2).argmax(1)
    medians: NDArray[np.floating] = np.take_along_axis(values, order, 1)[np.arange(len(values)), middle]
    return medians


def _solved(equations: list[tuple[Array, Array]]) -> Array:
    """The gains that satisfy slopes @ gains = right best, (…, N) and (…,) each, among random ones of mean 0."""
    slopes, right = (np.concatenate(part) for part in zip(*equations))
    size = slopes.shape[1]
    return np.linalg.solve(slopes.T @ slopes + np.eye(size) / _SPREAD**2 + np.ones((size, size)), slopes.T @ right)


def _whitening(errors: Array, smooth: Array, together: float) -> Array:  # (N,), (N, T) → (N, N)
    """Makes errors independent and of size 1 that are so in each gain, and `together` in smooth functions besides."""
    covariance = np.diag(errors**2) + together**2 * len(errors) * smooth @ smooth.T
    return np.linalg.inv(np.linalg.cholesky(covariance))


def smooth_terms(lights: Array) -> Array:
    """Polynomials of the second degree in the light, (N, T)."""
    x, y, z = lights.T
    return np.stack([np.ones(len(lights)), x, y, z, x * x, y * y, x * y, x * z, y * z], axis=1)
