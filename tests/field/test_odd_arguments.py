"""Arguments of Python that are almost right: refused in a sentence, never guessed and never dropped in part."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch
from objects import relightable

from fastrti import ArgumentError, BackendError, FastrtiError, LightError, Mlic, Renderer, fit
from fastrti.lights import unit_light
from fastrti.rendering.enhanced import Enhanced

NOT_LIGHTS = {
    "complex": np.array([0.1 + 0.2j, 0.3]),
    "complex numbers": [0.1j, 0.2],
    "masked": np.ma.array([0.1, 0.2], mask=[False, True]),
    "texts": ["0.1", "0.2"],
    "array of texts": np.array(["0.1", "0.2"]),
    "texts as objects": np.array(["0.1", 0.2], object),
    "bytes": b"ab",
    "dates": np.array([1, 2], "M8[s]"),
    "truths": [True, False],
    "with a gradient": torch.tensor([0.1, 0.2], requires_grad=True),
    "a column": np.array([[0.1], [0.2]]),
    "a large number": [10**5000, 0],
    "none": None,
    "a set": {0.1, 0.2},
}


@pytest.mark.parametrize("light", NOT_LIGHTS.values(), ids=NOT_LIGHTS)
def test_what_is_not_two_or_three_real_numbers_is_no_light(light: object) -> None:
    with pytest.raises(LightError, match=r"expected a light direction of two or three finite numbers, got .*: pass"):
        unit_light(light)


@pytest.mark.parametrize(
    "light",
    [
        [Fraction(1, 4), Decimal("0.5")],
        np.ma.array([0.25, 0.5]),
        torch.tensor([0.25, 0.5]),
        np.array([0.25, 0.5], np.float16),
        (np.float32(0.25), 0.5),
    ],
    ids=lambda light: type(light).__name__,
)
def test_numbers_of_any_kind_are_a_light(light: object) -> None:
    assert unit_light(light)[:2].tolist() == [0.25, 0.5]


ODD = [10**400, 10**5000, np.array([0.5, 1]), [1], "1/2", None, 1 + 0j, float("nan"), float("inf"), True]


@pytest.mark.parametrize("scale", [*ODD, Fraction(1, 3)], ids=lambda odd: type(odd).__name__)
def test_odd_scales(scale: object) -> None:
    renderer = Renderer(relightable("ptm", 3, 3))
    for use in (
        lambda: renderer.at(scale),
        lambda: renderer.relight((0, 0), scale=scale),
        lambda: renderer.relight_batch([(0, 0)], scale=scale),
    ):
        with pytest.raises(ArgumentError, match="expected a scale of 1, 1/2, "):
            use()


def test_scales_of_any_kind_of_number() -> None:
    renderer = Renderer(relightable("ptm", 4, 4))
    for half in (0.5, np.float32(0.5), Fraction(1, 2)):
        assert renderer.relight((0, 0), scale=half).shape == (2, 2, 3)
    for whole in (1, 1.0, np.int64(1)):
        assert renderer.relight((0, 0), scale=whole).shape == (4, 4, 3)


@pytest.mark.parametrize("odd", [["cpu"], np.array(["cpu", "triton"]), None, b"cpu", {}], ids=str)
def test_odd_names(odd: object) -> None:
    what = relightable("ptm", 3, 3)
    with pytest.raises(BackendError, match="expected a backend of auto, "):
        Renderer(what, backend=odd)
    with pytest.raises(BackendError, match="expected a precision of auto, "):
        Renderer(what, precision=odd)
    with pytest.raises(ArgumentError, match="expected an enhancement of diffuse or specular"):
        Enhanced(Renderer(what), odd)


@pytest.mark.parametrize("gain", [*ODD[:7], float("nan"), 10**5000], ids=lambda odd: type(odd).__name__)
def test_odd_gains(gain: object) -> None:
    with pytest.raises(ArgumentError, match="expected a gain from 1 to 5"):
        Enhanced(Renderer(relightable("ptm", 3, 3)), "diffuse", gain)


def strided(shape: tuple[int, ...], strides: tuple[int, ...]) -> np.ndarray:
    return np.lib.stride_tricks.as_strided(np.zeros(10_000, np.uint8), shape, strides)


@pytest.mark.parametrize("backend", ["cpu", "reference"])
def test_what_is_drawn_into_does_not_overlap(backend: str) -> None:
    renderer = Renderer(relightable("ptm", 4, 5), backend=backend)
    for shape, strides in (((4, 5, 3), (14, 3, 1)), ((4, 5, 3), (0, 3, 1)), ((4, 5, 4), (4, 4, 1))):
        with pytest.raises(ArgumentError, match="do not overlap"):
            renderer.relight((0, 0), out=strided(shape, strides))
    lights = [(0, 0), (0.5, 0)]
    for strides in ((0, 15, 3, 1), (15, 15, 3, 1), (59, 15, 3, 1)):
        with pytest.raises(ArgumentError, match="do not overlap"):
            renderer.relight_batch(lights, out=strided((2, 4, 5, 3), strides))
    drawn = renderer.relight_batch(lights)
    for strides in ((60, 15, 3, 1), (15, 30, 3, 1), (100, 20, 3, 1)):  # side by side, or with gaps
        assert np.array_equal(renderer.relight_batch(lights, out=strided((2, 4, 5, 3), strides)), drawn)


SEEDS = [1 << 63, 10**5000, -1, 0.5, "1", None]


@pytest.mark.parametrize(
    ("name", "value"),
    [*(("seed", seed) for seed in SEEDS), ("device", "meta"), ("device", [])],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_odd_seeds_and_devices(name: str, value: object) -> None:
    lights = np.array([[0, 0, 1], [0.6, 0, 0.8], [0, 0.6, 0.8]])
    mlic = Mlic(np.zeros((3, 4, 4, 3), np.uint8), lights, ("a", "b", "c"))
    with pytest.raises(ArgumentError, match=f"expected a {name}"):
        fit(mlic, teacher="none", steps=1, progress=False, **{name: value})


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError


def test_what_cannot_be_quoted_is_named() -> None:
    with pytest.raises(FastrtiError, match="got a Unprintable: pass"):
        unit_light(Unprintable())
