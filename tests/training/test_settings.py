"""The settings of a fit refuse what cannot work as soon as they are made."""

import pytest

from fastrti import ArgumentError, Preset, Teacher
from fastrti.training.settings import InterpolatorSettings


@pytest.mark.parametrize(
    "wrong",
    [
        {"steps": 0},
        {"pixels": 0},
        {"photographed_lights": 0},
        {"new_lights": 0},
        {"most_pixels": 0},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"alpha": (0.5, 1.1)},
        {"lowest_new_light": -1.0},
        {"lowest_new_light": 90.0},
    ],
    ids=str,
)
def test_presets(wrong):
    Preset(**{"steps": 1, "alpha": (0.0, 1.0), "lowest_new_light": 0.0})
    name = next(iter(wrong)).replace("_", "[_ ]")
    with pytest.raises(ArgumentError, match=f"expected .*{name}.*, got"):
        Preset(**{"steps": 1, **wrong})


@pytest.mark.parametrize(
    "wrong", [{"degrees": ()}, {"degrees": (0, 1)}, {"cell_pixels": 1}, {"blur_cells": 0.0}], ids=str
)
def test_interpolators(wrong):
    with pytest.raises(ArgumentError, match=r"expected .*, got"):
        InterpolatorSettings(**wrong)


def test_teachers():
    with pytest.raises(ArgumentError, match="expected a share of the steps above 0 for the network, got 0"):
        Teacher("neural", network_steps=0)
