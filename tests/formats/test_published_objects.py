"""The networks that NeuralRTI, DisK-NeuralRTI and OpenLIME publish, and the PSNR they are known to read."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from objects import relightable

from fastrti import load, save
from fastrti.errors import ObjectError
from fastrti.kernels.backends import BACKENDS
from fastrti.kernels.reference import relight_reference
from fastrti.photographs.mlic import Mlic
from fastrti.rendering.renderer import Renderer
from fastrti.scoring.metrics import psnr

BACKEND = "cpu" if BACKENDS["cpu"].why_not() is None else "reference"

# (folder, PSNR in dB on the test lights of the scene they were trained on, as their authors' code reads it)
LOSSLESS = [
    ("neural_disk_release/Teacher", 22.25),
    ("neural_disk_release/Student", 20.87),
    ("openlime_neural_disk/Teacher", 20.72),
    ("openlime_neural_disk/Student", 19.75),
]
JPEG = [("neural_disk_release/Teacher", 21.82), ("neural_disk_release/Student", 20.59)]


@pytest.fixture(scope="module")
def photographs(shared_data) -> Mlic:
    return Mlic.load(shared_data / "synthrti" / "Multi" / "Object2" / "material5" / "Test")


def mean_psnr(relight, photographs):
    values = [psnr(np.asarray(relight(light)), photographs.picture(i)) for i, light in enumerate(photographs.lights)]
    return np.mean(values)


@pytest.mark.parametrize(("folder", "known_db"), LOSSLESS)
def test_published_networks_read_their_known_psnr(folder, known_db, shared_data, photographs):
    renderer = Renderer(shared_data / "formats" / folder, backend=BACKEND)
    assert mean_psnr(renderer.relight, photographs) == pytest.approx(known_db, abs=0.05)


@pytest.mark.parametrize(("folder", "known_db"), JPEG)
def test_jpeg_planes_read_their_known_psnr(folder, known_db, shared_data, photographs, tmp_path):
    copy = tmp_path / "object"
    shutil.copytree(shared_data / "formats" / folder, copy, ignore=shutil.ignore_patterns("*.png"))
    assert mean_psnr(Renderer(copy, backend=BACKEND).relight, photographs) == pytest.approx(known_db, abs=0.05)


def test_the_reference_reads_the_known_psnr(shared_data, photographs):
    student = load(shared_data / "formats" / "neural_disk_release" / "Student")
    known_db = dict(LOSSLESS)["neural_disk_release/Student"]
    reference = mean_psnr(lambda light: relight_reference(student, light), photographs)
    assert reference == pytest.approx(known_db, abs=0.05)


@pytest.mark.parametrize(("folder", "_"), LOSSLESS)
def test_published_networks_draw_the_reference_picture(folder, _, shared_data):
    published = load(shared_data / "formats" / folder)
    picture = Renderer(published, backend=BACKEND).relight((0.3, -0.6)).astype(int)
    assert np.abs(picture - relight_reference(published, (0.3, -0.6))).max() <= 1


@pytest.mark.parametrize(("folder", "_"), LOSSLESS)
def test_published_networks_survive_being_saved(folder, _, shared_data, tmp_path):
    published = load(shared_data / "formats" / folder)
    save(published, tmp_path / "object")
    saved = load(tmp_path / "object")
    assert np.array_equal(saved.planes, published.planes)
    pictures = [Renderer(either, backend=BACKEND).relight((0.5, 0.5)) for either in (saved, published)]
    assert np.array_equal(*pictures)


def test_hidden_widths_are_read_off_the_network(shared_data):
    """Their `samples` is the number of photographs, and their matrices are padded to multiples of four."""
    labels = [load(shared_data / "formats" / folder).decoder.label for folder, _ in LOSSLESS]
    assert labels == ["plain 9→50→50→3 ELU", "plain 9→20→20→3 ELU"] * 2


# --- the same traps, without the files -------------------------------------------------------------------------------


def published(folder, colorspace="rgb", first=0, suffix="png"):
    """An object in the published form: no version, photographs counted in `samples`, planes numbered from 0."""
    original = relightable("openlime")
    save(original, folder)
    info = json.loads((folder / "info.json").read_text()) | {"samples": 49, "colorspace": colorspace}
    del info["fastrti"], info["decoder"]
    for number in (3, 2, 1) if first else (1, 2, 3):
        (folder / f"plane_{number}.jpg").rename(folder / f"plane_{number - 1 + first}.{suffix}")
    (folder / "info.json").write_text(json.dumps(info))
    return original


@pytest.mark.parametrize("suffix", ["png", "jpg"])
@pytest.mark.parametrize("first", [0, 1])
def test_planes_numbered_from_zero_or_one(first, suffix, tmp_path):
    original = published(tmp_path, first=first, suffix=suffix)
    loaded = load(tmp_path)
    assert np.array_equal(loaded.planes, original.planes)
    assert loaded.decoder.hidden == original.decoder.hidden
    assert np.array_equal(relight_reference(loaded, (0.3, 0.2)), relight_reference(original, (0.3, 0.2)))


def test_lossless_planes_are_preferred(tmp_path):
    original = published(tmp_path)
    for number in range(3):
        (tmp_path / f"plane_{number}.jpg").write_bytes(b"a damaged JPEG beside the PNG")
    assert np.array_equal(load(tmp_path).planes, original.planes)


def test_bgr_swaps_planes_and_output(tmp_path):
    original = published(tmp_path, colorspace="bgr")
    # Red and blue of each plane picture swapped, and of the drawn picture too.
    swapped = original.planes.reshape(3, 3, *original.planes.shape[1:])[:, ::-1].reshape(original.planes.shape)
    original = replace(original, planes=swapped)
    expected = relight_reference(original, (0.3, 0.2))[..., ::-1]
    assert np.array_equal(relight_reference(load(tmp_path), (0.3, 0.2)), expected)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("planes", 12),
        ("planes", 6),
        ("colorspace", "mrgb"),
        ("min", [0] * 8),
        ("max", ["x"] * 9),
        ("biases", [[0] * 12, [0] * 12]),
        ("biases", [[0] * 12, [0] * 12, [0] * 4]),
        ("biases", "x"),
        ("biases", [[], [], [0] * 3]),
        ("biases", [[0] * 68, [0] * 68, [0] * 3]),
        ("weights", [[0] * 144, [0] * 143, [0] * 36]),
        ("weights", [[0] * 144, [0] * 144, [[0] * 12] * 3]),
        ("weights", [{}, [], None]),
        ("width", 0),
    ],
)
def test_damaged_published_folders_are_object_errors(key, value, tmp_path):
    published(tmp_path)
    info = json.loads((tmp_path / "info.json").read_text())
    (tmp_path / "info.json").write_text(json.dumps(info | {key: value}))
    with pytest.raises(ObjectError, match="expected"):
        load(tmp_path)


def test_a_missing_plane_is_an_object_error(tmp_path):
    published(tmp_path)
    (tmp_path / "plane_2.png").unlink()
    with pytest.raises(ObjectError) as caught:
        load(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: expected plane_0 to plane_2 or plane_1 to plane_3 as .png or .jpg, got neither set"
    )
