"""The device code that draws the pixels: `relight_tiles`, in Triton's Python.

A tile is ROWS words of every plane. A word has four pixels, so each layer takes four small matrix products, whose rows
are words and whose columns are units. The result of a hidden layer is, register for register, the left factor of the
next product, so activations never leave the registers. Tensor cores multiply halves and add them up in float32. The
colours of two pixels lie side by side in the last product. Names in capitals are known at compile time, and every `if`
on one is decided there.

Of several experts, a program has the network of one. A mean of experts counts as an expert here: every label has
programs of its own. They pass over the tiles that have no pixel of this label, and of the others they write only the
pixels of this label.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import triton
import triton.language as tl

from fastrti.kernels.triton.tile_arithmetic import (
    COLUMNS,
    KEPT,
    activated,
    bias_rows,
    bytes_of,
    colour_sums,
    colour_weights,
    equal_rows,
    levels,
    products,
    weights_of,
)

FALLBACK_ROWS = tl.constexpr(16)  # words in a tile of a frame without a promise, which a program of any size draws


@triton.jit
def _draw(
    planes,
    out,
    vectors,
    matrices,
    origin,
    row_stride,
    plane_stride,
    picture_stride,
    out_row_stride,
    height,
    columns,
    K: tl.constexpr,
    K_PADDED: tl.constexpr,
    D1: tl.constexpr,
    D2: tl.constexpr,
    ELU: tl.constexpr,
    SKIP: tl.constexpr,
    BASE: tl.constexpr,
    MASKED: tl.constexpr,
    LABELS: tl.constexpr,
    CHANNELS: tl.constexpr,
    PRECISION: tl.constexpr,
    PTX: tl.constexpr,
    PIXELS: tl.constexpr,
    ROWS: tl.constexpr,
    STAGES: tl.constexpr,
):
    """What `relight_tiles` does, in one precision."""
    PARTS: tl.constexpr = 2 if PRECISION == "fp16 hi/lo" else 1
    KEEP1: tl.constexpr = D1 <= KEPT and not ELU  # ELU needs registers itself
    D: tl.constexpr = D2 if D2 > 0 else (D1 if D1 > 0 else K_PADDED)
    network = tl.program_id(0)
    vectors += network * (D1 + D2 + 4)
    matrices += network * PARTS * (K_PADDED * D1 + D1 * D2 + D * 4 + (K_PADDED * 4 if SKIP else 0))
    out += (network // LABELS).to(tl.int64) * picture_stride
    own = network % LABELS
    if D1 > 0:
        weights1, weights1_low = weights_of(matrices, K_PADDED, D1, PRECISION)
        if KEEP1:
            bias1 = equal_rows(tl.load(vectors + tl.arange(0, D1)), ROWS, PTX)
        matrices += PARTS * K_PADDED * D1
    if D2 > 0:
        weights2, weights2_low = weights_of(matrices, D1, D2, PRECISION)
        if D2 <= KEPT:
            bias2 = equal_rows(tl.load(vectors + D1 + tl.arange(0, D2)), ROWS, PTX)
        matrices += PARTS * D1 * D2
    last_a, last_a_low = colour_weights(matrices, D, 0, CHANNELS, PRECISION)
    last_b, last_b_low = last_a, last_a_low
    if PIXELS == 2:
        last_b, last_b_low = colour_weights(matrices, D, 1, CHANNELS, PRECISION)
    skip_a, skip_a_low = last_a, last_a_low
    skip_b, skip_b_low = last_b, last_b_low
    if SKIP:
        skip_a, skip_a_low = colour_weights(matrices + PARTS * D * 4, K_PADDED, 0, CHANNELS, PRECISION)
        if PIXELS == 2:
            skip_b, skip_b_low = colour_weights(matrices + PARTS * D * 4, K_PADDED, 1, CHANNELS, PRECISION)

    word = tl.arange(0, ROWS)
    plane = tl.arange(0, K_PADDED)
    column = tl.arange(0, COLUMNS)
    colour = column % CHANNELS
    colour_bias = tl.load(vectors + D1 + D2 + colour, mask=colour < 3, other=1.0)  # alpha is 1
    colour_bias = equal_rows(colour_bias, ROWS, PTX)
    # Past every end, so that the columns behind the last pixel's are never written.
    byte = word[:, None] * (4 * CHANNELS) + tl.where(column < PIXELS * CHANNELS, column, 1 << 30)[None, :]
    STEPS: tl.constexpr = 4 if PIXELS == 1 else 1
    tiles_per_row = ((columns + 3 + (4 * ROWS - 1)) // (4 * ROWS)).to(tl.int32)  # a row may start inside a word
    for index in tl.range(tl.program_id(1), height * tiles_per_row * STEPS, tl.num_programs(1), num_stages=STAGES):
        tile = index // STEPS
        row = (tile // tiles_per_row).to(tl.int64)
        first = (tile % tiles_per_row).to(tl.int64) * (4 * ROWS)
        start = origin + row * row_stride
        before = (start % 4).to(tl.int32)  # pixels of the row's first word that lie before the row
        here = start // 4 + (tile % tiles_per_row).to(tl.int64) * ROWS
        left = tl.minimum(columns - first + before, 4 * ROWS).to(tl.int32)  # pixels, with those before
        inside = word < (left + 3) // 4
        turns = 1
        if LABELS > 1:
            label = tl.load(planes + (K + MASKED) * plane_stride + here + word, mask=inside, other=-1)
            off = label ^ (own * 0x01010101)  # a byte of it is 0 where the label of the pixel is the program's own
            turns = tl.max((((off - 0x01010101) & ~off & -0x7F7F7F80) != 0).to(tl.int32), 0)
        for _ in tl.range(turns, num_stages=1):  # once or not: an `if` would read weights again
            where = planes + here + plane.to(tl.int64)[None, :] * (plane_stride // 4 * 4) + word[:, None]
            words = tl.load(where, mask=inside[:, None] & (plane < K)[None, :], other=0)
            if MASKED:
                shown = tl.load(planes + K * plane_stride + here + word, mask=inside, other=0)[:, None]
            begin = tl.where(first == 0, before, 0) * CHANNELS
            target = out + row * out_row_stride + (first - before) * CHANNELS
            for part in tl.static_range(4 // PIXELS // STEPS):
                step = part if STEPS == 1 else index % STEPS
                sums = tl.zeros((ROWS, COLUMNS), tl.float32) if BASE else colour_bias
                for side in tl.static_range(PIXELS):
                    data = bytes_of(words, PIXELS * step + side, PRECISION, PTX)
                    h = data
                    h_low = data
                    if D1 > 0:
                        if not KEEP1:
                            bias1 = bias_rows(vectors, D1, ROWS)
                        z = products(bias1, h, h_low, weights1, weights1_low, True, PRECISION)
                        h, h_low = activated(z, ELU, PRECISION, PTX)
                    if D2 > 0:
                        if D2 > KEPT:
                            bias2 = bias_rows(vectors + D1, D2, ROWS)
                        z = products(bias2, h, h_low, weights2, weights2_low, False, PRECISION)
                        h, h_low = activated(z, ELU, PRECISION, PTX)
                    last, last_low = (last_a, last_a_low) if side == 0 else (last_b, last_b_low)
                    skip, skip_low = (skip_a, skip_a_low) if side == 0 else (skip_b, skip_b_low)
                    sums = colour_sums(sums, data, h, h_low, last, last_low, skip, skip_low, SKIP, D1 == 0, PRECISION)
                shift = ((PIXELS * step + column // CHANNELS) % 4 * 8)[None, :]
                if BASE:
                    where = planes + here + colour.to(tl.int64)[None, :] * plane_stride + word[:, None]
                    coloured = inside[:, None] & (colour < 3)[None, :]
                    base = (tl.load(where, mask=coloured, other=0) >> shift) & 0xFF
                    base = (base | 0x4B000000).to(tl.float32, bitcast=True) - 8388608.0  # 2²³ + v is v's float
                    sums = tl.where((colour < 3)[None, :], (sums + colour_bias) * base * (1 / 255), 1.0)
                level = levels(sums, PTX)
                if MASKED:
                    level &= shown >> shift
                at = byte + PIXELS * CHANNELS * step
                written = (at >= begin) & (at < left * CHANNELS)
                if LABELS > 1:
                    written &= ((label[:, None] >> shift) & 0xFF) == own
                tl.store(target + at, level.to(tl.uint8), mask=written)


# Numbers that change from region to region must not compile anew.
_CHANGING = ["out", "origin", "row_stride", "plane_stride", "picture_stride", "out_row_stride", "height", "columns"]


@triton.jit(do_not_specialize=_CHANGING)
def relight_tiles(
    planes,  # int32: four pixels per word, planes `plane_stride` words apart; behind them the mask, 255 on the object,
    # and the labels, the number of each pixel's expert
    vectors,  # float32, for each light and label: the bias of each layer, padded; 4 for the last
    matrices,  # for each of them: each layer's (in, out), [high, low] each, then the skip's; float16 or float32; padded
    exact_vectors,  # the same for float32; read where FALLBACK
    exact_matrices,
    bounds,  # float64, for each of them and each box: the bound of its error in levels; read where FALLBACK
    out,  # uint8, the region's first pixel under the first light
    origin: tl.int64,  # the region's first pixel in a plane
    row_stride: tl.int64,
    plane_stride: tl.int64,
    picture_stride: tl.int64,  # of out, from light to light
    out_row_stride: tl.int64,
    height: tl.int32,  # of the region
    columns: tl.int64,
    K: tl.constexpr,
    K_PADDED: tl.constexpr,
    D1: tl.constexpr,  # padded widths of the hidden layers, 0 where there is none
    D2: tl.constexpr,
    ELU: tl.constexpr,
    SKIP: tl.constexpr,
    BASE: tl.constexpr,
    MASKED: tl.constexpr,
    LABELS: tl.constexpr,  # experts and means of them
    CHANNELS: tl.constexpr,  # of out: 3, or 4 with alpha
    PRECISION: tl.constexpr,
    FALLBACK: tl.constexpr,  # draw networks whose bound is a level or more in float32
    BOXES: tl.constexpr,
    PTX: tl.constexpr,  # compiled for an NVIDIA GPU
    PIXELS: tl.constexpr,  # of a word, drawn side by side: 2; or 1 to save registers, in tiles of one pixel a word
    ROWS: tl.constexpr,
    STAGES: tl.constexpr,  # of the software pipeline over tiles
):
    """Draws a region with network `program_id(0)`, of a light and a label. Its programs share the tiles."""
    halves = True
    if FALLBACK:
        halves = tl.max(tl.load(bounds + tl.program_id(0) * BOXES + tl.arange(0, BOXES)), 0) < 1
    if halves:
        _draw(
            planes,
            out,
            vectors,
            matrices,
            origin,
            row_stride,
            plane_stride,
            picture_stride,
            out_row_stride,
            height,
            columns,
            K,
            K_PADDED,
            D1,
            D2,
            ELU,
            SKIP,
            BASE,
            MASKED,
            LABELS,
            CHANNELS,
            PRECISION,
            PTX,
            PIXELS,
            ROWS,
            STAGES,
        )
    elif FALLBACK:
        _draw(
            planes,
            out,
            exact_vectors,
            exact_matrices,
            origin,
            row_stride,
            plane_stride,
            picture_stride,
            out_row_stride,
            height,
            columns,
            K,
            K_PADDED,
            D1,
            D2,
            ELU,
            SKIP,
            BASE,
            MASKED,
            LABELS,
            CHANNELS,
            "fp32",
            PTX,
            1,
            FALLBACK_ROWS,
            1,
        )
