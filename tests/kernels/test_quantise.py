"""int16 networks: no sum overflows, no error exceeds its bound, and the bounds are of use."""

from dataclasses import replace
from itertools import pairwise

import networks
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from int16_networks import TABLE_ERROR, Int16Network, Integers, quantised, sums
from numpy.typing import NDArray

from fastrti.kernels.reference import evaluate_network
from fastrti.objects.frame_network import MAX_WEIGHT, FrameNetwork

SEEDS = st.integers(0, 2**32 - 1)
SHAPES = st.sampled_from(networks.SHAPES)
CASES = {case.name: case for case in networks.network_cases(height=3, width=5)}
BEYOND_INTEGERS = {"ptm-base", "wide-elu"}
"""A base colour; hidden units a million times apart, which ELU gives one scale."""
IN_INTEGERS = [name for name in CASES if name not in BEYOND_INTEGERS]


def telling_bytes(network: FrameNetwork, rng: np.random.Generator, noise: int = 1000) -> Integers:
    """(K, P) bytes: noise, corners of their cube, and for each unit the corners that drive it furthest."""
    slopes = [network.weights[0]]  # by ever more of the layers, as if all units were active
    for weight in network.weights[1:]:
        slopes += [weight, weight @ slopes[-1]] if weight.shape[1] == network.planes else [weight @ slopes[-1]]
    if network.skip is not None:
        slopes += [network.skip, slopes[-1] + network.skip]
    ends = np.vstack([slope for slope in slopes if slope.shape[1] == network.planes]) > 0
    drawn = rng.integers(0, 256, (network.planes, noise))
    corners = rng.integers(0, 2, drawn.shape)
    return np.hstack([drawn, 255 * corners, 255 * ends.T, 255 * ~ends.T]).astype(np.int64)


def folded(seed: int, shape: tuple, scale: float = 1) -> FrameNetwork:
    rng = np.random.default_rng(seed)
    ones = np.full(shape[0], scale)
    return networks.random_network(rng, *shape).folded(-ones, ones)


