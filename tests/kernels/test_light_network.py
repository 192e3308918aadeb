"""The light network in C++ against the specification: the same numbers for every decoder kind and light."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import Floats, light_conditioned, numbers_of
from objects import DECODERS, LIGHTS, relightable

from fastrti.kernels import cpu as relight_cpu
from fastrti.kernels.cpu import CpuKernel
from fastrti.lights import unit_light
from fastrti.objects.decoders import LightBasisDecoder, LightMlpDecoder
from fastrti.objects.frame_network import MAX_WEIGHT
from fastrti.objects.light_terms import monomials
from fastrti.objects.relightable import Relightable

pytestmark = pytest.mark.skipif(relight_cpu.why_not() is not None, reason="the CPU kernel is not built")

OBJECTS = {name: relightable(name) for name in DECODERS} | {
    f"default-student-{seed}": Relightable(
        np.zeros((9, 1, 1), np.uint8), -np.ones(9), np.ones(9), light_conditioned(np.random.default_rng(seed))
    )
    for seed in range(3)
}
KERNELS = {name: CpuKernel(original, threads=1) for name, original in OBJECTS.items()}

EDGES = [(0, 0, 1), (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (1, 1, 0), (-1, -1, 0), (1e-300, 0, 1), (1, 1, 1e-9)]
"""The camera's axis, the horizon, and the corners of the octahedral map."""


def assert_same_numbers(name: str, light: Floats) -> None:
    """Up to one unit in the last place of float32: both compute in float64 and round at the end.

    Where terms cancel, what float64 leaves of them may be 0 in one and 1e-16 of the terms in the other.
    """
    expected = numbers_of(OBJECTS[name].frame_network(light))
    computed = KERNELS[name]._object.frame_numbers(*light)
    cancelled = np.maximum(np.abs(expected), np.abs(computed)) < 1e-15 * np.abs(expected).max()
    np.testing.assert_array_max_ulp(computed[~cancelled], expected[~cancelled], maxulp=1)


@pytest.mark.parametrize("name", OBJECTS)
def test_the_same_numbers_at_the_edges_of_the_hemisphere(name: str) -> None:
    for light in (*EDGES, *LIGHTS):
        assert_same_numbers(name, unit_light(light))


@pytest.mark.parametrize("name", OBJECTS)
def test_the_same_numbers_under_many_lights(name: str) -> None:
    rng = np.random.default_rng(len(name))
    for x, y, z in rng.normal(size=(200, 3)):
        assert_same_numbers(name, unit_light((x, y, abs(z))))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 4), st.lists(st.integers(1, 40), max_size=3), st.integers(0, 2**32))
def test_the_same_numbers_for_light_networks_of_any_shape(degree: int, widths: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    features = monomials(degree)
    shape = (len(features), *widths, 5 * 7 + 7 + 7 * 3 + 3)
    weights = tuple(rng.normal(0, a**-0.5, (b, a)).astype(np.float32) for a, b in pairwise(shape))
    biases = tuple(rng.normal(size=b).astype(np.float32) for b in shape[1:])
    decoder = LightMlpDecoder(5, (7,), weights, biases, "relu", skip=False, features=features)
    low = rng.normal(size=5)
    original = Relightable(np.zeros((5, 1, 1), np.uint8), low, low + rng.random(5), decoder)
    x, y, z = rng.normal(size=3)
    light = unit_light((x, y, abs(z)))
    computed = CpuKernel(original)._object.frame_numbers(*light)
    np.testing.assert_array_max_ulp(computed, numbers_of(original.frame_network(light)), maxulp=1)


def test_numbers_that_run_away_are_clipped() -> None:
    decoder = LightMlpDecoder(
        1,
        (),
        (np.full((6, 1), 1e30, np.float32),),
        (np.array([0, 0, 0, 0, -1e30, 0], np.float32),),
        skip=False,
        features=((1, 0, 0),),
    )
    original = Relightable(np.zeros((1, 1, 1), np.uint8), np.zeros(1), np.full(1, 255.0), decoder)
    for light in ((1.0, 0.0, 0.0), (-1.0, 0.0, 0.0), (0.0, 0.0, 1.0)):
        computed = CpuKernel(original)._object.frame_numbers(*light)
        assert np.abs(computed).max() <= MAX_WEIGHT
        assert (computed == numbers_of(original.frame_network(light))).all()


@pytest.mark.parametrize("terms", range(1, 17))
def test_any_number_of_harmonics(terms: int) -> None:
    decoder = LightBasisDecoder("hsh", terms)
    count = decoder.planes
    original = Relightable(np.zeros((count, 1, 1), np.uint8), -np.ones(count), np.ones(count), decoder)
    light = unit_light((0.3, -0.2))
    computed = CpuKernel(original)._object.frame_numbers(*light)
    np.testing.assert_array_max_ulp(computed, numbers_of(original.frame_network(light)), maxulp=1)
