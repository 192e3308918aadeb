"""Which arithmetic the GPU uses for a frame network: error bounds over boxes of bytes that hold all pixels.

Tensor cores multiply halves (11 significant bits) and add in float32. Whether that is enough depends on the network. So
the GPU bounds the error of each frame in `round_network.py`, over every byte a plane can hold, or over boxes that hold
the object's own pixels where that promises more. This file computes the same with numpy. A picture is within 1 level of
the exact one where |error of 255·y| < 1.

    "fp16"         W and h rounded to halves: one product per layer
    "fp16 hi/lo"   W = hi + lo and h = hi + lo, pairs of halves (22 bits): two products for bytes, three for activations
    "fp32"         float32 multiply-adds, no tensor cores

A forward pass computes for every unit an interval that holds its exact and its computed value, and the error of its own
layer. A backward pass computes an interval for how much a colour changes with each unit. Rounding moves a weight by a
known δ. The bias takes −δ·(middle of the inputs), so that the error |δ|·(their radius) remains. Of several boxes it is
the middle of the box around all of them, and δ·(the distance of the two middles) remains too. The errors of sums follow
Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., eq. 3.5.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fastrti.objects.frame_network import Activation, FrameNetwork

Precision = Literal["fp16", "fp16 hi/lo", "fp32"]
PRECISIONS: tuple[Precision, ...] = ("fp16", "fp16 hi/lo", "fp32")  # cheapest first

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]

HALF_MAX = 65504.0
FLOAT_ROUNDING = 2.0**-24
# Tensor cores align the products of a step to the largest and truncate (Fasi et al., Numerical behavior of NVIDIA
# tensor cores, 2021): twice float32's unit roundoff for each product, and for the sum so far in a step of 4 or more.
SUM_ROUNDING: dict[Precision, float] = {"fp16": 2.0**-23 * 5 / 4, "fp16 hi/lo": 2.0**-23 * 5 / 4, "fp32": 2.0**-24}
# Sums start at the bias, and products with a low half, far smaller than it, come first: two rounds more to round it in.
BIAS_ROUNDS: dict[Precision, int] = {"fp16": 1, "fp16 hi/lo": 3, "fp32": 1}
# Of a bias; and of all weights, which the GPU computes from the light: they may be a unit in the last place off.
NUMBER_ROUNDING = 5 * FLOAT_ROUNDING
EXP_ERROR = 2.0**-20  # of exp(z) − 1, z ≤ 0: ex2.approx is good to 2⁻²², z·log₂e to 2⁻²³·|z|, the difference to 2⁻²⁴
BYTE_ERROR = 2.0**-14  # levels: the kernel adds 2⁻²³ to y, so that halves round up, and rounds the sum
ALL_BYTES = np.array([[[0], [255]]], np.uint8)
"""One box, of every byte that the planes can hold; see `rounded`."""
BYTE_SCALE = 256.0  # the kernel reads a byte v as v/256: weights on it are neither too small nor too large for halves


@dataclass(frozen=True, eq=False)
class RoundedLayer:
    """One layer as the kernel computes it: z = h·high + h·low + bias, where h of a byte v is v/256.

    Attributes:
        high: (in, out) float16; float32 for "fp32".
        low: (in, out) of the same type, zero unless the weights are split.
        bias: (out,).
    """

    high: NDArray[np.floating]
    low: NDArray[np.floating]
    bias: Array


@dataclass(frozen=True, eq=False)
class RoundedNetwork:
    """A frame network on bytes, rounded to one precision.

    Attributes:
        layers: the last one's inputs are the last hidden layer, then (with a skip) the bytes.
        precision: the arithmetic they are meant for.
        error: 255·y of the kernel is never further than this from the exact one. It is inf where a half would overflow.
    """

    layers: tuple[RoundedLayer, ...]
    precision: Precision
    error: float


@dataclass(frozen=True, eq=False)
class _Values:
    """What a layer reads: low ≤ exact and computed values ≤ high, and the largest low halves of split values.

    (n, in) each. The first row is the box around all boxes, which are the other rows where there are several.
    """

    low: Array
    high: Array
    low_half: Array

    @property
    def magnitude(self) -> Array:
        return np.maximum(np.abs(self.low), np.abs(self.high))

    def joined(self, other: "_Values") -> "_Values":
        pairs = ((self.low, other.low), (self.high, other.high), (self.low_half, other.low_half))
        return _Values(*(np.concatenate(pair, axis=1) for pair in pairs))


@dataclass(frozen=True, eq=False)
class _HiddenErrors:
    """What a hidden layer h = φ(W·x + b) adds to the error: (n, out) each, W aside.

    Attributes:
        weight: (out, in) exact.
        affine: error of W·x + b, given the x the kernel has.
        activation: error of φ and of rounding h.
        slope_low: the smallest φ′ over the interval of W·x + b.
        slope_high: the largest.
    """

    weight: Array
    affine: Array
    activation: Array
    slope_low: Array
    slope_high: Array


def inputs_of(boxes: Bytes, planes: int) -> Array:
    """Boxes of bytes as the kernel reads them, (n, 2, K): the one around all of them, then, of several, each."""
    corners = np.broadcast_to(boxes / BYTE_SCALE, (len(boxes), 2, planes))
    around = np.stack([corners[:, 0].min(0), corners[:, 1].max(0)])[None]
    return around if len(boxes) == 1 else np.concatenate([around, corners])


@np.errstate(invalid="ignore", over="ignore")  # what overflows has no bound
def rounded(network: FrameNetwork, precision: Precision, boxes: Bytes = ALL_BYTES) -> RoundedNetwork:
    """The network in one precision and its error bound.

    Args:
        network: on raw bytes (`FrameNetwork.folded`).
        precision: one of `PRECISIONS`.
        boxes: (n, 2, K) uint8, the lowest and the highest byte of each plane. The bound is for pixels that lie in one.
    """
    low, high = np.moveaxis(inputs_of(boxes, network.planes), 1, 0)
    data = values = _Values(low, high, np.zeros_like(low))
    layers, hidden = [], []
    for number, (weight, bias) in enumerate(zip(network.weights[:-1], network.biases[:-1])):
        exact = weight.astype(np.float64) * (1 if number else BYTE_SCALE)
        layer, error = _round_layer(exact, bias, values, precision)
        values, errors = _activate(exact, bias, values, error, network.activation, precision)
        layers.append(layer)
        hidden.append(errors)
    output, values = _output_layer(network, values, data)
    layer, error = _round_layer(output, network.biases[-1], values, precision)
    bound = 255 * _output_error(output, error, hidden)[len(boxes) > 1 :].max() + BYTE_ERROR
    return RoundedNetwork((*layers, layer), precision, float(bound if np.isfinite(bound) else np.inf))


def _output_layer(network: FrameNetwork, values: _Values, data: _Values) -> tuple[Array, _Values]:
    """The last weights and what they read: the skip is added to them or, behind hidden layers, set beside them."""
    weight = network.weights[-1].astype(np.float64) * (1 if network.hidden else BYTE_SCALE)
    if network.skip is None:
        return weight, values
    skip = network.skip * BYTE_SCALE
    if not network.hidden:
        return weight + skip, values
    return np.concatenate([weight, skip], axis=1), values.joined(data)


def _round_layer(
    weight: Array, bias: NDArray[np.floating], values: _Values, precision: Precision
) -> tuple[RoundedLayer, Array]:
    """The layer the kernel computes, and how far off it can be (n, out) given the inputs the kernel has."""
    high, low = _round_weights(weight.T, precision)
    low_part = low.astype(np.float64)
    effective = high + low_part
    delta = effective - weight.T
    shift = (values.low + values.high) / 2 @ delta
    centred = bias - shift[0]
    terms = values.magnitude @ np.abs(effective)
    summed = terms + BIAS_ROUNDS[precision] * np.abs(centred)
    error = (
        np.abs(shift - shift[0])
        + (values.high - values.low) / 2 @ np.abs(delta)
        + values.low_half @ np.abs(low_part)  # the product of two low halves is left out
        + (len(weight.T) + 2) * SUM_ROUNDING[precision] * summed
        + NUMBER_ROUNDING * (terms + np.abs(centred))
    )
    overflow = np.abs(weight.T).max(axis=0) > HALF_MAX if precision != "fp32" else np.zeros(len(bias), bool)
    return RoundedLayer(high, low, centred), np.where(overflow, np.inf, error)


def _round_weights(matrix: Array, precision: Precision) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """high and low (in, out) with matrix ≈ high + low; what is too large for a half is cut off."""
    if precision == "fp32":
        return matrix.astype(np.float32), np.zeros(matrix.shape, np.float32)
    high = np.clip(matrix, -HALF_MAX, HALF_MAX).astype(np.float16)
    rest = np.clip(matrix - high, -HALF_MAX, HALF_MAX) if precision == "fp16 hi/lo" else np.zeros(high.shape)
    return high, rest.astype(np.float16)


def _activate(
    weight: Array,
    bias: NDArray[np.floating],
    values: _Values,
    affine_error: Array,
    activation: Activation,
    precision: Precision,
) -> tuple[_Values, _HiddenErrors]:
    """The values behind φ, and what the layer adds to the error."""
    positive, negative = np.maximum(weight, 0), np.minimum(weight, 0)
    z_low = values.low @ positive.T + values.high @ negative.T + bias - affine_error
    z_high = values.high @ positive.T + values.low @ negative.T + bias + affine_error
    low, high, slope_low, slope_high, phi_error = _phi(z_low, z_high, activation)
    magnitude = np.maximum(np.abs(low), np.abs(high)) + phi_error
    half = _half_rounding(magnitude)
    low_half = 2 * half if precision == "fp16 hi/lo" else np.zeros_like(half)  # the high half is truncated
    rounding = {"fp16": half, "fp16 hi/lo": _half_rounding(low_half), "fp32": np.zeros_like(half)}[precision]
    overflow = (magnitude > HALF_MAX) & (precision != "fp32")
    error = np.where(overflow, np.inf, rounding + phi_error)
    errors = _HiddenErrors(weight, affine_error, error, slope_low, slope_high)
    return _Values(low - rounding - phi_error, high + rounding + phi_error, low_half), errors


def _phi(low: Array, high: Array, activation: Activation) -> tuple[Array, Array, Array, Array, Array]:
    """The range of φ, the range of its slope (φ is convex: that grows), and the error of computing it."""
    if activation == "relu":
        slope_low, slope_high = (low >= 0).astype(np.float64), (high > 0).astype(np.float64)
        return np.maximum(low, 0), np.maximum(high, 0), slope_low, slope_high, np.zeros_like(low)
    negative_low, negative_high = np.minimum(low, 0), np.minimum(high, 0)
    elu_low, elu_high = np.maximum(low, np.expm1(negative_low)), np.maximum(high, np.expm1(negative_high))
    return elu_low, elu_high, np.exp(negative_low), np.exp(negative_high), np.where(low < 0, EXP_ERROR, 0)


def _half_rounding(magnitude: Array) -> Array:
    """The rounding error of a half up to magnitude: half the spacing there, at least that of the smallest halves."""
    smallest = 2.0**-14  # below it the spacing no longer shrinks
    rounding: Array = np.ldexp(1.0, np.frexp(np.maximum(magnitude, smallest))[1] - 12)
    return rounding


def _output_error(weight: Array, error: Array, hidden: list[_HiddenErrors]) -> Array:
    """How far y can be off, (n,): every layer's own error times how much the colours change with it."""
    colour_error = error
    for number, layer in enumerate(reversed(hidden)):
        if number == 0:
            centre = weight[None, :, : layer.affine.shape[1]]  # without the skip's columns
            radius = np.zeros_like(centre)
        reach = np.abs(centre) + radius  # (n, 3, D): |∂y/∂h| is never larger
        own = layer.activation + layer.slope_high * layer.affine
        colour_error = colour_error + (reach @ own[:, :, None])[..., 0]
        slope = (layer.slope_high + layer.slope_low)[:, None] / 2
        slope_radius = (layer.slope_high - layer.slope_low)[:, None] / 2
        radius = (reach * slope_radius + radius * slope) @ np.abs(layer.weight)
        centre = (centre * slope) @ layer.weight
    largest: Array = colour_error.max(axis=1)
    return largest
