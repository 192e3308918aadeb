"""PTM, HSH and RBF fits: exact on collections of their own kind, and equal to the published figures on real ones."""

import json

import numpy as np
import pytest

from fastrti.errors import ArgumentError
from fastrti.kernels.reference import relight_reference
from fastrti.objects.light_terms import hsh_terms, ptm_terms
from fastrti.objects.planes import dequantise
from fastrti.photographs.mlic import Mlic
from fastrti.scoring.metrics import psnr
from fastrti.training import classical as baselines
from fastrti.training.classical import DECODERS, fit_classical

TERMS = {"ptm": (ptm_terms, 6), "hsh9": (hsh_terms, 9), "hsh16": (hsh_terms, 16)}


def hemisphere(count, seed=0):
    rng = np.random.default_rng(seed)
    lights = rng.normal(size=(count, 3))
    lights[:, 2] = 0.1 + np.abs(lights[:, 2])
    return lights / np.linalg.norm(lights, axis=1, keepdims=True)


def collection(photographs, lights, mask=None):
    return Mlic(photographs, lights, tuple(f"{i}.png" for i in range(len(lights))), mask)


def synthetic(basis, height=7, width=5):
    """Photographs that are a sum of the basis' terms, up to their rounding to bytes."""
    lights = hemisphere(40)
    function, count = TERMS[basis]
    values = function(lights)[:, :count] @ np.random.default_rng(1).normal(size=(count, height * width * 3))
    values = 0.5 + 0.4 * values / np.abs(values).max()
    # The constant of the affine map is a term of both bases' span: the photographs stay representable.
    return collection(np.rint(values * 255).astype(np.uint8).reshape(40, height, width, 3), lights)


@pytest.mark.parametrize("basis", DECODERS)
def test_photographs_of_the_basis_are_reproduced(basis):
    mlic = synthetic(basis)
    relightable = fit_classical(mlic, basis)
    pictures = np.stack([relight_reference(relightable, light) for light in mlic.lights])
    assert np.abs(pictures.astype(int) - mlic.photographs).max() <= 3  # 18–48 planes, each rounded to 8 bits
    assert psnr(pictures[0], mlic.picture(0)) > 45


def penalty_of(function, count):
    """50·δ² times the mean of squares and squared slopes, from random directions and the slopes along three axes."""
    rng = np.random.default_rng(0)
    z, azimuth = rng.uniform(np.sin(np.radians(10)), 1, 40_000), rng.uniform(0, 2 * np.pi, 40_000)
    across = np.sqrt(1 - z * z)
    lights = np.stack([across * np.cos(azimuth), across * np.sin(azimuth), z], axis=1)
    values = function(lights)[:, :count]
    total = values.T @ values
    for axis in np.eye(3) * 1e-3:
        # a rotation about the axis moves a light along the sphere; the three together see each slope once
        moved = [lights + sign * np.cross(axis, lights) for sign in (1, -1)]
        ahead, behind = (function(m / np.linalg.norm(m, axis=1, keepdims=True))[:, :count] for m in moved)
        slopes = (ahead - behind) / 2e-3
        total += slopes.T @ slopes
    return 50 * np.radians(0.3) ** 2 * total / len(lights)


@pytest.mark.parametrize("basis", DECODERS)
def test_coefficients_are_those_of_regularised_least_squares(basis, monkeypatch):
    mlic = synthetic(basis)
    monkeypatch.setattr(baselines, "_CHUNK_SAMPLES", 2 * len(mlic) * mlic.width * 3)  # bands of two rows
    relightable = fit_classical(mlic, basis)
    function, count = TERMS[basis]
    values = mlic.photographs.reshape(len(mlic), -1) / 255
    rows = [function(mlic.lights)[:, :count], np.linalg.cholesky(penalty_of(function, count)).T]
    wanted = np.linalg.lstsq(np.concatenate(rows), np.pad(values, ((0, count), (0, 0))), rcond=None)[0]
    wanted = wanted.reshape(count, 7, 5, 3)
    found = dequantise(relightable.planes, relightable.minimum, relightable.maximum)
    half_step = (relightable.maximum - relightable.minimum) / 255 / 2 + 1e-5
    for j in range(count):
        for channel in range(3):
            error = np.abs(found[3 * j + channel] - wanted[j, ..., channel])
            assert error.max() <= half_step[3 * j + channel]


def test_masked_out_pixels_do_not_widen_the_ranges():
    mlic = synthetic("ptm")
    mask = np.ones((7, 5), bool)
    mask[3, 2] = False
    plain = fit_classical(collection(mlic.photographs, mlic.lights, mask), "ptm")
    wild = mlic.photographs.copy()
    wild[::2, 3, 2] = 255
    wild[1::2, 3, 2] = 0
    masked = fit_classical(collection(wild, mlic.lights, mask), "ptm")
    assert np.array_equal(masked.minimum, plain.minimum) and np.array_equal(masked.maximum, plain.maximum)
    assert np.array_equal(masked.planes[:, mask], plain.planes[:, mask])
    assert not relight_reference(masked, (0, 0))[3, 2].any()


