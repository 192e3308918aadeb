"""Maps as files: every format holds what maps.json says, the relief is a mesh that readers of GLB and PLY take."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from bumps import bump
from numpy.typing import NDArray
from objects import relightable
from PIL import Image

from fastrti import ArgumentError, save
from fastrti.cli import main
from fastrti.sharing.map_files import save_maps
from fastrti.sharing.relief_mesh import glb, ply, relief_of
from fastrti.srgb import srgb_decode

NAMES = ["albedo", "height", "normals", "roughness"]
MAPS = bump(mm_per_pixel=0.25)


def read(path: Path) -> NDArray[np.generic]:
    if path.suffix == ".tiff":
        return pytest.importorskip("tifffile").imread(path)
    if path.suffix == ".exr":
        with pytest.importorskip("OpenEXR").File(str(path)) as file:
            (channel,) = file.channels().values()
            return np.array(channel.pixels)
    return np.asarray(Image.open(path))


@pytest.mark.parametrize(
    ("format", "bits", "accuracy"),
    [
        ("png", 8, 1 / 255),
        ("tiff", 8, 1 / 255),
        ("tiff", 16, 1 / 65535),
        ("tiff", 32, 0),
        ("exr", 16, 1e-3),
        ("exr", 32, 0),
    ],
)
def test_files_hold_the_maps(tmp_path: Path, format: str, bits: int, accuracy: float) -> None:
    save_maps(tmp_path / "maps", MAPS, format, bits)
    listed = json.loads((tmp_path / "maps" / "maps.json").read_text())
    assert listed["unit"] == "mm" and listed["convention"] == "opengl"
    for name in NAMES:
        stored, facts = read(tmp_path / "maps" / f"{name}.{format}"), listed[f"{name}.{format}"]
        assert facts["bits"] == bits == 8 * stored.itemsize
        values = stored.astype(np.float64)
        if facts["numbers"] == "whole":
            values = values / (2**bits - 1)
            values = srgb_decode(values) if facts["transfer"] == "sRGB" else values
            values = facts["black"] + values * (facts["white"] - facts["black"])
        truth = MAPS.scaled_height if name == "height" else getattr(MAPS, name)
        assert np.abs(values - truth).max() <= 1.2 * accuracy * max(1, np.abs(truth).max()), name


def test_png_of_16_bits_is_the_default(tmp_path: Path) -> None:
    save_maps(tmp_path, MAPS, convention="directx")
    data = (tmp_path / "normals.png").read_bytes()
    assert struct.unpack(">IIBB", data[16:26]) == (32, 24, 16, 2)
    assert struct.unpack(">IIBB", (tmp_path / "height.png").read_bytes()[16:26]) == (32, 24, 16, 0)
    stored = np.asarray(Image.open(tmp_path / "normals.png")).astype(int)
    assert np.abs(stored[..., 1] - 255 * (1 - MAPS.normals[..., 1]) / 2).max() < 1.5  # green grows downwards
    assert np.abs(stored[..., 0] - 255 * (1 + MAPS.normals[..., 0]) / 2).max() < 1.5
    heights = np.asarray(Image.open(tmp_path / "height.png")) / 65535 * MAPS.scaled_height.max()
    assert np.abs(heights - MAPS.scaled_height).max() < 1e-4


def parsed(data: bytes) -> tuple[dict, bytes]:
    magic, version, size, length, kind = struct.unpack("<4sII I4s", data[:20])
    assert (magic, version, size, kind) == (b"glTF", 2, len(data), b"JSON")
    return json.loads(data[20 : 20 + length]), data[28 + length :]


def accessor(document: dict, binary: bytes, number: int) -> NDArray[np.generic]:
    row = document["accessors"][number]
    view = document["bufferViews"][row["bufferView"]]
    kind = "<f4" if row["componentType"] == 5126 else "<u4"
    data = binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
    return np.frombuffer(data, kind).reshape(row["count"], -1)


def test_the_relief_in_glb_is_in_metres_and_faces_the_camera() -> None:
    document, binary = parsed(glb(MAPS, relief_of(MAPS), "A bump", "CC0"))
    assert document["asset"]["copyright"] == "CC0" and document["nodes"][0]["name"] == "A bump"
    (primitive,) = document["meshes"][0]["primitives"]
    places = accessor(document, binary, primitive["attributes"]["POSITION"])
    assert len(places) == 24 * 30  # two columns are outside the mask
    bounds = document["accessors"][primitive["attributes"]["POSITION"]]
    assert np.allclose(bounds["min"], places.min(0)) and np.allclose(bounds["max"], places.max(0))
    assert places[:, 2].max() == pytest.approx(MAPS.height.max() * 0.25e-3)
    assert np.ptp(places[:, 1]) == pytest.approx(23 * 0.25e-3)
    triangles = accessor(document, binary, primitive["indices"]).reshape(-1, 3)
    corners = places[triangles]
    assert (np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])[:, 2] > 0).all()
    assert len(triangles) == 2 * 23 * 29
    where = accessor(document, binary, primitive["attributes"]["TEXCOORD_0"])
    assert np.allclose(where * (32, 24) * (1, -1) + (-16, 12), places[:, :2] / 0.25e-3, atol=1e-3)


def test_fewer_vertices_keep_the_shape() -> None:
    relief = relief_of(MAPS, 60)
    assert 4 <= len(relief.places) <= 60
    assert relief.triangles.max() == len(relief.places) - 1
    assert MAPS.height.max() / 2 < relief.places[:, 2].max() <= MAPS.height.max()


def test_ply_has_places_normals_and_colours() -> None:
    data = ply(MAPS, relief_of(MAPS))
    header, _, rest = data.partition(b"end_header\n")
    assert b"element vertex 720\n" in header and b"element face 1334\n" in header and b"lengths in mm" in header
    assert len(rest) == 720 * (24 + 3) + 1334 * 13
    x, y, z, *_ = struct.unpack("<6f3B", rest[:27])
    assert (x, y, z) == pytest.approx((-15.5 * 0.25, 11.5 * 0.25, 0))
    assert rest[24] > 200 > rest[26]  # red, not blue, at the left


def test_an_object_without_triangles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="several pixels a side"):
        save_maps(tmp_path / "maps", bump(1, 20))
    assert not (tmp_path / "maps").exists()


@pytest.mark.parametrize(("format", "bits", "said"), [("jpg", None, "png, tiff or exr"), ("png", 32, "8 or 16 bits")])
def test_other_formats_and_bits_are_refused(tmp_path: Path, format: str, bits: int | None, said: str) -> None:
    with pytest.raises(ArgumentError, match=said):
        save_maps(tmp_path / "maps", MAPS, format, bits)  # type: ignore[arg-type]


def test_the_command_writes_a_folder_and_spares_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save(relightable("hsh9", 12, 15), tmp_path / "coin")
    coin, output = str(tmp_path / "coin"), tmp_path / "maps"
    assert main(["maps", coin, "-o", str(output), "--bits", "8"]) == 0
    assert {path.name for path in output.iterdir()} >= {"relief.glb", "relief.ply", "maps.json", "albedo.png"}
    (output / "mine.txt").write_text("mine")
    assert main(["maps", coin, "-o", str(output), "--vertices", "20"]) == 0  # replaces them
    assert (output / "mine.txt").read_text() == "mine"
    before = sorted(path.name for path in (tmp_path / "coin").iterdir())
    assert main(["maps", coin, "-o", coin]) == 1
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "normals.png").write_bytes(b"somebody's")
    assert main(["maps", coin, "-o", str(tmp_path / "other")]) == 1
    assert "one with other files" in capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / "coin").iterdir()) == before
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["normals.png"]
