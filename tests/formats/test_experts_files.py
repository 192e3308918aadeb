"""Objects of several experts on the disk: version 2 of the format, what is refused, and what older readers find."""

import json

import numpy as np
import pytest
from objects import EXPERT_KINDS, assert_equal, composed, expert_of, experts
from PIL import Image

from fastrti import load, save
from fastrti.errors import ObjectError
from fastrti.formats.fastrti_folder import write_object
from fastrti.formats.pack import Pack
from fastrti.objects.scales import reduced
from fastrti.rendering.renderer import Renderer

KIND = "light-mlp-relu-skip"
LIGHT = (0.3, -0.4)


@pytest.mark.parametrize("masked", [False, True], ids=["", "masked"])
@pytest.mark.parametrize("name", EXPERT_KINDS)
@pytest.mark.parametrize("suffix", ["", ".rti.tif"])
def test_round_trip_is_exact(name, masked, suffix, tmp_path):
    original = experts(name, masked=masked)
    save(original, tmp_path / f"object{suffix}")
    assert_equal(load(tmp_path / f"object{suffix}"), original)


def test_tiles_hold_the_labels(tmp_path):
    original = experts(KIND, 3, 300, 20, masked=True)
    write_object(original, tmp_path, tiled=True)
    assert_equal(load(tmp_path), original)
    coarse = np.asarray(Image.open(tmp_path / "labels_files" / "0" / "0_0.png"))
    halved = reduced(experts(KIND, 3, 300, 20), 2)
    assert np.array_equal(coarse, halved.labels)
    planes = np.asarray(Image.open(tmp_path / "plane_2_files" / "0" / "0_0.png")).transpose(2, 0, 1)
    assert np.array_equal(planes, halved.planes[3:6])


@pytest.mark.parametrize("masked", [False, True])
def test_a_pack_draws_every_size_as_memory_does(masked, tmp_path):
    original = experts(KIND, 5, 270, 600, masked=masked)
    save(original, tmp_path / "a.rti.tif")
    packed, whole = Renderer(Pack(tmp_path / "a.rti.tif")), Renderer(original)
    for scale in (1, 1 / 2, 1 / 4, 1 / 16):
        assert np.array_equal(packed.relight(LIGHT, scale=scale), whole.relight(LIGHT, scale=scale))
    pictures = [Renderer(expert_of(original, number)).relight(LIGHT) for number in range(5)]
    assert np.array_equal(packed.relight(LIGHT), composed(original, pictures))


def test_one_decoder_is_written_as_version_1(tmp_path):
    original = experts(KIND)
    save(original, tmp_path / "two")
    save(expert_of(original, 1), tmp_path / "two")
    assert json.loads((tmp_path / "two" / "info.json").read_text())["fastrti"] == 1
    assert not (tmp_path / "two" / "labels.png").exists()


def _edited(folder, change):
    info = json.loads((folder / "info.json").read_text())
    change(info)
    (folder / "info.json").write_text(json.dumps(info))


def _labels(pixels):
    return lambda folder: Image.fromarray(pixels).save(folder / "labels.png")


HOSTILE = {
    "no labels": (lambda f: (f / "labels.png").unlink(), "expected labels.png, which says which expert draws which"),
    "absurd labels": (
        _labels(np.full((5, 4), 255, np.uint8)),
        "expected labels from 0 to 2 for 3 experts and means, got 255",
    ),
    "labels of another size": (_labels(np.zeros((6, 4), np.uint8)), "expected a L picture of 4×5, got L of 4×6"),
    "labels in colours": (_labels(np.zeros((5, 4, 3), np.uint8)), "expected a L picture of 4×5, got RGB of 4×5"),
    "missing experts": (lambda f: _edited(f, lambda i: i["decoder"].pop("experts")), "experts"),
    "one expert": (lambda f: _edited(f, lambda i: i["decoder"].update(experts=i["decoder"]["experts"][:1])), "got 1"),
    "too many": (lambda f: _edited(f, lambda i: i["decoder"].update(experts=i["decoder"]["experts"] * 30)), "64"),
    "too few": (lambda f: _edited(f, lambda i: i["decoder"].update(experts=i["decoder"]["experts"][:2])), "0 to 1"),
    "no list": (lambda f: _edited(f, lambda i: i["decoder"].update(experts={"a": 1})), "experts"),
    "nested": (lambda f: _edited(f, lambda i: i["decoder"]["experts"].append({"kind": "experts"})), "kind"),
    "other shapes": (lambda f: _edited(f, lambda i: i["decoder"]["experts"][1].update(activation="elu")), "one shape"),
    "one decoder": (lambda f: _edited(f, lambda i: i.update(decoder=i["decoder"]["experts"][0])), "'experts'"),
    "version 1": (lambda f: _edited(f, lambda i: i.update(fastrti=1)), "got 'experts'"),
    "version 3": (lambda f: _edited(f, lambda i: i.update(fastrti=3)), "expected object version 1 or 2, got 3"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_one_sentence(name, tmp_path):
    change, sentence = HOSTILE[name]
    save(experts(KIND), tmp_path / "object")
    change(tmp_path / "object")
    with pytest.raises(ObjectError, match=sentence) as caught:
        load(tmp_path / "object")
    assert "\n" not in str(caught.value)


def test_a_label_of_a_pack_that_no_expert_has(tmp_path):
    """Level 0 is one tile, the last one of the file."""
    original = experts(KIND)
    save(original, tmp_path / "three.rti.tif")
    save(experts(KIND, 2), tmp_path / "two.rti.tif")
    three, two = (bytearray((tmp_path / f"{name}.rti.tif").read_bytes()) for name in ("three", "two"))
    with pytest.raises(
        ObjectError, match=r"expected labels from 0 to 1 for 2 experts and means, got 2: pack the object again"
    ):
        _load_with_tile(tmp_path / "mixed.rti.tif", two, three)


def _load_with_tile(path, head, tiles):
    """The head of one pack, and the only tile of another."""
    places = [int.from_bytes(data[_entry(data, 324) :][:8], "little") for data in (head, tiles)]
    tile = tiles[places[1] :]
    at = _entry(head, 325)
    head[at : at + 4] = len(tile).to_bytes(4, "little")
    path.write_bytes(head[: places[0]] + tile)
    return load(path)


def _entry(data, tag):
    """Where a value of the first directory stands."""
    count = int.from_bytes(data[16:24], "little")
    for place in range(24, 24 + 20 * count, 20):
        if int.from_bytes(data[place : place + 2], "little") == tag:
            return place + 12
    raise AssertionError(tag)


@pytest.mark.parametrize("suffix", [".ptm", ".rti"])
def test_other_programs_formats_say_why_not(suffix, tmp_path):
    with pytest.raises(ObjectError, match="got 3 experts, each PTM 6 terms, base colour"):
        save(experts("ptm-base"), tmp_path / f"a{suffix}")
    with pytest.raises(ObjectError, match="got 3 experts"):
        save(experts("ptm-base"), tmp_path / "folder", format="relight")
