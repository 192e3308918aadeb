"""The table of formats: `load`, `save` and `object_info`, and what an added row does."""

import json

import numpy as np
import pytest
from objects import DECODERS, assert_equal, relightable

from fastrti import ArgumentError, ObjectError, formats, load, object_info, save
from fastrti.formats import FORMATS, Format


@pytest.mark.parametrize("name", DECODERS)
def test_object_info_is_what_info_json_says(tmp_path, name):
    original = relightable(name, masked=True)
    save(original, tmp_path / "object")
    assert json.loads((tmp_path / "object" / "info.json").read_text()) == object_info(original)


@pytest.mark.parametrize(
    ("path", "name", "start"),
    [
        ("coin.ptm", "ptm", b"PTM_1.2"),
        ("coin.PTM", "ptm", b"PTM_1.2"),
        ("coin.rti", "hsh4", b"#HSH1.2"),
        ("c.hsh", "hsh4", b"#HSH"),
    ],
)
def test_the_suffix_says_what_is_written(tmp_path, path, name, start):
    save(relightable(name), tmp_path / path)
    assert (tmp_path / path).read_bytes().startswith(start)
    assert load(tmp_path / path).decoder.label == DECODERS[name].label


@pytest.mark.parametrize("path", ["coin", "coin.v2", "coin.png"])
def test_every_other_path_is_an_object_folder(tmp_path, path):
    save(relightable("ptm"), tmp_path / path)
    assert_equal(load(tmp_path / path), relightable("ptm"))


def test_a_format_that_fastrti_does_not_write(tmp_path):
    for name in ("neural", "tiff"):
        with pytest.raises(ArgumentError, match=f"expected a format of fastrti, relight, ptm, rti, pack, got '{name}'"):
            save(relightable("ptm"), tmp_path / "object", name)
    assert not list(tmp_path.iterdir())


def test_a_row_more_is_a_format_more(tmp_path, monkeypatch):
    made = relightable("ptm")
    row = Format(
        "vase",
        "a .vase file",
        recognises=lambda source: source.start.startswith(b"VASE"),
        load=lambda source, max_pixels: made,
        save=lambda what, path: path.write_bytes(b"VASE" + bytes(what.planes)),
        suffixes=(".vase",),
    )
    monkeypatch.setitem(FORMATS, row.name, row)
    save(made, tmp_path / "a.vase")
    assert load(tmp_path / "a.vase") is made
    (tmp_path / "other").write_bytes(b"JAR")
    with pytest.raises(ObjectError, match=r"a \.vase file, got a file that starts with b'JAR'"):
        load(tmp_path / "other")


def test_lights_of_length_zero_are_refused(tmp_path):
    save(relightable("ptm"), tmp_path / "object")
    info = tmp_path / "object" / "info.json"
    info.write_text(json.dumps(json.loads(info.read_text()) | {"lights": [[0, 0, 1], [0, 0, 0]]}))
    with pytest.raises(ObjectError, match="expected light directions of non-zero length"):
        load(tmp_path / "object")


def test_objects_compare_by_identity():
    one, other = relightable("ptm"), relightable("ptm")
    parts = ((one, other), (one.decoder, relightable("hsh4").decoder), (one.frame_network((0, 0)),) * 2)
    for first, second in parts:
        assert first == first and len({first, second}) == (1 if first is second else 2)
    assert one != other
    with pytest.raises(AttributeError):
        one.planes = np.zeros_like(one.planes)


def test_the_table_holds_each_name_once():
    assert [row.name for row in FORMATS.values()] == list(FORMATS)
    assert formats.format_of("coin") == "fastrti"
