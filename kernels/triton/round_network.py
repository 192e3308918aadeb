"""The device function that prepares a frame network for drawing: it folds it onto bytes, rounds and bounds it.

`round_network` computes the same as `FrameNetwork.folded` and `error_bound.rounded`, with the same names and in
float64. `prepare_frames` calls it for one network per program. It writes what `relight_tiles` reads.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import triton
import triton.language as tl

from fastrti.kernels.triton import error_bound as _error_bound
from fastrti.objects.frame_network import MAX_WEIGHT as _MAX_WEIGHT

MAX_WEIGHT = tl.constexpr(_MAX_WEIGHT)
HALF_MAX = tl.constexpr(_error_bound.HALF_MAX)
BYTE_SCALE = tl.constexpr(_error_bound.BYTE_SCALE)
BYTE_ERROR = tl.constexpr(_error_bound.BYTE_ERROR)
EXP_ERROR = tl.constexpr(_error_bound.EXP_ERROR)
NUMBER_ROUNDING = tl.constexpr(_error_bound.NUMBER_ROUNDING)
SUM_ROUNDING = tl.constexpr(_error_bound.SUM_ROUNDING["fp16"])
PAIR_BIAS_ROUNDS = tl.constexpr(_error_bound.BIAS_ROUNDS["fp16 hi/lo"])


@triton.jit
def _to_weights(parameters):
    """Rounded to float32, and clipped, as `frame_network.to_weights` does; in float64."""
    return tl.minimum(tl.maximum(parameters, -MAX_WEIGHT), MAX_WEIGHT).to(tl.float32).to(tl.float64)


@triton.jit
def _matrix(parameters, OUTPUTS: tl.constexpr, INPUTS: tl.constexpr, COLUMNS: tl.constexpr, ROWS: tl.constexpr):
    """(ROWS, COLUMNS): (OUTPUTS, INPUTS) row-major parameters, transposed, padded with zeros."""
    row = tl.arange(0, ROWS)[:, None]
    column = tl.arange(0, COLUMNS)[None, :]
    inside = (row < INPUTS) & (column < OUTPUTS)
    return _to_weights(tl.load(parameters + column * INPUTS + row, mask=inside, other=0.0))


@triton.jit
def _vector(parameters, COUNT: tl.constexpr, PADDED: tl.constexpr):
    number = tl.arange(0, PADDED)
    return _to_weights(tl.load(parameters + number, mask=number < COUNT, other=0.0))


@triton.jit
def _half_rounding(magnitude):
    """Half the spacing of halves up to magnitude; its power of two is its float's without the mantissa."""
    power = (magnitude.to(tl.float32).to(tl.int32, bitcast=True) & 0x7F800000).to(tl.float32, bitcast=True)
    return tl.maximum(power.to(tl.float64) * (1 / 2048), 1 / 33554432)


@triton.jit
def _rounded(weight, low, high, low_half, PRECISION: tl.constexpr):
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
def _layer_error(error, terms, centred, largest, COUNT: tl.constexpr, PRECISION: tl.constexpr):
    """How far off a layer's sums can be, given what it reads."""
    rounds = PAIR_BIAS_ROUNDS if PRECISION == "fp16 hi/lo" else 1
    error += (COUNT + 2) * SUM_ROUNDING * (terms + rounds * tl.abs(centred))
    error += NUMBER_ROUNDING * (terms + tl.abs(centred))
    return tl.where(largest > HALF_MAX, float("inf"), error)


@triton.jit
def _activated(weight, bias, low, high, error, ELU: tl.constexpr, PRECISION: tl.constexpr):
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


@triton.jit
def _store(
    matrices,
    high,
    low,
    ROWS: tl.constexpr,
    COLUMNS: tl.constexpr,
    PRECISION: tl.constexpr,
):
    """A part of a layer as `relight_tiles` reads it; returns where the next one starts."""
    where = tl.arange(0, ROWS)[:, None] * COLUMNS + tl.arange(0, COLUMNS)[None, :]
    tl.store(matrices + where, high)
    matrices += ROWS * COLUMNS
    if PRECISION == "fp16 hi/lo":
        tl.store(matrices + where, low)
        matrices += ROWS * COLUMNS
    return matrices


