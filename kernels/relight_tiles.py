"""The device code of the Triton backend: `relight_tiles`, in Triton's Python.

A tile is BLOCK pixels. They are the rows of small matrix products, so a hidden layer's result is, register for
register, the left factor of the next product: activations never leave the registers. Halves are multiplied and added up
in float32 on tensor cores. Names in capitals are known at compile time, and every `if` on one is decided there.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import os

import triton
import triton.language as tl

# Triton's own switch: kernels run in NumPy on CPU tensors, slowly; for tests on machines without a GPU.
INTERPRETED = tl.constexpr(os.environ.get("TRITON_INTERPRET") == "1")

# Three of them are used; the narrowest matrix product Triton takes is 8 wide, and was 16 before its version 3.5.
COLOURS = tl.constexpr(8 if tuple(map(int, triton.__version__.split(".")[:2])) >= (3, 5) else 16)


@triton.jit
def _halves(data):
    """Bytes as float16, exactly: 0x6400 | v is the half 1024 + v. A conversion would queue for the unit exp runs on."""
    return (data.to(tl.uint16) | 0x6400).to(tl.float16, bitcast=True) - 1024.0


@triton.jit
def _matrix(pointer, ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    return tl.load(pointer + tl.arange(0, ROWS)[:, None] * COLUMNS + tl.arange(0, COLUMNS)[None, :])


@triton.jit
def _weights(pointer, ROWS: tl.constexpr, COLUMNS: tl.constexpr, PRECISION: tl.constexpr):
    """A layer's high and low weights, which lie behind one another; unsplit weights are both."""
    high = _matrix(pointer, ROWS, COLUMNS)
    low = high
    if PRECISION == "fp16 hi/lo":
        low = _matrix(pointer + ROWS * COLUMNS, ROWS, COLUMNS)
    return high, low


@triton.jit
def _affine(sums, vectors, WIDTH: tl.constexpr):
    """Undoes the power of two the weights were scaled by, and adds the bias."""
    unit = tl.arange(0, WIDTH)
    return sums * tl.load(vectors + unit)[None, :] + tl.load(vectors + WIDTH + unit)[None, :]


@triton.jit
def _exp2(x):
    """2ˣ; on GPUs without the instructions that would keep results below 2⁻¹²⁶ exact."""
    if INTERPRETED:
        result = tl.exp2(tl.minimum(x, 127.0))
    else:
        result = tl.inline_asm_elementwise("ex2.approx.ftz.f32 $0, $1;", "=f,f", [x], tl.float32, is_pure=True, pack=1)
    return result


@triton.jit
def _phi(z, ELU: tl.constexpr):
    if ELU:
        h = tl.where(z > 0, z, _exp2(z * 1.4426950408889634) - 1.0)
    else:
        h = tl.maximum(z, 0.0)
    return h


@triton.jit
def _split(h, PRECISION: tl.constexpr):
    """Activations as a matrix product takes them: a high and a low part; unsplit activations are both."""
    high = h if PRECISION == "fp32" else h.to(tl.float16)
    low = high
    if PRECISION == "fp16 hi/lo":
        low = (h - high.to(tl.float32)).to(tl.float16)
    return high, low


@triton.jit
def _small_products(sums, h, h_low, weights, weights_low, EXACT: tl.constexpr, PRECISION: tl.constexpr):
    """Adds the products with one low factor. They come before all others, while the sums are small and round finely."""
    if PRECISION == "fp16 hi/lo":
        sums = tl.dot(h, weights_low, sums)
        if not EXACT:
            sums = tl.dot(h_low, weights, sums)
    return sums


@triton.jit
def _hidden(h, h_low, weights, weights_low, vectors, EXACT: tl.constexpr, ELU: tl.constexpr, PRECISION: tl.constexpr):
    """φ(W·h + b); EXACT says that h has no low part, as bytes have none."""
    sums = tl.zeros((h.shape[0], weights.shape[1]), tl.float32)
    sums = _small_products(sums, h, h_low, weights, weights_low, EXACT, PRECISION)
    sums = tl.dot(h, weights, sums, input_precision="ieee")
    return _split(_phi(_affine(sums, vectors, weights.shape[1]), ELU), PRECISION)


@triton.jit
def _byte(y):
    """floor(255·clamp(y, 0, 1) + 0.5) without a conversion: floats in [256, 512) hold their integers from bit 15 up."""
    level = tl.minimum(tl.maximum(y, 0.0), 1.0) * 255.0 + 256.5
    return (level.to(tl.uint32, bitcast=True) >> 15).to(tl.uint8)


