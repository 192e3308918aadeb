"""Device functions that turn a light into the parameters of its frame network: features and dense layers, in float64.

The same form as `fastrti.objects.light_network`; a decoder's `frame_network` is the specification, and
`Experts.with_means` for means of experts. Sums run in another order there, so a parameter may differ in its last place.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import triton
import triton.language as tl

from fastrti.objects.frame_network import MAX_WEIGHT as _MAX_WEIGHT

MAX_WEIGHT = tl.constexpr(_MAX_WEIGHT)
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
def to_weights(parameters):
    """Rounded to float32, and clipped, as `frame_network.to_weights` does; in float64."""
    return tl.minimum(tl.maximum(parameters, -MAX_WEIGHT), MAX_WEIGHT).to(tl.float32).to(tl.float64)


@triton.jit
def _outputs(
    inputs,
    layer,
    output,  # the numbers of those wanted
    INPUTS: tl.constexpr,
    OUTPUTS: tl.constexpr,
    SILU: tl.constexpr,
    COLUMNS: tl.constexpr,  # weights of an output read at once
):
    """Some outputs of a dense layer; see `store_layer`."""
    sums = tl.load(layer + OUTPUTS * INPUTS + output, mask=output < OUTPUTS, other=0.0)
    for start in range(0, INPUTS, COLUMNS):
        number = start + tl.arange(0, COLUMNS)
        h = tl.load(inputs + number, mask=number < INPUTS, other=0.0)
        if SILU:
            h = h / (1.0 + tl.exp(-tl.maximum(h, -700.0)))  # so that exp stays finite
        where = layer + output[:, None] * INPUTS + number[None, :]
        inside = (output < OUTPUTS)[:, None] & (number < INPUTS)[None, :]
        sums += tl.sum(tl.load(where, mask=inside, other=0.0) * h[None, :], 1)
    return sums


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
    for first in range(0, OUTPUTS, ROWS):
        output = first + tl.arange(0, ROWS)
        sums = _outputs(inputs, layer, output, INPUTS, OUTPUTS, SILU, COLUMNS)
        tl.store(outputs + output, sums, mask=output < OUTPUTS)
    return outputs, layer + OUTPUTS * (INPUTS + 1)


@triton.jit
def store_hidden(
    x,
    y,
    z,
    steps,  # float64, written: the features, then the outputs of each hidden layer
    layers,  # of one light network
    exponents,
    nodes,
    KIND: tl.constexpr,
    COUNT: tl.constexpr,
    SIDE: tl.constexpr,
    LIGHT1: tl.constexpr,
    LIGHT2: tl.constexpr,
    LIGHT3: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Evaluates a light network up to its last layer; returns where the inputs of that are, and the layer itself."""
    store_features(x, y, z, steps, exponents, nodes, KIND, COUNT, SIDE, 256)
    if LIGHT1 > 0:
        steps, layers = store_layer(steps, layers, COUNT, LIGHT1, False, BLOCK)
    if LIGHT2 > 0:
        steps, layers = store_layer(steps, layers, LIGHT1, LIGHT2, True, BLOCK)
    if LIGHT3 > 0:
        steps, layers = store_layer(steps, layers, LIGHT2, LIGHT3, True, BLOCK)
    return steps, layers


@triton.jit
def store_mean(
    mean,  # float64: of how many experts, then the number and the share of each
    layers,  # of all experts, NUMBERS each, which end with the last layer
    inputs,  # float64, written by this program: of the last layer of each expert of the mean
    stride,  # from one expert's inputs to the next one's
    outputs,  # (OUTPUTS,) float64
    INPUTS: tl.constexpr,
    OUTPUTS: tl.constexpr,
    SILU: tl.constexpr,
    NUMBERS: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Writes the mean of what the last layers of experts emit, each rounded before as a frame network's numbers are.

    The sums are in registers, because the programs of all boxes write to the same place: only what is final goes there.
    """
    COLUMNS: tl.constexpr = 32
    ROWS: tl.constexpr = BLOCK // COLUMNS
    tl.debug_barrier()  # other threads of this program wrote the inputs
    for first in range(0, OUTPUTS, ROWS):
        output = first + tl.arange(0, ROWS)
        sums = tl.zeros((ROWS,), tl.float64)
        for turn in range(tl.load(mean).to(tl.int32)):
            expert = tl.load(mean + 1 + 2 * turn).to(tl.int64)
            share = tl.load(mean + 2 + 2 * turn)
            last = layers + (expert + 1) * NUMBERS - OUTPUTS * (INPUTS + 1)
            own = _outputs(inputs + turn * stride, last, output, INPUTS, OUTPUTS, SILU, COLUMNS)
            sums += share * to_weights(own)
        tl.store(outputs + output, sums, mask=output < OUTPUTS)
