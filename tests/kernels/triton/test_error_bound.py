"""The error bounds that choose the GPU's arithmetic: they hold, they are of use, and they know an overflow."""

from dataclasses import replace

import networks
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fastrti.kernels.reference import evaluate_network
from fastrti.kernels.triton.error_bound import PRECISIONS, RoundedNetwork, cheapest, rounded
from fastrti.objects.frame_network import FrameNetwork

SEEDS = st.integers(0, 2**32 - 1)
SHAPES = st.sampled_from(networks.SHAPES)
CASES = {case.name: case for case in networks.network_cases(height=3, width=5)}


def folded(seed: int, shape: tuple) -> FrameNetwork:
    rng = np.random.default_rng(seed)
    ones = np.ones(shape[0])
    return networks.random_network(rng, *shape).folded(-ones, ones)


def emulated(rounded_network: RoundedNetwork, network: FrameNetwork, data: NDArray) -> NDArray:
    """255·y as the kernel computes it, (P, 3): factors rounded as its are, sums in float32."""
    read = (data / 256).astype(np.float32)
    h, low = read, np.zeros_like(read)
    for number, layer in enumerate(rounded_network.layers):
        if number and number == len(rounded_network.layers) - 1 and network.skip is not None:
            h, low = np.hstack([h, read]), np.hstack([low, np.zeros_like(read)])
        high, weight_low = layer.high.astype(np.float32), layer.low.astype(np.float32)
        z = layer.bias.astype(np.float32) + h @ weight_low + low @ high + h @ high
        if number == len(rounded_network.layers) - 1:
            return 255 * z.astype(np.float64)
        exact = np.maximum(z, 0) if network.activation == "relu" else np.where(z > 0, z, np.expm1(np.minimum(z, 0)))
        h, low = exact.astype(np.float32), np.zeros_like(exact, np.float32)
        if rounded_network.precision != "fp32":
            h = exact.astype(np.float16).astype(np.float32)
        if rounded_network.precision == "fp16 hi/lo":
            low = (exact - h).astype(np.float16).astype(np.float32)
    raise AssertionError("a network ends in a layer of colours")


def largest_error(rounded_network: RoundedNetwork, network: FrameNetwork, seed: int) -> float:
    """Of 255·y, over noise and over corners of the cube of bytes."""
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, (2000, network.planes))
    data = np.vstack([noise, rng.integers(0, 2, noise.shape) * 255])
    exact = 255 * evaluate_network(network, data.T).T
    return float(np.abs(emulated(rounded_network, network, data) - exact).max())


@pytest.mark.parametrize("precision", PRECISIONS)
@settings(deadline=None, max_examples=40)
@given(seed=SEEDS, shape=SHAPES)
def test_no_error_exceeds_its_bound(precision, seed, shape):
    network = folded(seed, shape)
    candidate = rounded(network, precision)
    assert largest_error(candidate, network, seed) <= candidate.error


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if not case.network.base_colour])
def test_no_error_exceeds_its_bound_on_the_matrix(name, precision):
    network = CASES[name].network
    candidate = rounded(network, precision)
    assert largest_error(candidate, network, 0) <= candidate.error


@pytest.mark.parametrize("shape", networks.SHAPES, ids=str)
def test_the_bounds_are_of_use(shape):
    """Pairs promise a level to all but the widest network, and no bound is two orders above what is seen."""
    network = folded(7, shape)
    half, pair, single = (rounded(network, precision) for precision in PRECISIONS)
    assert single.error < pair.error < 1 or shape == (48, (64, 64), "relu", True)
    assert half.error < 100 * largest_error(half, network, 7)


def test_the_cheapest_precision_that_promises_a_level_is_chosen():
    chosen = {name: cheapest([case.network]) for name, case in CASES.items()}
    assert {chosen[name] for name in ("ptm", "hsh16", "rbf", "18-3-relu")} == {"fp16"}
    assert {chosen[name] for name in ("9-16-16-3-relu-skip", "9-50-50-3-elu")} == {"fp16 hi/lo"}
    assert {chosen[name] for name in ("saturating-relu", "saturating-elu")} == {"fp32"}


def test_activations_beyond_the_largest_half_are_never_drawn_in_halves():
    network = FrameNetwork(
        (np.full((1, 1), 300, np.float32), np.full((3, 1), 1e-6, np.float32)),
        (np.zeros(1, np.float32),) * 1 + (np.zeros(3, np.float32),),
    )
    assert rounded(network, "fp16").error == rounded(network, "fp16 hi/lo").error == np.inf
    assert cheapest([network]) == "fp32"
    smaller = replace(network, weights=(network.weights[0] / 2, network.weights[1]))
    assert rounded(smaller, "fp16 hi/lo").error < 1


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_network_of_zeros_has_no_error_to_speak_of(precision):
    network = FrameNetwork(
        (np.zeros((4, 2), np.float32), np.zeros((3, 4), np.float32)), (np.zeros(4, np.float32), np.zeros(3, np.float32))
    )
    assert rounded(network, precision).error < 1e-3
