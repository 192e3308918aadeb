"""Why a photograph is not what the others predict: another exposure, a shift, another light, or nothing of these.

Each explanation has the share of the error that it leaves. A right one leaves little, a wrong one nearly all.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.predictions import Predictor, Values
from fastrti.capture.shifting import shifted
from fastrti.lights import on_spiral
from fastrti.srgb import srgb_decode, srgb_encode

_DARK, _BRIGHT = 0.1, 0.97  # encoded values between which light is compared
_FEWEST = 20  # values that decide a gain
_LOWEST, _DIRECTIONS = np.sin(np.radians(5.0)), 200  # that are tried as lights: 10° apart
_TRIED = 4096  # values that a light is found by


@dataclass(frozen=True, eq=False)
class Exposed:
    """A photograph against its prediction, as light.

    Attributes:
        stops: how much brighter the photograph is.
        colour: how much redder it is, in stops between red and blue.
        left: the share of the error that this leaves.
    """

    stops: float
    colour: float
    left: float


@dataclass(frozen=True, eq=False)
class Moved:
    """A photograph against its prediction, as a shift.

    Attributes:
        right: pixels.
        down: pixels.
        left: the share of the error that this leaves.
    """

    right: float
    down: float
    left: float

    @property
    def pixels(self) -> float:
        """The length of the shift."""
        return float(np.hypot(self.right, self.down))


@dataclass(frozen=True, eq=False)
class Relit:
    """A photograph against predictions at other lights.

    Attributes:
        light: (3,) the direction that it agrees with best.
        degrees: between this and the listed one.
        left: the share of the error that this leaves.
    """

    light: NDArray[np.float64]
    degrees: float
    left: float


def as_exposure(photograph: Values, predicted: Values) -> Exposed:
    """Compares the light of two pictures of any shape (…, 3), sRGB-encoded: the median ratio of each channel."""
    measured, expected = photograph.reshape(-1, 3), np.clip(predicted.reshape(-1, 3), 0, 1)
    usable = ((np.minimum(measured, expected) > _DARK) & (np.maximum(measured, expected) < _BRIGHT)).all(1)
    if usable.sum() < _FEWEST:
        return Exposed(0.0, 0.0, 1.0)
    ratios = np.log2(srgb_decode(measured[usable]) / srgb_decode(expected[usable]))
    red, green, blue = (float(value) for value in np.median(ratios, axis=0))
    stops = (red + green + blue) / 3
    evened = srgb_encode(np.clip(srgb_decode(measured) * np.float32(2**-stops), 0, 1))
    return Exposed(stops, red - blue, _left(evened - expected, measured - expected))


def as_shift(photograph: Values, predicted: Values, shift: NDArray[np.float64]) -> Moved:
    """How much of the error a shift, (2,) pixels to the right and down, explains: (h, w, 3) pictures."""
    measured, expected = photograph.mean(2), predicted.mean(2)
    inner = _inner(measured.shape, 2 + int(np.abs(shift).max()))
    before, after = (_unexplained(measured[inner], one[inner]) for one in (expected, shifted(expected, shift)))
    return Moved(float(shift[0]), float(shift[1]), after / max(before, 1e-9))


def as_other_light(index: int, values: Values, predictor: Predictor) -> Relit:
    """Finds the light at which the other photographs predict photograph `index` best; (N, …) values, all lights."""
    flat = values.reshape(len(values), -1)
    flat = np.ascontiguousarray(flat[:, :: max(1, flat.shape[1] // _TRIED)])
    lights = on_spiral(_LOWEST + (1 - _LOWEST) * (np.arange(_DIRECTIONS) + 0.5) / _DIRECTIONS)
    errors = np.square(predictor.at(index, lights) @ flat - flat[index]).mean(1)
    best, own = int(errors.argmin()), predictor.lights[index]
    listed = np.square(predictor.weights[index] @ flat - flat[index]).mean()
    degrees = float(np.degrees(np.arccos(np.clip(lights[best] @ own, -1, 1))))
    return Relit(lights[best], degrees, float(np.sqrt(errors[best] / max(listed, 1e-12))))


def _left(after: Values, before: Values) -> float:
    return float(np.sqrt(np.square(after).mean() / max(float(np.square(before).mean()), 1e-12)))


def _inner(shape: tuple[int, ...], margin: int) -> tuple[slice, slice]:
    """Without a margin, which is at most a quarter of the picture."""
    margins = [min(margin, side // 4) for side in shape]
    return slice(margins[0], shape[0] - margins[0]), slice(margins[1], shape[1] - margins[1])


def _unexplained(measured: Values, expected: Values) -> float:
    """What is left of a picture without a gain and an offset of another one, root-mean-square."""
    one, other = measured.ravel() - measured.mean(), expected.ravel() - expected.mean()
    gain = float(one @ other) / max(float(other @ other), 1e-12)
    return float(np.sqrt(np.square(one - gain * other).mean()))
