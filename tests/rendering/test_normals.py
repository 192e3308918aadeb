"""Normals fitted to relit pictures: exact on a matt surface, robust against shadows and highlights."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from objects import relightable
from PIL import Image

import fastrti.kernels.cpu
import fastrti.rendering.bands
import fastrti.rendering.normals
from fastrti import ArgumentError, Mlic, Relightable, Renderer
from fastrti.kernels.cpu import ISA_VARIABLE, available_isas
from fastrti.objects.decoders import LightBasisDecoder
from fastrti.rendering.normals import encode_normals, estimate_normals, fit_normals, linear_luminance, save_normals
from fastrti.srgb import srgb_encode, to_bytes
from fastrti.synth import dome_lights

Floats = NDArray[np.float32]


@pytest.fixture(scope="module")
def lights() -> NDArray[np.float64]:
    return np.asarray(dome_lights())


def hemisphere(count: int = 400) -> Floats:
    """Random unit normals at most 60° from the camera's axis."""
    rng = np.random.default_rng(0)
    azimuth, tilt = rng.uniform(0, 2 * np.pi, count), np.deg2rad(rng.uniform(0, 60, count))
    return np.stack([np.sin(tilt) * np.cos(azimuth), np.sin(tilt) * np.sin(azimuth), np.cos(tilt)], 1).astype(
        np.float32
    )


def angles_deg(normals: Floats, truth: Floats) -> Floats:
    return np.rad2deg(np.arccos(np.clip((normals * truth).sum(-1), -1, 1)))


def least_squares(luminance: Floats, lights: NDArray[np.float64]) -> Floats:
    """Plain photometric stereo (Woodham 1980)."""
    scaled = np.linalg.lstsq(lights, luminance, rcond=None)[0].T
    return (scaled / np.linalg.norm(scaled, axis=1, keepdims=True)).astype(np.float32)


def test_a_matt_surface_is_exact(lights: NDArray[np.float64]) -> None:
    truth = hemisphere()
    luminance = np.maximum(lights @ truth.T, 0).astype(np.float32) * 0.7
    assert angles_deg(fit_normals(luminance, lights), truth).max() < 0.2


def test_shadows_and_highlights_count_little(lights: NDArray[np.float64]) -> None:
    truth, rng = hemisphere(), np.random.default_rng(1)
    luminance = (0.5 * np.maximum(lights @ truth.T, 0)).astype(np.float32)
    luminance[rng.random(luminance.shape) < 0.15] = 0  # cast shadows
    halves = lights + np.array([0, 0, 1])
    halves /= np.linalg.norm(halves, axis=1, keepdims=True)
    luminance = np.minimum(luminance + 0.8 * np.maximum(halves @ truth.T, 0) ** 60, 1).astype(np.float32)
    robust, plain = fit_normals(luminance, lights), least_squares(luminance, lights)
    assert angles_deg(robust, truth).mean() < 1.5 < 5 < angles_deg(plain, truth).mean()


def test_black_pixels_and_the_world_outside_the_mask_face_the_camera() -> None:
    what = relightable("hsh9", 6, 8, masked=True)
    what.planes[:, 0, 0] = 0
    normals = estimate_normals(Renderer(what, backend="cpu"))
    assert normals.shape == (6, 8, 3) and normals.dtype == np.float32
    assert what.mask is not None
    assert (normals[~what.mask] == (0, 0, 1)).all()
    assert np.allclose(np.linalg.norm(normals, axis=-1), 1, atol=1e-6)
    assert (normals[..., 2] >= 0).all()


def ramp_object() -> Relightable:
    """A PTM of three pixels lit as a matt plane tilted to the right, to the top, and not at all."""
    slopes = np.array([[0.5, 0, 0.8], [0, 0.5, 0.8], [0, 0, 0.9]])
    planes = np.full((18, 1, 3), 128, np.uint8)
    for term, axis in ((3, 0), (4, 1)):
        planes[3 * term : 3 * term + 3, 0] = np.rint((slopes[:, axis] + 1) * 127.5)
    planes[15:18, 0] = np.rint((slopes[:, 2] + 1) * 127.5)
    return Relightable(planes, -np.ones(18), np.ones(18), LightBasisDecoder("ptm", 6))


def test_x_is_right_and_y_is_up() -> None:
    right, up, flat = estimate_normals(Renderer(ramp_object(), backend="cpu"))[0]
    assert right[0] > 0.3 and abs(right[1]) < 0.1
    assert up[1] > 0.3 and abs(up[0]) < 0.1
    assert flat[2] > 0.95


def test_luminance_is_linear() -> None:
    grey = linear_luminance(np.array([[0, 0, 0], [188, 188, 188], [255, 255, 255]], np.uint8))
    assert grey == pytest.approx([0, 0.5028865, 1], abs=1e-6)  # IEC 61966-2-1


@pytest.mark.parametrize("levels", [255, 65535])
def test_encoding_rounds_to_nearest(levels: int) -> None:
    normals = hemisphere()
    encoded = encode_normals(normals, levels)
    assert encoded.max() <= levels
    assert np.abs(encoded / levels * 2 - 1 - normals).max() <= 1.001 / levels


def test_png_of_8_bits(tmp_path: Path) -> None:
    normals = hemisphere(12).reshape(3, 4, 3)
    save_normals(tmp_path / "normals.png", normals)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "normals.png")), encode_normals(normals))


