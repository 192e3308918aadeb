"""The boxes of an object's pixels: none lies outside, the bounds over them hold, and they decide what is drawn."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import networks
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from int16_networks import Integers, object_of, quantised, sums
from numpy.typing import NDArray

from fastrti.kernels.cpu import CpuKernel, available_isas
from fastrti.kernels.reference import evaluate_network, relight_reference
from fastrti.lights import light_from_angles
from fastrti.objects.experts import Experts
from fastrti.objects.frame_network import FrameNetwork
from fastrti.objects.relightable import Relightable

Bytes = NDArray[np.uint8]

LIGHT = (0.0, 0.0, 1.0)
LIGHTS = [light_from_angles(azimuth, elevation) for elevation in (10, 30, 50, 70) for azimuth in range(0, 360, 24)]
AUTO_ISAS = [isa for isa in available_isas() if isa not in ("avx512", "neon-i8mm", "neon", "baseline")]
"""Where "auto" weighs int16 for a ReLU network."""

MOST_BOXES = 4096
SEEDS = st.integers(0, 2**32 - 1)


def network_of(planes: int, seed: int = 3, gain: float = 1, hidden: tuple[int, ...] = (8, 8)) -> FrameNetwork:
    """Of bytes; its colours, and so the bound on their error, are `gain` times those of a picture."""
    rng = np.random.default_rng(seed)
    ones = np.ones(planes)
    network = networks.random_network(rng, planes, hidden, "relu", True).folded(-ones, ones)
    assert network.skip is not None
    *first, last = network.weights
    return replace(network, weights=(*first, last * np.float32(gain)), skip=network.skip * np.float32(gain))


def boxes_of(planes: Bytes, mask: NDArray[np.bool_] | None = None, threads: int = 1, most: int = MOST_BOXES) -> Bytes:
    """(n, 2, K): the corners."""
    boxes: Bytes = object_of(network_of(len(planes)), planes, mask, threads=threads).boxes(most)
    return boxes


def holds_all(boxes: Bytes, pixels: Bytes) -> bool:
    """Whether every pixel (n, K) lies in a box."""
    pixels = np.unique(pixels, axis=0)
    held = np.zeros(len(pixels), bool)
    for low, high in boxes:
        held |= ((low <= pixels) & (pixels <= high)).all(axis=1)
    return bool(held.all())


def smooth(rng: np.random.Generator, planes: int, height: int, width: int) -> Bytes:
    """(K, H, W): waves of the brightness of a real object's planes, and a little noise."""
    y, x = np.mgrid[0:height, 0:width] / max(height, width)
    waves = [128 + 60 * np.sin(rng.normal(0, 6) * x + rng.normal(0, 6) * y + rng.normal()) for _ in range(planes)]
    return np.clip(np.stack(waves) + rng.normal(0, 3, (planes, height, width)), 0, 255).astype(np.uint8)


def few_pixels(seed: int) -> Bytes:
    """(K, H, W) of some kind that could be difficult."""
    rng = np.random.default_rng(seed)
    planes, height, width = rng.integers(1, [49, 20, 20])
    size = (planes, height, width)
    kinds = [
        rng.integers(0, 256, size),
        rng.choice([0, 255], size),
        np.full(size, rng.integers(0, 256)),
        rng.integers(0, 256, (planes, 1, 1)) + rng.integers(0, 2, size),
        smooth(rng, *size),
    ]
    return np.clip(kinds[rng.integers(len(kinds))], 0, 255).astype(np.uint8)


@settings(deadline=None, max_examples=30)
@given(seed=SEEDS)
def test_every_pixel_lies_in_a_box(seed: int) -> None:
    planes = few_pixels(seed)
    pixels = planes.reshape(len(planes), -1).T
    boxes = boxes_of(planes)
    assert len(boxes) <= MOST_BOXES and (boxes[:, 0] <= boxes[:, 1]).all()
    assert holds_all(boxes, pixels)
    assert len(boxes) == len(np.unique(pixels, axis=0)), "so few different pixels have a box each"
    for most in (1, 2, 7, 16):
        fewer = boxes_of(planes, most=most)
        assert len(fewer) == min(most, len(boxes)) and holds_all(fewer, pixels)


