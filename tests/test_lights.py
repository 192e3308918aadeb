"""Light directions: what is accepted, what is refused, and in which words."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastrti.errors import FastrtiError, LightError
from fastrti.lights import light_from_angles, on_spiral, raised_to_horizon, unit_light

coordinates = st.floats(-1e300, 1e300)
heights = st.floats(0, 1e300)


@pytest.mark.parametrize(
    ("light_dir", "unit"),
    [
        ((0, 0), (0, 0, 1)),
        ((1, 0), (1, 0, 0)),
        ((0, -1), (0, -1, 0)),
        ((0.6, 0), (0.6, 0, 0.8)),
        ((0, 0, 7), (0, 0, 1)),
        ((3, 0, 4), (0.6, 0, 0.8)),
        ((-2, 0, 0), (-1, 0, 0)),
        ((0, 0, 5e-324), (0, 0, 1)),
        ((3e200, 0, 4e200), (0.6, 0, 0.8)),
        (np.array([0.6, 0], np.float32), (np.float32(0.6), 0, 0.8)),
    ],
)
def test_directions_become_unit_vectors(light_dir, unit):
    assert unit_light(light_dir) == pytest.approx(unit, abs=1e-7)
    assert unit_light(light_dir).dtype == np.float64


def test_two_numbers_pass_unchanged():
    x, y, _ = unit_light((0.1, -0.7))
    assert (x, y) == (0.1, -0.7)  # published networks take them as stored


def test_slack_of_the_unit_circle():
    inside, outside = math.sqrt(1 + 0.9e-6), math.sqrt(1 + 1.1e-6)
    light = unit_light((inside, 0))
    assert light == pytest.approx((1, 0, 0), abs=1e-12)
    assert np.linalg.norm(light) == pytest.approx(1, abs=1e-15)
    with pytest.raises(LightError):
        unit_light((outside, 0))


@pytest.mark.parametrize(
    ("light_dir", "message"),
    [
        (
            (1, 0.5),
            "expected x² + y² ≤ 1 for a light on the hemisphere, got 1.25 from (1, 0.5): "
            "pass (x, y, z), or move the light inside the unit circle",
        ),
        (
            (0, 0, 0),
            "expected a light direction of non-zero length, got (0, 0, 0): pass (0, 0, 1) for a light at the camera",
        ),
        (
            (0.5, 0, -0.25),
            "expected a light above the object's plane (z ≥ 0), got z = -0.25: "
            "flip the vector if it points from the light to the object",
        ),
        (
            (0.5,),
            "expected a light direction of two or three finite numbers, got (0.5,): pass (x, y) or (x, y, z)",
        ),
        (
            "north",
            "expected a light direction of two or three finite numbers, got 'north': pass (x, y) or (x, y, z)",
        ),
    ],
)
def test_errors_say_what_was_wanted_and_what_came(light_dir, message):
    with pytest.raises(LightError) as caught:
        unit_light(light_dir)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "light_dir",
    [
        (math.nan, 0),
        (0, math.inf),
        (0, 0, -math.inf),
        (1e300, 1e300),
        (10**400, 0),
        (0, 0, 0, 1),
        [[0, 0, 1]],
        (),
        None,
        0.5,
        ("a", "b"),
        (1j, 0),
        ([0], [0, 1]),
        {"x": 0},
    ],
)
def test_anything_else_is_a_light_error(light_dir):
    with warnings.catch_warnings(), pytest.raises(LightError):
        warnings.simplefilter("error")
        unit_light(light_dir)


def test_light_error_is_both_a_value_error_and_ours():
    assert issubclass(LightError, ValueError) and issubclass(LightError, FastrtiError)


@given(coordinates, coordinates, heights)
def test_three_numbers_keep_their_direction(x, y, z):
    largest = max(abs(x), abs(y), z)
    if largest == 0:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        light = unit_light((x, y, z))
    assert np.linalg.norm(light) == pytest.approx(1, abs=1e-12)
    assert light[2] >= 0
    scaled = np.array([x, y, z]) / largest
    assert light * np.linalg.norm(scaled) == pytest.approx(scaled, abs=1e-12)


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_two_numbers_are_on_the_sphere_or_refused(x, y):
    if x * x + y * y > 1 + 1e-6:
        with pytest.raises(LightError):
            unit_light((x, y))
        return
    light = unit_light((x, y))
    assert np.linalg.norm(light) == pytest.approx(1, abs=1e-12)
    assert light[:2] == pytest.approx((x, y), abs=1e-6)


@given(st.floats(0, 360), st.floats(0, 90))
def test_angles(azimuth_deg, elevation_deg):
    x, y, z = light_from_angles(azimuth_deg, elevation_deg)
    assert math.degrees(math.asin(min(z, 1))) == pytest.approx(elevation_deg, abs=1e-5)
    radius = math.cos(math.radians(elevation_deg))
    assert (x, y) == pytest.approx(
        (radius * math.cos(math.radians(azimuth_deg)), radius * math.sin(math.radians(azimuth_deg)))
    )


def test_axes_of_the_coordinate_system():
    assert light_from_angles(0, 0) == pytest.approx((1, 0, 0))  # to the right of the picture
    assert light_from_angles(90, 0) == pytest.approx((0, 1, 0), abs=1e-15)  # to its top
    assert light_from_angles(0, 90) == pytest.approx((0, 0, 1), abs=1e-15)  # to the camera


@pytest.mark.parametrize(
    ("light", "raised"),
    [((0.8, 0.6, -0.02), (0.8, 0.6, 0)), ((0, -0.9, -0.1), (0, -1, 0)), ((0.6, 0, 0.8), (0.6, 0, 0.8))],
)
def test_lights_measured_below_the_horizon_are_lifted_to_it(light, raised):
    assert raised_to_horizon(np.array(light)) == pytest.approx(np.array(raised))


def test_a_spiral_has_the_wanted_heights_and_no_two_lights_together():
    heights = (np.arange(100) + 0.5) / 100
    vectors = on_spiral(heights)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(vectors[:, 2], heights)
    nearest = np.sort(vectors @ vectors.T, axis=1)[:, -2]
    assert np.degrees(np.arccos(nearest.max())) > 10  # of 16° where hexagons cover the hemisphere