def wild(rng: np.random.Generator, shape: tuple) -> FrameNetwork:
    """Numbers of any size up to MAX_WEIGHT, rows of zeros, and pairs of rows that cancel."""
    planes, hidden, activation, skip = shape
    widths = (planes, *hidden, 3)

    def numbers(*size: int) -> NDArray[np.float32]:
        drawn = rng.choice([-1, 1], size) * MAX_WEIGHT ** rng.uniform(-1, 1, size)
        drawn[rng.random(size[0]) < 0.2] = 0
        drawn[1::2] = np.where(rng.random() < 0.5, -drawn[: size[0] // 2], drawn[1::2])
        return np.clip(drawn, -MAX_WEIGHT, MAX_WEIGHT).astype(np.float32)

    weights = tuple(numbers(b, a) for a, b in pairwise(widths))
    biases = tuple(numbers(width) for width in widths[1:])
    last = np.float32(10.0 ** rng.uniform(-30, 0))  # or no colour would be within 32 bits
    return FrameNetwork(
        (*weights[:-1], weights[-1] * last),
        (*biases[:-1], biases[-1] * last),
        activation,
        numbers(3, planes) * last if skip else None,
    )


def largest_error(network: FrameNetwork, integers: Int16Network, seed: int) -> float:
    """Of 255·y, over the bytes that tell most."""
    rng = np.random.default_rng(seed)
    data = telling_bytes(network, rng)
    half = 1 << integers.output_shift >> 1
    levels = (sums(integers, data, rng)[-1] - half) / 2**integers.output_shift
    return float(np.abs(levels - 255 * evaluate_network(network, data)).max())


def assert_within_bound(network: FrameNetwork, seed: int) -> None:
    integers = quantised(network)
    assert integers is not None
    assert largest_error(network, integers, seed) <= integers.bound


def assert_no_overflow(network: FrameNetwork, seed: int) -> None:
    """By what the bytes that tell most give, and by the sums in any order of all integers a layer can read."""
    rng = np.random.default_rng(seed)
    integers = quantised(network)
    assert integers is not None
    for found in sums(integers, telling_bytes(network, rng), rng):
        assert np.abs(found).max() < 2**31
    low, high = x_low, x_high = np.full(network.planes, -128 * 128), np.full(network.planes, 127 * 128)
    for number, (weight, bias) in enumerate(integers.layers):
        assert np.abs(weight).max() < 2**15
        if weight.shape[1] > len(low):
            low, high = np.concatenate([low, x_low]), np.concatenate([high, x_high])
        assert low.min() >= -(2**15) and high.max() < 2**15
        ends = np.stack([weight * low, weight * high])
        assert (np.maximum(ends, 0).max(axis=0).sum(axis=1) + np.maximum(bias, 0)).max() < 2**31
        assert (np.minimum(ends, 0).min(axis=0).sum(axis=1) + np.minimum(bias, 0)).min() >= -(2**31)
        if number < len(integers.elu_scales):
            sum_low, sum_high = ends.min(axis=0).sum(axis=1) + bias, ends.max(axis=0).sum(axis=1) + bias
            low, high = activation_range(integers, number, sum_low >> 16, sum_high >> 16)


def activation_range(integers: Int16Network, number: int, low: Integers, high: Integers) -> tuple[Integers, Integers]:
    """The range of h where t is in [low, high]."""
    if integers.activation == "relu":
        return np.maximum(low, 0), np.maximum(high, 0)
    scale = integers.elu_scales[number]
    low_table, high_table = (np.expm1(np.minimum(t, 0) * scale) / scale for t in (low, high))
    bottom, top = np.floor(low_table - TABLE_ERROR), np.ceil(high_table + TABLE_ERROR)
    return np.where(low > 0, low, bottom).astype(np.int64), np.where(high > 0, high, top).astype(np.int64)


@pytest.mark.parametrize("name", IN_INTEGERS)
def test_no_error_exceeds_its_bound_on_the_matrix(name):
    assert_within_bound(CASES[name].network, 0)


@settings(deadline=None, max_examples=60)
@given(seed=SEEDS, shape=SHAPES)
def test_no_error_exceeds_its_bound(seed, shape):
    assert_within_bound(folded(seed, shape), seed)


@pytest.mark.parametrize("name", IN_INTEGERS)
def test_no_sum_overflows_on_the_matrix(name):
    assert_no_overflow(CASES[name].network, 0)


@settings(deadline=None, max_examples=100)
@given(seed=SEEDS, shape=SHAPES)
def test_wild_networks_neither_overflow_nor_exceed_their_bound(seed, shape):
    network = wild(np.random.default_rng(seed), shape)
    assume(quantised(network) is not None)
    assert_no_overflow(network, seed)
    assert_within_bound(network, seed)


@settings(deadline=None, max_examples=60)
@given(seed=SEEDS, shape=SHAPES, scale=st.sampled_from([1e-6, 1e-3, 1, 30, 1e3]), zeros=st.floats(0, 1))
def test_no_sum_overflows_at_any_scale(seed, shape, scale, zeros):
    rng = np.random.default_rng(seed)
    network = folded(seed, shape, scale)
    weights = tuple((weight * (rng.random((len(weight), 1)) >= zeros)).astype(np.float32) for weight in network.weights)
    network = replace(network, weights=weights)
    assume(quantised(network) is not None)
    assert_no_overflow(network, seed)
    assert_within_bound(network, seed)


def test_what_integers_cannot_draw_has_no_bound():
    huge = FrameNetwork((np.full((3, 1), MAX_WEIGHT, np.float32),), (np.zeros(3, np.float32),))
    for network in (huge, *(CASES[name].network for name in BEYOND_INTEGERS)):
        assert quantised(network) is None


@pytest.mark.parametrize("shape", networks.SHAPES, ids=str)
def test_the_bounds_are_of_use(shape):
    """The default student and smaller networks are promised a level, and no bound is far above what is seen."""
    network = folded(7, shape)
    integers = quantised(network)
    assert integers is not None
    assert integers.bound < 1 or network.multiply_adds > 475
    assert integers.bound < 15 * largest_error(network, integers, 7)