def test_all_bytes_there_can_be_lie_in_boxes() -> None:
    """Of two planes these are 65,536 pixels: every box holds 16 of them."""
    planes = np.stack(np.meshgrid(np.arange(256), np.arange(256))).astype(np.uint8)
    boxes = boxes_of(planes)
    sizes = (boxes[:, 1].astype(int) - boxes[:, 0] + 1).prod(axis=1)
    assert len(boxes) == MOST_BOXES and (sizes == 16).all() and sizes.sum() == planes[0].size


def test_no_pixel_of_a_large_picture_hides_from_the_sample() -> None:
    """Beyond 131,072 pixels some are not looked at when boxes are divided. Planted ones are in boxes all the same."""
    rng = np.random.default_rng(1)
    planes = smooth(rng, 5, 400, 401)
    pixels = planes.reshape(5, -1)
    planted = rng.choice(pixels.shape[1] // 2, 40, replace=False) * 2 + 1  # the sample has every second pixel
    pixels[:, planted] = rng.choice([0, 255], (5, 40))
    pixels[:, -1] = 0, 255, 0, 255, 7
    boxes = boxes_of(planes)
    assert holds_all(boxes, pixels.T[[*planted, -1]])
    assert holds_all(boxes, pixels.T[rng.choice(pixels.shape[1], 300)])
    assert len(boxes) == MOST_BOXES
    assert (boxes_of(planes, threads=3) == boxes).all(), "they depend on the number of threads"
    for most in (1, 16, 256):
        fewer = boxes_of(planes, most=most)
        assert len(fewer) == most and holds_all(fewer, pixels.T[[*planted, -1]])
    widths = (boxes[:, 1].astype(int) - boxes[:, 0]).max(axis=1)
    assert np.percentile(widths, 99) < 64, "the planted pixels have boxes of their own"


def test_masked_pixels_need_no_box() -> None:
    planes = smooth(np.random.default_rng(2), 4, 40, 41)
    planes[:, 7, 9] = 255
    shown = np.ones((40, 41), bool)
    shown[7, 9] = False
    boxes = boxes_of(planes, shown)
    assert not holds_all(boxes, planes[:, ~shown].T)
    assert holds_all(boxes, planes[:, shown].T)
    one = np.zeros((40, 41), bool)
    one[7, 9] = True
    assert (boxes_of(planes, one) == 255).all() and len(boxes_of(planes, one)) == 1


def test_one_pixel_of_a_large_masked_picture_has_its_box() -> None:
    planes = np.zeros((1, 400, 400), np.uint8)
    shown = np.zeros((400, 400), bool)
    shown[399, 398], planes[0, 399, 398] = True, 77
    assert boxes_of(planes, shown).tolist() == [[[77], [77]]]


def levels_off(network: FrameNetwork, pixels: Bytes, seed: int) -> NDArray[np.float64]:
    """(P,): the largest error of a colour of each of the pixels (P, K) in integers."""
    integers = quantised(network)
    assert integers is not None
    data: Integers = pixels.T.astype(np.int64)
    half = 1 << integers.output_shift >> 1
    levels = (sums(integers, data, np.random.default_rng(seed))[-1] - half) / 2**integers.output_shift
    return np.abs(levels - 255 * evaluate_network(network, data)).max(axis=0)


@settings(deadline=None, max_examples=40)
@given(seed=SEEDS, shape=st.sampled_from(networks.SHAPES))
def test_no_error_exceeds_the_bound_of_its_box(seed: int, shape: Any) -> None:
    """Boxes of all sizes: every pixel of some, random ones and corners of the others."""
    rng = np.random.default_rng(seed)
    planes = shape[0]
    network = networks.random_network(rng, *shape).folded(-np.ones(planes), np.ones(planes))
    middle = rng.integers(0, 256, (12, planes))
    reach = rng.integers(0, [[1], [2], [3], [10], [60], [256]] * 2, (12, planes))
    low, high = (np.clip(corner, 0, 255).astype(np.uint8) for corner in (middle - reach, middle + reach))
    bounds = object_of(network).int16_bounds(*LIGHT, low, high)
    for bottom, top, bound in zip(low, high, bounds, strict=True):
        inside = rng.integers(bottom, top.astype(int) + 1, (60, planes))
        corners = np.where(rng.integers(0, 2, (60, planes)), bottom, top)
        pixels = np.concatenate([inside, corners]).astype(np.uint8)
        assert levels_off(network, pixels, seed).max() <= bound


def test_a_box_of_all_bytes_has_the_bound_of_all_bytes() -> None:
    network = network_of(9)
    low = np.zeros((1, 9), np.uint8)
    integers = quantised(network)
    assert integers is not None
    assert object_of(network).int16_bounds(*LIGHT, low, low + 255) == [integers.bound]


@pytest.mark.parametrize("case", [case for case in networks.network_cases(24, 31) if case.origin], ids=lambda c: c.name)
def test_bounds_of_small_objects_hold_for_all_pixels_and_many_lights(case: networks.NetworkCase) -> None:
    original = networks.relightable_of(case)
    kernel = CpuKernel(original, threads=1)
    planes = original.planes.reshape(len(original.planes), -1)
    for light in LIGHTS[::3]:
        network = original.frame_network(light)
        bound = kernel.drawn_in(tuple(light))[1]
        if math.isfinite(bound):
            assert levels_off(network, planes.T, 1).max() <= bound


@pytest.fixture(scope="module")
def narrow() -> Relightable:
    """int16 does not promise a level for all bytes, but for the few its pixels have."""
    rng = np.random.default_rng(4)
    planes = rng.integers(100, 104, (9, 24, 32)).astype(np.uint8)
    return Relightable(planes, np.zeros(9), np.full(9, 255.0), networks.constant(network_of(9, gain=12)))


@pytest.mark.skipif(not AUTO_ISAS, reason="needs a processor where int16 is faster than float32")
def test_what_the_pixels_allow_is_drawn_in_integers_within_a_level(narrow: Relightable) -> None:
    assert CpuKernel(narrow, 1, "int16").drawn_in(LIGHT)[1] > 1.2, "a promise for all bytes would do"
    for isa in AUTO_ISAS:
        kernel = CpuKernel(narrow, threads=2, isa=isa)
        precision, bound = kernel.drawn_in(LIGHT)
        assert precision == "int16" and bound < 1
        out = np.empty((24, 32, 3), np.uint8)
        kernel.relight(LIGHT, out)
        assert np.abs(out.astype(int) - relight_reference(narrow, LIGHT)).max() <= 1


@pytest.mark.skipif(not AUTO_ISAS, reason="needs a processor where int16 is faster than float32")
def test_the_boxes_of_an_object_serve_all_its_experts(narrow: Relightable) -> None:
    labels = np.repeat(np.arange(3, dtype=np.uint8), 8)[:, None] + np.zeros((24, 32), np.uint8)
    decoders = Experts(tuple(networks.constant(network_of(9, gain=gain)) for gain in (1, 12, 100)))
    kernel = CpuKernel(replace(narrow, decoder=decoders, labels=labels), 1)
    assert [precision for precision, _ in kernel.drawn_in_each(LIGHT)] == ["int16", "int16", "fp32"]


@pytest.mark.skipif(not AUTO_ISAS, reason="needs a processor where int16 is faster than float32")
def test_noise_in_all_bytes_is_drawn_in_float32(narrow: Relightable) -> None:
    noise = np.random.default_rng(5).integers(0, 256, narrow.planes.shape, np.uint8)
    precision, bound = CpuKernel(replace(narrow, planes=noise), 1).drawn_in(LIGHT)
    assert precision == "fp32" and 1 <= bound <= CpuKernel(narrow, 1, "int16").drawn_in(LIGHT)[1]


@pytest.mark.skipif(not AUTO_ISAS, reason="needs a processor where int16 is faster than float32")
def test_threads_that_draw_the_first_picture_at_once_agree(narrow: Relightable) -> None:
    kernel = CpuKernel(narrow, threads=1)
    with ThreadPoolExecutor(6) as pool:
        drawn = list(pool.map(lambda _: kernel.drawn_in(LIGHT), range(12)))
    assert drawn == [CpuKernel(narrow, threads=2).drawn_in(LIGHT)] * 12


@pytest.mark.skipif(not AUTO_ISAS, reason="needs a processor where int16 is faster than float32")
def test_an_object_without_a_pixel_is_black(narrow: Relightable) -> None:
    empty = replace(narrow, mask=np.zeros((24, 32), bool))
    kernel = CpuKernel(empty, 1)
    assert kernel.drawn_in(LIGHT) == ("int16", 0)
    out = np.ones((24, 32, 3), np.uint8)
    kernel.relight(LIGHT, out)
    assert not out.any()
