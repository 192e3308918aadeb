"""`.ptm` files: read as the format's equations say, drawn upright, and written back byte for byte."""

import numpy as np
import pytest
from foreign_files import (
    BIASES,
    HEIGHT,
    JPEG_LRGB_PREDICTION,
    SCALES,
    WIDTH,
    ptm_header,
    ptm_jpeg,
    ptm_lrgb,
    ptm_rgb,
)
from objects import DECODERS, LIGHTS
from objects import relightable as relightable_of

from fastrti import load, save
from fastrti.errors import ObjectError
from fastrti.kernels.reference import relight_reference
from fastrti.lights import unit_light
from fastrti.photographs.mlic import Mlic
from fastrti.rendering.renderer import Renderer


def polynomial(light_dir, coefficients):
    """Malzbender et al. 2001, equation 1, on bytes (..., 6) of a file."""
    u, v, _ = unit_light(light_dir)
    terms = np.array([u * u, v * v, u * v, u, v, 1])
    return ((coefficients - BIASES) * SCALES) @ terms


def levels(values):
    return np.floor(np.clip(values, 0, 255) + 0.5)


def relit(path, light_dir):
    return relight_reference(load(path), light_dir).astype(int)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "file.ptm"


@pytest.mark.parametrize("light_dir", LIGHTS)
def test_rgb_is_the_polynomial_bottom_row_first(path, light_dir):
    data, blocks = ptm_rgb()
    path.write_bytes(data)
    wanted = np.moveaxis(polynomial(light_dir, blocks), 0, -1)[::-1]
    assert np.abs(relit(path, light_dir) - levels(wanted)).max() <= 1


@pytest.mark.parametrize("version", ["PTM_1.0", "PTM_1.1", "PTM_1.2"])
def test_lrgb_is_a_luminance_times_the_base_colour(path, version):
    data, luminance, base = ptm_lrgb(version)
    path.write_bytes(data)
    for light_dir in LIGHTS:
        wanted = (polynomial(light_dir, luminance)[..., None] * base / 255)[::-1]
        assert np.abs(relit(path, light_dir) - levels(wanted)).max() <= 1


def test_jpeg_lrgb_with_predicted_planes_and_side_information(path):
    data, planes = ptm_jpeg(9, *JPEG_LRGB_PREDICTION)
    path.write_bytes(data)
    for light_dir in LIGHTS:
        luminance = polynomial(light_dir, np.moveaxis(planes[:6], 0, -1))
        wanted = (luminance[..., None] * np.moveaxis(planes[6:], 0, -1) / 255)[::-1]
        assert np.abs(relit(path, light_dir) - levels(wanted)).max() <= 1


def test_jpeg_rgb_has_six_planes_a_channel(path):
    data, planes = ptm_jpeg(18, [-1] * 6 + list(range(12)), [0, 1] * 9, list(range(18)))
    path.write_bytes(data)
    channels = np.moveaxis(planes.reshape(3, 6, HEIGHT, WIDTH), 1, -1)
    for light_dir in LIGHTS:
        wanted = np.moveaxis(polynomial(light_dir, channels), 0, -1)[::-1]
        assert np.abs(relit(path, light_dir) - levels(wanted)).max() <= 1


@pytest.mark.parametrize("header", [ptm_header("PTM_FORMAT_RGB", size=f"{WIDTH} {HEIGHT}"), None])
def test_sizes_on_one_line_and_lines_ending_in_crlf(path, header):
    data, blocks = ptm_rgb()
    plain = ptm_header("PTM_FORMAT_RGB")
    path.write_bytes(data)
    wanted = load(path)
    path.write_bytes((header or plain.replace("\n", "\r\n")).encode() + blocks.tobytes())
    assert np.array_equal(load(path).planes, wanted.planes)


def test_planes_predicted_in_a_circle_are_refused(path):
    data, _ = ptm_jpeg(9, *JPEG_LRGB_PREDICTION)
    path.write_bytes(data.replace(b"5 -1 -1 -1 -1 1 7 -1 7", b"5 -1 -1 -1 -1 0 7 -1 7"))
    with pytest.raises(ObjectError, match="expected reference planes without a circle"):
        load(path)


