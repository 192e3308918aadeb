"""The rendered sample: lights, geometry of shadows and highlights, files, and that it is as hard as photographs."""

import numpy as np
import pytest
from PIL import Image

from fastrti.errors import ArgumentError, CollectionError
from fastrti.kernels.reference import relight_reference
from fastrti.lights import light_from_angles
from fastrti.photographs.lp_file import read_lp
from fastrti.photographs.mlic import Mlic
from fastrti.scoring.metrics import psnr
from fastrti.synth import TEST_LIGHTS, dome_lights, render, render_collection
from fastrti.synth.materials import Surface, make_surface, smith_factor
from fastrti.synth.relief import height_field
from fastrti.synth.shading import shade
from fastrti.synth.shadows import SHADOW_BIAS, lit_pixels
from fastrti.training.classical import fit_classical


def elevations(lights):
    return np.unique(np.rint(np.rad2deg(np.arcsin(lights[:, 2]))), return_counts=True)


def test_the_rings_are_those_of_synthrti():
    assert [part.tolist() for part in elevations(dome_lights())] == [[10, 30, 50, 70, 90], [18, 12, 10, 8, 1]]
    assert [part.tolist() for part in elevations(TEST_LIGHTS)] == [[20, 40, 60, 80], [8, 4, 4, 4]]


def test_the_rings_are_synthrtis_light_by_light(shared_data):
    scene = shared_data / "synthrti/Single/Object1/material1"
    for part, lights in (("Dome", dome_lights()), ("Test", TEST_LIGHTS)):
        published = np.array([row.light for row in read_lp(scene / part / "dirs.lp").rows])
        assert np.abs(lights - published).max() < 1e-4  # four decimals


@pytest.mark.parametrize("count", [1, 2, 5, 12, 24, 48, 50, 97, 150])
def test_other_counts_share_the_rings(count):
    lights = dome_lights(count)
    assert lights.shape == (count, 3)
    assert np.linalg.norm(lights, axis=1) == pytest.approx(1)
    assert len(np.unique(lights.round(6), axis=0)) == count
    if count == 97:
        assert elevations(lights)[1].tolist() == [36, 24, 20, 16, 1]


@pytest.mark.parametrize("azimuth", [0, 30, 45, 90, 117, 180, 225, 270, 350])
@pytest.mark.parametrize("elevation", [10, 30, 50, 80])
def test_a_pillar_casts_the_shadow_of_its_height(azimuth, elevation):
    size, pillar, rise = 121, 60, 8.0
    heights = np.zeros((size, size), np.float32)
    heights[pillar - 1 : pillar + 2, pillar - 1 : pillar + 2] = rise
    lit = lit_pixels(heights, light_from_angles(azimuth, elevation))
    row, column = np.indices((size, size)) - pillar
    angle = np.deg2rad(azimuth)
    behind = -(column * np.cos(angle) - row * np.sin(angle))  # distance from the pillar, away from the light
    beside = np.abs(column * np.sin(angle) + row * np.cos(angle))
    length = rise / np.tan(np.deg2rad(elevation))
    assert not lit[(beside <= 0.5) & (behind > 2.5) & (behind < length - 1)].any()
    assert lit[(beside > 3) | (behind < -2) | (behind > length + 3)].all()


@pytest.mark.parametrize("light", [(0, 1, 0.3), (0, -1, 0.3), (1, 0, 0.3), (-1, 0, 0.3)])
def test_along_the_axes_shadows_are_exact(light):
    heights = np.random.default_rng(0).uniform(0, 3, (17, 23)).astype(np.float32)
    light = np.array(light) / np.linalg.norm(light)
    drop = light[2] / np.hypot(*light[:2])
    lit = lit_pixels(heights, light)
    for row, column in np.ndindex(heights.shape):
        steps = np.arange(1, 24)
        rows, columns = row - steps * np.sign(light[1]), column + steps * np.sign(light[0])
        inside = (rows >= 0) & (rows < 17) & (columns >= 0) & (columns < 23)
        ray = heights[row, column] + SHADOW_BIAS + steps[inside] * drop
        assert lit[row, column] == (heights[rows[inside].astype(int), columns[inside].astype(int)] <= ray).all()


def test_mirrored_and_turned_scenes_have_mirrored_and_turned_shadows():
    heights = 120 * height_field(160, 120, seed=3)
    x, y, z = light = light_from_angles(25, 15)
    lit = lit_pixels(heights, light)
    assert 0.1 < lit.mean() < 0.9
    assert np.array_equal(lit_pixels(heights[:, ::-1], np.array([-x, y, z]))[:, ::-1], lit)
    assert np.array_equal(lit_pixels(heights[::-1], np.array([x, -y, z]))[::-1], lit)
    assert np.array_equal(lit_pixels(heights.T, np.array([-y, -x, z])).T, lit)


def test_the_light_overhead_casts_no_shadow():
    assert lit_pixels(100 * height_field(20, 20, 0), np.array([0.0, 0.0, 1.0])).all()


def sphere(roughness, colour, metal):
    """A sphere seen from above, in a frame of 81 × 81 pixels; flat outside."""
    y, x = np.mgrid[40:-41:-1, -40:41].astype(np.float32) / 40
    inside = x * x + y * y < 0.98
    x, y = np.where(inside, x, 0), np.where(inside, y, 0)
    normals = np.stack([x, y, np.sqrt(1 - x * x - y * y)])
    colours = np.broadcast_to(np.array(colour, np.float32)[:, None, None], normals.shape)
    none = np.zeros_like(normals)
    alpha2 = np.full(x.shape, roughness**2, np.float32)
    masking = smith_factor(normals[2], alpha2)
    return Surface(normals, none if metal else colours, colours if metal else none, alpha2, masking), inside


