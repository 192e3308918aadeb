"""How far a picture in 32-bit arithmetic can be from the exact one: which objects are refused as absurd.

A float32 sum of n products rounds by at most n·u·Σ|products|, u = 2⁻²⁴. Forwards go the largest values that each layer
can hold, over all bytes and lights. Backwards goes an interval for how much a colour changes with each unit. Their
products add up to the bound: every rounding at its worst and with the worst sign. Real pictures are far closer.

A network with one light layer (PTM, HSH, RBF, bilinear and plain networks) is bounded over all lights. A deeper one is
evaluated at `LIGHTS`. The numbers of a mean of experts lie between the smallest and the largest of the experts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError
from fastrti.lights import on_spiral
from fastrti.objects.experts import Experts
from fastrti.objects.frame_network import MAX_WEIGHT, Activation
from fastrti.objects.light_network import LightNetwork, parameter_shapes
from fastrti.objects.light_terms import hsh_terms
from fastrti.objects.relightable import Relightable

Floats = NDArray[np.float64]

MAX_LEVELS = 4.0
"""Larger bounds are refused. Sums that were built to cancel were first drawn more than a level off at a bound of 16."""

LIGHTS = 128

_U = 2.0**-24  # half the distance from 1 to the next float32
_U64 = 2.0**-50  # what a sum in 64 bits loses of its summands, whatever its order
_SPARE = 4  # roundings of a sum beside its products: of the bias, and of weights folded in another order
_ELU = 12  # roundings of an exponential of the kernels, relative to 1
_UNITS = 2  # roundings of the units of a layer: at most so many times the root of their squares
_SILU_SLOPE = 1.1  # the steepest


@dataclass(frozen=True, eq=False)
class _Interval:
    """centre ± radius of each number."""

    centre: Floats
    radius: Floats

    @classmethod
    def between(cls, low: Floats, high: Floats) -> "_Interval":
        return cls((low + high) / 2, (high - low) / 2)

    @property
    def low(self) -> Floats:
        return self.centre - self.radius

    @property
    def high(self) -> Floats:
        return self.centre + self.radius

    @property
    def magnitude(self) -> Floats:
        return np.abs(self.centre) + self.radius

    def __matmul__(self, other: "_Interval") -> "_Interval":
        radius = np.abs(self.centre) @ other.radius + self.radius @ other.magnitude
        return _Interval(self.centre @ other.centre, radius)

    def __add__(self, other: "_Interval") -> "_Interval":
        return _Interval(self.centre + other.centre, self.radius + other.radius)

    def scaled(self, low: Floats, high: Floats) -> "_Interval":
        """The hull of the products with factors from low to high, 0 ≤ low ≤ high."""
        smallest, largest = self.low, self.high
        return _Interval.between(
            smallest * np.where(smallest < 0, high, low), largest * np.where(largest > 0, high, low)
        )


@dataclass(frozen=True, eq=False)
class _Matrix:
    """A matrix of the frame networks of L lights, (L, out, in), and how far 64-bit programs may differ in it."""

    values: _Interval
    lost: Floats

    def rounding(self, inputs: Floats) -> Floats:
        """The error of its sums, (L, out, 1), for the largest summands that each input brings."""
        count = np.count_nonzero(self.values.magnitude, axis=2, keepdims=True)
        error: Floats = (_U * (count + _SPARE) * self.values.magnitude + self.lost) @ inputs
        return error


@dataclass(frozen=True, eq=False)
class _Layer:
    """One layer of the frame networks; the bias is a matrix with one input, and the last layer may have a skip."""

    weight: _Matrix
    bias: _Matrix
    skip: _Matrix | None = None

    def sums(self, inputs: _Interval, planes: _Interval) -> _Interval:
        """The exact sums."""
        sums = self.weight.values @ inputs + self.bias.values
        return sums if self.skip is None else sums + self.skip.values @ planes

    def rounding(self, inputs: Floats, planes: Floats) -> Floats:
        """The error of the sums, (L, out, 1), for the largest summands that inputs and planes bring."""
        error = self.weight.rounding(inputs) + self.bias.rounding(np.ones((1, 1)))
        return error if self.skip is None else error + self.skip.rounding(planes)


def check_float32(relightable: Relightable) -> None:
    """Raises ArgumentError for an object that 32-bit numbers cannot draw to one level of 255."""
    bounds = relightable.minimum, relightable.maximum
    networks, decoder = [each.light_network for each in relightable.decoders], relightable.decoder
    errors = [float32_error([network], *bounds) for network in networks]
    if isinstance(decoder, Experts) and len(decoder.shares):
        errors.append(float32_error(networks, *bounds))
    levels = float(np.max(errors))
    if not levels <= MAX_LEVELS:  # nor NaN
        raise ArgumentError(
            f"expected ranges and weights whose pictures 32-bit numbers can draw, got some whose roundings add up to "
            f"{levels:.3g} of 255 levels: the object is damaged, or the lights did not determine its fit"
        )


def float32_error(networks: Sequence[LightNetwork], minimum: Floats, maximum: Floats) -> float:
    """The bound in levels of 255; infinite or NaN where numbers overflow.

    Args:
        networks: of one decoder, or of experts of one shape: then the bound holds for each of them and for every mean.
        minimum: (K,) of the planes.
        maximum: (K,) of the planes.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        return 255 * _colour_error(_layers(networks), networks[0].activation, minimum, maximum)


