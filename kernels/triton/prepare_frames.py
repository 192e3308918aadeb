"""The device code that makes what `relight_tiles` reads: `prepare_frames`, a program for each network and box."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call, untyped-decorator"

import triton
import triton.language as tl

from fastrti.kernels.triton.light_kernels import store_features, store_layer
from fastrti.kernels.triton.round_network import round_network

# Numbers that change from light to light must not compile anew.
_CHANGING = ["given", "x", "y", "z"]


@triton.jit(do_not_specialize=_CHANGING)
def prepare_frames(
    lights,  # (L, 3) float64, unit vectors; read where none is given
    exponents,  # (COUNT, 3) int32: monomials xᵃ·yᵇ·zᶜ; for "hsh" of x and y times sqrt(z/(1+z))
    nodes,  # (COUNT, 3) float64, then sigma: "rbf"
    layers,  # float64, expert by expert, layer by layer: (out, in) weights, then (out,) biases
    steps,  # (L·EXPERTS, COUNT + …) float64, written: features, then outputs of each layer; the last are parameters
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
    """Evaluates a light network, of a light and an expert, then folds, rounds and bounds the frame network."""
    network = tl.program_id(0)
    light = network // EXPERTS
    layers += (network % EXPERTS).to(tl.int64) * NUMBERS
    steps += network.to(tl.int64) * (COUNT + LIGHT1 + LIGHT2 + LIGHT3 + PARAMETERS)
    x = tl.where(given != 0, x.to(tl.int64).to(tl.float64, bitcast=True), tl.load(lights + light * 3))
    y = tl.where(given != 0, y.to(tl.int64).to(tl.float64, bitcast=True), tl.load(lights + light * 3 + 1))
    z = tl.where(given != 0, z.to(tl.int64).to(tl.float64, bitcast=True), tl.load(lights + light * 3 + 2))
    store_features(x, y, z, steps, exponents, nodes, KIND, COUNT, SIDE, 256)
    if LIGHT1 > 0:
        steps, layers = store_layer(steps, layers, COUNT, LIGHT1, False, BLOCK)
    if LIGHT2 > 0:
        steps, layers = store_layer(steps, layers, LIGHT1, LIGHT2, True, BLOCK)
    if LIGHT3 > 0:
        steps, layers = store_layer(steps, layers, LIGHT2, LIGHT3, True, BLOCK)
    LAST: tl.constexpr = LIGHT3 if LIGHT3 > 0 else (LIGHT2 if LIGHT2 > 0 else (LIGHT1 if LIGHT1 > 0 else COUNT))
    parameters, layers = store_layer(steps, layers, LAST, PARAMETERS, LIGHT1 > 0, BLOCK)
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
