"""Diffuse gain and specular enhancement: the formulas, and the Renderer that applies them."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from objects import LIGHTS, relightable

import fastrti.rendering.normals
from fastrti.errors import ArgumentError
from fastrti.lights import unit_light
from fastrti.rendering.enhanced import Enhancer, enhanced
from fastrti.rendering.normals import encode_normals, estimate_normals
from fastrti.rendering.renderer import Renderer

HEIGHT, WIDTH = 23, 37
LIGHT = (0.35, -0.5)
MODES = ("diffuse", "specular")


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(relightable("ptm", HEIGHT, WIDTH, masked=True), "cpu", 2)


def expected(colour: float, normal: np.ndarray, light: np.ndarray, mode: str, gain: float) -> float:
    """The formulas of the viewer's shader for one channel in [0, 1], one number at a time."""
    cosine = max(float(normal @ light), 0)
    if mode == "diffuse":
        return colour - (gain - 1) * colour / max(cosine, 0.3) * (1 - cosine)
    half = light + np.array([0, 0, 1])
    highlight = max(float(normal @ half) / float(np.linalg.norm(half)), 0) ** (20 * gain)
    return 0.5 * colour + (0.2 + 0.3 * colour) * highlight


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("gain", [1, 1.5, 5])
def test_every_pixel_has_the_formula_s_value(mode, gain):
    rng = np.random.default_rng(0)
    picture, normals = (rng.integers(0, 256, (9, 7, 3), np.uint8) for _ in range(2))
    light = unit_light(LIGHT)
    result = enhanced(picture, normals, light, mode, gain)
    for pixel, encoded, got in zip(picture.reshape(-1, 3), normals.reshape(-1, 3), result.reshape(-1, 3)):
        normal = (encoded - 127.5) / np.linalg.norm(encoded - 127.5)
        wanted = [np.clip(expected(channel / 255, normal, light, mode, gain), 0, 1) * 255 for channel in pixel]
        assert got == pytest.approx(wanted, abs=0.51)


def test_light_along_the_normal_keeps_its_brightness():
    picture = np.full((1, 1, 3), 200, np.uint8)
    facing = encode_normals(np.array([[[0, 0, 1]]], np.float32)).astype(np.uint8)
    slanted = encode_normals(np.array([[[0.8, 0, 0.6]]], np.float32)).astype(np.uint8)
    light = np.array([0.0, 0.0, 1.0])
    assert abs(int(enhanced(picture, facing, light, "diffuse", 5)[0, 0, 0]) - 200) <= 1
    assert enhanced(picture, slanted, light, "diffuse", 1.5)[0, 0, 0] < 150
    glossy = enhanced(np.full((1, 1, 3), 255, np.uint8), facing, light, "specular", 1)
    assert (glossy >= 254).all()  # a white surface whose highlight is white


def test_gain_one_is_the_picture_itself(renderer):
    assert np.array_equal(renderer.relight(LIGHT, enhance="diffuse", gain=1), renderer.relight(LIGHT))


@pytest.mark.parametrize("mode", MODES)
def test_the_renderer_enhances_with_the_object_s_normals(renderer, mode):
    normals = encode_normals(estimate_normals(renderer)).astype(np.uint8)
    wanted = enhanced(renderer.relight(LIGHT), normals, unit_light(LIGHT), mode, 2)
    wanted[~renderer.relightable.mask] = 0
    picture = renderer.relight(LIGHT, enhance=mode, gain=2)
    assert np.array_equal(picture, wanted)
    assert np.abs(picture.astype(int) - renderer.relight(LIGHT)).mean() > 5


@pytest.mark.parametrize("mode", MODES)
def test_regions_buffers_and_batches(renderer, mode):
    whole = renderer.relight(LIGHT, enhance=mode)
    region = (3, 5, 11, 20)
    assert np.array_equal(renderer.relight(LIGHT, region=region, enhance=mode), whole[3:14, 5:25])
    canvas = np.full((2 * HEIGHT, WIDTH + 2, 3), 123, np.uint8)
    window = canvas[::2, 1:-1]
    assert renderer.relight(LIGHT, out=window, enhance=mode) is window
    assert np.array_equal(window, whole)
    window[...] = 123
    assert (canvas == 123).all()
    batch = renderer.relight_batch(LIGHTS, enhance=mode, gain=3)
    for picture, light in zip(batch, LIGHTS):
        assert np.array_equal(picture, renderer.relight(light, enhance=mode, gain=3))


def test_tensors_are_enhanced_in_place(renderer):
    relit = torch.from_numpy(renderer.relight(LIGHT))
    Enhancer().apply(renderer, relit, LIGHT, (0, 0, HEIGHT, WIDTH), "specular", 1.5)
    assert np.array_equal(relit.numpy(), renderer.relight(LIGHT, enhance="specular"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"enhance": "shiny"}, "expected an enhancement of diffuse, specular or None, got 'shiny'"),
        ({"enhance": "diffuse", "gain": 0.5}, "expected a gain from 1 to 5, got 0.5"),
        ({"enhance": "diffuse", "gain": float("nan")}, "expected a gain from 1 to 5, got nan"),
        ({"enhance": "specular", "gain": "2"}, "expected a gain from 1 to 5, got '2'"),
    ],
)
def test_unknown_enhancements_and_gains_are_refused(renderer, arguments, message):
    out = np.full((HEIGHT, WIDTH, 3), 123, np.uint8)
    with pytest.raises(ArgumentError, match=message):
        renderer.relight(LIGHT, out=out, **arguments)
    with pytest.raises(ArgumentError, match=message):
        renderer.relight_batch([LIGHT], **arguments)
    assert (out == 123).all()


def test_threads_that_ask_at_once_estimate_the_normals_once(monkeypatch):
    calls = []
    estimate = fastrti.rendering.normals.estimate_normals
    monkeypatch.setattr(
        fastrti.rendering.normals, "estimate_normals", lambda asked: calls.append(asked) or estimate(asked)
    )
    fresh = Renderer(relightable("ptm", HEIGHT, WIDTH), "cpu", 2)
    with ThreadPoolExecutor(8) as pool:
        pictures = list(pool.map(lambda light: fresh.relight(light, enhance="diffuse"), LIGHTS * 4))
    assert calls == [fresh]
    assert all(np.array_equal(picture, fresh.relight(LIGHTS[0], enhance="diffuse")) for picture in pictures[::5])


def test_a_renderer_can_still_be_pickled(renderer):
    other = pickle.loads(pickle.dumps(renderer))
    assert np.array_equal(other.relight(LIGHT, enhance="diffuse"), renderer.relight(LIGHT, enhance="diffuse"))