@triton.jit
def _store_exact(matrices, weight, ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    weight = weight.to(tl.float32)
    return _store(matrices, weight, weight, ROWS, COLUMNS, "fp32")


@triton.jit
def _column(matrix, number, COLUMNS: tl.constexpr):
    """One column of (ROWS, COLUMNS)."""
    return tl.sum(tl.where((tl.arange(0, COLUMNS) == number)[None, :], matrix, 0.0), 1)


@triton.jit
def round_network(
    number,  # of the network: those of a light are side by side, expert by expert
    parameters,  # of it, float64: W₁, b₁, …, Wₙ, bₙ, [S] in units of z
    minimum,  # (K_PADDED,) float64, z = v·scale + minimum; padded with zeros
    scale,  # (K_PADDED,) float64
    vectors,  # float32 biases for `relight_tiles`, written
    matrices,  # float16 weights for `relight_tiles`, written
    exact_vectors,  # float32 biases and weights of the float32 kernel, written
    exact_matrices,
    bounds,  # (N,) float64: 255·y is never further than this from the exact one; written unless "fp32"
    promised,  # (N,) int32: whether that is less than 1; written unless "fp32"
    K: tl.constexpr,
    K_PADDED: tl.constexpr,
    WIDTH1: tl.constexpr,  # of the hidden layers, 0 where there is none; D1 and D2 padded
    WIDTH2: tl.constexpr,
    D1: tl.constexpr,
    D2: tl.constexpr,
    ELU: tl.constexpr,
    SKIP: tl.constexpr,
    PRECISION: tl.constexpr,
    EXACT: tl.constexpr,  # write what the float32 kernel reads
):
    """Folds, rounds and bounds a network."""
    PARTS: tl.constexpr = 2 if PRECISION == "fp16 hi/lo" else 1
    WIDTH: tl.constexpr = WIDTH2 if WIDTH2 > 0 else (WIDTH1 if WIDTH1 > 0 else K)
    D: tl.constexpr = D2 if D2 > 0 else (D1 if D1 > 0 else K_PADDED)
    SKIP_APART: tl.constexpr = SKIP and D1 > 0
    WEIGHTS: tl.constexpr = K_PADDED * D1 + D1 * D2 + D * 4 + (K_PADDED * 4 if SKIP_APART else 0)
    vectors += number * (D1 + D2 + 4)
    exact_vectors += number * (D1 + D2 + 4)
    matrices += number * PARTS * WEIGHTS
    exact_matrices += number * WEIGHTS

    plane = tl.arange(0, K_PADDED)
    offset = tl.load(minimum + plane)
    factor = tl.load(scale + plane)
    if D1 > 0:
        first = _matrix(parameters, WIDTH1, K, D1, K_PADDED)
        bias1 = _to_weights(_vector(parameters + WIDTH1 * K, WIDTH1, D1) + tl.sum(first * offset[:, None], 0))
        first = _to_weights(first * factor[:, None]) * BYTE_SCALE
        parameters += WIDTH1 * K + WIDTH1
    if D2 > 0:
        second = _matrix(parameters, WIDTH2, WIDTH1, D2, D1)
        bias2 = _vector(parameters + WIDTH2 * WIDTH1, WIDTH2, D2)
        parameters += WIDTH2 * WIDTH1 + WIDTH2
    last = _matrix(parameters, 3, WIDTH, 4, D)
    bias = _vector(parameters + 3 * WIDTH, 3, 4)
    if D1 == 0:
        bias = _to_weights(bias + tl.sum(last * offset[:, None], 0))
        last = _to_weights(last * factor[:, None]) * BYTE_SCALE
    if SKIP:
        skip = _matrix(parameters + 3 * WIDTH + 3, 3, K, 4, K_PADDED)
        bias = _to_weights(bias + tl.sum(skip * offset[:, None], 0))
        skip = _to_weights(skip * factor[:, None]) * BYTE_SCALE
        if D1 == 0:
            last += skip

    if EXACT:
        if D1 > 0:
            tl.store(exact_vectors + tl.arange(0, D1), bias1.to(tl.float32))
            exact_matrices = _store_exact(exact_matrices, first, K_PADDED, D1)
        if D2 > 0:
            tl.store(exact_vectors + D1 + tl.arange(0, D2), bias2.to(tl.float32))
            exact_matrices = _store_exact(exact_matrices, second, D1, D2)
        tl.store(exact_vectors + D1 + D2 + tl.arange(0, 4), bias.to(tl.float32))
        exact_matrices = _store_exact(exact_matrices, last, D, 4)
        if SKIP_APART:
            _store_exact(exact_matrices, skip, K_PADDED, 4)
    if PRECISION != "fp32":
        data_low = tl.zeros((K_PADDED,), tl.float64)
        data_high = tl.where(plane < K, 255.0 / BYTE_SCALE, 0.0).to(tl.float64)
        low = data_low
        high = data_high
        low_half = data_low
        if D1 > 0:
            half1, rest1, shift, error, terms, largest = _rounded(first, low, high, low_half, PRECISION)
            centred = bias1 - shift
            affine1 = _layer_error(error, terms, centred, largest, K, PRECISION)
            low, high, low_half, _, slope_high1, own1 = _activated(first, bias1, low, high, affine1, ELU, PRECISION)
            tl.store(vectors + tl.arange(0, D1), centred.to(tl.float32))
            matrices = _store(matrices, half1, rest1, K_PADDED, D1, PRECISION)
        if D2 > 0:
            half2, rest2, shift, error, terms, largest = _rounded(second, low, high, low_half, PRECISION)
            centred = bias2 - shift
            affine2 = _layer_error(error, terms, centred, largest, WIDTH1, PRECISION)
            low, high, low_half, slope_low2, slope_high2, own2 = _activated(
                second, bias2, low, high, affine2, ELU, PRECISION
            )
            tl.store(vectors + D1 + tl.arange(0, D2), centred.to(tl.float32))
            matrices = _store(matrices, half2, rest2, D1, D2, PRECISION)
        half, rest, shift, error, terms, largest = _rounded(last, low, high, low_half, PRECISION)
        matrices = _store(matrices, half, rest, D, 4, PRECISION)
        if SKIP_APART:
            half, rest, skip_shift, skip_error, skip_terms, skip_largest = _rounded(
                skip, data_low, data_high, data_low, PRECISION
            )
            _store(matrices, half, rest, K_PADDED, 4, PRECISION)
            shift += skip_shift
            error += skip_error
            terms += skip_terms
            largest = tl.maximum(largest, skip_largest)
        centred = bias - shift
        tl.store(vectors + D1 + D2 + tl.arange(0, 4), centred.to(tl.float32))
        error = _layer_error(error, terms, centred, largest, WIDTH + (K if SKIP_APART else 0), PRECISION)

        # Backwards: each layer's own error times how much a colour changes with it.
        bound = tl.max(error, 0) * 0
        for colour in tl.static_range(3):
            off = tl.sum(tl.where(tl.arange(0, 4) == colour, error, 0.0), 0)
            centre = _column(last, colour, 4)
            radius = tl.zeros_like(centre)
            if D2 > 0:
                reach = tl.abs(centre)
                off += tl.sum(reach * (own2 + slope_high2 * affine2), 0)
                slope = (slope_high2 + slope_low2) / 2
                slope_radius = (slope_high2 - slope_low2) / 2
                radius = tl.sum(tl.abs(second) * (reach * slope_radius)[None, :], 1)
                centre = tl.sum(second * (centre * slope)[None, :], 1)
            if D1 > 0:
                off += tl.sum((tl.abs(centre) + radius) * (own1 + slope_high1 * affine1), 0)
            bound = tl.where((off <= bound) | (bound != bound), bound, off)  # NaN, as an overflow leaves it, stays
        bound = tl.where(bound == bound, 255 * bound + BYTE_ERROR, float("inf"))
        tl.store(bounds + number, bound)
        tl.store(promised + number, (bound < 1).to(tl.int32))
