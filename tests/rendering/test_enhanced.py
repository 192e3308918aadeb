"""Diffuse gain and specular enhancement: the formulas, and the Renderer that applies them."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from objects import LIGHTS, relightable

import fastrti.rendering.normals
from fastrti import Enhanced
from fastrti.errors import ArgumentError
from fastrti.kernels.backends import BACKENDS
from fastrti.lights import unit_light
from fastrti.rendering.enhanced import enhanced
from fastrti.rendering.normals import encode_normals, estimate_normals, with_normals
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
    assert np.array_equal(Enhanced(renderer, "diffuse", gain=1).relight(LIGHT), renderer.relight(LIGHT))


@pytest.mark.parametrize("mode", MODES)
def test_pictures_are_enhanced_with_the_object_s_normals(renderer, mode):
    normals = encode_normals(estimate_normals(renderer)).astype(np.uint8)
    wanted = enhanced(renderer.relight(LIGHT), normals, unit_light(LIGHT), mode, 2)
    wanted[~renderer.relightable.mask] = 0
    picture = Enhanced(renderer, mode, gain=2).relight(LIGHT)
    assert np.array_equal(picture, wanted)
    assert np.abs(picture.astype(int) - renderer.relight(LIGHT)).mean() > 5


@pytest.mark.parametrize("mode", MODES)
def test_regions_buffers_and_batches(renderer, mode):
    shown = Enhanced(renderer, mode)
    whole = shown.relight(LIGHT)
    region = (3, 5, 11, 20)
    assert np.array_equal(shown.relight(LIGHT, region=region), whole[3:14, 5:25])
    canvas = np.full((2 * HEIGHT, WIDTH + 2, 3), 123, np.uint8)
    window = canvas[::2, 1:-1]
    assert shown.relight(LIGHT, out=window) is window
    assert np.array_equal(window, whole)
    window[...] = 123
    assert (canvas == 123).all()
    batch = shown.relight_batch(LIGHTS)
    for picture, light in zip(batch, LIGHTS):
        assert np.array_equal(picture, shown.relight(light))
    assert shown.relightable is renderer.relightable and shown.to_host(whole) is whole


@pytest.mark.parametrize("masked", [False, True])
def test_an_out_of_four_channels_is_rgba(masked):
    renderer = Renderer(relightable("ptm", HEIGHT, WIDTH, masked), "cpu", 2)
    shown, out = Enhanced(renderer, "specular"), np.full((2, HEIGHT, WIDTH, 4), 123, np.uint8)
    assert shown.relight_batch(LIGHTS[:2], out=out) is out
    assert np.array_equal(out[..., :3], shown.relight_batch(LIGHTS[:2]))
    assert (out[..., 3] == (255 * renderer.relightable.mask if masked else 255)).all()


def test_a_scaled_picture_has_the_normals_of_its_own_pixels(renderer):
    small = renderer.at(0.5)
    assert np.array_equal(
        Enhanced(renderer, "specular").relight(LIGHT, scale=0.5, region=(1, 2, 3, 4)),
        Enhanced(small, "specular").relight(LIGHT)[1:4, 2:6],
    )


@pytest.mark.parametrize("foreign", [False, True])
def test_pictures_of_the_device_are_enhanced_there(monkeypatch, foreign):
    """In Triton's interpreter; NumPy stands in for an array of another library, since it speaks DLPack."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("triton", reason="Triton is published for Linux only")
    monkeypatch.setitem(BACKENDS, "triton", replace(BACKENDS["triton"], why_not=lambda: None))  # the interpreter can
    what = with_normals(relightable("ptm", HEIGHT, WIDTH, masked=True))
    renderer = Renderer(what, backend="triton")
    out = np.empty((HEIGHT, WIDTH, 4), np.uint8) if foreign else None
    picture = Enhanced(renderer, "diffuse", 2).relight(LIGHT, out=out)
    assert picture is out if foreign else isinstance(picture, torch.Tensor)
    wanted = enhanced(renderer.to_host(renderer.relight(LIGHT)), what.normals, unit_light(LIGHT), "diffuse", 2)
    wanted[~what.mask] = 0
    assert np.array_equal(renderer.to_host(picture)[..., :3], wanted)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("shiny",), "expected an enhancement of diffuse or specular, got 'shiny'"),
        ((None,), "expected an enhancement of diffuse or specular, got None"),
        (("diffuse", 0.5), "expected a gain from 1 to 5, got 0.5"),
        (("diffuse", float("nan")), "expected a gain from 1 to 5, got nan"),
        (("specular", "2"), "expected a gain from 1 to 5, got '2'"),
    ],
)
def test_unknown_enhancements_and_gains_are_refused(renderer, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        Enhanced(renderer, *arguments)


def test_a_refused_call_leaves_out_untouched(renderer):
    out = np.full((HEIGHT, WIDTH, 3), 123, np.uint8)
    with pytest.raises(ArgumentError):
        Enhanced(renderer, "diffuse").relight(LIGHT, out=out, region=(0, 0, 2, 2))
    assert (out == 123).all()


def test_threads_that_ask_at_once_estimate_the_normals_once(monkeypatch):
    calls = []
    monkeypatch.setattr(
        fastrti.rendering.normals, "estimate_normals", lambda asked: calls.append(asked) or estimate_normals(asked)
    )
    fresh = Renderer(relightable("ptm", HEIGHT, WIDTH), "cpu", 2)
    shown = Enhanced(fresh, "diffuse")
    assert not calls, "estimated before a picture needs them"
    with ThreadPoolExecutor(8) as pool:
        pictures = list(pool.map(shown.relight, LIGHTS * 4))
    assert calls == [fresh]
    assert all(np.array_equal(picture, shown.relight(LIGHTS[0])) for picture in pictures[::5])


def test_it_can_be_pickled(renderer):
    shown = Enhanced(renderer, "diffuse", 2)
    other = pickle.loads(pickle.dumps(shown))
    assert np.array_equal(other.relight(LIGHT), shown.relight(LIGHT))
    assert repr(other) == repr(shown) and "diffuse, gain 2" in repr(shown)
