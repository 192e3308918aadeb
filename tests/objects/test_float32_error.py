"""What 32-bit numbers cannot draw to one level is refused, by one bound for every kind of decoder."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from field_sets import documented
from numpy.typing import NDArray
from objects import DECODERS, LIGHTS, experts, relightable

from fastrti import load, save
from fastrti.errors import ArgumentError, FastrtiError, ObjectError
from fastrti.kernels.backends import BACKENDS
from fastrti.objects.decoders import LightBasisDecoder, LightMlpDecoder, MlpDecoder, NodeBasisDecoder
from fastrti.objects.experts import Experts
from fastrti.objects.float32_error import MAX_LEVELS, check_float32, float32_error
from fastrti.objects.relightable import Relightable
from fastrti.rendering.renderer import Renderer

SENTENCE = "expected ranges and weights whose pictures 32-bit numbers can draw"

needs_cpu = pytest.mark.skipif(BACKENDS["cpu"].why_not() is not None, reason="the compiled module is missing")


def error_of(shown: Relightable) -> float:
    return float32_error([shown.decoder.light_network], shown.minimum, shown.maximum)


def levels_off(shown: Relightable, lights=LIGHTS) -> int:
    """How far the CPU's float32 pictures are from the reference, at most."""
    exact, drawn = Renderer(shown, backend="reference"), Renderer(shown, backend="cpu", threads=1, precision="fp32")
    return max(int(np.abs(drawn.relight(light).astype(int) - exact.relight(light)).max(initial=0)) for light in lights)


@pytest.mark.parametrize("kind", DECODERS)
def test_ordinary_objects_stay_far_below_the_limit(kind):
    assert 0 < error_of(relightable(kind)) < MAX_LEVELS / 8


@needs_cpu
@pytest.mark.parametrize("amplitude", [1e2, 1e3, 1e4, 3.2e5, 1e7])
def test_terms_that_cancel_are_drawn_or_refused(tmp_path, amplitude):
    """x² and y² of a PTM are equal where the light stands on the diagonal: their coefficients cancel there."""
    rng = np.random.default_rng(0)
    lights = [(a, a) for a in (0.1, 0.33, 0.5, 0.6, 0.7)]
    planes = np.repeat(rng.integers(0, 256, (1, 16, 16)), 18, axis=0).astype(np.uint8)
    low, high = np.zeros(18), np.zeros(18)
    high[0:3], low[3:6] = amplitude, -amplitude
    planes[3:6] = 255 - planes[3:6]  # their range falls
    low[15:], high[15:] = 0.3, 0.6
    shown = Relightable(planes, low, high, LightBasisDecoder("ptm", 6))
    if error_of(shown) <= MAX_LEVELS:
        assert levels_off(shown, lights) <= 1
        save(shown, tmp_path / "object")
        load(tmp_path / "object")
    else:
        assert amplitude > 1e3
        with pytest.raises(ObjectError, match=SENTENCE):
            save(shown, tmp_path / "object")
        assert documented(SENTENCE)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("ptm", {"maximum": 3e38}),
        ("hsh9", {"minimum": 1e7, "maximum": 1e7}),
        ("mlp-9-3", {"weights": 1e9}),
        ("openlime", {"weights": 1e8}),
        ("rbf", {"table": 1e30}),
        ("rbf", {"nodes": 1e30}),
        ("bilinear", {"table": 1e10}),
        ("light-mlp-relu-skip", {"light_weights": 1e38}),
        ("light-mlp-elu", {"light_biases": 1e8}),
    ],
)
def test_numbers_near_the_limits_are_refused_for_every_kind(kind, change):
    assert not error_of(_changed(relightable(kind), **change)) <= MAX_LEVELS


def test_a_width_of_gaussians_that_64_bits_cannot_weigh():
    shown = relightable("rbf")
    narrow = replace(shown, decoder=replace(shown.decoder, sigma=1e-6))
    assert error_of(shown) < error_of(narrow)


def test_a_mean_of_two_good_experts_may_be_refused():
    """Large weights after small ones are no worse than small ones after large ones; a mean of both is."""
    shown = experts("mlp-9-16-16-3-relu", 2)
    few, many = (
        replace(
            shown.decoder.decoders[0],
            weights=tuple(
                np.float32(w * f) for w, f in zip(shown.decoder.decoders[0].weights, (factor, 1, 1 / factor))
            ),
            biases=tuple(np.float32(b * f) for b, f in zip(shown.decoder.decoders[0].biases, (factor, factor, 1))),
        )
        for factor in (1e-4, 1e4)
    )
    apart = replace(shown, decoder=Experts((few, many)))
    check_float32(apart)
    check_float32(replace(shown, decoder=replace(shown.decoder, shares=np.array([[0.5, 0.5]]))))
    with pytest.raises(ArgumentError, match="roundings add up"):
        check_float32(replace(apart, decoder=Experts((few, many), np.array([[0.5, 0.5]]))))


# --- any object that loads is drawn to one level ---------------------------------------------------------------------


def _changed(shown: Relightable, **changes: float) -> Relightable:
    """The object with arrays times a factor."""
    own = {key: getattr(shown, key) * factor for key, factor in changes.items() if key in ("minimum", "maximum")}
    with np.errstate(over="ignore"):
        arrays = {
            key: tuple(np.float32(a * factor) for a in value)
            if isinstance(value, tuple)
            else np.float32(value * factor)
            for key, factor in changes.items()
            if key not in own
            for value in [getattr(shown.decoder, key)]
        }
    return replace(shown, decoder=replace(shown.decoder, **arrays), **own)


