"""Rendered captures: spheres, near lamps and faults are where the truth says that they are."""

from dataclasses import replace

import numpy as np
import pytest

from fastrti.cli import main
from fastrti.errors import ArgumentError
from fastrti.photographs.mlic import Mlic
from fastrti.synth import Settings, Truth, dome_lights, place_spheres, take, write_capture
from fastrti.synth.camera import Ball, Camera
from fastrti.synth.lamps import Lamp
from fastrti.synth.materials import Surface, smith_factor
from fastrti.synth.relief import height_field
from fastrti.synth.shading import shade_linear
from fastrti.synth.shadows import SHADOW_BIAS, lit_from, lit_pixels

PLAIN = Settings(96, 72, lights=8, seed=1, noise=0, quality=None)


@pytest.mark.parametrize("focal_length", [None, 1.1])
@pytest.mark.parametrize("lamp_distance", [None, 1.5])
def test_highlights_are_where_the_mirror_law_puts_them(focal_length, lamp_distance):
    camera = {"focal_length": focal_length, "lamp_distance": lamp_distance}
    places = ((20.0, 26.0, 15.0), (76.3, 51.2, 18.0))
    mlic, truth = take(replace(PLAIN, spheres=places, tablet=0.2, lamps="hand", **camera))
    rows, columns = np.mgrid[:72, :96] + 0.5
    for sphere in truth.spheres:
        for photograph, (x, y) in zip(mlic.photographs, sphere.highlights):
            near = np.hypot(columns - x, rows - y) < 4
            weights = np.where(near, photograph.mean(2).clip(120) - 120.0, 0)
            found = np.array([(weights * columns).sum(), (weights * rows).sum()]) / weights.sum()
            assert np.abs(found - (x, y)).max() < 0.4


def test_a_written_capture_reads_back(tmp_path):
    settings = replace(PLAIN, spheres=place_spheres(96, 72, 1, (10, 12), 0), no_flash=1, quality=90)
    truth = write_capture(tmp_path / "capture", settings)
    assert Truth.read(tmp_path / "capture") == truth
    mlic = Mlic.load(tmp_path / "capture")
    assert mlic.names == truth.names and np.abs(mlic.lights - truth.listed).max() < 1e-7
    assert mlic.photographs[truth.no_flash[0]].mean() < 40


@pytest.mark.parametrize("places", [((20.0, 26.0, 15.0),), ((60.0, 12.0, 9.0),), ((48.0, 36.0, 20.0),)])
@pytest.mark.parametrize("focal_length", [None, 0.8, 2.0])
def test_the_outline_is_the_edge_of_what_rays_meet(places, focal_length):
    camera = Camera(96, 72, focal_length)
    ball = Ball.seen_at(camera, *places[0])
    outline = ball.outline(camera)
    turns = np.linspace(0, 2 * np.pi, 100)
    tilt = np.radians(outline.angle)
    for share, inside in ((0.995, True), (1.005, False)):
        along, across = share * outline.long * np.cos(turns), share * outline.short * np.sin(turns)
        x = outline.x + along * np.cos(tilt) - across * np.sin(tilt)
        y = outline.y - along * np.sin(tilt) - across * np.cos(tilt)
        met, points = ball.hits(camera, x, y)
        assert (met == inside).all()
        if inside:
            assert np.abs(np.linalg.norm(points - ball.centre, axis=1) - ball.radius).max() < 1e-9
            assert np.abs(camera.pixel_of(points) - np.stack([x, y], axis=1)).max() < 1e-6


@pytest.mark.parametrize("lamp", [(-20.0, 8.0, 17.0), (13.3, 10.7, 6.0), (10.0, 50.0, 20.0), (40.0, -14.0, 12.0)])
def test_a_lamp_at_a_place_shadows_what_a_straight_line_meets(lamp):
    heights = 24 * height_field(32, 24, seed=2)
    rows, columns = (axis.ravel() for axis in np.indices(heights.shape))
    start = np.stack([columns, rows, heights.ravel() + SHADOW_BIAS], axis=1)
    x, y, z = np.moveaxis(start + np.linspace(0.002, 1, 499)[:, None, None] * (lamp - start), -1, 0)
    inside = (x >= 0) & (y >= 0) & (x <= 31) & (y <= 23)
    left, top = x.clip(0, 30).astype(int), y.clip(0, 22).astype(int)
    u, v = x - left, y - top
    upper = heights[top, left] * (1 - u) + heights[top, left + 1] * u
    lower = heights[top + 1, left] * (1 - u) + heights[top + 1, left + 1] * u
    hidden = (inside & (upper * (1 - v) + lower * v > z)).any(0)
    assert 2 < hidden.sum() < 0.5 * hidden.size
    assert (lit_from(heights, *lamp).ravel() == hidden).mean() < 0.006


def test_a_lamp_very_far_away_shadows_as_one_in_a_direction():
    heights = 72 * height_field(96, 72, seed=0)
    for light in dome_lights(9):
        place = 1e5 * light * (1, -1, 1) + (48, 36, 0)
        assert (lit_from(heights, *place) != lit_pixels(heights, light)).mean() < 0.02


