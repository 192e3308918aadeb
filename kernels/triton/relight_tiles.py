"""The device code of the Triton backend: `relight_tiles`, in Triton's Python.

A tile is ROWS words of every plane. A word has four pixels, so each layer takes four small matrix products, whose rows
are words and whose columns are units. The result of a hidden layer is, register for register, the left factor of the
next product, so activations never leave the registers. Tensor cores multiply halves and add them up in float32. The
colours of two pixels lie side by side in the last product. Names in capitals are known at compile time, and every `if`
on one is decided there.
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
def _weights(pointer, ROWS: tl.constexpr, COLUMNS: tl.constexpr, PRECISION: tl.constexpr):
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
def _colour_weights(pointer, ROWS: tl.constexpr, PIXEL: tl.constexpr, CHANNELS: tl.constexpr, PRECISION: tl.constexpr):
    high = _colour_matrix(pointer, ROWS, PIXEL, CHANNELS)
    low = high
    if PRECISION == "fp16 hi/lo":
        low = _colour_matrix(pointer + ROWS * 4, ROWS, PIXEL, CHANNELS)
    return high, low


@triton.jit
def _rows(vector, ROWS: tl.constexpr, PTX: tl.constexpr):
    """A vector as ROWS equal rows to start a sum from, in registers of their own: else each sum would copy it first."""
    rows = tl.broadcast_to(vector[None, :], (ROWS, vector.shape[0]))
    if PTX:
        rows = tl.inline_asm_elementwise("mov.b32 $0, $1;", "=f,f", [rows], tl.float32, is_pure=False, pack=1)
    return rows


@triton.jit
def _bias(vectors, WIDTH: tl.constexpr, ROWS: tl.constexpr):
    """A bias to start sums from; it is read for each tile where registers are better left for the weights."""
    return tl.broadcast_to(tl.load(vectors + tl.arange(0, WIDTH))[None, :], (ROWS, WIDTH))


@triton.jit
def _bytes(words, pixel, PRECISION: tl.constexpr, PTX: tl.constexpr):
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
def _positive_halves(z, TRUNCATE: tl.constexpr, PTX: tl.constexpr):
    """max(z, 0) as halves, in the instruction that converts two."""
    if PTX:
        code: tl.constexpr = "cvt.rz.relu.f16x2.f32 $0, $2, $1;" if TRUNCATE else "cvt.rn.relu.f16x2.f32 $0, $2, $1;"
        halves = tl.inline_asm_elementwise(code, "=r,r,r", [z], tl.float16, is_pure=True, pack=2)
    else:
        halves = tl.maximum(z, 0.0).to(tl.float16)
    return halves


@triton.jit
def _phi(z, ELU: tl.constexpr, PRECISION: tl.constexpr, PTX: tl.constexpr):
    """φ(z) as a matrix product takes it: a high and a low part; unsplit activations are both."""
    if ELU:
        z = tl.where(z > 0, z, _exp2(z * 1.4426950408889634, PTX) - 1.0)
        high = z if PRECISION == "fp32" else z.to(tl.float16)
        low = high
        if PRECISION == "fp16 hi/lo":
            low = (z - high.to(tl.float32)).to(tl.float16)
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
def _products(sums, h, h_low, weights, weights_low, EXACT: tl.constexpr, PRECISION: tl.constexpr):
    """sums + W·h."""
    sums = _small_products(sums, h, h_low, weights, weights_low, EXACT, PRECISION)
    return tl.dot(h, weights, sums, input_precision="ieee")


@triton.jit
def _colours(
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
def _levels(y, PTX: tl.constexpr):
    """floor(255·clamp(y, 0, 1) + 0.5) in the low byte: 2²³ + v is an integer's float. 2⁻²³ rounds halves up."""
    if PTX:
        y = tl.inline_asm_elementwise("add.sat.f32 $0, $1, 0f34000000;", "=f,f", [y], tl.float32, is_pure=True, pack=1)
    else:
        y = tl.minimum(tl.maximum(y + 1.1920928955078125e-07, 0.0), 1.0)
    return (y * 255.0 + 8388608.0).to(tl.int32, bitcast=True)


# Numbers that change from region to region must not compile anew.
_CHANGING = ["out", "origin", "row_stride", "plane_stride", "picture_stride", "out_row_stride", "columns"]


