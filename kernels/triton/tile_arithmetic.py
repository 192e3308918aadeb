"""The arithmetic of a tile of pixels, as device functions: bytes to halves, products, activations, levels.

`relight_tiles.py` puts them together.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import os

import triton
import triton.language as tl

# Triton's own switch: kernels run in NumPy on CPU tensors, slowly; for tests on machines without a GPU.
INTERPRETED = tl.constexpr(os.environ.get("TRITON_INTERPRET") == "1")

# Columns of the last product. Two pixels' colours are used; the narrowest product Triton takes was 16 before 3.5.
COLUMNS = tl.constexpr(8 if tuple(map(int, triton.__version__.split(".")[:2])) >= (3, 5) else 16)

# The widest bias that stays in registers; a wider one is read again for each tile, and leaves them to the weights.
KEPT = tl.constexpr(16)

# The bytes that $3 selects of two words as a pair of halves: 0x4400 | v is the half 4 + v/256.
_BYTES = tl.constexpr("{.reg .b32 t; prmt.b32 t, $1, $2, $3; lop3.b32 $0, t, 0x00FF00FF, 0x44004400, 0xEA;}")


@triton.jit
def _matrix(pointer, ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    return tl.load(pointer + tl.arange(0, ROWS)[:, None] * COLUMNS + tl.arange(0, COLUMNS)[None, :])


@triton.jit
def weights_of(pointer, ROWS: tl.constexpr, COLUMNS: tl.constexpr, PRECISION: tl.constexpr):
    """The high and the low weights of a layer, which lie one after the other. Unsplit weights stand for both."""
    high = _matrix(pointer, ROWS, COLUMNS)
    low = high
    if PRECISION == "fp16 hi/lo":
        low = _matrix(pointer + ROWS * COLUMNS, ROWS, COLUMNS)
    return high, low


@triton.jit
def _colour_matrix(pointer, ROWS: tl.constexpr, PIXEL: tl.constexpr, CHANNELS: tl.constexpr):
    """(ROWS, 4) weights into the columns of the first or second pixel of a pair, zeros into the others."""
    colour = tl.arange(0, COLUMNS) - PIXEL * CHANNELS
    where = pointer + tl.arange(0, ROWS)[:, None] * 4 + colour[None, :]
    return tl.load(where, mask=((colour >= 0) & (colour < 3))[None, :], other=0)


@triton.jit
def colour_weights(pointer, ROWS: tl.constexpr, PIXEL: tl.constexpr, CHANNELS: tl.constexpr, PRECISION: tl.constexpr):
    """The high and the low weights of the colours, as `weights_of` reads those of a hidden layer."""
    high = _colour_matrix(pointer, ROWS, PIXEL, CHANNELS)
    low = high
    if PRECISION == "fp16 hi/lo":
        low = _colour_matrix(pointer + ROWS * 4, ROWS, PIXEL, CHANNELS)
    return high, low


@triton.jit
def equal_rows(vector, ROWS: tl.constexpr, PTX: tl.constexpr):
    """A vector as ROWS equal rows to start a sum from, in registers of their own: else each sum would copy it first."""
    rows = tl.broadcast_to(vector[None, :], (ROWS, vector.shape[0]))
    if PTX:
        rows = tl.inline_asm_elementwise("mov.b32 $0, $1;", "=f,f", [rows], tl.float32, is_pure=False, pack=1)
    return rows


@triton.jit
def bias_rows(vectors, WIDTH: tl.constexpr, ROWS: tl.constexpr):
    """A bias to start sums from; it is read for each tile where registers are better left for the weights."""
    return tl.broadcast_to(tl.load(vectors + tl.arange(0, WIDTH))[None, :], (ROWS, WIDTH))


@triton.jit
def bytes_of(words, pixel, PRECISION: tl.constexpr, PTX: tl.constexpr):
    """One pixel of each word as v/256, exactly. A conversion would queue for the unit exp runs on."""
    if PTX:
        chosen = tl.full(words.shape, 0x4400, tl.int32) + 0x1111 * pixel
        halves = tl.inline_asm_elementwise(_BYTES, "=r,r,r,r,r", [words, chosen], tl.float16, is_pure=True, pack=2)
    else:
        halves = (((words >> (8 * pixel)) & 0xFF) | 0x4400).to(tl.uint16).to(tl.float16, bitcast=True)
    data = halves - 4.0
    if PRECISION == "fp32":
        data = data.to(tl.float32)
    return data


@triton.jit
def _exp2(x, PTX: tl.constexpr):
    """2ˣ; on GPUs without the instructions that would keep results below 2⁻¹²⁶ exact."""
    if PTX:
        result = tl.inline_asm_elementwise("ex2.approx.ftz.f32 $0, $1;", "=f,f", [x], tl.float32, is_pure=True, pack=1)
    else:
        result = tl.exp2(tl.minimum(x, 127.0))
    return result


@triton.jit
def _elu(z, PTX: tl.constexpr):
    """z where it is positive, else eᶻ − 1: the larger of z and −clamp(1 − eᶻ, 0, 1), as eᶻ − 1 ≥ z."""
    power = _exp2(z * 1.4426950408889634, PTX)
    if PTX:
        below = tl.inline_asm_elementwise(
            "sub.sat.f32 $0, 0f3F800000, $1;", "=f,f", [power], tl.float32, is_pure=True, pack=1
        )
    else:
        below = tl.maximum(1.0 - power, 0.0)
    return tl.maximum(z, -below)


@triton.jit
def _halves(z, PTX: tl.constexpr):
    """z as halves, in the instruction that converts two."""
    if PTX:
        code: tl.constexpr = "cvt.rn.f16x2.f32 $0, $2, $1;"
        halves = tl.inline_asm_elementwise(code, "=r,r,r", [z], tl.float16, is_pure=True, pack=2)
    else:
        halves = z.to(tl.float16)
    return halves


@triton.jit
def _positive_halves(z, TRUNCATE: tl.constexpr, PTX: tl.constexpr):
    """max(z, 0) as halves, in the instruction that converts two."""
    if PTX:
        code: tl.constexpr = "cvt.rz.relu.f16x2.f32 $0, $2, $1;" if TRUNCATE else "cvt.rn.relu.f16x2.f32 $0, $2, $1;"
        halves = tl.inline_asm_elementwise(code, "=r,r,r", [z], tl.float16, is_pure=True, pack=2)
    else:
        halves = tl.maximum(z, 0.0).to(tl.float16)
    return halves


@triton.jit
def activated(z, ELU: tl.constexpr, PRECISION: tl.constexpr, PTX: tl.constexpr):
    """φ(z) as a matrix product takes it: a high and a low part; unsplit activations are both."""
    if ELU:
        z = _elu(z, PTX)
        high = z if PRECISION == "fp32" else _halves(z, PTX)
        low = high
        if PRECISION == "fp16 hi/lo":
            low = _halves(z - high.to(tl.float32), PTX)
    elif PRECISION == "fp32":
        high = tl.maximum(z, 0.0)
        low = high
    elif PRECISION == "fp16 hi/lo":  # truncated, so that what is left is positive where z is
        high = _positive_halves(z, PTX, PTX)
        low = _positive_halves(z - high.to(tl.float32), False, PTX) if PTX else _rest(z, high)
    else:
        high = _positive_halves(z, False, PTX)
        low = high
    return high, low


@triton.jit
def _rest(z, high):
    return (tl.maximum(z, 0.0) - high.to(tl.float32)).to(tl.float16)


@triton.jit
def _small_products(sums, h, h_low, weights, weights_low, EXACT: tl.constexpr, PRECISION: tl.constexpr):
    """Adds the products with one low factor: before all others, while sums round finely. EXACT: h has no low part."""
    if PRECISION == "fp16 hi/lo":
        sums = tl.dot(h, weights_low, sums)
        if not EXACT:
            sums = tl.dot(h_low, weights, sums)
    return sums


@triton.jit
def products(sums, h, h_low, weights, weights_low, EXACT: tl.constexpr, PRECISION: tl.constexpr):
    """sums + W·h."""
    sums = _small_products(sums, h, h_low, weights, weights_low, EXACT, PRECISION)
    return tl.dot(h, weights, sums, input_precision="ieee")


@triton.jit
def colour_sums(
    sums,
    data,
    h,
    h_low,
    last,
    last_low,
    skip,
    skip_low,
    SKIP: tl.constexpr,
    EXACT: tl.constexpr,
    PRECISION: tl.constexpr,
):
    """sums + W·h [+ S·data]."""
    if SKIP:
        sums = _small_products(sums, data, data, skip, skip_low, True, PRECISION)
    sums = _small_products(sums, h, h_low, last, last_low, EXACT, PRECISION)
    if SKIP:
        sums = tl.dot(data, skip, sums, input_precision="ieee")
    return tl.dot(h, last, sums, input_precision="ieee")


@triton.jit
def levels(y, PTX: tl.constexpr):
    """floor(255·clamp(y, 0, 1) + 0.5) in the low byte: 2²³ + v is an integer's float. 2⁻²³ rounds halves up."""
    if PTX:
        y = tl.inline_asm_elementwise("add.sat.f32 $0, $1, 0f34000000;", "=f,f", [y], tl.float32, is_pure=True, pack=1)
    else:
        y = tl.minimum(tl.maximum(y + 1.1920928955078125e-07, 0.0), 1.0)
    return (y * 255.0 + 8388608.0).to(tl.int32, bitcast=True)
