"""Device functions that round one layer of a frame network and bound its error, in float64, for `round_network`.

They compute the same as `_round_layer` and `_activate` of `error_bound.py`, for one box of inputs.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import triton
import triton.language as tl

from fastrti.kernels.triton import error_bound as _error_bound

HALF_MAX = tl.constexpr(_error_bound.HALF_MAX)
EXP_ERROR = tl.constexpr(_error_bound.EXP_ERROR)
NUMBER_ROUNDING = tl.constexpr(_error_bound.NUMBER_ROUNDING)
SUM_ROUNDING = tl.constexpr(_error_bound.SUM_ROUNDING["fp16"])
PAIR_BIAS_ROUNDS = tl.constexpr(_error_bound.BIAS_ROUNDS["fp16 hi/lo"])


@triton.jit
def _half_rounding(magnitude):
    """Half the spacing of halves up to magnitude; its power of two is its float's without the mantissa."""
    power = (magnitude.to(tl.float32).to(tl.int32, bitcast=True) & 0x7F800000).to(tl.float32, bitcast=True)
    return tl.maximum(power.to(tl.float64) * (1 / 2048), 1 / 33554432)


@triton.jit
def rounded_layer(weight, low, high, low_half, PRECISION: tl.constexpr):
    """A part of a layer, as halves; and for each output what the bias must take, the error left, |W|·|h|, overflow."""
    weight_high = tl.minimum(tl.maximum(weight, -HALF_MAX), HALF_MAX).to(tl.float16)
    rest = weight - weight_high.to(tl.float64)
    weight_low = (tl.minimum(tl.maximum(rest, -HALF_MAX), HALF_MAX)).to(tl.float16)
    low_part = weight_low.to(tl.float64) if PRECISION == "fp16 hi/lo" else tl.zeros_like(weight)
    effective = weight_high.to(tl.float64) + low_part
    delta = effective - weight
    shift = tl.sum(((low + high) / 2)[:, None] * delta, 0)
    error = tl.sum(((high - low) / 2)[:, None] * tl.abs(delta) + low_half[:, None] * tl.abs(low_part), 0)
    terms = tl.sum(tl.maximum(tl.abs(low), tl.abs(high))[:, None] * tl.abs(effective), 0)
    return weight_high, weight_low, shift, error, terms, tl.max(tl.abs(weight), 0)


@triton.jit
def layer_error(error, terms, centred, largest, COUNT: tl.constexpr, PRECISION: tl.constexpr):
    """How far off a layer's sums can be, given what it reads."""
    rounds = PAIR_BIAS_ROUNDS if PRECISION == "fp16 hi/lo" else 1
    error += (COUNT + 2) * SUM_ROUNDING * (terms + rounds * tl.abs(centred))
    error += NUMBER_ROUNDING * (terms + tl.abs(centred))
    return tl.where(largest > HALF_MAX, float("inf"), error)


@triton.jit
def activated_layer(weight, bias, low, high, error, ELU: tl.constexpr, PRECISION: tl.constexpr):
    """φ's values, low ≤ h ≤ high, and their low halves; its slope, low and high; its error."""
    positive = tl.maximum(weight, 0.0)
    negative = tl.minimum(weight, 0.0)
    z_low = tl.sum(positive * low[:, None] + negative * high[:, None], 0) + bias - error
    z_high = tl.sum(positive * high[:, None] + negative * low[:, None], 0) + bias + error
    if ELU:
        slope_low = tl.exp(tl.minimum(z_low, 0.0))
        slope_high = tl.exp(tl.minimum(z_high, 0.0))
        h_low = tl.maximum(z_low, slope_low - 1.0)
        h_high = tl.maximum(z_high, slope_high - 1.0)
        phi_error = tl.where(z_low < 0, EXP_ERROR, 0.0).to(tl.float64)
    else:
        slope_low = tl.where(z_low >= 0, 1.0, 0.0).to(tl.float64)
        slope_high = tl.where(z_high > 0, 1.0, 0.0).to(tl.float64)
        h_low = tl.maximum(z_low, 0.0)
        h_high = tl.maximum(z_high, 0.0)
        phi_error = tl.zeros_like(z_low)
    magnitude = tl.maximum(tl.abs(h_low), tl.abs(h_high)) + phi_error
    rounding = _half_rounding(magnitude)
    low_half = tl.zeros_like(rounding)
    if PRECISION == "fp16 hi/lo":
        low_half = 2 * rounding  # the high half is truncated
        rounding = _half_rounding(low_half)
    own = rounding + phi_error
    reported = tl.where(magnitude > HALF_MAX, float("inf"), own)
    return h_low - own, h_high + own, low_half, slope_low, slope_high, reported
