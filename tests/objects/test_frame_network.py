"""The frame network: its checks, and folding the dequantisation into it."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import SHAPES, random_network, random_planes

from fastrti.errors import ArgumentError
from fastrti.kernels.reference import evaluate_network
from fastrti.objects.frame_network import MAX_WEIGHT, FrameNetwork
from fastrti.objects.planes import MAX_LATENT, dequantise


def zeros(*widths, dtype=np.float32):
    weights = tuple(np.zeros((b, a), dtype) for a, b in pairwise(widths))
    return weights, tuple(np.zeros(b, dtype) for b in widths[1:])


# --- folding ---------------------------------------------------------------------------------------------------------


def levels_apart(network, planes, minimum, maximum):
    """The largest difference, in 1/255 steps before the clamp, between the folded network on bytes and the network on
    z, both evaluated in float64; beyond [−0.5, 1.5] only the clamped value counts."""
    folded = evaluate_network(network.folded(minimum, maximum), planes.reshape(len(planes), -1))
    z = dequantise(planes, minimum, maximum).reshape(len(planes), -1)
    exact = evaluate_network(replace(network, base_colour=False), z)
    if network.base_colour:
        exact = exact * planes[:3].reshape(3, -1) / 255
    return 255 * np.abs(np.clip(folded, -0.5, 1.5) - np.clip(exact, -0.5, 1.5)).max()


@pytest.mark.parametrize(("planes", "hidden", "activation", "skip"), SHAPES)
def test_folded_network_on_bytes_is_the_network_on_latents(planes, hidden, activation, skip):
    rng = np.random.default_rng(planes)
    network = random_network(rng, planes, hidden, activation, skip)
    levels = random_planes(rng, planes, (8, 9))
    middle, half = rng.uniform(-0.3, 0.3, planes), rng.uniform(0.1, 0.7, planes)
    assert levels_apart(network, levels, middle - half, middle + half) < 1e-3


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.floats(-3, 3), st.floats(-6, 3))
def test_folding_any_range(seed, log_offset, log_span):
    rng = np.random.default_rng(seed)
    network = random_network(rng, 9, (8,), "elu", True)
    minimum = 10**log_offset * rng.uniform(-1, 1, 9)
    maximum = minimum + 10**log_span * rng.uniform(0, 1, 9)
    # float32 bias and weights: an error of 2⁻²⁴ of the largest sum of their products
    largest = np.abs(np.stack([minimum, maximum])).max()
    assert levels_apart(network, random_planes(rng, 9, (4, 4)), minimum, maximum) < 1e-3 * max(1, largest)


def test_folding_a_base_colour_leaves_the_base_as_bytes():
    rng = np.random.default_rng(0)
    weights = np.hstack([np.zeros((3, 3)), rng.normal(0, 0.5, (3, 6))]).astype(np.float32)
    network = FrameNetwork((weights,), (np.full(3, 0.5, np.float32),), base_colour=True)
    levels = random_planes(rng, 9, (5, 5))
    minimum, maximum = np.full(9, -0.4), np.full(9, 0.6)
    assert network.folded(minimum, maximum).base_colour
    assert levels_apart(network, levels, minimum, maximum) < 1e-3


def test_folding_constant_planes_leaves_no_weight_on_them():
    network = random_network(np.random.default_rng(0), 9, (4,), "relu", True)
    folded = network.folded(np.ones(9), np.ones(9))
    assert not folded.weights[0].any() and folded.skip is not None and not folded.skip.any()


def test_folding_the_widest_ranges_stays_finite():
    network = random_network(np.random.default_rng(0), 48, (64, 64), "relu", True)
    folded = network.folded(np.full(48, -MAX_LATENT), np.full(48, MAX_LATENT))
    arrays = (*folded.weights, *folded.biases)
    assert all((np.abs(array) <= MAX_WEIGHT).all() for array in arrays)


def test_the_largest_weights_do_not_overflow_float32():
    weights, biases = zeros(48, 64, 64, 3)
    full = [np.full_like(array, MAX_WEIGHT) for array in (*weights, *biases)]
    network = FrameNetwork(tuple(full[:3]), tuple(full[3:]), "relu", np.full((3, 48), MAX_WEIGHT, np.float32))
    h = inputs = np.full(48, 255, np.float32)
    for weight, bias in zip(network.weights, network.biases):
        h = weight @ h + bias
    assert np.isfinite(h + network.skip @ inputs).all()


# --- checks ----------------------------------------------------------------------------------------------------------


def test_shape_properties():
    network = FrameNetwork(*zeros(9, 16, 8, 3), skip=np.zeros((3, 9), np.float32))
    assert (network.planes, network.hidden) == (9, (16, 8))
    assert network.multiply_adds == 9 * 16 + 16 * 8 + 8 * 3 + 3 * 9


@pytest.mark.parametrize("widths", [(1, 3), (48, 3), (1, 1, 3), (48, 64, 64, 3)])
def test_the_ends_of_the_contract_are_accepted(widths):
    assert FrameNetwork(*zeros(*widths)).hidden == widths[1:-1]


@pytest.mark.parametrize(
    ("widths", "message"),
    [
        ((49, 3), "expected 1–48 inputs, hidden widths 1–64 and 3 outputs, got 49 → () → 3"),
        ((0, 3), "expected 1–48 inputs, hidden widths 1–64 and 3 outputs, got 0 → () → 3"),
        ((9, 65, 3), "expected 1–48 inputs, hidden widths 1–64 and 3 outputs, got 9 → (65,) → 3"),
        ((9, 0, 3), "expected 1–48 inputs, hidden widths 1–64 and 3 outputs, got 9 → (0,) → 3"),
        ((9, 8, 4), "expected 1–48 inputs, hidden widths 1–64 and 3 outputs, got 9 → (8,) → 4"),
        ((9, 8, 8, 8, 3), "expected 1 to 3 layers, each a weight and a bias, got 4 weights and 4 biases"),
    ],
)
def test_shapes_outside_the_contract_are_refused(widths, message):
    with pytest.raises(ArgumentError) as caught:
        FrameNetwork(*zeros(*widths))
    assert str(caught.value) == message


def changed(**changes):
    weights, biases = zeros(9, 8, 3)
    return {"weights": weights, "biases": biases, **changes}


def with_number(value):
    weights, biases = zeros(9, 8, 3)
    weights[1][2, 5] = value
    return {"weights": weights, "biases": biases}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (changed(weights=(), biases=()), "expected 1 to 3 layers"),
        (changed(biases=zeros(9, 8, 3)[1][:1]), "expected 1 to 3 layers"),
        (changed(weights=zeros(9, 7, 3)[0]), r"expected layer 1 of shape \(out, 9\) with a bias \(out,\)"),
        (changed(weights=(zeros(9, 8)[0][0], zeros(7, 3)[0][0])), r"expected layer 2 of shape \(out, 8\)"),
        (changed(weights=(np.zeros(8, np.float32), zeros(8, 3)[0][0])), "expected layer 1 of shape"),
        (changed(activation="tanh"), "expected activation 'relu' or 'elu', got 'tanh'"),
        (changed(skip=np.zeros((3, 8), np.float32)), r"expected a skip of shape \(3, 9\), got \(3, 8\)"),
        (dict(zip(("weights", "biases"), zeros(3, 3))) | {"base_colour": True}, "expected three base colour planes"),
        (dict(zip(("weights", "biases"), zeros(9, 3, dtype=np.float64))), "expected float32 weights, got"),
        (with_number(np.nan), r"expected weights within ±1e\+09, got larger ones or NaN: the decoder is damaged"),
        (with_number(-np.inf), "expected weights within"),
        (with_number(1.1e9), "expected weights within"),
    ],
)
def test_parts_that_do_not_fit_are_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        FrameNetwork(**arguments)
