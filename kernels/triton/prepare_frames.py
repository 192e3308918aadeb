"""The device code that makes what `relight_tiles` reads: `prepare_frames`, a program for each network and box."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import triton
import triton.language as tl

from fastrti.kernels.triton.light_kernels import store_hidden, store_layer, store_mean
from fastrti.kernels.triton.round_network import round_network

# Numbers that change from light to light must not compile anew.
_CHANGING = ["given", "x", "y", "z"]


@triton.jit(do_not_specialize=_CHANGING)
def prepare_frames(
    lights,  # (L, 3) float64, unit vectors; read where none is given
    exponents,  # (COUNT, 3) int32: monomials xᵃ·yᵇ·zᶜ; for "hsh" of x and y times sqrt(z/(1+z))
    nodes,  # (COUNT, 3) float64, then sigma: "rbf"
    layers,  # float64, expert by expert, layer by layer: (out, in) weights, then (out,) biases; then, if there are
    # means, for each label: of how many experts it is the mean, then the number and the share of each
    steps,  # (L·LABELS, …) float64, written: features and outputs of each hidden layer, SHARES times; then parameters
    minimum,  # from here on as `round_network` takes them
    scale,
    vectors,
    matrices,
    exact_vectors,
    exact_matrices,
    corners,
    bounds,
    given: tl.int32,  # whether the light is given by its numbers
    x: tl.int64,  # the bits of its float64 numbers
    y: tl.int64,
    z: tl.int64,
    KIND: tl.constexpr,  # of features
    COUNT: tl.constexpr,  # of features
    SIDE: tl.constexpr,  # of the square grid: "bilinear"
    LIGHT1: tl.constexpr,  # widths of the hidden layers of the light network, 0 where there is none
    LIGHT2: tl.constexpr,
    LIGHT3: tl.constexpr,
    PARAMETERS: tl.constexpr,
    EXPERTS: tl.constexpr,
    LABELS: tl.constexpr,  # experts and means of them
    SHARES: tl.constexpr,  # experts of a label, at most
    NUMBERS: tl.constexpr,  # of the layers of an expert
    BLOCK: tl.constexpr,  # features, or weights, computed at once
    K: tl.constexpr,
    K_PADDED: tl.constexpr,
    WIDTH1: tl.constexpr,
    WIDTH2: tl.constexpr,
    D1: tl.constexpr,
    D2: tl.constexpr,
    ELU: tl.constexpr,
    SKIP: tl.constexpr,
    PRECISION: tl.constexpr,
    EXACT: tl.constexpr,
    BOXES: tl.constexpr,
):
    """Evaluates the light networks that a label names, then folds, rounds and bounds their mean, for a light."""
    WIDTH: tl.constexpr = COUNT + LIGHT1 + LIGHT2 + LIGHT3
    LAST: tl.constexpr = LIGHT3 if LIGHT3 > 0 else (LIGHT2 if LIGHT2 > 0 else (LIGHT1 if LIGHT1 > 0 else COUNT))
    network = tl.program_id(0)
    light = network // LABELS
    label = network % LABELS
    steps += network.to(tl.int64) * (SHARES * WIDTH + PARAMETERS)
    x = tl.where(given != 0, x.to(tl.int64).to(tl.float64, bitcast=True), tl.load(lights + light * 3))
    y = tl.where(given != 0, y.to(tl.int64).to(tl.float64, bitcast=True), tl.load(lights + light * 3 + 1))
    z = tl.where(given != 0, z.to(tl.int64).to(tl.float64, bitcast=True), tl.load(lights + light * 3 + 2))
    if LABELS == EXPERTS:
        layers += label.to(tl.int64) * NUMBERS
        inputs, last = store_hidden(
            x, y, z, steps, layers, exponents, nodes, KIND, COUNT, SIDE, LIGHT1, LIGHT2, LIGHT3, BLOCK
        )
        parameters, _ = store_layer(inputs, last, LAST, PARAMETERS, LIGHT1 > 0, BLOCK)
    else:
        mean = layers + EXPERTS * NUMBERS + label * (1 + 2 * SHARES)
        for turn in range(tl.load(mean).to(tl.int32)):
            own = layers + tl.load(mean + 1 + 2 * turn).to(tl.int64) * NUMBERS
            here = steps + turn * WIDTH
            store_hidden(x, y, z, here, own, exponents, nodes, KIND, COUNT, SIDE, LIGHT1, LIGHT2, LIGHT3, BLOCK)
        parameters = steps + SHARES * WIDTH
        inputs = steps + WIDTH - LAST
        store_mean(mean, layers, inputs, WIDTH, parameters, LAST, PARAMETERS, LIGHT1 > 0, NUMBERS, BLOCK)
    tl.debug_barrier()  # other threads of this program wrote the parameters
    round_network(
        network,
        parameters,
        minimum,
        scale,
        vectors,
        matrices,
        exact_vectors,
        exact_matrices,
        corners,
        bounds,
        K,
        K_PADDED,
        WIDTH1,
        WIDTH2,
        D1,
        D2,
        ELU,
        SKIP,
        PRECISION,
        EXACT,
        BOXES,
    )
