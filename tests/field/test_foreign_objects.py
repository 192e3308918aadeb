"""Objects of other programs as they come: each is drawn right, or refused in a sentence that says what to do."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from field_sets import documented
from foreign_files import ptm_lrgb, ptm_rgb, relight_folder, rti
from objects import relightable
from PIL import Image

from fastrti import load, save
from fastrti.cli import main
from fastrti.errors import ObjectError
from fastrti.formats.fastrti_folder import write_object
from fastrti.kernels.reference import relight_reference

LIGHT = (0.3, -0.4)


def edit(folder: Path, **changes) -> Path:
    info = json.loads((folder / "info.json").read_text())
    (folder / "info.json").write_text(json.dumps(info | changes))
    return folder


def refusal(path: Path) -> str:
    with pytest.raises(ObjectError) as caught:
        load(path)
    return str(caught.value)


def assert_refused(path: Path, sentence: str) -> None:
    """Refused with a sentence that docs/inputs.md has."""
    assert sentence in refusal(path) and documented(sentence)


# --- keys of a foreign info.json that change the picture -------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("colorprofile", "RGB"),
        ("colorprofile", "P3"),
        ("colorprofile", ["RGB"]),
        ("colorProfile", "Display P3"),
        ("linearInput", True),
        ("gammaFix", True),
        ("transfer", "linear"),
    ],
)
def test_coefficients_of_other_colours_are_refused_by_name(tmp_path, key, value):
    folder = edit(relight_folder(tmp_path / "folder", "ptm", "rgb"), **{key: value})
    assert_refused(folder, "expected coefficients that add up to sRGB colours")
    assert f"got {key!r}" in refusal(folder)


@pytest.mark.parametrize("changes", [{"colorprofile": "sRGB"}, {"colorprofile": ""}, {"linearInput": False}])
def test_coefficients_of_srgb_are_drawn(tmp_path, changes):
    folder = relight_folder(tmp_path / "folder", "hsh", "rgb")
    before = relight_reference(load(folder), LIGHT)
    assert np.array_equal(relight_reference(load(edit(folder, **changes)), LIGHT), before)


# --- the scale -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "scale"), [(0.05, 0.05), (2, 2.0), (0, None), (None, None)])
def test_the_scale_of_relight_is_read(tmp_path, size, scale):
    folder = edit(relight_folder(tmp_path / "folder", "ptm", "rgb"), pixelSizeInMM=size)
    assert load(folder).mm_per_pixel == scale


@pytest.mark.parametrize("size", [-1, "0.05", [0.05], True])
def test_a_scale_that_is_none_is_refused(tmp_path, size):
    folder = edit(relight_folder(tmp_path / "folder", "ptm", "rgb"), pixelSizeInMM=size)
    assert "expected" in refusal(folder)


def test_the_scale_of_a_neural_folder_is_read(tmp_path):
    save(relightable("openlime"), tmp_path / "object")
    info = json.loads((tmp_path / "object/info.json").read_text())
    (tmp_path / "object/info.json").write_text(json.dumps({k: v for k, v in info.items() if k != "fastrti"}))
    assert load(edit(tmp_path / "object", pixelSizeInMM=0.1)).mm_per_pixel == 0.1
    assert_refused(edit(tmp_path / "object", colorprofile="RGB"), "expected coefficients that add up to sRGB colours")


def test_the_scale_is_written_for_relight_and_its_loss_is_said(tmp_path, capsys):
    save(replace(relightable("ptm"), mm_per_pixel=0.05, title="vase"), tmp_path / "object")
    assert main(["convert", str(tmp_path / "object"), "-o", str(tmp_path / "relight"), "--to", "relight"]) == 0
    assert "no place for the title of the object" in capsys.readouterr().err
    assert load(tmp_path / "relight").mm_per_pixel == 0.05
    assert main(["convert", str(tmp_path / "object"), "-o", str(tmp_path / "file.ptm")]) == 0
    assert "no place for the scale and the title of the object" in capsys.readouterr().err


# --- tiles -----------------------------------------------------------------------------------------------------------


def tiles_of(picture: np.ndarray, size: int, overlap: int) -> list[tuple[int, int, np.ndarray]]:
    height, width = picture.shape[:2]
    return [
        (
            x // size,
            y // size,
            picture[max(0, y - overlap) : y + size + overlap, max(0, x - overlap) : x + size + overlap],
        )
        for y in range(0, height, size)
        for x in range(0, width, size)
    ]


def deepzoom(folder: Path, size: int, overlap: int, level: int) -> None:
    for whole in folder.glob("plane_*.jpg"):
        picture = np.asarray(Image.open(whole))
        height, width = picture.shape[:2]
        (folder / f"{whole.stem}.dzi").write_text(
            f"<?xml version='1.0'?><Image xmlns='x' Format=\"png\" Overlap='{overlap}' TileSize=\"{size}\">"
            f'<Size Height="{height}" Width="{width}"/></Image>'
        )
        tiles = folder / f"{whole.stem}_files" / str(level)
        tiles.mkdir(parents=True)
        for column, row, tile in tiles_of(picture, size, overlap):
            Image.fromarray(tile).save(tiles / f"{column}_{row}.png")
        whole.unlink()


@pytest.mark.parametrize(
    ("size", "overlap", "level"), [(7, 0, 0), (2, 0, 2), (2, 1, 2), (2, 1, 3), (3, 2, 1), (1, 0, 3)]
)
def test_deepzoom_is_read(tmp_path, size, overlap, level):
    """The level of one tile is 0, or the level of one pixel is."""
    folder = relight_folder(tmp_path / "folder", "ptm", "rgb")
    wanted = load(folder).planes
    deepzoom(folder, size, overlap, level)
    assert np.array_equal(load(folder).planes, wanted)


@pytest.mark.parametrize("interleaved", [False, True])
def test_tarzoom_is_read(tmp_path, interleaved):
    folder = relight_folder(tmp_path / "folder", "rbf", "mrgb")
    wanted = load(folder).planes
    pictures = [np.asarray(Image.open(folder / f"plane_{n}.jpg")) for n in range(3)]
    index = {"tilesize": 3, "overlap": 1, "format": "png", "width": 5, "height": 4, "nlevels": 2}

    def write(name: str, tiles: list[np.ndarray], **more: int) -> None:
        data, offsets = b"a coarser tile", [0]
        for tile in tiles:
            offsets.append(len(data))
            Image.fromarray(tile).save(folder / "tile.png")
            data += (folder / "tile.png").read_bytes()
        (folder / f"{name}.tzb").write_bytes(data)
        (folder / f"{name}.tzi").write_text(json.dumps({**index, **more, "offsets": [*offsets, len(data)]}))

    cut = [[tile for _, _, tile in tiles_of(picture, 3, 1)] for picture in pictures]
    if interleaved:
        write("planes", [tile for same_place in zip(*cut) for tile in same_place], stride=3)
    else:
        for number, tiles in enumerate(cut):
            write(f"plane_{number}", tiles)
    for number in range(3):
        (folder / f"plane_{number}.jpg").unlink()
    assert np.array_equal(load(folder).planes, wanted)


def test_damaged_tiles_are_refused(tmp_path):
    folder = relight_folder(tmp_path / "folder", "ptm", "rgb")
    deepzoom(folder, 2, 0, 2)
    whole = shutil.copytree(folder, tmp_path / "whole")
    (folder / "plane_2_files/2/1_1.png").unlink()
    assert "1_1.png: expected a picture of planes" in refusal(folder)
    dzi = whole / "plane_0.dzi"
    text = dzi.read_text()
    for old, new in (('"4"', '"5"'), ("TileSize", "Tile"), ('TileSize="2"', 'TileSize="0"'), ("'0'", "'9'")):
        dzi.write_text(text.replace(old, new))
        assert "plane_0.dzi: expected" in refusal(whole), new
    dzi.write_text(text)
    shutil.rmtree(whole / "plane_0_files/2")
    assert "expected the tiles of level 3 or 2, got neither" in refusal(whole)


@pytest.mark.parametrize(
    ("made", "named"),
    [
        ("plane_0/ImageProperties.xml", "Zoomify"),
        ("plane_0/0/0/0.jpg", "Google"),
        ("planes.tif", "TIFF"),
        ("other", "none of these"),
    ],
)
def test_layouts_that_are_not_read_are_named(tmp_path, made, named):
    folder = relight_folder(tmp_path / "folder", "ptm", "rgb")
    for plane in folder.glob("plane_*.jpg"):
        plane.unlink()
    (folder / made).parent.mkdir(parents=True, exist_ok=True)
    (folder / made).touch()
    assert_refused(folder, "export the planes as whole pictures or as DeepZoom")
    assert named in refusal(folder)


def test_the_tiles_of_the_web_export_are_read(tmp_path):
    shown = relightable("ptm", 300, 260, masked=True)
    (tmp_path / "object").mkdir()
    write_object(shown, tmp_path / "object", tiled=True)
    read = load(tmp_path / "object")
    assert np.array_equal(read.planes, shown.planes) and np.array_equal(read.mask, shown.mask)
    assert_refused(tmp_path, "got one with an object in its folder object: name that folder")


def test_folders_without_info_json_say_what_they_are(tmp_path):
    (tmp_path / "info.xml").touch()
    assert_refused(tmp_path, "got the info.xml of WebRTIViewer")
    (tmp_path / "info.xml").rename(tmp_path / "Vase.PTM")
    assert refusal(tmp_path).endswith("got one with Vase.PTM: name that file")


# --- variants of .ptm and .rti ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["rgb.ptm", "lrgb.ptm", "hsh.rti"])
def test_bytes_after_the_end_are_left_unless_the_size_is_wrong(tmp_path, name):
    data, planes = {"rgb.ptm": (ptm_rgb()[0], 18), "lrgb.ptm": (ptm_lrgb()[0], 9), "hsh.rti": (rti(9)[0], 27)}[name]
    path = tmp_path / name
    path.write_bytes(data)
    wanted = load(path).planes
    one_more_row = 4 * planes  # of the shorter side
    for spare in (1, 2, one_more_row - 1):
        path.write_bytes(data + bytes(spare))
        assert np.array_equal(load(path).planes, wanted)
    path.write_bytes(data + bytes(one_more_row))
    assert_refused(path, "bytes after the header, as its sizes say")
    path.write_bytes(data[:-1])
    assert_refused(path, "bytes after the header, as its sizes say")


@pytest.mark.parametrize("form", ["{}.0", "{}.5", "{}e0"])
def test_biases_with_a_point(tmp_path, form):
    data = ptm_lrgb()[0]
    path = tmp_path / "file.ptm"
    path.write_bytes(data)
    whole = load(path)
    lines = data.split(b"\n")
    row = next(n for n, line in enumerate(lines[4:], 4) if len(line.split()) == 6 and b"." not in line)
    scales = np.array(lines[row - 1].split(), float)
    words = [form.format(int(word)) for word in lines[row].split()]
    shift = np.array(words, float) - np.array(lines[row].split(), float)
    lines[row] = " ".join(words).encode()
    path.write_bytes(b"\n".join(lines))
    moved = load(path)
    assert np.array_equal(moved.planes, whole.planes)
    assert np.allclose(moved.minimum[3:], whole.minimum[3:] - shift * scales / 255)


def test_float_coefficients(tmp_path):
    rng = np.random.default_rng(0)
    coefficients = rng.normal(0, 0.3, (4, 5, 3, 9)).astype("<f4")  # H, W, C, T
    coefficients[..., 3] = 0.25  # a term that is the same everywhere
    path = tmp_path / "float.rti"
    head = b"#HSH1.2\r\n3\r\n5 4 3\r\n9 2 4\r\n"
    numbers = np.repeat(np.array([1, 0], "<f4"), 9)
    path.write_bytes(head + numbers.tobytes() + coefficients.tobytes())
    read = load(path)
    signs = np.ones(9)
    signs[[4, 8]] = -1  # of the harmonics of other programs
    wanted = (coefficients * signs).transpose(3, 2, 0, 1).reshape(27, 4, 5)
    step = (read.maximum - read.minimum)[:, None, None] / 255
    values = read.planes * step + read.minimum[:, None, None]
    assert (np.abs(values - wanted) <= step / 2 + 1e-7).all()
    numbers[0] = 2
    path.write_bytes(head + numbers.tobytes() + coefficients.tobytes())
    assert_refused(path, "expected scales of 1 and biases of 0 beside float coefficients")
    numbers[0], coefficients[1, 1] = 1, np.nan
    path.write_bytes(head + numbers.tobytes() + coefficients.tobytes())
    assert "expected finite numbers" in refusal(path)
