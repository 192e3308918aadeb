"""Pictures at 1/2, 1/4 …: averaged planes, their regions, masks and threads."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from objects import LIGHTS, relightable
from PIL import Image

from fastrti import Enhanced, save
from fastrti.cli import main
from fastrti.errors import ArgumentError
from fastrti.objects.scales import factor_of, reduced
from fastrti.rendering.renderer import Renderer

KIND = "light-mlp-relu-skip"
LIGHT = (0.35, -0.5)


def box(relightable, factor, row, column):
    """The planes' and the mask's pixels that become one."""
    rows, columns = (slice(first * factor, (first + 1) * factor) for first in (row, column))
    return relightable.planes[:, rows, columns], relightable.mask[rows, columns]


@pytest.mark.parametrize("factor", [2, 4, 16, 64])
def test_planes_are_means_of_the_object_in_a_box(factor):
    full = relightable(KIND, 23, 37, masked=True)
    small = reduced(full, factor)
    assert small.planes.shape[1:] == (-(-23 // factor), -(-37 // factor))
    for row, column in np.ndindex(small.mask.shape):
        planes, mask = box(full, factor, row, column)
        assert small.mask[row, column] == (mask.mean() >= 0.5)
        if mask.any():
            assert np.abs(small.planes[:, row, column] - planes[:, mask].mean(axis=1)).max() <= 0.5


def test_what_the_mask_hides_does_not_bleed():
    full = relightable(KIND, 23, 37, masked=True)
    other = replace(full, planes=np.where(full.mask, full.planes, 255 - full.planes))
    assert np.array_equal(reduced(full, 4).planes, reduced(other, 4).planes)


def test_uniform_planes_stay():
    full = relightable("ptm", 9, 13)
    flat = replace(full, planes=np.full_like(full.planes, 201), mm_per_pixel=0.5)
    small = reduced(flat, 8)
    assert (small.planes == 201).all() and small.mm_per_pixel == 4 and small.mask is None


@pytest.mark.parametrize("backend", ["cpu", "reference"])
@pytest.mark.parametrize("scale", [1 / 2, 1 / 8])
def test_a_scaled_picture_is_the_reduced_object(backend, scale):
    renderer = Renderer(relightable(KIND, 23, 37, masked=True), backend, 2)
    small = Renderer(reduced(renderer.relightable, round(1 / scale)), backend, 2)
    whole = renderer.relight(LIGHT, scale=scale)
    assert whole.shape == (-(-23 * scale // 1), -(-37 * scale // 1), 3)
    assert np.array_equal(whole, small.relight(LIGHT))
    assert np.array_equal(renderer.relight(LIGHT, scale=scale, region=(1, 2, 2, 3)), whole[1:3, 2:5])
    assert np.array_equal(renderer.relight_batch(LIGHTS, scale=scale), small.relight_batch(LIGHTS))
    assert np.array_equal(renderer.relight(LIGHT, scale=1), renderer.relight(LIGHT))
    rgba = np.empty((*whole.shape[:2], 4), np.uint8)
    assert renderer.relight(LIGHT, scale=scale, out=rgba) is rgba
    assert np.array_equal(rgba[..., 3], 255 * small.relightable.mask)


def test_a_scaled_picture_can_be_enhanced():
    renderer = Renderer(relightable(KIND, 23, 37), "cpu", 1)
    plain, enhanced = (shown.relight(LIGHT, scale=0.5) for shown in (renderer, Enhanced(renderer, "specular")))
    assert enhanced.shape == plain.shape and not np.array_equal(enhanced, plain)


def test_threads_share_one_reduction():
    renderer = Renderer(relightable(KIND, 60, 70), "cpu", 1)
    with ThreadPoolExecutor(8) as pool:
        pictures = list(pool.map(lambda _: renderer.relight(LIGHT, scale=0.25), range(32)))
    assert all(np.array_equal(picture, pictures[0]) for picture in pictures)
    assert list(renderer._scaled) == [4]


@pytest.mark.parametrize("scale", [0, -0.5, 2, 0.3, 1 / 128, "1/2", None, float("nan"), float("inf")])
def test_other_scales_are_refused(scale):
    renderer = Renderer(relightable("ptm"), "cpu", 1)
    for relight, lights in ((renderer.relight, LIGHT), (renderer.relight_batch, [LIGHT])):
        with pytest.raises(ArgumentError, match=r"expected a scale of 1, 1/2, 1/4, 1/8, 1/16, 1/32 or 1/64, got"):
            relight(lights, scale=scale)


def test_scales_are_powers_of_two():
    assert [factor_of(scale) for scale in (1, 1.0, 0.5, np.float64(0.25), 1 / 64)] == [1, 1, 2, 4, 64]


def test_the_command_takes_a_fraction(tmp_path, capsys):
    vase, output = str(tmp_path / "vase"), str(tmp_path / "a.png")
    save(relightable(KIND, 23, 37), vase)
    assert main(["relight", vase, "--light", "0,0", "--scale", "1/4", "-o", output]) == 0
    with Image.open(output) as picture:
        assert picture.size == (10, 6)
    with pytest.raises(SystemExit):
        main(["relight", vase, "--light", "0,0", "--scale", "1/3"])
    assert "expected a scale of 1, 1/2, 1/4, … 1/64, got '1/3'" in capsys.readouterr().err