def _colour_error(layers: list[_Layer], activation: Activation, minimum: Floats, maximum: Floats) -> float:
    planes = _Interval.between(minimum[:, None], maximum[:, None])
    # Folded onto bytes, a plane brings W·(maximum − minimum)·byte/255, and W·minimum in the bias.
    brought = (np.abs(minimum) + maximum - minimum)[:, None]
    h, largest = planes, brought
    errors, slopes = [], []
    for layer in layers[:-1]:
        error = layer.rounding(largest, brought)
        z = layer.sums(h, planes)
        z = _Interval(z.centre, z.radius + error)
        h = _Interval.between(_phi(z.low, activation), _phi(z.high, activation))
        largest = h.magnitude
        errors.append(error + (_ELU * _U * np.clip(-z.low, 0, 1) if activation == "elu" else 0))
        slopes.append((_slope(z.low, activation), _slope(z.high, activation)))
    total = layers[-1].rounding(largest, brought)
    influence = _Interval(np.eye(3), np.zeros((3, 3)))  # of the units of a layer on the colours, (L, 3, units)
    for layer, error, (low, high) in reversed(list(zip(layers[1:], errors, slopes))):
        influence = influence @ layer.weight.values
        total = total + _sum_of_units(influence.magnitude * error.swapaxes(1, 2))
        influence = influence.scaled(low.swapaxes(1, 2), high.swapaxes(1, 2))
    return float(total.max())


def _sum_of_units(errors: Floats) -> Floats:
    """(L, 3, units) → (L, 3, 1): the roundings of many units have no common sign, of few they may."""
    squares = (errors * errors).sum(axis=2, keepdims=True)
    total: Floats = np.minimum(errors.sum(axis=2, keepdims=True), _UNITS * np.sqrt(squares))
    return total


def _phi(z: Floats, activation: Activation) -> Floats:
    return np.maximum(z, 0) if activation == "relu" else np.where(z > 0, z, np.expm1(np.minimum(z, 0)))


def _slope(z: Floats, activation: Activation) -> Floats:
    """Of φ; it does not fall as z grows."""
    return (z > 0).astype(np.float64) if activation == "relu" else np.exp(np.minimum(z, 0))


# --- from lights to layers -------------------------------------------------------------------------------------------


