"""Rendered captures: spheres, near lamps and faults are where the truth says that they are."""

from dataclasses import replace

import numpy as np
import pytest

from fastrti.photographs.mlic import Mlic
from fastrti.synth import Settings, Truth, place_spheres, take, write_capture

PLAIN = Settings(96, 72, lights=8, seed=1, noise=0, quality=None)


@pytest.mark.parametrize("focal_length", [None, 1.1])
@pytest.mark.parametrize("lamp_distance", [None, 1.5])
def test_highlights_are_where_the_mirror_law_puts_them(focal_length, lamp_distance):
    camera = {"focal_length": focal_length, "lamp_distance": lamp_distance}
    places = ((20.0, 26.0, 15.0), (76.3, 51.2, 18.0))
    mlic, truth = take(replace(PLAIN, spheres=places, tablet=0.2, hand_held=True, **camera))
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
