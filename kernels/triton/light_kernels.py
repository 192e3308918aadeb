"""Device functions that turn a light into the parameters of its frame network: features and dense layers, in float64.

The same form as `fastrti.objects.light_network`; a decoder's `frame_network` is the specification. Sums run in another
order there, so a parameter may differ in its last place.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import triton
import triton.language as tl

LARGEST_EXPONENT = tl.constexpr(12)  # of a monomial, as the object format has it


@triton.jit
def _power(base, exponent):
    """baseᵉ for whole numbers 0 ≤ e ≤ 12."""
    result = tl.where(exponent > 0, base, 1.0)
    for step in tl.static_range(1, LARGEST_EXPONENT):
        result = tl.where(exponent > step, result * base, result)
    return result


@triton.jit
def _gaussian(nodes, number, x, y, z, COUNT: tl.constexpr):
    """−|n − l|²/σ²; −∞ past the last node."""
    inside = number < COUNT
    dx = tl.load(nodes + number * 3, mask=inside, other=0.0) - x
    dy = tl.load(nodes + number * 3 + 1, mask=inside, other=0.0) - y
    dz = tl.load(nodes + number * 3 + 2, mask=inside, other=0.0) - z
    sigma = tl.load(nodes + COUNT * 3)
    return tl.where(inside, -(dx * dx + dy * dy + dz * dz) / (sigma * sigma), float("-inf"))


@triton.jit
def _hat(position, node):
    """The weight of a node of a row of nodes 1 apart."""
    return tl.maximum(1.0 - tl.abs(position - node), 0.0)


@triton.jit
def store_features(
    x,
    y,
    z,
    features,
    exponents,
    nodes,
    KIND: tl.constexpr,
    COUNT: tl.constexpr,
    SIDE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Writes the features of the light (x, y, z) to (COUNT,) float64; see `prepare_frames` for the arguments."""
    if KIND == "hsh":
        stretch = tl.sqrt(z / (1.0 + z))
        x *= stretch
        y *= stretch
    number = tl.arange(0, BLOCK)
    if KIND == "rbf":  # the nearest node's is taken from every exponent, which keeps far lights finite
        nearest = tl.full((BLOCK,), float("-inf"), tl.float64)
        for start in range(0, COUNT, BLOCK):
            nearest = tl.maximum(nearest, _gaussian(nodes, start + number, x, y, z, COUNT))
        largest = tl.max(nearest, 0)
        sums = tl.zeros((BLOCK,), tl.float64)
        for start in range(0, COUNT, BLOCK):
            sums += tl.exp(_gaussian(nodes, start + number, x, y, z, COUNT) - largest)
        total = tl.sum(sums, 0)
    for start in range(0, COUNT, BLOCK):
        here = start + number
        inside = here < COUNT
        if KIND == "rbf":
            value = tl.exp(_gaussian(nodes, here, x, y, z, COUNT) - largest) / total
        elif KIND == "bilinear":  # the octahedral map of the hemisphere onto the square
            norm = tl.abs(x) + tl.abs(y) + tl.abs(z)
            column = ((x + y) / norm * 0.5 + 0.5) * (SIDE - 1)
            row = ((y - x) / norm * 0.5 + 0.5) * (SIDE - 1)
            value = _hat(column, here % SIDE) * _hat(row, here // SIDE)
        else:
            a = tl.load(exponents + here * 3, mask=inside, other=0)
            b = tl.load(exponents + here * 3 + 1, mask=inside, other=0)
            c = tl.load(exponents + here * 3 + 2, mask=inside, other=0)
            value = _power(x, a) * _power(y, b) * _power(z, c)
        tl.store(features + here, value, mask=inside)


@triton.jit
def store_layer(
    inputs,  # (INPUTS,) float64, written by this program
    layer,  # (OUTPUTS, INPUTS) float64 weights, then (OUTPUTS,) biases
    INPUTS: tl.constexpr,
    OUTPUTS: tl.constexpr,
    SILU: tl.constexpr,  # of the inputs: x/(1 + e⁻ˣ)
    BLOCK: tl.constexpr,  # weights read at once
):
    """Writes a dense layer's (OUTPUTS,) float64 behind its inputs; returns where that is, and the next layer."""
    COLUMNS: tl.constexpr = 32 if INPUTS > 8 else (8 if INPUTS > 4 else 4)
    ROWS: tl.constexpr = BLOCK // COLUMNS
    tl.debug_barrier()  # other threads of this program wrote the inputs
    outputs = inputs + INPUTS
    biases = layer + OUTPUTS * INPUTS
    for first in range(0, OUTPUTS, ROWS):
        output = first + tl.arange(0, ROWS)
        sums = tl.load(biases + output, mask=output < OUTPUTS, other=0.0)
        for start in range(0, INPUTS, COLUMNS):
            number = start + tl.arange(0, COLUMNS)
            h = tl.load(inputs + number, mask=number < INPUTS, other=0.0)
            if SILU:
                h = h / (1.0 + tl.exp(-tl.maximum(h, -700.0)))  # so that exp stays finite
            where = layer + output[:, None] * INPUTS + number[None, :]
            inside = (output < OUTPUTS)[:, None] & (number < INPUTS)[None, :]
            sums += tl.sum(tl.load(where, mask=inside, other=0.0) * h[None, :], 1)
        tl.store(outputs + output, sums, mask=output < OUTPUTS)
    return outputs, biases + OUTPUTS
