"""`.dome` files: read and written as RelightLab does, refused in one sentence that the documents have."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from field_sets import documented, dome, write_pictures, write_set

from fastrti import CollectionError, Mlic
from fastrti.photographs.dome_file import Dome, read_dome, write_dome
from fastrti.srgb import srgb_decode, srgb_encode

NAMES = ["a.png", "b.png", "c.png", "d.png"]
LIGHTS = dome(4)


def vectors(rows: np.ndarray) -> list[dict[str, float]]:
    return [dict(zip("xyz", map(float, row))) for row in rows]


def written(path: Path, **changes: Any) -> Path:
    """A file as RelightLab writes it, with some values changed; None leaves one out."""
    values = {"label": "dome", "lightConfiguration": "directional", "directions": vectors(LIGHTS), "positions3d": []}
    path.write_text(json.dumps({key: value for key, value in (values | changes).items() if value is not None}))
    return path


def loaded(folder: Path, **changes: Any) -> Mlic:
    write_pictures(folder, NAMES)
    return Mlic.load(folder, written(folder / "lights.dome", **changes))


def test_directions(tmp_path: Path) -> None:
    mlic = loaded(tmp_path)
    assert np.abs(mlic.lights - LIGHTS).max() < 1e-12 and mlic.positions is None and mlic.mm_per_pixel is None
    assert mlic.notes == ("lights.dome: 4 lights, matched by order: the first is a.png, the last is d.png",)


def test_positions_in_millimetres(tmp_path: Path) -> None:
    changes = {"positions3d": vectors(LIGHTS * 300), "imageWidth": 120.0, "directions": None}
    mlic = loaded(tmp_path, lightConfiguration="lights3d", **changes)
    assert mlic.positions == pytest.approx(LIGHTS * 2.5) and mlic.mm_per_pixel == pytest.approx(20)
    assert mlic.lights == pytest.approx(LIGHTS)


def test_directions_on_a_dome(tmp_path: Path) -> None:
    mlic = loaded(tmp_path, lightConfiguration="spherical", domeDiameter=200, verticalOffset=20, imageWidth=50)
    assert mlic.positions == pytest.approx(LIGHTS * 2 + [0, 0, 0.4])


def test_lamps_are_adjusted_in_linear_light(tmp_path: Path) -> None:
    gains = [{"r": 1, "g": 2, "b": 0.5}] * 4
    plain, adjusted = loaded(tmp_path).photographs, loaded(tmp_path, ledAdjust=gains)
    light = srgb_decode(plain / 255) * np.array([1, 2, 0.5])
    assert (adjusted.photographs == np.floor(255 * srgb_encode(light) + 0.5)).all()
    assert adjusted.corrections[0].name == "led adjust" and "ledAdjust of lights.dome, 0.5 to 2" in adjusted.notes[-1]


def test_it_is_the_list_of_a_folder(tmp_path: Path) -> None:
    written(tmp_path / "lights.dome")
    write_pictures(tmp_path, NAMES)
    assert Mlic.load(tmp_path).lp == "lights.dome"
    with pytest.raises(CollectionError, match=r"found 2: dome\.lp, lights\.dome"):
        Mlic.load(write_set(tmp_path, NAMES, NAMES))


def test_written_and_read(tmp_path: Path) -> None:
    kept = Dome(LIGHTS, LIGHTS * 3, 80.0, 480.0, np.full((4, 3), 0.5), tuple(NAMES), "dome", "two balls")
    write_dome(tmp_path / "a.dome", kept)
    read = read_dome(tmp_path / "a.dome")
    assert read.positions == pytest.approx(kept.positions, abs=1e-7) and read.lights == pytest.approx(LIGHTS, abs=1e-7)
    assert (read.image_width, read.diameter, read.photographs) == (80.0, 480.0, tuple(NAMES))
    assert (read.label, read.remark) == ("dome", "two balls") and read.gains == pytest.approx(kept.gains)


def test_names_settle_the_order(tmp_path: Path) -> None:
    pictures = ["x1.png", "x2.png", "x10.png", "x11.png"]
    write_pictures(tmp_path, pictures)
    with pytest.raises(CollectionError, match="pictures that can be sorted in two orders") as refused:
        Mlic.load(tmp_path, written(tmp_path / "a.dome"))
    assert "light 1 is x1.png" in str(refused.value)
    mlic = Mlic.load(tmp_path, written(tmp_path / "a.dome", photographs=["b1.png", "b2.png", "b10.png", "b11.png"]))
    assert mlic.names == tuple(pictures) and np.abs(mlic.lights - LIGHTS).max() < 1e-12
    assert "measured from b1.png to b11.png" in mlic.notes[0]


FEWER = {"directions": vectors(LIGHTS[:3])}
LOW = vectors(np.array([[0, 0, 1], [1, 0, -0.5]]))
FLAT = vectors(np.array([[0, 0, 1], [1, 0, 0]]))
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"lightConfiguration": "sphere"}, "expected 'lightConfiguration' to be one of"),
    ({"lightConfiguration": None}, "expected 'lightConfiguration' to be one of"),
    ({"directions": []}, "a list of one or more {x, y, z}"),
    ({"directions": [1, 2]}, "a list of at most 10000 objects"),
    ({"directions": [{"x": 0, "y": 0}]}, "a finite number"),
    ({"directions": [{"x": 0, "y": 0, "z": "1"}]}, "a finite number"),
    ({"directions": vectors(np.zeros((4, 3)))}, "expected directions of non-zero length"),
    ({"directions": LOW}, "expected lights above the object's plane"),
    ({"lightConfiguration": "lights3d", "positions3d": FLAT}, "expected positions above the object's plane"),
    ({"lightConfiguration": "spherical"}, "above 0 where the lights are 'spherical'"),
    ({"ledAdjust": [{"r": 1, "g": 1, "b": 1}]}, "one for each light"),
    ({"ledAdjust": [{"r": 0, "g": 1, "b": 1}] * 4}, "expected factors from 0.01 to 100"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "sentence"), REFUSED)
def test_refused_as_documented(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    assert documented(sentence)
    with pytest.raises(CollectionError) as refused:
        loaded(tmp_path, **changes)
    assert sentence in str(refused.value) and "\n" not in str(refused.value)


def test_other_numbers_of_photographs_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="expected a photograph for each of the 3 lights, found 4"):
        loaded(tmp_path, **FEWER)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"directions": NaN}'])
def test_hostile_files_end_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.dome").write_bytes(content)
    with pytest.raises(CollectionError, match=r"expected JSON|expected a JSON object"):
        read_dome(tmp_path / "a.dome")
