"""`Renderer`: buffers, regions, batches, threads, masks and what it says of itself."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from objects import LIGHTS, relightable
from PIL import Image

from fastrti import save
from fastrti.errors import ArgumentError, FastrtiError, LightError, ObjectError
from fastrti.kernels.backends import BACKENDS
from fastrti.kernels.reference import relight_reference
from fastrti.rendering.renderer import STILL_LIGHT, STILL_SIDE, Renderer

NUMPY_BACKENDS = [name for name in ("cpu", "reference") if BACKENDS[name].why_not() is None]
HEIGHT, WIDTH = 23, 37
KIND = "light-mlp-relu-skip"
LIGHT = (0.35, -0.5)


@pytest.fixture(params=NUMPY_BACKENDS)
def renderer(request) -> Renderer:
    return RENDERERS[request.param]


RENDERERS = {name: Renderer(relightable(KIND, HEIGHT, WIDTH, masked=True), name, 2) for name in NUMPY_BACKENDS}


def test_picture(renderer):
    picture = renderer.relight(LIGHT)
    assert isinstance(picture, np.ndarray) and picture.dtype == np.uint8 and picture.shape == (HEIGHT, WIDTH, 3)
    assert picture.flags.c_contiguous and picture.flags.writeable and picture.std() > 20
    assert not picture[~renderer.relightable.mask].any()


def test_reference_backend_is_the_reference():
    for light in LIGHTS:
        picture = RENDERERS["reference"].relight(light)
        assert np.array_equal(picture, relight_reference(RENDERERS["reference"].relightable, light))


def test_two_and_three_numbers_mean_the_same_light(renderer):
    assert np.array_equal(renderer.relight((0.48, 0.64)), renderer.relight((0.48, 0.64, 0.6)))


def test_a_folder_renders_as_the_object_saved_to_it(renderer, tmp_path):
    save(renderer.relightable, tmp_path / "object")
    for source in (tmp_path / "object", str(tmp_path / "object")):
        loaded = Renderer(source, backend=renderer.backend)
        assert np.array_equal(loaded.relight(LIGHT), renderer.relight(LIGHT))


# --- buffers ---------------------------------------------------------------------------------------------------------


def test_out_is_written_and_returned(renderer):
    out = np.full((HEIGHT, WIDTH, 3), 123, np.uint8)
    assert renderer.relight(LIGHT, out=out) is out
    assert np.array_equal(out, renderer.relight(LIGHT))


def test_rows_of_out_may_be_apart_and_nothing_between_them_is_written(renderer):
    canvas = np.full((2 * HEIGHT + 4, WIDTH + 10, 3), 123, np.uint8)
    window = canvas[2:-2:2, 5:-5]
    assert renderer.relight(LIGHT, out=window) is window
    assert np.array_equal(window, renderer.relight(LIGHT))
    window[...] = 123
    assert (canvas == 123).all()


def test_out_of_a_batch(renderer):
    out = np.full((2, HEIGHT, WIDTH, 3), 123, np.uint8)
    assert renderer.relight_batch(LIGHTS[:2], out=out) is out
    assert np.array_equal(out[1], renderer.relight(LIGHTS[1]))
    with pytest.raises(ArgumentError, match=r"of shape \(3, 23, 37, 3\), got uint8 \(2, 23, 37, 3\)"):
        renderer.relight_batch(LIGHTS[:3], out=out)


@pytest.mark.parametrize("masked", [False, True])
def test_an_out_of_four_channels_is_rgba(renderer, masked):
    shown = relightable(KIND, HEIGHT, WIDTH, masked)
    renderer = Renderer(shown, renderer.backend, 2)
    canvas = np.full((2, HEIGHT + 2, WIDTH + 3, 4), 123, np.uint8)
    window = canvas[:, 1:-1, 1:-2]
    assert renderer.relight_batch(LIGHTS[:2], out=window) is window
    assert np.array_equal(window[..., :3], renderer.relight_batch(LIGHTS[:2]))
    assert (window[..., 3] == (255 * shown.mask if masked else 255)).all()
    assert np.array_equal(renderer.relight(LIGHTS[1], out=canvas[0, 1:-1, 1:-2]), window[1])
    window[...] = 123
    assert (canvas == 123).all()


def test_a_refused_call_leaves_out_untouched(renderer):
    out = np.full((HEIGHT, WIDTH, 3), 123, np.uint8)
    with pytest.raises(LightError):
        renderer.relight((2, 0), out=out)
    with pytest.raises(ArgumentError):
        renderer.relight(LIGHT, out=out, region=(0, 0, 2, 2))
    assert (out == 123).all()


# --- regions ---------------------------------------------------------------------------------------------------------

tops, lefts = st.integers(0, HEIGHT - 1), st.integers(0, WIDTH - 1)


@pytest.mark.parametrize("backend", NUMPY_BACKENDS)
@settings(max_examples=60, deadline=None)
@given(tops, tops, lefts, lefts)
def test_a_region_is_the_crop_of_the_picture(backend, row, other_row, column, other_column):
    top, bottom = sorted((row, other_row))
    left, right = sorted((column, other_column))
    whole = RENDERERS[backend].relight(LIGHT)
    region = (top, left, bottom - top + 1, right - left + 1)
    part = RENDERERS[backend].relight(LIGHT, region=region)
    assert np.array_equal(part, whole[top : bottom + 1, left : right + 1])


def test_a_region_may_be_numpy_integers(renderer):
    part = renderer.relight(LIGHT, region=tuple(np.array([2, 3, 4, 5])))
    assert np.array_equal(part, renderer.relight(LIGHT)[2:6, 3:8])


@pytest.mark.parametrize(
    ("region", "message"),
    [
        ((0, 0, HEIGHT + 1, 1), "inside the picture of 23 rows and 37 columns, got top 0, left 0, height 24, width 1"),
        ((0, 1, 1, WIDTH), "got top 0, left 1, height 1, width 37"),
        ((-1, 0, 1, 1), "got top -1"),
        ((0, 0, 0, 5), "got top 0, left 0, height 0, width 5"),
        ((5, 5, 3, -2), "width -2"),
        ((0, 0, 2**70, 1), "expected a region inside"),
        ((0, 0, 5), r"expected a region \(top, left, height, width\) in whole pixels, got \(0, 0, 5\)"),
        ((0, 0, 5.0, 5), "in whole pixels"),
        ((0, 0, "5", 5), "in whole pixels"),
        (5, "in whole pixels, got 5"),
        ("0011", "in whole pixels"),
    ],
)
def test_regions_outside_the_picture_are_refused(renderer, region, message):
    for relight, lights in ((renderer.relight, LIGHT), (renderer.relight_batch, [LIGHT])):
        with pytest.raises(ArgumentError, match=message):
            relight(lights, region=region)


# --- batches ---------------------------------------------------------------------------------------------------------


def test_a_batch_is_the_loop(renderer):
    pictures = renderer.relight_batch(LIGHTS)
    assert pictures.shape == (len(LIGHTS), HEIGHT, WIDTH, 3)
    for picture, light in zip(pictures, LIGHTS):
        assert np.array_equal(picture, renderer.relight(light))


def test_a_batch_of_a_region(renderer):
    region = (3, 5, 7, 11)
    pictures = renderer.relight_batch(np.array([[0, 0, 1], [0.6, 0, 0.8]]), region=region)
    assert np.array_equal(pictures[1], renderer.relight((0.6, 0, 0.8), region=region))


def test_an_empty_batch(renderer):
    assert renderer.relight_batch([]).shape == (0, HEIGHT, WIDTH, 3)


# --- lights ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("light", [(1, 1), (0, 0, -1), (0, 0, 0), (np.nan, 0), "up", None])
def test_lights_off_the_hemisphere_are_refused(renderer, light):
    with pytest.raises(LightError, match=r"expected .* light"):
        renderer.relight(light)
    with pytest.raises(LightError, match=r"expected .* light"):
        renderer.relight_batch([LIGHT, light])


# --- threads ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [0, -1, 1.0, "2", True])
@pytest.mark.parametrize("backend", NUMPY_BACKENDS)
def test_threads_that_are_no_positive_whole_number_are_refused(threads, backend):
    with pytest.raises(ArgumentError) as caught:
        Renderer(relightable("ptm"), backend, threads=threads)
    assert str(caught.value) == (
        f"expected threads to be a positive whole number or None for all cores, got {threads!r}"
    )


@pytest.mark.parametrize("threads", [1, 2, 3, 16, None])
def test_thread_count_changes_no_bit(renderer, threads):
    other = Renderer(renderer.relightable, renderer.backend, threads)
    assert np.array_equal(other.relight(LIGHT), renderer.relight(LIGHT))


def test_many_threads_may_share_a_renderer(renderer):
    expected = {light: renderer.relight(light) for light in LIGHTS}
    lights = LIGHTS * 12
    with ThreadPoolExecutor(8) as pool:
        pictures = list(pool.map(renderer.relight, lights))
    assert all(np.array_equal(picture, expected[light]) for picture, light in zip(pictures, lights))


# --- what it says ----------------------------------------------------------------------------------------------------


def test_repr_names_size_decoder_and_backend(renderer):
    lines = repr(renderer).splitlines()
    assert lines[0] == "Renderer of 37×23 pixels"
    assert lines[1] == "  decoder: light-conditioned 9→16→16→3 ReLU, skip"
    assert lines[2].startswith(f"  backend: {renderer.backend} (")
    assert len(lines) == 3  # the backend was asked for by name


@pytest.mark.skipif(BACKENDS["cpu"].why_not() is not None, reason="the CPU kernel is not built")
@pytest.mark.skipif(BACKENDS["triton"].why_not() is None, reason="the Triton kernel runs here")
def test_repr_says_why_the_faster_backend_does_not_run():
    renderer = Renderer(relightable("ptm"), threads=2)
    assert renderer.backend == "cpu" and list(renderer.why_not) == ["triton"]
    assert ", 2 threads, " in repr(renderer).splitlines()[2]
    assert repr(renderer).splitlines()[3] == f"  not triton: {renderer.why_not['triton']}"


def test_a_missing_folder_is_an_object_error(tmp_path):
    with pytest.raises(ObjectError, match="expected the folder of a relightable object, got no such folder"):
        Renderer(tmp_path / "missing")


def test_every_error_is_a_fastrti_error(renderer):
    for arguments in (((5, 5),), (LIGHT, {"region": 3}), (LIGHT, {"out": 3})):
        with pytest.raises(FastrtiError):
            renderer.relight(arguments[0], **(arguments[1] if len(arguments) > 1 else {}))


def test_jupyter_gets_a_small_still():
    for height, width in ((HEIGHT, WIDTH), (10, 2 * STILL_SIDE + 1), (3 * STILL_SIDE, 7)):
        shown = Renderer(relightable("ptm", height, width), "cpu", 2)
        still = Image.open(BytesIO(shown._repr_png_()))
        whole = Image.fromarray(shown.relight(STILL_LIGHT))
        assert still.format == "PNG" and max(still.size) <= STILL_SIDE
        assert np.array_equal(np.asarray(still), np.asarray(whole.reduce(-(-max(whole.size) // STILL_SIDE))))


def test_a_renderer_can_be_pickled(renderer):
    renderer.relight(LIGHT, scale=0.5)
    other = pickle.loads(pickle.dumps(renderer))
    for scale in (1, 0.5):
        assert np.array_equal(other.relight(LIGHT, scale=scale), renderer.relight(LIGHT, scale=scale))
    assert other.backend == renderer.backend and repr(other) == repr(renderer)  # which tells of the last light


def test_a_picture_goes_to_the_host_and_back(renderer):
    picture = renderer.relight(LIGHT)
    assert renderer.to_host(picture) is picture
    out = np.full((HEIGHT, WIDTH, 3), 123, np.uint8)
    renderer.from_host(picture, out)
    assert np.array_equal(out, picture)
    with pytest.raises(ArgumentError):
        renderer.from_host(picture, out[:-1])
