"""16-bit photographs with ICC profiles of every form, beside what the profile says by its numbers alone."""

import numpy as np
import pytest
import tifffile
from icc_profiles import (
    V2,
    V4,
    grid,
    in_srgb,
    matrix_tags,
    parametric,
    profile,
    sampled,
    table_of_version_2,
    table_of_version_4,
    to_d50,
)
from pictures import ADOBE_PRIMARIES, COLOURS16, P3_PRIMARIES, SRGB_PRIMARIES

from fastrti.photographs.photograph import read_photograph

VALUES = COLOURS16 / 65535
NEAR = 40  # of 65,535: a sixth of a level of 8 bits
MIXED = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.0, 0.1, 0.9]])
PRO_PHOTO = np.array([[0.8, 0.14, 0.03], [0.29, 0.71, 0.0], [0.0, 0.0, 0.82]])  # nearly; no number is negative


def read(tmp_path, samples, icc):
    photometric = "rgb" if samples.ndim == 3 else "minisblack"
    tifffile.imwrite(tmp_path / "a.tif", samples, photometric=photometric, iccprofile=icc)
    return read_photograph(tmp_path / "a.tif").pixels


@pytest.mark.parametrize(
    ("curve", "light"),
    [
        (parametric(0, 1.8), lambda v: v**1.8),
        (parametric(1, 2.0, 1.0, 0.0), lambda v: v**2),
        (parametric(2, 2.0, 0.9, 0.0, 0.0), lambda v: (0.9 * v) ** 2),
        (
            parametric(3, 2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045),
            lambda v: np.where(v < 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4),
        ),
        (
            parametric(4, 1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081, 0.0, 0.0),
            lambda v: np.where(v < 0.081, v / 4.5, ((v + 0.099) / 1.099) ** (1 / 0.45)),
        ),
        (sampled(np.linspace(0, 1, 4096) ** 1.5), lambda v: v**1.5),
    ],
    ids=["gamma", "power", "scaled", "sRGB", "BT.709", "table"],
)
def test_matrices_with_every_curve(tmp_path, curve, light):
    for primaries in (P3_PRIMARIES, ADOBE_PRIMARIES):
        found = read(tmp_path, COLOURS16, profile(matrix_tags(primaries, curve)))
        assert np.abs(found - in_srgb(light(VALUES) @ to_d50(primaries).T)).max() < NEAR


@pytest.mark.parametrize("version", [V2, V4])
def test_tables(tmp_path, version):
    """Profiles that are no matrix: here a cube in which the colours are mixed, so that interpolation is exact."""
    if version == V2:
        icc = profile({b"A2B0": table_of_version_2(1.8, grid(9) @ (PRO_PHOTO @ MIXED).T)}, version=V2)
    else:
        icc = profile({b"A2B0": table_of_version_4(1.8, grid(9) @ MIXED.T, PRO_PHOTO)})
    wanted = in_srgb(VALUES**1.8 @ (PRO_PHOTO @ MIXED).T, perceptual_black=version == V4)
    assert np.abs(read(tmp_path, COLOURS16, icc) - wanted).max() < NEAR


@pytest.mark.parametrize(
    ("curve", "version", "light"),
    [
        (parametric(0, 1.8), V4, lambda v: v**1.8),
        (parametric(3, 2.2, 0.9, 0.1, 0.2, 0.05), V4, lambda v: np.where(v < 0.05, 0.2 * v, (0.9 * v + 0.1) ** 2.2)),
        (sampled(np.linspace(0, 1, 4096) ** 2), V2, lambda v: v**2),
    ],
    ids=["gamma", "formula", "table"],
)
def test_greys(tmp_path, curve, version, light):
    found = read(tmp_path, COLOURS16[..., 0], profile({b"kTRC": curve}, b"GRAY", version=version))
    wanted = in_srgb(light(VALUES[..., [0, 0, 0]]) @ to_d50(SRGB_PRIMARIES).T)
    assert np.abs(found - wanted).max() < NEAR


def test_greys_by_lightness(tmp_path):
    """Where the profile speaks of Lab, its curve gives L*."""
    found = read(tmp_path, COLOURS16[..., 0], profile({b"kTRC": parametric(0, 0.9)}, b"GRAY", b"Lab "))
    lightness = 100 * VALUES[..., [0, 0, 0]] ** 0.9
    light = np.where(lightness > 8, ((lightness + 16) / 116) ** 3, lightness / (24389 / 27))
    assert np.abs(found - in_srgb(light @ to_d50(SRGB_PRIMARIES).T)).max() < NEAR
