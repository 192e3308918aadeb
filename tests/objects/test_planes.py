"""Quantisation to bytes and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastrti.errors import ArgumentError
from fastrti.objects.planes import MAX_LATENT, check_planes, dequantise, quantise


def test_levels_are_evenly_spaced():
    levels = np.arange(256, dtype=np.uint8)[None]
    z = dequantise(levels, np.array([-1.0]), np.array([2.0]))
    assert z[0, 0] == -1 and z[0, -1] == 2
    assert np.diff(z[0]) == pytest.approx(3 / 255)


def test_quantise_rounds_to_nearest_and_clamps():
    z = np.array([[-9, 0, 0.49, 0.51, 1.49, 254.6, 255, 300]])
    levels = quantise(z, np.array([0.0]), np.array([255.0]))
    assert levels.dtype == np.uint8
    assert levels.tolist() == [[0, 0, 0, 1, 1, 255, 255, 255]]


def test_every_plane_has_its_own_range():
    z = np.array([0.5, 0.5, 0.5]).reshape(3, 1, 1)
    levels = quantise(z, np.array([0, 0.5, -0.5]), np.array([1, 1.5, 0.5]))
    assert levels.ravel().tolist() == [128, 0, 255]


def test_a_constant_plane_survives():
    z = np.full((1, 2, 2), 3.25)
    bound = np.array([3.25])
    assert (dequantise(quantise(z, bound, bound), bound, bound) == z).all()


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e3), st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_the_round_trip_loses_half_a_level(low, span, fractions):
    minimum, maximum = np.array([low]), np.array([low + span])
    z = np.clip(low + span * np.array([fractions]), minimum, maximum)
    back = dequantise(quantise(z, minimum, maximum), minimum, maximum)
    assert np.abs(back - z).max() <= span / 255 / 2 * (1 + 1e-6)


@given(st.integers(0, 255), st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_bytes_survive_the_round_trip(level, low, span):
    minimum, maximum = np.array([low]), np.array([low + span])
    levels = np.full((1, 1), level, np.uint8)
    assert quantise(dequantise(levels, minimum, maximum), minimum, maximum) == levels


ONE, MANY = np.zeros((1, 2, 2), np.uint8), np.zeros((49, 2, 2), np.uint8)


@pytest.mark.parametrize(
    ("planes", "minimum", "maximum", "message"),
    [
        (ONE[0], [0], [1], "expected planes of shape (K, H, W), uint8, 1 ≤ K ≤ 48, got (2, 2) uint8"),
        (ONE.astype(np.int8), [0], [1], "expected planes of shape (K, H, W), uint8, 1 ≤ K ≤ 48, got (1, 2, 2) int8"),
        (MANY, [0] * 49, [1] * 49, "expected planes of shape (K, H, W), uint8, 1 ≤ K ≤ 48, got (49, 2, 2) uint8"),
        (ONE[:0], [], [], "expected planes of shape (K, H, W), uint8, 1 ≤ K ≤ 48, got (0, 2, 2) uint8"),
        (ONE[:, :0], [0], [1], "expected planes of shape (K, H, W), uint8, 1 ≤ K ≤ 48, got (1, 0, 2) uint8"),
        (ONE, [0, 0], [1], "expected 1 minima and maxima, one per plane, got (2,) and (1,)"),
        (ONE, [0], [[1]], "expected 1 minima and maxima, one per plane, got (1,) and (1, 1)"),
    ],
)
def test_planes_that_do_not_fit_are_refused(planes, minimum, maximum, message):
    with pytest.raises(ArgumentError) as caught:
        check_planes(planes, np.array(minimum), np.array(maximum))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("low", "high"), [(1, 0), (np.nan, 1), (0, np.nan), (-np.inf, 0), (0, np.inf), (0, 1e39), (-1e308, 1e308)]
)
def test_ranges_that_are_none_are_refused(low, high):
    with pytest.raises(ArgumentError, match="expected minimum ≤ maximum for every plane"):
        check_planes(ONE, np.array([low], float), np.array([high], float))


def test_the_widest_ranges_are_accepted():
    check_planes(ONE, np.array([-MAX_LATENT]), np.array([MAX_LATENT]))
    check_planes(ONE, np.array([2.0]), np.array([2.0]))
