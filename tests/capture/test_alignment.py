from dataclasses import replace

import numpy as np
import pytest

from fastrti.capture.corrections.alignment import aligned, estimate_shifts
from fastrti.capture.shifting import shifted
from fastrti.photographs.mlic import Mlic
from fastrti.synth import dome_lights
from tests.support.small_relief import relief_under

LIGHTS = dome_lights(30)
SHIFTS = np.random.default_rng(1).uniform(-3, 3, (30, 2)) * (np.arange(30) % 2)[:, None]


def test_shifts_are_found_to_a_tenth_of_a_pixel() -> None:
    found = estimate_shifts(relief_under(LIGHTS, 72, shifts=SHIFTS))
    errors = found - found.mean(0) - (SHIFTS - SHIFTS.mean(0))
    assert np.sqrt(np.square(errors).sum(1).mean()) < 0.15


def test_moved_photographs_are_moved_back_and_others_stay() -> None:
    clean, bad = relief_under(LIGHTS, 72), relief_under(LIGHTS, 72, shifts=SHIFTS)
    back = aligned(bad)
    inside = (slice(None), slice(4, -4), slice(4, -4))
    before = np.abs(bad.photographs[inside].astype(float) - clean.photographs[inside]).mean()
    after = np.abs(back.photographs[inside].astype(float) - clean.photographs[inside]).mean()
    assert after < 0.15 * before
    (correction,) = back.corrections
    assert correction.name == "alignment"
    for index, name in enumerate(bad.names):
        if name not in correction.numbers["pixels_right_and_down"]:
            np.testing.assert_array_equal(back.photographs[index], bad.photographs[index])
    assert aligned(clean) is clean


def test_a_flat_object_without_detail_stays() -> None:
    noise = np.random.default_rng(4).normal(0, 2, (30, 72, 72, 3))
    plate = np.rint(40 + 150 * LIGHTS[:, 2, None, None, None] + noise).astype(np.uint8)
    flat = Mlic(plate, LIGHTS, tuple(f"{number}.png" for number in range(30)))
    assert aligned(flat) is flat


def test_wrong_lights_do_not_disturb_shifts() -> None:
    bad = relief_under(LIGHTS, 72, shifts=SHIFTS)
    found = estimate_shifts(replace(bad, lights=np.roll(LIGHTS, 7, axis=0)))
    errors = found - (SHIFTS - SHIFTS.mean(0))
    assert np.sqrt(np.square(errors).sum(1).mean()) < 0.15


def test_few_photographs_stay_as_they_are() -> None:
    few = relief_under(LIGHTS, 72, shifts=SHIFTS).subset(range(11))
    assert aligned(few) is few


@pytest.mark.parametrize("shift", [(0.0, 0.0), (2.0, -1.0)])
def test_whole_shifts_move_pixels_as_they_are(shift) -> None:
    picture = np.random.default_rng(0).random((12, 15, 3), np.float32)
    moved = shifted(picture, np.array(shift))
    right, down = map(int, shift)
    np.testing.assert_array_equal(moved[3:9, 3:12], picture[3 - down : 9 - down, 3 - right : 12 - right])


def test_parts_of_pixels_are_interpolated() -> None:
    across, down = np.meshgrid(np.arange(40), np.arange(30))

    def wave(x, y):
        return (0.5 + 0.4 * np.sin(0.9 * x + 0.5 * y)).astype(np.float32)

    moved = shifted(wave(across, down), np.array([0.3, -1.6]))
    np.testing.assert_allclose(moved[6:-6, 6:-6], wave(across - 0.3, down + 1.6)[6:-6, 6:-6], atol=4e-3)