def _mutated_array(array: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """One number, row or column times up to 1e8, or two numbers that nearly cancel."""
    array = array.astype(np.float64)
    factor = 10 ** rng.uniform(-1, rng.choice([3, 5, 8]))
    row, column = rng.integers(array.shape[0]), rng.integers(array.shape[-1])
    match rng.integers(5):
        case 0:
            array *= factor
        case 1:
            array[row] *= factor
        case 2:
            array[..., column] *= factor
        case 3:
            array[...] = array.flat[rng.integers(array.size)]
        case 4:
            first, second = rng.integers(array.size, size=2)
            array.flat[first], array.flat[second] = factor, -factor * (1 - rng.choice([0, 1e-6, 1e-3]))
    return array.astype(np.float32)


def _mutated(shown: Relightable, rng: np.random.Generator) -> Relightable:
    minimum, maximum, decoder = shown.minimum.copy(), shown.maximum.copy(), shown.decoder
    for _ in range(rng.integers(1, 4)):
        plane, other = rng.integers(len(minimum), size=2)
        choice = rng.integers(4)
        if choice == 0:
            factor = 10 ** rng.uniform(-1, 7)
            minimum[plane], maximum[plane] = minimum[plane] * factor, maximum[plane] * factor
        elif choice == 1:
            shift = 10 ** rng.uniform(0, 7)
            minimum[[plane, other]] += (shift, -shift)
            maximum[[plane, other]] += (shift, -shift)
        elif not isinstance(decoder, LightBasisDecoder):
            names = {
                MlpDecoder: ("weights", "biases"),
                LightMlpDecoder: ("light_weights", "light_biases"),
                NodeBasisDecoder: ("table",),
            }[type(decoder)]
            name = str(rng.choice(names))
            value = getattr(decoder, name)
            if isinstance(value, tuple):
                layer = int(rng.integers(len(value)))
                value = (*value[:layer], _mutated_array(value[layer], rng), *value[layer + 1 :])
            else:
                value = _mutated_array(value, rng)
            decoder = replace(decoder, **{name: value})
            if isinstance(decoder, NodeBasisDecoder) and decoder.basis == "rbf" and rng.random() < 0.3:
                decoder = replace(decoder, sigma=float(10 ** rng.uniform(-6, 6)))
    values = rng.choice(np.array([0, 1, 128, 254, 255], np.uint8), shown.planes.shape)
    planes = values if rng.random() < 0.3 else shown.planes
    return replace(shown, planes=planes, minimum=minimum, maximum=maximum, decoder=decoder)


def _draw_mutants(count: int, seed: int) -> int:
    """How many of so many mutants are below the limit; each of those is drawn to one level."""
    rng = np.random.default_rng(seed)
    kinds, drawn = list(DECODERS), 0
    for number in range(count):
        try:
            mutant = _mutated(relightable(kinds[rng.integers(len(kinds))]), rng)
        except FastrtiError:
            continue  # beyond what the object format allows
        if error_of(mutant) <= MAX_LEVELS:
            drawn += 1
            lights = [(*rng.normal(size=2), abs(rng.normal()) * (number % 5 > 0)) for _ in range(3)]
            assert levels_off(mutant, lights) <= 1, (number, mutant.decoder.label)
    return drawn


@needs_cpu
def test_mutants_below_the_limit_are_drawn_to_one_level():
    assert _draw_mutants(150, seed=0) > 50


@needs_cpu
@pytest.mark.deep
def test_many_mutants_below_the_limit_are_drawn_to_one_level():
    assert _draw_mutants(4000, seed=1) > 1000


@needs_cpu
@pytest.mark.parametrize("seed", range(4))
def test_networks_made_to_cancel_are_drawn_to_one_level(seed):
    """The last layer is chosen so that large activations cancel to a grey picture at every pixel."""
    rng = np.random.default_rng(seed)
    drawn = 0
    for _ in range(40):
        planes, hidden = int(rng.integers(2, 12)), tuple(int(w) for w in rng.choice([8, 16, 64], rng.integers(1, 3)))
        bytes_ = rng.integers(0, 256, (planes, 2, 4)).astype(np.uint8)
        low = -rng.uniform(0, 2, planes)
        high = low + rng.uniform(0.1, 4, planes)
        widths = (planes + 2, *hidden, 3)
        weights = [rng.normal(0, 3 / a**0.5, (b, a)).astype(np.float32) for a, b in pairwise(widths)]
        biases = [rng.normal(size=b).astype(np.float32) for b in widths[1:-1]]
        light = (0.3, 0.4)
        z = bytes_.reshape(planes, -1) / 255 * (high - low)[:, None] + low[:, None]
        h = np.vstack([z, np.repeat(np.array(light)[:, None], 8, axis=1)])
        for weight, bias in zip(weights[:-1], biases):
            h = np.maximum(weight @ h + bias[:, None], 0)
        last = weights[-1] * 10 ** rng.uniform(0, 4)
        weights[-1] = (last - (last @ h - rng.uniform(0.3, 0.7, (3, 8))) @ np.linalg.pinv(h)).astype(np.float32)
        decoder = MlpDecoder(tuple(weights), (*biases, np.zeros(3, np.float32)), "relu")
        shown = Relightable(bytes_, low, high, decoder)
        if error_of(shown) <= MAX_LEVELS:
            drawn += 1
            assert levels_off(shown, [light]) <= 1
    assert drawn > 5