@pytest.mark.parametrize(("azimuth", "elevation"), [(0, 60), (90, 40), (200, 70), (-60, 30)])
def test_the_highlight_of_a_metal_sphere_lies_half_way_to_the_light(azimuth, elevation):
    surface, inside = sphere(0.2, (0.1, 0.1, 0.1), metal=True)
    light = light_from_angles(azimuth, elevation)
    picture = shade(surface, np.ones(inside.shape, bool), light)[..., 0]
    rows, columns = np.nonzero((picture == picture[inside].max()) & inside)
    half = light + np.array([0, 0, 1])
    half /= np.linalg.norm(half)
    assert np.abs([columns.mean() / 40 - 1 - half[0], 1 - rows.mean() / 40 - half[1]]).max() < 0.06


def test_a_matt_sphere_follows_lamberts_law_and_shadow_leaves_the_ambient_light():
    surface, inside = sphere(1.0, (0.5, 0.2, 0.05), metal=False)
    light = light_from_angles(45, 50)
    lit = np.ones(inside.shape, bool)
    lit[:10] = False
    picture = shade(surface, lit, light)
    grazing = (1 - np.sqrt((1 + light[2]) / 2)) ** 5  # what is left of Fresnel's term: it adds less than a level
    assert grazing < 1e-4
    cosine = np.maximum(np.tensordot(light, surface.normals, axes=1), 0) * lit
    radiance = np.array([0.5, 0.2, 0.05]) * (0.85 * cosine + 0.015)[..., None]
    wanted = np.where(radiance <= 0.0031308, 12.92 * radiance, 1.055 * radiance ** (1 / 2.4) - 0.055) * 255
    assert np.abs(picture - wanted).max() <= 1


def test_normals_of_a_slope():
    y, x = np.mgrid[:9, :9].astype(np.float32) / 9
    surface = make_surface(0.5 * x - 0.25 * y, seed=0)  # rises to the right and, rows growing downwards, to the top
    wanted = np.array([-0.5, -0.25, 1]) / np.linalg.norm([-0.5, -0.25, 1])
    assert np.abs(surface.normals - wanted[:, None, None]).max() < 1e-5


def test_the_scene_is_the_same_at_every_size():
    large, small = height_field(192, 128, seed=1), height_field(96, 64, seed=1)
    shrunk = large.reshape(64, 2, 96, 2).mean(axis=(1, 3))
    assert np.corrcoef(shrunk.ravel(), small.ravel())[0, 1] > 0.98


def test_seeds_are_scenes():
    assert np.array_equal(height_field(64, 48, seed=1), height_field(64, 48, seed=1))
    assert np.corrcoef(height_field(64, 48, 1).ravel(), height_field(64, 48, 2).ravel())[0, 1] < 0.9


def test_a_rendered_folder_is_a_collection(tmp_path):
    render_collection(tmp_path / "sample", 96, 64, lights=12, seed=4)
    dome, test = Mlic.load(tmp_path / "sample/Dome"), Mlic.load(tmp_path / "sample/Test")
    assert dome.photographs.shape == (12, 64, 96, 3) and test.photographs.shape == (20, 64, 96, 3)
    assert dome.names[0] == "image01.jpg" and np.abs(dome.lights - dome_lights(12)).max() < 1e-7
    assert dome.notes == ()
    assert test.notes == ()
    normals = np.asarray(Image.open(tmp_path / "sample/Dome/normals.png")) / 127.5 - 1
    assert np.linalg.norm(normals, axis=2) == pytest.approx(1, abs=0.02)


def test_rendering_is_deterministic(tmp_path):
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        render_collection(tmp_path / name, 48, 32, lights=2, seed=seed)
    a, b, c = ((tmp_path / name / "Test/image03.jpg").read_bytes() for name in "abc")
    assert a == b != c


@pytest.mark.parametrize("seed", [0, 1])
def test_it_is_as_hard_as_photographs(tmp_path, seed):
    render_collection(tmp_path, 160, 120, seed=seed)
    dome, test = Mlic.load(tmp_path / "Dome"), Mlic.load(tmp_path / "Test")
    relightable = fit_classical(dome, "hsh16")
    pictures = [relight_reference(relightable, light) for light in test.lights]
    assert 20 < np.mean([psnr(picture, test.picture(i)) for i, picture in enumerate(pictures)]) < 32


def test_a_collection_is_never_overwritten(tmp_path):
    (tmp_path / "Test").mkdir()
    (tmp_path / "Test" / "notes.txt").touch()
    with pytest.raises(CollectionError, match=r"Test: expected a new or an empty folder, got one with files: choose"):
        render_collection(tmp_path, 32, 32, lights=1)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CollectionError, match=r"Dome: expected a folder that can be written, got File exists"):
        render_collection(tmp_path / "file", 32, 32, lights=1)


def test_an_interrupted_render_leaves_nothing(tmp_path, monkeypatch):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(render, "shade", stop)
    with pytest.raises(KeyboardInterrupt):
        render_collection(tmp_path, 32, 32, lights=1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((15, 64), "sides of at least 16 pixels and at most 150000000 pixels in all, got 15×64"),
        ((100000, 100000), "got 100000×100000"),
        ((64, 64, 0), "1–999 lights, got 0"),
        ((64, 64, 1000), "1–999 lights, got 1000"),
        ((64, 64, 3, -1), "seed of 0 or more, got -1"),
    ],
)
def test_arguments_out_of_range_are_rejected(tmp_path, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        render_collection(tmp_path / "sample", *arguments)
    assert not (tmp_path / "sample").exists()