@triton.jit(do_not_specialize=[*_CHANGING, "tiles_per_row", "tiles"])
def relight_tiles(
    planes,  # int32: four pixels per word, planes `plane_stride` words apart
    mask,  # int32, laid out like a plane, 255 where the object is; planes again where there is none
    out,  # uint8, the region's first pixel under the first light
    vectors,  # float32, for each light: the bias of each layer, padded; 4 for the last
    matrices,  # for each light: (in, out) of each layer, [high, low] each, then the skip's; float16 or float32, padded
    promised,  # int32, for each light: whether its bound promises a level
    origin: tl.int64,  # the region's first pixel in a plane
    row_stride: tl.int64,
    plane_stride: tl.int64,
    picture_stride: tl.int64,  # of out, from light to light
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
    CHANNELS: tl.constexpr,  # of out: 3, or 4 with alpha
    PRECISION: tl.constexpr,
    PROMISED: tl.constexpr,  # draw the lights that are promised (1), those that are not (0), or all (-1)
    PTX: tl.constexpr,  # compiled for an NVIDIA GPU
    PIXELS: tl.constexpr,  # of a word, drawn side by side: 2; or 1 to save registers, in tiles of one pixel a word
    ROWS: tl.constexpr,
    STAGES: tl.constexpr,  # of the software pipeline over tiles
):
    """Relights a region under light `program_id(0)`: `tiles_per_row` tiles of ROWS words per row."""
    PARTS: tl.constexpr = 2 if PRECISION == "fp16 hi/lo" else 1
    D: tl.constexpr = D2 if D2 > 0 else (D1 if D1 > 0 else K_PADDED)
    light = tl.program_id(0)
    if PROMISED >= 0:
        tiles = tl.where(tl.load(promised + light) == PROMISED, tiles, 0)
    vectors += light * (D1 + D2 + 4)
    matrices += light * PARTS * (K_PADDED * D1 + D1 * D2 + D * 4 + (K_PADDED * 4 if SKIP else 0))
    out += light.to(tl.int64) * picture_stride
    if D1 > 0:
        weights1, weights1_low = _weights(matrices, K_PADDED, D1, PRECISION)
        if D1 <= KEPT:
            bias1 = _rows(tl.load(vectors + tl.arange(0, D1)), ROWS, PTX)
        matrices += PARTS * K_PADDED * D1
    if D2 > 0:
        weights2, weights2_low = _weights(matrices, D1, D2, PRECISION)
        if D2 <= KEPT:
            bias2 = _rows(tl.load(vectors + D1 + tl.arange(0, D2)), ROWS, PTX)
        matrices += PARTS * D1 * D2
    last_a, last_a_low = _colour_weights(matrices, D, 0, CHANNELS, PRECISION)
    last_b, last_b_low = last_a, last_a_low
    if PIXELS == 2:
        last_b, last_b_low = _colour_weights(matrices, D, 1, CHANNELS, PRECISION)
    skip_a, skip_a_low = last_a, last_a_low
    skip_b, skip_b_low = last_b, last_b_low
    if SKIP:
        skip_a, skip_a_low = _colour_weights(matrices + PARTS * D * 4, K_PADDED, 0, CHANNELS, PRECISION)
        if PIXELS == 2:
            skip_b, skip_b_low = _colour_weights(matrices + PARTS * D * 4, K_PADDED, 1, CHANNELS, PRECISION)

    word = tl.arange(0, ROWS)
    plane = tl.arange(0, K_PADDED)
    column = tl.arange(0, COLUMNS)
    colour = column % CHANNELS
    colour_bias = tl.load(vectors + D1 + D2 + colour, mask=colour < 3, other=1.0)  # alpha is 1
    colour_bias = _rows(colour_bias, ROWS, PTX)
    # Past every end, so that the columns behind the last pixel's are never written.
    byte = word[:, None] * (4 * CHANNELS) + tl.where(column < PIXELS * CHANNELS, column, 1 << 30)[None, :]
    STEPS: tl.constexpr = 4 if PIXELS == 1 else 1
    for index in tl.range(tl.program_id(1), tiles * STEPS, tl.num_programs(1), num_stages=STAGES):
        tile = index // STEPS
        row = (tile // tiles_per_row).to(tl.int64)
        first = (tile % tiles_per_row).to(tl.int64) * (4 * ROWS)
        start = origin + row * row_stride
        before = (start % 4).to(tl.int32)  # pixels of the row's first word that lie before the row
        here = start // 4 + (tile % tiles_per_row).to(tl.int64) * ROWS
        left = tl.minimum(columns - first + before, 4 * ROWS).to(tl.int32)  # pixels, with those before
        inside = word < (left + 3) // 4
        where = planes + here + plane.to(tl.int64)[None, :] * (plane_stride // 4 * 4) + word[:, None]
        words = tl.load(where, mask=inside[:, None] & (plane < K)[None, :], other=0)
        if MASKED:
            shown = tl.load(mask + here + word, mask=inside, other=0)[:, None]
        begin = tl.where(first == 0, before, 0) * CHANNELS
        target = out + row * out_row_stride + (first - before) * CHANNELS
        for part in tl.static_range(4 // PIXELS // STEPS):
            step = part if STEPS == 1 else index % STEPS
            sums = tl.zeros((ROWS, COLUMNS), tl.float32) if BASE else colour_bias
            for side in tl.static_range(PIXELS):
                data = _bytes(words, PIXELS * step + side, PRECISION, PTX)
                h = data
                h_low = data
                if D1 > 0:
                    if D1 > KEPT:
                        bias1 = _bias(vectors, D1, ROWS)
                    z = _products(bias1, h, h_low, weights1, weights1_low, True, PRECISION)
                    h, h_low = _phi(z, ELU, PRECISION, PTX)
                if D2 > 0:
                    if D2 > KEPT:
                        bias2 = _bias(vectors + D1, D2, ROWS)
                    z = _products(bias2, h, h_low, weights2, weights2_low, False, PRECISION)
                    h, h_low = _phi(z, ELU, PRECISION, PTX)
                last, last_low = (last_a, last_a_low) if side == 0 else (last_b, last_b_low)
                skip, skip_low = (skip_a, skip_a_low) if side == 0 else (skip_b, skip_b_low)
                sums = _colours(sums, data, h, h_low, last, last_low, skip, skip_low, SKIP, D1 == 0, PRECISION)
            shift = ((PIXELS * step + column // CHANNELS) % 4 * 8)[None, :]
            if BASE:
                where = planes + here + colour.to(tl.int64)[None, :] * plane_stride + word[:, None]
                coloured = inside[:, None] & (colour < 3)[None, :]
                base = (tl.load(where, mask=coloured, other=0) >> shift) & 0xFF
                base = (base | 0x4B000000).to(tl.float32, bitcast=True) - 8388608.0  # 2²³ + v is v's float
                sums = tl.where((colour < 3)[None, :], (sums + colour_bias) * base * (1 / 255), 1.0)
            level = _levels(sums, PTX)
            if MASKED:
                level &= shown >> shift
            at = byte + PIXELS * CHANNELS * step
            tl.store(target + at, level.to(tl.uint8), mask=(at >= begin) & (at < left * CHANNELS))