def test_motion_compensation_is_refused(path):
    data, _ = ptm_jpeg(9, *JPEG_LRGB_PREDICTION)
    path.write_bytes(data.replace(b"\n0 0 0 0 0 0 0 0 0\n", b"\n0 0 0 2 0 0 0 0 0\n", 1))
    with pytest.raises(ObjectError, match="expected planes without motion compensation, got motion vectors"):
        load(path)


@pytest.mark.parametrize("name", ["PTM_FORMAT_LUM", "PTM_FORMAT_PTM_LUT", "PTM_FORMAT_JPEGLS_LRGB"])
def test_other_formats_are_refused_by_name(path, name):
    path.write_bytes(ptm_header(name).encode() + bytes(1000))
    with pytest.raises(ObjectError, match=f"expected a format of PTM_FORMAT_RGB, .* got '{name}'"):
        load(path)


# --- writing ---------------------------------------------------------------------------------------------------------


def ascending_ptm(path):
    """A file without a falling scale, which fastrti keeps as it is."""
    data, blocks = ptm_rgb()
    path.write_bytes(data.replace(b"-1.25", b"1.25"))
    return blocks


def test_an_rgb_file_is_written_back_with_its_bytes(path, tmp_path):
    blocks = ascending_ptm(path)
    save(load(path), tmp_path / "again.ptm", "ptm")
    written = (tmp_path / "again.ptm").read_bytes()
    header = ptm_header("PTM_FORMAT_RGB").replace("-1.25", "1.25").replace(" \n", "\n")
    assert written == header.encode() + blocks.tobytes()


def test_an_lrgb_file_is_written_back_with_its_bytes(path, tmp_path):
    data, luminance, base = ptm_lrgb()
    path.write_bytes(data.replace(b"-1.25", b"1.25"))
    save(load(path), tmp_path / "again.ptm", "ptm")
    assert (tmp_path / "again.ptm").read_bytes().endswith(b"\n" + luminance.tobytes() + base.tobytes())


@pytest.mark.parametrize("name", ["ptm", "ptm-base"])
def test_objects_with_ranges_of_their_own_change_by_the_rounding_only(path, name):
    relightable = relightable_of(name)
    save(relightable, path, "ptm")
    read = load(path)
    for light_dir in LIGHTS:
        difference = relight_reference(read, light_dir).astype(int) - relight_reference(relightable, light_dir)
        assert np.sqrt((difference**2.0).mean()) <= 1
        assert np.abs(difference).max() <= 3  # each of six terms is rounded anew, by half a level of its range


@pytest.mark.parametrize("name", sorted(set(DECODERS) - {"ptm", "ptm-base"}))
def test_other_decoders_are_refused(path, name):
    with pytest.raises(ObjectError, match=r"expected an object with a PTM decoder for a \.ptm file, got"):
        save(relightable_of(name), path, "ptm")
    assert not path.exists()


# --- real files ------------------------------------------------------------------------------------------------------


def test_the_hp_fitters_file_relights_its_inputs_within_a_level(shared_data):
    folder = shared_data / "formats/ptm_lrgb_hpfitter_8x5"
    mlic = Mlic.load(folder)
    renderer = Renderer(folder / "reference_8x5.ptm", backend="reference")
    pictures = renderer.relight_batch(mlic.lights)
    difference = np.asarray(pictures).astype(float) - mlic.photographs
    assert np.sqrt((difference**2).mean()) <= 1


def test_a_real_jpeg_file_is_upright_and_lit_from_where_the_light_is(shared_data):
    relightable = load(shared_data / "formats/ptm_jpeg_lrgb_ushabti/ushabti.ptm")
    relight = lambda *light_dir: relight_reference(relightable, light_dir).astype(float)  # noqa: E731
    assert (relightable.width, relightable.height) == (512, 1024)
    top, bottom = np.split(relight(0, 0), 2)
    assert top[:, 100:400].mean() > bottom[:, 100:400].mean()  # the figure is wider at the head
    body = slice(200, 800)
    left, right = (slice(130, 190), slice(330, 390))
    from_the_right = relight(0.7, 0)[body]
    from_the_left = relight(-0.7, 0)[body]
    assert from_the_right[:, right].mean() > from_the_left[:, right].mean()
    assert from_the_left[:, left].mean() > from_the_right[:, left].mean()
