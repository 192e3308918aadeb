"""The device code that turns a light into the parameters of its frame network: features, then dense layers, in float64.

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
def light_features(
    lights,  # (L, 3) float64, unit vectors
    features,  # (L, COUNT) float64, written
    exponents,  # (COUNT, 3) int32: monomials xᵃ·yᵇ·zᶜ; for "hsh" of x and y times sqrt(z/(1+z))
    nodes,  # (COUNT, 3) float64, then sigma: "rbf"
    KIND: tl.constexpr,
    COUNT: tl.constexpr,
    SIDE: tl.constexpr,  # of the square grid: "bilinear"
    BLOCK: tl.constexpr,
):
    """The features of light `program_id(0)`."""
    light = tl.program_id(0)
    x = tl.load(lights + light * 3)
    y = tl.load(lights + light * 3 + 1)
    z = tl.load(lights + light * 3 + 2)
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
        tl.store(features + light * COUNT + here, value, mask=inside)


@triton.jit
def light_layer(
    inputs,  # (L, INPUTS) float64
    weights,  # (OUTPUTS, INPUTS) float64
    biases,  # (OUTPUTS,) float64
    outputs,  # (L, OUTPUTS) float64, written
    INPUTS: tl.constexpr,
    OUTPUTS: tl.constexpr,
    SILU: tl.constexpr,  # of the inputs: x/(1 + e⁻ˣ)
    BLOCK_INPUTS: tl.constexpr,
    BLOCK_OUTPUTS: tl.constexpr,
):
    """BLOCK_OUTPUTS outputs of a dense layer, under light `program_id(1)`."""
    light = tl.program_id(1)
    output = tl.program_id(0) * BLOCK_OUTPUTS + tl.arange(0, BLOCK_OUTPUTS)
    sums = tl.zeros((BLOCK_OUTPUTS,), tl.float64)
    for start in range(0, INPUTS, BLOCK_INPUTS):
        number = start + tl.arange(0, BLOCK_INPUTS)
        h = tl.load(inputs + light * INPUTS + number, mask=number < INPUTS, other=0.0)
        if SILU:
            h = h / (1.0 + tl.exp(-tl.maximum(h, -700.0)))  # so that exp stays finite
        where = weights + output[:, None] * INPUTS + number[None, :]
        inside = (output < OUTPUTS)[:, None] & (number < INPUTS)[None, :]
        sums += tl.sum(tl.load(where, mask=inside, other=0.0) * h[None, :], 1)
    bias = tl.load(biases + output, mask=output < OUTPUTS, other=0.0)
    tl.store(outputs + light * OUTPUTS + output, sums + bias, mask=output < OUTPUTS)
