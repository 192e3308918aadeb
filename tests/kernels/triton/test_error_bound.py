"""The error bounds that choose the GPU's arithmetic: they hold, they are of use, and they know an overflow."""

from dataclasses import replace

import networks
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fastrti.kernels.reference import evaluate_network
from fastrti.kernels.triton.choose_precision import BOXES, cheapest, own_boxes
from fastrti.kernels.triton.error_bound import ALL_BYTES, PRECISIONS, RoundedNetwork, rounded
from fastrti.objects.frame_network import FrameNetwork
from fastrti.objects.relightable import Relightable

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


def smooth_object(seed: int, network_shape: tuple) -> tuple[Relightable, FrameNetwork]:
    """A small object whose planes are waves, as real ones are, and its network."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:12, 0:40] / 40
    waves = [128 + 127 * np.sin(rng.normal(0, 3) * x + rng.normal(0, 3) * y + k) for k in range(network_shape[0])]
    case = networks.NetworkCase("", folded(seed, network_shape), np.stack(waves).astype(np.uint8))
    return networks.relightable_of(case), case.network


@pytest.mark.parametrize("precision", PRECISIONS)
@settings(deadline=None, max_examples=20)
@given(seed=SEEDS, shape=SHAPES, count=st.sampled_from([1, 2, 16, 64]))
def test_the_bound_over_boxes_holds_for_every_pixel(precision, seed, shape, count):
    """Of all pixels of an object, and of the corners of its boxes."""
    relightable, network = smooth_object(seed, shape)
    boxes = own_boxes(relightable)(count)
    candidate = rounded(network, precision, boxes)
    data = np.vstack([relightable.planes.reshape(shape[0], -1).T, *boxes])
    exact = 255 * evaluate_network(network, data.T).T
    assert np.abs(emulated(candidate, network, data) - exact).max() <= candidate.error
    assert candidate.error <= rounded(network, precision).error * (1 + 1e-6)


@pytest.mark.parametrize("kind", ["every plane", "one plane"])
def test_no_planted_pixel_hides_from_the_boxes(kind):
    """One pixel at the far end of its planes: it lies in a box, unless the mask hides it."""
    relightable, _ = smooth_object(3, (9, (16, 16), "relu", True))
    planes = relightable.planes // 2
    planted = planes[:, 0, 0].copy() if kind == "one plane" else np.zeros(9, np.uint8)
    planted[0 if kind == "one plane" else slice(None)] = 255
    planes[:, 7, 11] = planted
    for count in (1, 16, 64, 256):
        boxes = own_boxes(replace(relightable, planes=planes))(count)
        assert len(boxes) == count and ((boxes[:, 0] <= planted) & (planted <= boxes[:, 1])).all(axis=1).any()
    hidden = np.ones(planes.shape[1:], bool)
    hidden[7, 11] = False
    without = own_boxes(replace(relightable, planes=planes, mask=hidden))(16)
    assert not ((without[:, 0] <= planted) & (planted <= without[:, 1])).all(axis=1).any(), "it is never drawn"
    assert (own_boxes(replace(relightable, mask=np.zeros_like(hidden)))(16) == ALL_BYTES).all()


def test_without_the_compiled_module_the_bound_is_over_all_bytes(monkeypatch):
    monkeypatch.setattr("fastrti.kernels.cpu._cpu", None)
    relightable, network = smooth_object(1, (9, (16, 16), "relu", True))
    assert rounded(network, "fp16", own_boxes(relightable)(4)).error == rounded(network, "fp16").error


def all_bytes(count: int) -> np.ndarray:
    return np.broadcast_to(ALL_BYTES, (count, 2, 1))


def test_the_object_s_own_pixels_allow_halves():
    """Where all bytes do not; and of no use are boxes that hold all bytes."""
    relightable, network = smooth_object(1, (9, (16, 16), "relu", True))
    gain = 2 / rounded(network, "fp16").error  # levels over all bytes
    network = replace(
        network,
        weights=(*network.weights[:2], network.weights[2] * np.float32(gain)),
        skip=network.skip * np.float32(gain),
    )
    assert 1 < rounded(network, "fp16").error < 3
    precision, boxes = cheapest([network], own_boxes(relightable))
    assert precision == "fp16" and len(boxes) in BOXES and rounded(network, "fp16", boxes).error < 1
    assert cheapest([network], all_bytes)[0] == "fp16 hi/lo"


def test_the_cheapest_precision_that_promises_a_level_is_chosen():
    chosen = {name: cheapest([case.network], all_bytes)[0] for name, case in CASES.items()}
    assert {chosen[name] for name in ("ptm", "hsh16", "rbf", "18-3-relu")} == {"fp16"}
    assert {chosen[name] for name in ("9-16-16-3-relu-skip", "9-50-50-3-elu")} == {"fp16 hi/lo"}
    assert {chosen[name] for name in ("saturating-relu", "saturating-elu")} == {"fp32"}


def test_activations_beyond_the_largest_half_are_never_drawn_in_halves():
    network = FrameNetwork(
        (np.full((1, 1), 300, np.float32), np.full((3, 1), 1e-6, np.float32)),
        (np.zeros(1, np.float32),) * 1 + (np.zeros(3, np.float32),),
    )
    assert rounded(network, "fp16").error == rounded(network, "fp16 hi/lo").error == np.inf
    assert cheapest([network], all_bytes)[0] == "fp32"
    smaller = replace(network, weights=(network.weights[0] / 2, network.weights[1]))
    assert rounded(smaller, "fp16 hi/lo").error < 1


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_network_of_zeros_has_no_error_to_speak_of(precision):
    network = FrameNetwork(
        (np.zeros((4, 2), np.float32), np.zeros((3, 4), np.float32)), (np.zeros(4, np.float32), np.zeros(3, np.float32))
    )
    assert rounded(network, precision).error < 1e-3