def test_fewer_photographs_than_terms_still_reproduce_them():
    mlic = synthetic("hsh16").subset(range(8))
    relightable = fit_classical(mlic, "hsh16")
    assert psnr(relight_reference(relightable, mlic.lights[3]), mlic.picture(3)) > 40


def spread_lights(count):
    """Lights spread evenly over the hemisphere, on a spiral."""
    z, angle = (np.arange(count) + 0.5) / count, np.arange(count) * np.pi * (3 - 5**0.5)
    return np.stack([np.sqrt(1 - z * z) * np.cos(angle), np.sqrt(1 - z * z) * np.sin(angle), z], axis=1)


def of_nine_components(count):
    """Photographs that vary in nine ways from pixel to pixel."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(count * 3, 9)) @ rng.normal(size=(9, 7 * 5))
    values = 0.5 + 0.4 * values / np.abs(values).max()
    photographs = np.rint(values * 255).astype(np.uint8).reshape(count, 3, 7, 5).transpose(0, 2, 3, 1)
    return collection(np.ascontiguousarray(photographs), spread_lights(count))


def test_rbf_meets_photographs_of_nine_components():
    mlic = of_nine_components(20)
    relightable = fit_classical(mlic, "rbf")
    assert relightable.decoder.label == "rbf 20 nodes, 9→3"
    pictures = [relight_reference(relightable, light) for light in mlic.lights]
    assert min(psnr(picture, mlic.picture(i)) for i, picture in enumerate(pictures)) > 35


def test_rbf_does_not_look_at_masked_out_pixels_and_the_height_of_bands_changes_nothing(monkeypatch):
    mlic = of_nine_components(20)
    mask = np.ones((7, 5), bool)
    mask[3, 2] = False
    plain = fit_classical(collection(mlic.photographs, mlic.lights, mask), "rbf")
    wild = mlic.photographs.copy()
    wild[::2, 3, 2] = 255
    monkeypatch.setattr(baselines, "_CHUNK_SAMPLES", 2 * len(mlic) * mlic.width * 3)  # bands of two rows
    masked = fit_classical(collection(wild, mlic.lights, mask), "rbf")
    before, after = (relight_reference(r, (0.3, 0.2)).astype(int) for r in (plain, masked))
    assert np.abs(before - after).max() <= 1
    assert not after[3, 2].any()


def test_rbf_of_two_photographs_has_a_component_a_value():
    relightable = fit_classical(of_nine_components(2), "rbf")
    assert len(relightable.planes) == 6


@pytest.mark.parametrize("scene", ["Single/Object1/material8", "Single/Object2/material5", "Multi/Object2/material5"])
def test_rbf_is_no_worse_than_the_known_figures(shared_data, scene):
    known = json.loads((shared_data / "synthrti/baselines_psnr_db.json").read_text())[scene]
    train, test = (Mlic.load(shared_data / "synthrti" / scene / part) for part in ("Dome", "Test"))
    relightable = fit_classical(train, "rbf")
    pictures = [relight_reference(relightable, light) for light in test.lights]
    found = np.mean([psnr(picture, test.picture(i)) for i, picture in enumerate(pictures)])
    assert found > known["PCA9/RBF"]  # whose Gaussians are not solved to meet the photographed lights


def test_linear_16_bit_photographs_are_fitted_as_they_are_seen():
    samples = np.full((12, 3, 4, 3), 20000, np.uint16)
    mlic = Mlic(samples, hemisphere(12), tuple("abcdefghijkl"), transfer="linear")
    picture = relight_reference(fit_classical(mlic, "ptm"), (0.1, 0.2))
    assert np.abs(picture.astype(int) - mlic.picture(0)).max() <= 1


def test_an_unknown_basis_is_rejected():
    with pytest.raises(ArgumentError, match="ptm, hsh9, hsh16, rbf, got 'sh'"):
        fit_classical(synthetic("ptm"), "sh")  # type: ignore[arg-type]


@pytest.mark.parametrize("scene", ["Single/Object1/material8", "Single/Object2/material5", "Multi/Object2/material5"])
@pytest.mark.deep
def test_figures_of_real_collections_are_the_known_ones(shared_data, scene):
    known = json.loads((shared_data / "synthrti/baselines_psnr_db.json").read_text())[scene]
    train, test = (Mlic.load(shared_data / "synthrti" / scene / part) for part in ("Dome", "Test"))
    for basis, row in (("ptm", "PTM6"), ("hsh9", "HSH9"), ("hsh16", "HSH16")):
        relightable = fit_classical(train, basis)
        pictures = [relight_reference(relightable, light) for light in test.lights]
        found = np.mean([psnr(picture, test.picture(i)) for i, picture in enumerate(pictures)])
        assert found == pytest.approx(known[row], abs=0.03)  # theirs have float coefficients