def test_png_of_16_bits_with_green_down(tmp_path: Path) -> None:
    normals = hemisphere(12).reshape(3, 4, 3)
    save_normals(tmp_path / "normals.png", normals, bits=16, convention="directx")
    data = (tmp_path / "normals.png").read_bytes()
    assert data[12:16] == b"IHDR" and struct.unpack(">IIBB", data[16:26]) == (4, 3, 16, 2)
    start = data.index(b"IDAT")
    (length,) = struct.unpack(">I", data[start - 4 : start])
    rows = np.frombuffer(zlib.decompress(data[start + 4 : start + 4 + length]), np.uint8).reshape(3, 1 + 4 * 6)
    stored = rows[:, 1:].copy().view(">u2").reshape(3, 4, 3)
    assert np.array_equal(stored, encode_normals(normals * np.array([1, -1, 1], np.float32), 65535))
    with Image.open(tmp_path / "normals.png") as picture:
        assert picture.size == (4, 3)  # Pillow, too, takes it for a PNG


def test_refuses_another_suffix(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"ending in \.png for a normal map, got 'normals\.jpg'"):
        save_normals(tmp_path / "normals.jpg", hemisphere(4).reshape(2, 2, 3))


def test_beats_plain_photometric_stereo_on_rendered_photographs(shared_data: Path) -> None:
    dome = shared_data / "synthrti" / "Single" / "Object1" / "material5" / "Dome"
    mlic = Mlic.load(dome)
    truth = np.asarray(Image.open(dome / "normals.png").convert("RGB"))[::4, ::4].astype(np.float32) / 127.5 - 1
    truth = (truth / np.linalg.norm(truth, axis=-1, keepdims=True)).reshape(-1, 3)
    pictures = np.stack([mlic.picture(index)[::4, ::4] for index in range(len(mlic))])
    luminance = linear_luminance(pictures).reshape(len(mlic), -1)
    robust, plain = fit_normals(luminance, mlic.lights), least_squares(luminance, mlic.lights)
    assert angles_deg(robust, truth).mean() < 0.5 * angles_deg(plain, truth).mean()


# --- the compiled kernel ---------------------------------------------------------------------------------------------


def relit(luminance: Floats) -> NDArray[np.uint8]:
    """Grey pictures (L, 1, P, 3) of linear luminances (L, P)."""
    grey = to_bytes(srgb_encode(luminance))
    return np.repeat(grey[:, None, :, None], 3, axis=3)


def kernel_normals(pictures: NDArray[np.uint8], lights: NDArray[np.float64]) -> Floats:
    return fastrti.rendering.normals._normals_of(pictures, lights)[0]


@pytest.mark.parametrize("pixels", [1, 7, 8, 127, 300])
@pytest.mark.parametrize("surface", ["matt", "shadows and highlights", "noise", "black"])
@pytest.mark.parametrize("isa", available_isas())
def test_the_kernel_fits_what_is_specified(
    lights: NDArray[np.float64], pixels: int, surface: str, isa: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ISA_VARIABLE, isa)
    truth, rng = hemisphere(pixels), np.random.default_rng(1)
    luminance = 0.5 * np.maximum(lights @ truth.T, 0)
    if surface == "shadows and highlights":
        halves = lights + np.array([0, 0, 1])
        halves /= np.linalg.norm(halves, axis=1, keepdims=True)
        luminance[rng.random(luminance.shape) < 0.15] = 0
        luminance = np.minimum(luminance + 0.8 * np.maximum(halves @ truth.T, 0) ** 60, 1)
    elif surface == "noise":
        luminance = rng.random(luminance.shape)
    elif surface == "black":
        luminance = np.zeros_like(luminance)
    pictures = relit(luminance.astype(np.float32))
    specified = fit_normals(linear_luminance(pictures).reshape(len(lights), -1), lights)
    fitted = kernel_normals(pictures, lights)
    assert fitted.shape == (pixels, 3) and fitted.dtype == np.float32
    assert np.allclose(np.linalg.norm(fitted, axis=1), 1, atol=1e-6) and (fitted[:, 2] >= 0).all()
    assert angles_deg(fitted, specified).max() < 0.2


def test_the_kernel_is_as_right_as_the_specification(lights: NDArray[np.float64]) -> None:
    truth, rng = hemisphere(2000), np.random.default_rng(2)
    luminance = 0.5 * np.maximum(lights @ truth.T, 0)
    luminance[rng.random(luminance.shape) < 0.2] = 0
    pictures = relit(luminance.astype(np.float32))
    specified = angles_deg(fit_normals(linear_luminance(pictures).reshape(len(lights), -1), lights), truth).mean()
    assert angles_deg(kernel_normals(pictures, lights), truth).mean() <= specified + 0.01 < 0.2


def test_normals_do_not_depend_on_the_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    renderer = Renderer(relightable("hsh9", 23, 37, masked=True), backend="cpu")
    whole = estimate_normals(renderer)
    monkeypatch.setattr(fastrti.rendering.bands, "BAND_PIXELS", 150)
    assert np.array_equal(estimate_normals(renderer), whole)


def test_without_the_compiled_module_the_specification_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    renderer = Renderer(relightable("hsh9", 5, 6), backend="reference")
    compiled = estimate_normals(renderer)
    monkeypatch.setattr(fastrti.kernels.cpu, "why_not", lambda: "missing")
    assert angles_deg(estimate_normals(renderer), compiled).max() < 0.2
