"""The device function that prepares a frame network for drawing: it folds it onto bytes, rounds and bounds it.

`round_network` computes the same as `FrameNetwork.folded` and `error_bound.rounded`, with the same names and in
float64. `prepare_frames` calls it for one network per program. It writes what `relight_tiles` reads.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import triton
import triton.language as tl

from fastrti.kernels.triton import error_bound as _error_bound
from fastrti.kernels.triton.layer_bounds import activated_layer, layer_error, rounded_layer
from fastrti.kernels.triton.light_kernels import to_weights

BYTE_SCALE = tl.constexpr(_error_bound.BYTE_SCALE)
BYTE_ERROR = tl.constexpr(_error_bound.BYTE_ERROR)


@triton.jit
def _matrix(parameters, OUTPUTS: tl.constexpr, INPUTS: tl.constexpr, COLUMNS: tl.constexpr, ROWS: tl.constexpr):
    """(ROWS, COLUMNS): (OUTPUTS, INPUTS) row-major parameters, transposed, padded with zeros."""
    row = tl.arange(0, ROWS)[:, None]
    column = tl.arange(0, COLUMNS)[None, :]
    inside = (row < INPUTS) & (column < OUTPUTS)
    return to_weights(tl.load(parameters + column * INPUTS + row, mask=inside, other=0.0))


@triton.jit
def _vector(parameters, COUNT: tl.constexpr, PADDED: tl.constexpr):
    number = tl.arange(0, PADDED)
    return to_weights(tl.load(parameters + number, mask=number < COUNT, other=0.0))


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
    number,  # of the network: those of a light are side by side, label by label
    parameters,  # of it, float64: W₁, b₁, …, Wₙ, bₙ, [S] in units of z
    minimum,  # (K_PADDED,) float64, z = v·scale + minimum; padded with zeros
    scale,  # (K_PADDED,) float64
    vectors,  # float32 biases for `relight_tiles`, written
    matrices,  # float16 weights for `relight_tiles`, written
    exact_vectors,  # float32 biases and weights of the float32 kernel, written
    exact_matrices,
    corners,  # (1 + BOXES, 2, K_PADDED) float64: the box around all boxes, then each; the first alone if there is one
    bounds,  # (N, BOXES) float64: in a box 255·y is never further than this from the exact one; written unless "fp32"
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
    BOXES: tl.constexpr,
):
    """Folds and rounds a network, and bounds it in box `program_id(1)`. The programs of all boxes write the same."""
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
        bias1 = to_weights(_vector(parameters + WIDTH1 * K, WIDTH1, D1) + tl.sum(first * offset[:, None], 0))
        first = to_weights(first * factor[:, None]) * BYTE_SCALE
        parameters += WIDTH1 * K + WIDTH1
    if D2 > 0:
        second = _matrix(parameters, WIDTH2, WIDTH1, D2, D1)
        bias2 = _vector(parameters + WIDTH2 * WIDTH1, WIDTH2, D2)
        parameters += WIDTH2 * WIDTH1 + WIDTH2
    last = _matrix(parameters, 3, WIDTH, 4, D)
    bias = _vector(parameters + 3 * WIDTH, 3, 4)
    if D1 == 0:
        bias = to_weights(bias + tl.sum(last * offset[:, None], 0))
        last = to_weights(last * factor[:, None]) * BYTE_SCALE
    if SKIP:
        skip = _matrix(parameters + 3 * WIDTH + 3, 3, K, 4, K_PADDED)
        bias = to_weights(bias + tl.sum(skip * offset[:, None], 0))
        skip = to_weights(skip * factor[:, None]) * BYTE_SCALE
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
        # The box around all boxes says how the biases are centred, then the program's own box is bounded.
        for turn in tl.static_range(1 if BOXES == 1 else 2):
            corner = corners + (0 if turn == 0 else (1 + tl.program_id(1)) * 2 * K_PADDED) + plane
            data_low = tl.load(corner)
            data_high = tl.load(corner + K_PADDED)
            no_halves = tl.zeros((K_PADDED,), tl.float64)
            low = data_low
            high = data_high
            low_half = no_halves
            if D1 > 0:
                half1, rest1, shift, error, terms, largest = rounded_layer(first, low, high, low_half, PRECISION)
                if turn == 0:
                    shift1 = shift
                centred = bias1 - shift1
                affine1 = layer_error(error + tl.abs(shift - shift1), terms, centred, largest, K, PRECISION)
                low, high, low_half, _, slope_high1, own1 = activated_layer(
                    first, bias1, low, high, affine1, ELU, PRECISION
                )
                if turn == 0:
                    tl.store(vectors + tl.arange(0, D1), centred.to(tl.float32))
                    matrices = _store(matrices, half1, rest1, K_PADDED, D1, PRECISION)
            if D2 > 0:
                half2, rest2, shift, error, terms, largest = rounded_layer(second, low, high, low_half, PRECISION)
                if turn == 0:
                    shift2 = shift
                centred = bias2 - shift2
                affine2 = layer_error(error + tl.abs(shift - shift2), terms, centred, largest, WIDTH1, PRECISION)
                low, high, low_half, slope_low2, slope_high2, own2 = activated_layer(
                    second, bias2, low, high, affine2, ELU, PRECISION
                )
                if turn == 0:
                    tl.store(vectors + D1 + tl.arange(0, D2), centred.to(tl.float32))
                    matrices = _store(matrices, half2, rest2, D1, D2, PRECISION)
            half, rest, shift, error, terms, largest = rounded_layer(last, low, high, low_half, PRECISION)
            if turn == 0:
                matrices = _store(matrices, half, rest, D, 4, PRECISION)
            if SKIP_APART:
                half, rest, skip_shift, skip_error, skip_terms, skip_largest = rounded_layer(
                    skip, data_low, data_high, no_halves, PRECISION
                )
                if turn == 0:
                    _store(matrices, half, rest, K_PADDED, 4, PRECISION)
                shift += skip_shift
                error += skip_error
                terms += skip_terms
                largest = tl.maximum(largest, skip_largest)
            if turn == 0:
                shift_last = shift
                tl.store(vectors + D1 + D2 + tl.arange(0, 4), (bias - shift).to(tl.float32))
            error += tl.abs(shift - shift_last)
            inputs = WIDTH + (K if SKIP_APART else 0)
            error = layer_error(error, terms, bias - shift_last, largest, inputs, PRECISION)

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
        tl.store(bounds + number * BOXES + tl.program_id(1), bound)