# Numbers that change from region to region must not compile anew.
_CHANGING = ["out", "origin", "row_stride", "plane_stride", "out_row_stride", "columns", "tiles_per_row", "tiles"]


@triton.jit(do_not_specialize=_CHANGING)
def relight_tiles(
    planes,  # uint8, `plane_stride` apart
    mask,  # uint8, laid out like a plane; planes again where there is none
    out,  # uint8, the region's first pixel
    vectors,  # float32: scale and bias of each layer, padded
    matrices,  # (in, out) of each layer, [high, low] each, then the skip's; float16 or float32, padded
    origin: tl.int64,  # the region's first pixel in a plane
    row_stride: tl.int64,
    plane_stride: tl.int64,
    out_row_stride: tl.int64,
    columns: tl.int64,
    tiles_per_row: tl.int32,
    tiles: tl.int32,
    K: tl.constexpr,
    K_PADDED: tl.constexpr,
    D1: tl.constexpr,  # padded widths of the hidden layers, 0 where there is none
    D2: tl.constexpr,
    ELU: tl.constexpr,
    SKIP: tl.constexpr,
    BASE: tl.constexpr,
    MASKED: tl.constexpr,
    ALIGNED: tl.constexpr,  # origin and strides are multiples of 16: planes are read 16 bytes at a time
    PRECISION: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Relights a region: `tiles_per_row` tiles of BLOCK pixels a row."""
    PARTS: tl.constexpr = 2 if PRECISION == "fp16 hi/lo" else 1
    D: tl.constexpr = D2 if D2 > 0 else (D1 if D1 > 0 else K_PADDED)
    if D1 > 0:
        weights1, weights1_low = _weights(matrices, K_PADDED, D1, PRECISION)
        matrices += PARTS * K_PADDED * D1
    if D2 > 0:
        weights2, weights2_low = _weights(matrices, D1, D2, PRECISION)
        matrices += PARTS * D1 * D2
    last, last_low = _weights(matrices, D, COLOURS, PRECISION)
    if SKIP:
        skip, skip_low = _weights(matrices + PARTS * D * COLOURS, K_PADDED, COLOURS, PRECISION)

    pixel = tl.arange(0, BLOCK)
    plane = tl.arange(0, K_PADDED)
    colour = tl.arange(0, COLOURS)
    for tile in tl.range(tl.program_id(0), tiles, tl.num_programs(0), num_stages=1):
        row = (tile // tiles_per_row).to(tl.int64)
        column = (tile % tiles_per_row).to(tl.int64) * BLOCK
        left = tl.minimum(columns - column, BLOCK).to(tl.int32)
        inside = pixel < left
        first = origin + row * row_stride
        if ALIGNED:  # the compiler sees multiples of 16, and a plane has room for whole vectors
            first = first // 16 * 16
            left = (left + 15) // 16 * 16
        first += column
        where = planes + first + pixel[:, None] + plane[None, :] * (plane_stride // 16 * 16)
        data = _halves(tl.load(where, mask=(pixel < left)[:, None] & (plane < K)[None, :], other=0))
        if PRECISION == "fp32":
            data = data.to(tl.float32)

        h = data
        h_low = data
        if D1 > 0:
            h, h_low = _hidden(h, h_low, weights1, weights1_low, vectors, True, ELU, PRECISION)
        if D2 > 0:
            h, h_low = _hidden(h, h_low, weights2, weights2_low, vectors + 2 * D1, False, ELU, PRECISION)
        sums = tl.zeros((BLOCK, COLOURS), tl.float32)
        if SKIP:
            sums = _small_products(sums, data, data, skip, skip_low, True, PRECISION)
        sums = _small_products(sums, h, h_low, last, last_low, D1 == 0, PRECISION)
        if SKIP:
            sums = tl.dot(data, skip, sums, input_precision="ieee")
        sums = tl.dot(h, last, sums, input_precision="ieee")
        y = _affine(sums, vectors + 2 * (D1 + D2), COLOURS)

        written = inside[:, None] & (colour < 3)[None, :]
        if BASE:
            where = planes + first + pixel[:, None] + colour[None, :] * plane_stride
            y *= _halves(tl.load(where, mask=written, other=0)).to(tl.float32)
        byte = _byte(y)
        if MASKED:
            shown = tl.load(mask + first + pixel, mask=inside, other=0) != 0
            byte = tl.where(shown[:, None], byte, 0)
        start = row * out_row_stride + column * 3
        tl.store(out + start + pixel[:, None] * 3 + colour[None, :], byte, mask=written)
