"""Albedo and roughness: exact on what the model describes, untouched by shadows and highlights."""

from dataclasses import replace

import numpy as np
import pytest
from bumps import bump
from numpy.typing import NDArray
from objects import relightable

import fastrti.rendering.bands
from fastrti import Renderer, surface_maps
from fastrti.srgb import srgb_encode, to_bytes
from fastrti.surface.maps import few_lights
from fastrti.surface.reflectance import estimate_reflectance, fit_reflectance
from fastrti.synth import dome_lights

LIGHTS = np.asarray(dome_lights())


def pictures(albedo: NDArray[np.floating], alpha: float, gloss: float, normals: NDArray[np.floating]):
    """(L, P, 3) of a matt surface under a lobe of GGX (Walter et al. 2007), without shadows."""
    cosines = np.maximum(LIGHTS @ normals.T, 0)
    halves = LIGHTS + np.array([0, 0, 1])
    halves /= np.linalg.norm(halves, axis=1, keepdims=True)
    distribution = alpha**2 / (np.pi * ((halves @ normals.T) ** 2 * (alpha**2 - 1) + 1) ** 2)
    smith = [c + np.sqrt(alpha**2 + (1 - alpha**2) * c**2) for c in (cosines, normals[:, 2])]
    shine = gloss * np.pi * distribution / (smith[0] * smith[1]) * cosines
    return to_bytes(srgb_encode(np.minimum(albedo * cosines[..., None] + shine[..., None], 1)))


def cap(count: int = 60) -> NDArray[np.float32]:
    """Normals up to 40° from the camera's axis."""
    turn, tilt = np.arange(count) * 2.4, np.radians(np.linspace(0, 40, count))
    return np.stack([np.sin(tilt) * np.cos(turn), np.sin(tilt) * np.sin(turn), np.cos(tilt)], 1).astype(np.float32)


def test_a_matt_surface_has_its_albedo_and_no_highlight() -> None:
    albedo, roughness = fit_reflectance(pictures(np.array([0.6, 0.3, 0.1]), 1, 0, cap()), cap(), LIGHTS)
    assert np.abs(albedo - (0.6, 0.3, 0.1)).max() < 0.01
    assert (roughness == 1).all()


def test_shadows_do_not_darken_the_albedo() -> None:
    lit = pictures(np.array([0.5, 0.3, 0.2]), 1, 0, cap())
    lit[np.random.default_rng(0).random(lit.shape[:2]) < 0.25] = 2
    albedo, roughness = fit_reflectance(lit, cap(), LIGHTS)
    assert np.abs(albedo - (0.5, 0.3, 0.2)).max() < 0.02
    assert (roughness == 1).mean() > 0.95


@pytest.mark.parametrize("alpha", [0.15, 0.25, 0.4])
def test_the_width_of_a_highlight_is_the_roughness(alpha: float) -> None:
    albedo, roughness = fit_reflectance(pictures(np.array([0.3, 0.2, 0.1]), alpha, 0.04, cap()), cap(), LIGHTS)
    assert abs(np.median(roughness) - alpha**0.5) < 0.07
    assert np.abs(np.median(albedo, axis=0) - (0.3, 0.2, 0.1)).max() < 0.03


def test_black_and_grazing_pixels_give_numbers() -> None:
    normals = np.array([[1, 0, 0], [0, 0, 1], [0, 1, 0]], np.float32)
    for level in (0, 255):
        albedo, roughness = fit_reflectance(np.full((len(LIGHTS), 3, 3), level, np.uint8), normals, LIGHTS)
        assert np.isfinite(albedo).all() and (albedo >= 0).all()
        assert ((roughness > 0) & (roughness <= 1)).all()


def test_maps_of_an_object_have_its_size_mask_and_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    what = relightable("hsh9", 23, 37, masked=True)
    renderer = Renderer(what, backend="cpu")
    maps = surface_maps(renderer)
    assert maps.albedo.shape == maps.normals.shape == (23, 37, 3)
    assert maps.height.shape == maps.roughness.shape == (23, 37)
    assert {array.dtype for array in (maps.albedo, maps.normals, maps.height, maps.roughness)} == {np.dtype("f4")}
    assert what.mask is not None and maps.mask is what.mask
    assert not maps.albedo[~what.mask].any() and (maps.roughness[~what.mask] == 1).all()
    assert maps.unit == ("pixels" if what.mm_per_pixel is None else "mm")
    monkeypatch.setattr(fastrti.rendering.bands, "BAND_PIXELS", 150)
    for whole, banded in zip((maps.albedo, maps.roughness), estimate_reflectance(renderer, maps.normals)):
        assert np.array_equal(whole, banded)


def test_heights_are_millimetres_where_the_scale_is_known() -> None:
    plain, scaled = bump(), bump(mm_per_pixel=0.5)
    assert (plain.unit, scaled.unit) == ("pixels", "mm")
    assert np.array_equal(plain.scaled_height, plain.height)
    assert np.allclose(scaled.scaled_height, 0.5 * plain.height)


def test_few_lights_are_said() -> None:
    what = replace(relightable("hsh9", 4, 5), lights=None)
    assert "50" in few_lights(what) and "lights" in few_lights(what)
    assert "fewer than three" in few_lights(replace(what, lights=np.array([[0.0, 0, 1], [0.6, 0, 0.8]])))
    assert few_lights(replace(what, lights=LIGHTS)) == ""
