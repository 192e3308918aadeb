from dataclasses import replace

import numpy as np
import pytest

from fastrti.capture.corrections.light_errors import LEAST_LIGHTS, estimate_lights, refined_lights
from fastrti.synth import dome_lights
from tests.support.small_relief import relief_under

LIGHTS = dome_lights(40)


def degrees(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.degrees(np.arccos((a * b).sum(1).clip(-1, 1)))


def test_wrong_lights_are_found() -> None:
    errors = np.random.default_rng(2).normal(0, np.radians(4) / 2**0.5, LIGHTS.shape)
    wrong = LIGHTS + errors
    wrong /= np.linalg.norm(wrong, axis=1, keepdims=True)
    mlic = replace(relief_under(LIGHTS), lights=wrong)
    found = estimate_lights(mlic)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1)
    assert degrees(found, LIGHTS).mean() < 0.75 * degrees(wrong, LIGHTS).mean()
    refined = refined_lights(mlic)
    np.testing.assert_array_equal(refined.lights, found)
    assert refined.photographs is mlic.photographs
    (correction,) = refined.corrections
    assert correction.name == "lights"
    assert correction.numbers["directions"].keys() == set(mlic.names)


def test_right_lights_stay() -> None:
    mlic = relief_under(LIGHTS)
    assert refined_lights(mlic) is mlic


@pytest.mark.parametrize("count", [2, LEAST_LIGHTS - 1])
def test_few_lights_stay(count) -> None:
    few = relief_under(LIGHTS).subset(range(count))
    assert refined_lights(few) is few