def test_a_near_lamp_falls_off_with_the_squared_distance():
    flat = np.zeros((9, 12), np.float32)
    white, none = np.ones((3, 9, 12), np.float32), np.zeros((3, 9, 12), np.float32)
    up = none.copy()
    up[2] = 1
    surface = Surface(up, white, none, flat + 1, smith_factor(flat + 1, flat + 1))
    position = np.array([0.6, -0.3, 0.9])
    points = np.moveaxis(Camera(12, 9).on_plane(np.arange(12) + 0.5, np.arange(9)[:, None] + 0.5), -1, 0)
    towards, strength = Lamp(position / np.linalg.norm(position), position).reaching(points)
    picture = shade_linear(surface, flat + 1, towards, strength, np.array([0, 0, 1.0])) - 0.015
    away = position[:, None, None] - points
    squared = (away**2).sum(0)
    wanted = 0.85 * away[2] / np.sqrt(squared) * (position @ position) / squared
    half = towards + np.array([0, 0, 1.0])[:, None, None]
    grazing = (1 - half[2] / np.sqrt((half**2).sum(0))) ** 5  # Fresnel's rest of a surface that reflects nothing else
    assert np.abs(picture - wanted[..., None]).max() < 0.85 * grazing.max() + 1e-5 and np.ptp(wanted) > 0.5


def test_every_fault_is_where_the_truth_says():
    good, _ = take(replace(PLAIN, lights=12, lamps="hand"))
    spoilt, truth = take(
        replace(
            PLAIN, lights=12, lamps="hand", no_flash=1, overexposed=1, blurred=1, wrong_lights=1, swapped_lights=1,
            duplicates=1,
        )
    )  # fmt: skip
    assert good.photographs[truth.no_flash[0]].mean() > 2 * spoilt.photographs[truth.no_flash[0]].mean()
    assert good.photographs[truth.overexposed[0]].mean() < spoilt.photographs[truth.overexposed[0]].mean()
    detail = [np.abs(np.diff(m.photographs[truth.blurred[0]].astype(int), axis=1)).mean() for m in (good, spoilt)]
    assert detail[1] < 0.6 * detail[0]
    first, second = truth.duplicates[0]
    assert np.array_equal(spoilt.photographs[first], spoilt.photographs[second])
    angles = np.degrees(np.arccos((spoilt.lights * truth.lights).sum(1).clip(-1, 1)))
    assert set(np.flatnonzero(angles > 0.1)) == {*truth.wrong_lights, *truth.swapped_lights[0]}
    changed = {i for i in range(12) if (good.photographs[i] != spoilt.photographs[i]).any()}
    assert changed == {*truth.no_flash, *truth.overexposed, *truth.blurred, second}


def test_gains_and_shifts_are_those_of_the_truth():
    good, _ = take(PLAIN)
    brighter, gained = take(replace(PLAIN, exposure_jitter=0.3))
    moved, shifted = take(replace(PLAIN, shift=3.0))
    assert np.abs(gained.gains).max() <= 0.3 and np.ptp(gained.gains) > 0.1
    for i, (gain, (right, down)) in enumerate(zip(gained.gains, shifted.shifts)):
        linear = [((m.photographs[i] / 255 + 0.055) / 1.055) ** 2.4 for m in (good, brighter)]
        middle = (good.photographs[i] > 60) & (good.photographs[i] < 180)
        assert np.log2(np.median((linear[1] / linear[0])[middle])) == pytest.approx(gain, abs=0.03)
        errors = {
            (x, y): np.abs(np.roll(good.photographs[i], (y, x), (0, 1)) - moved.photographs[i].astype(float))[
                6:-6, 6:-6
            ].mean()
            for x in range(-4, 5)
            for y in range(-4, 5)
        }
        best = min(errors, key=errors.__getitem__)
        assert np.abs(np.array(best) - (right, down)).max() < 1


def test_the_command_line_makes_a_capture_and_a_good_test(tmp_path):
    options = "--size 96x72 --lights 6 --spheres 1 --lamp-distance 2 --focal-length 36 --hand-held --no-flash 1"
    assert main(["synth", "-o", str(tmp_path / "c"), *options.split()]) == 0
    dome, test = (Truth.read(tmp_path / "c" / part) for part in ("Dome", "Test"))
    assert dome.settings.focal_length == 1 and len(dome.positions) == 6 and len(dome.no_flash) == 1
    assert test.spheres[0].x == dome.spheres[0].x and test.positions is None and len(test.lights) == 20


@pytest.mark.parametrize("option", ["--lamp-distance=0.1", "--shift=x", "--focal-length=3", "--no-flash=-1"])
def test_the_command_line_refuses_in_its_own_words(option, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["synth", "-o", str(tmp_path / "c"), option])
    assert f"argument {option.partition('=')[0]}: expected a number from" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"no_flash": 9}, "at most 8 spoilt photographs, one fault each, got 9"),
        ({"blurred": -1}, "0 or more, got a negative one"),
        ({"lamp_distance": 0.5}, "lamp_distance from 0.75 to 1000, got 0.5"),
    ],
)
def test_settings_out_of_range_are_rejected(changes, message):
    with pytest.raises(ArgumentError, match=message):
        replace(PLAIN, **changes)


def test_spheres_need_room():
    with pytest.raises(ArgumentError, match="room for 1 spheres of 40–40 pixels radius in 96×72 pixels, found none"):
        place_spheres(96, 72, 1, (40, 40), 0)
