"""Why a photograph is not what the others predict: another exposure, a shift, another light, or nothing of these.

Each explanation has the share of the error that it leaves. A right one leaves little, a wrong one nearly all.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.predictions import Predictor, Values
from fastrti.lights import on_spiral
from fastrti.srgb import srgb_decode, srgb_encode

_DARK, _BRIGHT = 0.1, 0.97  # encoded values between which light is compared
_FEWEST = 20  # values that decide a gain
_STEPS, _STILL = 6, 0.02  # of the shift at each size; pixels
_SIZES = (4, 2, 1)
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


def as_shift(photograph: Values, predicted: Values) -> Moved:
    """Finds the shift from a prediction to a photograph, (h, w, 3) both, from coarse to fine.

    Source: Lucas & Kanade 1981, with a gain and an offset of brightness among the unknowns.
    """
    moved = np.zeros(2)  # rows, columns
    measured, expected = photograph.mean(2), predicted.mean(2)
    for size in _SIZES:
        one, other = _smaller(measured, size), _smaller(expected, size)
        if min(one.shape) < 12:
            continue
        for _ in range(_STEPS):
            step = _step(one, _shifted(other, *(moved / size)))
            moved += size * step
            if np.abs(step).max() < _STILL:
                break
    aligned = _shifted(expected, *moved)
    inner = _inner(measured.shape, 2 + int(np.abs(moved).max()))
    before, after = (_unexplained(measured[inner], picture[inner]) for picture in (expected, aligned))
    return Moved(float(moved[1]), float(moved[0]), after / max(before, 1e-9))


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


def _smaller(picture: Values, size: int) -> Values:
    height, width = (side // size * size for side in picture.shape)
    small: Values = picture[:height, :width].reshape(height // size, size, width // size, size).mean((1, 3))
    return small


def _inner(shape: tuple[int, ...], margin: int) -> tuple[slice, slice]:
    """Without a margin, which is at most a quarter of the picture."""
    margins = [min(margin, side // 4) for side in shape]
    return slice(margins[0], shape[0] - margins[0]), slice(margins[1], shape[1] - margins[1])


def _step(measured: Values, expected: Values) -> NDArray[np.float64]:
    """One step of the shift, (rows, columns), at most a pixel."""
    inner = _inner(measured.shape, 3)
    down, right = (np.gradient(expected, axis=axis)[inner].ravel() for axis in (0, 1))
    one, other = measured[inner].ravel(), expected[inner].ravel()
    terms = np.stack([-down, -right, other, np.ones_like(other)])
    products = (terms @ terms.T).astype(np.float64) + 1e-6 * np.eye(4)
    solved = np.linalg.solve(products, (terms @ one).astype(np.float64))
    step: NDArray[np.float64] = np.clip(solved[:2] / max(float(solved[2]), 0.2), -1, 1)
    return step


def _shifted(picture: Values, down: float, right: float) -> Values:
    """The picture moved by parts of pixels, bilinearly; what comes in repeats the edge."""
    rows, columns = (np.arange(side) - by for side, by in zip(picture.shape, (down, right)))
    return _between(_between(picture, rows, 0), columns, 1)


def _between(picture: Values, places: NDArray[np.float64], axis: int) -> Values:
    places = np.clip(places, 0, picture.shape[axis] - 1)
    first = np.minimum(places.astype(np.intp), max(picture.shape[axis] - 2, 0))
    share = (places - first).astype(np.float32)
    share = share[:, None] if axis == 0 else share
    low, high = (np.take(picture, np.minimum(first + step, picture.shape[axis] - 1), axis) for step in (0, 1))
    between: Values = (1 - share) * low + share * high
    return between


def _unexplained(measured: Values, expected: Values) -> float:
    """What is left of a picture without a gain and an offset of another one, root-mean-square."""
    one, other = measured.ravel() - measured.mean(), expected.ravel() - expected.mean()
    gain = float(one @ other) / max(float(other @ other), 1e-12)
    return float(np.sqrt(np.square(one - gain * other).mean()))