def _layers(networks: Sequence[LightNetwork]) -> list[_Layer]:
    network, bound = networks[0], _over_all_lights if len(networks[0].weights) == 1 else _at_lights
    parameters = [bound(each) for each in networks]
    low = np.clip(np.min([values.low for values, _ in parameters], axis=0), -MAX_WEIGHT, MAX_WEIGHT)
    high = np.clip(np.max([values.high for values, _ in parameters], axis=0), -MAX_WEIGHT, MAX_WEIGHT)
    lost = np.max([lost for _, lost in parameters], axis=0)
    matrices, start = [], 0
    for shape in parameter_shapes(network.planes, network.hidden, network.skip):
        part, size = slice(start, start + int(np.prod(shape))), (-1, shape[0], shape[1] if len(shape) == 2 else 1)
        values = _Interval.between(low[:, part].reshape(size), high[:, part].reshape(size))
        matrices.append(_Matrix(values, lost[:, part].reshape(size)))
        start = part.stop
    skip = matrices.pop() if network.skip else None
    pairs = list(zip(matrices[0::2], matrices[1::2]))
    return [*(_Layer(*pair) for pair in pairs[:-1]), _Layer(*pairs[-1], skip)]


Parameters = tuple[_Interval, Floats]
"""Of a light network, (L, N), and how far 64-bit programs may differ in them, (L, N)."""


def _over_all_lights(network: LightNetwork) -> Parameters:
    """Of a single light layer; L is 1."""
    weight, bias = network.weights[0].astype(np.float64), network.biases[0].astype(np.float64)
    largest = np.abs(weight).max(axis=1)
    lost = _U64 * (largest * weight.shape[1] + np.abs(bias))
    if network.features in ("rbf", "bilinear"):  # weights of the nodes, not negative, of sum 1
        columns = _Interval.between(weight.min(axis=1), weight.max(axis=1))
        values = _Interval(columns.centre + bias, columns.radius)
        lost += _node_error(network) * 2 * columns.radius
    else:
        features = _features_over_all_lights(network)
        values = _Interval(weight @ features.centre + bias, np.abs(weight) @ features.radius)
    return _Interval(values.centre[None], values.radius[None]), lost[None]


def _node_error(network: LightNetwork) -> float:
    """How much of a node's weight is rounding: of exponents up to (distance/σ)²."""
    if network.nodes is None:
        return 0.0
    farthest = 1 + np.linalg.norm(network.nodes.astype(np.float64), axis=1).max()
    return min(1.0, float(_U64 * (farthest / network.sigma) ** 2))


def _features_over_all_lights(network: LightNetwork) -> _Interval:
    if network.exponents is None:
        count = network.weights[0].shape[1]
        low, high = _hsh_over_all_lights()
        return _Interval.between(low[:count], high[:count])
    odd, constant = (network.exponents[:, :2] % 2).any(axis=1), ~network.exponents.any(axis=1)
    low = np.where(odd, -1.0, constant.astype(np.float64))
    return _Interval.between(low, np.ones_like(low))


@cache
def _hsh_over_all_lights() -> tuple[Floats, Floats]:
    terms = hsh_terms(_hemisphere(1000))
    return terms.min(axis=0), terms.max(axis=0)


def _at_lights(network: LightNetwork) -> Parameters:
    """Of a deeper light network, at `LIGHTS` lights."""
    h = np.array([network.feature_values(light) for light in _hemisphere(LIGHTS)])
    lost = np.zeros_like(h)
    for number, (weight, bias) in enumerate(zip(network.weights, network.biases)):
        if number:
            h = h / (1 + np.exp(-np.clip(h, -700, None)))
        matrix = np.abs(weight.astype(np.float64)).T
        lost = lost @ matrix * _SILU_SLOPE + _U64 * (np.abs(h) @ matrix + np.abs(bias))
        h = h @ weight.T.astype(np.float64) + bias
    return _Interval(h, np.zeros_like(h)), lost


@cache
def _hemisphere(count: int) -> Floats:
    """(count, 3) unit vectors: the camera's axis, the horizon, and a spiral between them."""
    return on_spiral(np.linspace(1, 0, count))
