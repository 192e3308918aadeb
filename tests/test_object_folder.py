"""The object folder: exact round trips, what OpenLIME reads of it, and saves that are killed half-way."""

import json
import os
import struct
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from objects import DECODERS, LIGHTS, OPENLIME_DECODERS, relightable
from PIL import Image

from fastrti.errors import ArgumentError, ObjectError
from fastrti.lights import unit_light
from fastrti.reference import relight_reference
from fastrti.relightable import Relightable

posix = pytest.mark.skipif(os.name != "posix", reason="kills a forked process")


def info_of(folder):
    return json.loads((folder / "info.json").read_text())


def edit(folder, **changes):
    (folder / "info.json").write_text(json.dumps(info_of(folder) | changes))


def assert_equal(first, second):
    """Equal to the last bit, arrays and nested tuples of arrays included."""
    assert type(first) is type(second)
    if isinstance(first, np.ndarray):
        assert first.dtype == second.dtype and first.shape == second.shape
        assert first.tobytes() == second.tobytes()
    elif isinstance(first, tuple):
        assert len(first) == len(second)
        for a, b in zip(first, second):
            assert_equal(a, b)
    elif hasattr(first, "__dataclass_fields__"):
        for field in fields(first):
            assert_equal(getattr(first, field.name), getattr(second, field.name))
    else:
        assert first == second


# --- round trips -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("masked", [False, True], ids=["", "masked"])
@pytest.mark.parametrize("name", DECODERS)
def test_round_trip_is_exact(name, masked, tmp_path):
    original = relightable(name, masked=masked)
    original.save(tmp_path / "object")
    assert_equal(Relightable.load(tmp_path / "object"), original)


def test_round_trip_of_provenance(tmp_path):
    original = relightable("ptm")
    original.lights = np.array([unit_light(light) for light in LIGHTS])
    original.mm_per_pixel = 0.1 + 0.2
    original.title, original.creator, original.rights = "Vase “Ä”", "Łukasz \n", "CC0 \U0001f3fa \ud800"
    original.training = {"seed": 0, "psnr": [24.5, None], "nested": {"a": True}}
    original.extra = {"museum": {"room": 7}, "viewer": "x", "empty": None}
    original.save(tmp_path / "object")
    loaded = Relightable.load(tmp_path / "object")
    assert_equal(loaded, original)
    loaded.save(tmp_path / "again")
    assert info_of(tmp_path / "again") == info_of(tmp_path / "object")


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (300, 2)])
def test_round_trip_of_sizes(size, tmp_path):
    original = relightable("hsh4", *size)
    original.save(tmp_path / "object")
    assert_equal(Relightable.load(tmp_path / "object"), original)


def test_unknown_keys_are_kept_and_own_keys_are_not_overridden(tmp_path):
    relightable("ptm").save(tmp_path / "object")
    edit(tmp_path / "object", comment="kept", nested={"also": [1, 2]})
    loaded = Relightable.load(tmp_path / "object")
    assert loaded.extra == {"comment": "kept", "nested": {"also": [1, 2]}}
    loaded.extra["width"] = 99
    loaded.save(tmp_path / "object")
    info = info_of(tmp_path / "object")
    assert (info["comment"], info["nested"], info["width"]) == ("kept", {"also": [1, 2]}, loaded.width)


def test_large_arrays_are_base64_and_small_ones_lists(tmp_path):
    relightable("light-mlp-relu-skip").save(tmp_path / "object")
    small, large = info_of(tmp_path / "object")["decoder"]["light_layers"]
    assert isinstance(small["weight"], list) and isinstance(small["bias"], list)
    assert set(large["weight"]) == {"f32", "shape"}
    assert large["weight"]["shape"] == list(DECODERS["light-mlp-relu-skip"].light_weights[1].shape)


def test_arrays_as_lists_load_as_well_as_base64(tmp_path):
    relightable("light-mlp-relu-skip").save(tmp_path / "object")
    decoder = info_of(tmp_path / "object")["decoder"]
    decoder["light_layers"][1]["weight"] = DECODERS["light-mlp-relu-skip"].light_weights[1].tolist()
    edit(tmp_path / "object", decoder=decoder)
    assert_equal(Relightable.load(tmp_path / "object").decoder, DECODERS["light-mlp-relu-skip"])


def test_planes_of_any_memory_layout(tmp_path):
    original = relightable("ptm")
    original.planes = np.asfortranarray(original.planes)
    original.save(tmp_path / "object")
    assert_equal(Relightable.load(tmp_path / "object"), relightable("ptm"))


# --- what is written -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ptm", "light-mlp-elu", "mlp-9-16-16-3-relu", "mlp-10-8-8-3-elu"])
def test_keys_that_are_always_there(name, tmp_path):
    original = relightable(name)
    original.save(tmp_path / "object")
    info = info_of(tmp_path / "object")
    assert (info["fastrti"], info["type"], info["format"], info["colorspace"]) == (1, "neural", "png", "rgb")
    assert (info["width"], info["height"], info["planes"]) == (original.width, original.height, len(original.planes))
    assert info["min"] == original.minimum.tolist() and info["max"] == original.maximum.tolist()
    assert "weights" not in info  # OpenLIME shall fail loudly instead of drawing garbage


def png_chunks(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    position, kinds = 8, []
    while position < len(data):
        (length,) = struct.unpack_from(">I", data, position)
        kinds.append(data[position + 4 : position + 8].decode())
        position += 12 + length
    assert position == len(data)
    return kinds


@pytest.mark.parametrize("name", ["mlp-10-8-8-3-elu", "openlime-one-layer-few-latents", "hsh16"])
def test_plane_files_are_png_streams_without_colour_chunks(name, tmp_path):
    original = relightable(name, masked=True)
    original.save(tmp_path / "object")
    count = info_of(tmp_path / "object")["planes"]
    names = {"info.json", "mask.png", *(f"plane_{k // 3 + 1}.jpg" for k in range(count))}
    assert {path.name for path in (tmp_path / "object").iterdir()} == names
    for path in (tmp_path / "object").glob("plane_*.jpg"):
        assert set(png_chunks(path.read_bytes())) == {"IHDR", "IDAT", "IEND"}  # no gAMA, cHRM, sRGB, iCCP
        with Image.open(path) as picture:
            assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (original.width, original.height))
    for k in range(count + -count % 3):
        with Image.open(tmp_path / "object" / f"plane_{k // 3 + 1}.jpg") as picture:
            stored = np.asarray(picture)[:, :, k % 3]
        assert (stored == (original.planes[k] if k < len(original.planes) else 0)).all()


def elu(h):
    return np.where(h > 0, h, np.exp(np.minimum(h, 0)) - 1)


def drawn_by_openlime(folder, lx, ly):
    """The picture of OpenLIME's neural layer, from its documented reading of the folder alone."""
    info = info_of(folder)
    assert info["planes"] == 9 and info["colorspace"] == "rgb" and len(info["min"]) == len(info["max"]) == 9
    n4 = (info["samples"] + 3) // 4 * 4
    pictures = [np.asarray(Image.open(folder / f"plane_{number}.jpg")) for number in (1, 2, 3)]
    v = np.concatenate(pictures, axis=2).reshape(-1, 9)  # (P, 9)
    z = v / 255 * (np.array(info["max"]) - np.array(info["min"])) + np.array(info["min"])
    inputs = np.hstack([z, np.tile([lx, ly, 0.0], (len(z), 1))])
    first, second, last = (np.array(w) for w in info["weights"])
    b1, b2, b3 = (np.array(b) for b in info["biases"])
    assert len(b1) == len(b2) == n4 and len(b3) == 3
    h = elu(inputs @ first.reshape(n4, 12).T + b1)
    h = elu(h @ second.reshape(n4, n4).T + b2)
    y = np.clip(h @ last.reshape(3, n4).T + b3, 0, 1)
    return np.floor(255 * y + 0.5).reshape(info["height"], info["width"], 3)


@pytest.mark.parametrize("name", OPENLIME_DECODERS)
@pytest.mark.parametrize("light", LIGHTS)
def test_openlime_draws_the_same_picture(name, light, tmp_path):
    original = relightable(name)
    original.save(tmp_path / "object")
    x, y, _ = unit_light(light)
    apart = drawn_by_openlime(tmp_path / "object", x, y) - relight_reference(original, light).numpy()
    assert np.abs(apart).max() <= 1


@pytest.mark.parametrize("name", sorted(set(DECODERS) - set(OPENLIME_DECODERS)))
def test_other_decoders_leave_openlimes_keys_out(name, tmp_path):
    relightable(name).save(tmp_path / "object")
    assert not {"weights", "biases", "samples"} & set(info_of(tmp_path / "object"))


# --- refusals --------------------------------------------------------------------------------------------------------


def refused(folder):
    with pytest.raises(ObjectError) as caught:
        Relightable.load(folder)
    return str(caught.value)


def test_a_newer_version_is_refused_in_one_sentence(tmp_path):
    relightable("ptm").save(tmp_path / "object")
    edit(tmp_path / "object", fastrti=2)
    info = tmp_path / "object" / "info.json"
    assert refused(tmp_path / "object") == (
        f"{info}: expected object version 1, got 2: install a newer fastrti to open it"
    )


def test_no_folder_no_file_and_no_object(tmp_path):
    missing, empty, file = tmp_path / "missing", tmp_path / "empty", tmp_path / "file"
    empty.mkdir()
    file.touch()
    assert refused(missing) == f"{missing}: expected the folder of a relightable object, got no such folder"
    assert refused(file).startswith(f"{file}: expected ")
    assert refused(empty) == f"{empty / 'info.json'}: expected a readable info.json, got No such file or directory"
    (empty / "info.json").write_text('{"type": "vase"}')
    assert refused(empty).endswith("got type 'vase' without a 'fastrti' version")
    assert refused("/")
    assert refused(tmp_path / ("long" * 100))
    assert refused(tmp_path / "file" / "inside")


def test_openlime_numbers_beside_another_network_are_refused(tmp_path):
    relightable("openlime").save(tmp_path / "object")
    info = info_of(tmp_path / "object")
    for change in ({"activation": "relu"}, {"skip": True}):
        edit(tmp_path / "object", decoder=info["decoder"] | change)
        assert "expected an ELU network without a skip beside top-level weights" in refused(tmp_path / "object")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"mask": np.zeros((4, 5), bool)}, "expected a bool mask of 5×4, got (4, 5) bool"),
        ({"mask": np.zeros((5, 4), np.uint8)}, "expected a bool mask of 5×4, got (5, 4) uint8"),
        ({"lights": np.zeros((0, 3))}, "expected finite lights of shape (N, 3), N ≥ 1, got (0, 3)"),
        ({"lights": np.zeros(3)}, "expected finite lights of shape (N, 3), N ≥ 1, got (3,)"),
        ({"lights": np.full((1, 3), np.nan)}, "expected finite lights of shape (N, 3), N ≥ 1, got (1, 3)"),
        ({"mm_per_pixel": 0.0}, "expected a positive number of millimetres a pixel, got 0.0"),
        ({"mm_per_pixel": np.nan}, "expected a positive number of millimetres a pixel, got nan"),
        ({"decoder": DECODERS["hsh4"]}, "expected 12 planes for this decoder (HSH 4 terms), got 18"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes, message):
    part = relightable("ptm")
    parts = {"planes": part.planes, "minimum": part.minimum, "maximum": part.maximum, "decoder": part.decoder}
    with pytest.raises(ArgumentError) as caught:
        Relightable(**(parts | changes))
    assert str(caught.value) == message


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, b"bytes", np.float64])
def test_values_json_cannot_hold_are_refused_and_leave_nothing(value, tmp_path):
    original = relightable("ptm")
    original.training = {"value": value}
    with pytest.raises(ObjectError, match="expected training and extra to hold only finite JSON values"):
        original.save(tmp_path / "object")
    assert not list(tmp_path.iterdir())


def test_an_unknown_decoder_cannot_be_saved(tmp_path):
    class Odd:
        planes, label = 18, "odd"

    part = relightable("ptm")
    with pytest.raises(ObjectError, match="expected a decoder of the object format, got Odd"):
        Relightable(part.planes, part.minimum, part.maximum, Odd()).save(tmp_path / "object")


# --- where an object may be saved ------------------------------------------------------------------------------------


def test_saving_over_an_object_keeps_foreign_files_only(tmp_path):
    target = tmp_path / "object"
    relightable("hsh16", masked=True).save(target)
    (target / "notes.txt").write_text("mine")
    (target / "views").mkdir()
    (target / "views" / "front.html").write_text("mine too")
    (target / "views" / "plane_1.jpg").write_text("not a plane of the object")
    (target / "dangling").symlink_to("nowhere")
    relightable("ptm").save(target)
    assert_equal(Relightable.load(target), relightable("ptm"))
    kept = {path.relative_to(target).as_posix() for path in target.rglob("*") if not path.is_dir()}
    planes = {f"plane_{number}.jpg" for number in range(1, 7)}
    foreign = {"notes.txt", "views/front.html", "views/plane_1.jpg", "dangling"}
    assert kept == {"info.json", *planes, *foreign}
    assert (target / "notes.txt").read_text() == "mine" and os.readlink(target / "dangling") == "nowhere"
    assert [path.name for path in tmp_path.iterdir()] == ["object"]


@pytest.mark.parametrize("content", ["photo.jpg", "info.json", "info.json of Relight"])
def test_anything_but_an_object_is_not_replaced(content, tmp_path):
    target = tmp_path / "photos"
    target.mkdir()
    text = '{"type": "ptm", "width": 5}' if "Relight" in content else "not JSON"
    (target / content.split()[0]).write_text(text)
    with pytest.raises(ObjectError) as caught:
        relightable("ptm").save(target)
    assert str(caught.value) == (
        f"{target}: expected a new folder or an existing object to replace, got something else: choose another name"
    )
    assert [path.read_text() for path in target.iterdir()] == [text]
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


def test_an_empty_folder_and_missing_parents_are_fine(tmp_path):
    (tmp_path / "empty").mkdir()
    for target in (tmp_path / "empty", tmp_path / "a" / "b" / "object"):
        relightable("ptm").save(target)
        assert_equal(Relightable.load(target), relightable("ptm"))


def test_relative_paths(tmp_path, monkeypatch):
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    for path in ("object", "./other/../object", "../beside", Path("deep/er")):
        relightable("ptm").save(path)
        assert_equal(Relightable.load(path), relightable("ptm"))
    monkeypatch.chdir(tmp_path / "beside")
    assert_equal(Relightable.load("."), relightable("ptm"))
    assert_equal(Relightable.load(""), relightable("ptm"))


@pytest.mark.parametrize("path", [".", "..", "", "../../object", "/"])
def test_the_current_folder_is_not_replaced(path, tmp_path, monkeypatch):
    target = tmp_path / "object"
    relightable("ptm").save(target)
    (target / "inside").mkdir()
    monkeypatch.chdir(target / "inside" if ".." in path else target)
    with pytest.raises(ObjectError, match="expected a folder to save to, got the one this process runs in"):
        relightable("hsh4").save(path)
    assert_equal(Relightable.load(target), relightable("ptm"))


def test_saving_through_a_symlink_replaces_what_it_points_to(tmp_path):
    (tmp_path / "link").symlink_to("real")
    for name in ("ptm", "hsh4"):
        relightable(name).save(tmp_path / "link")
        assert (tmp_path / "link").is_symlink()
        assert_equal(Relightable.load(tmp_path / "real"), relightable(name))


@pytest.mark.parametrize("path", ["file/object", "file", "x" * 300, "loop"])
def test_places_that_cannot_be_written_are_object_errors(path, tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(ObjectError, match=r"expected a (new )?folder"):
        relightable("ptm").save(tmp_path / path)


def test_a_full_disk_leaves_the_old_object_and_no_litter(tmp_path, monkeypatch):
    relightable("ptm").save(tmp_path / "object")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ObjectError, match="expected a folder that can be written, got No space left on device"):
        relightable("hsh4").save(tmp_path / "object")
    assert_equal(Relightable.load(tmp_path / "object"), relightable("ptm"))
    assert [path.name for path in tmp_path.iterdir()] == ["object"]


# --- killed saves ----------------------------------------------------------------------------------------------------

# Forks a save for each of its file system calls and ends it there, as SIGKILL would. After each it prints what a reader
# then finds, and what the next save leaves.
KILLED_SAVES = """
import os, shutil, sys
from pathlib import Path
import numpy as np
from fastrti.decoders import LightBasisDecoder
from fastrti.errors import ObjectError
from fastrti.relightable import Relightable

EVENTS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.scandir", "os.listdir", "fsync"}

def vase(title, terms, mask=None):
    low, high = np.zeros(3 * terms), np.ones(3 * terms)
    planes = np.full((3 * terms, 4, 5), terms, np.uint8)
    return Relightable(planes, low, high, LightBasisDecoder("hsh", terms), mask, title=title)

first, second, third = vase("first", 4, np.ones((4, 5), bool)), vase("second", 9), vase("third", 1)

def found(path):
    try:
        loaded = Relightable.load(path)
    except ObjectError as error:
        return "nothing" if "got no such folder" in str(error) else f"error {error}"
    whole = (loaded.planes == loaded.decoder.terms).all() and (loaded.mask is not None) == (loaded.title == "first")
    return loaded.title if whole else "mixed"

def killed(save, calls):
    '''Runs save in a fork that ends at its calls-th file system call; whether it ended there.'''
    child = os.fork()
    if child == 0:
        left = calls
        def count(event, arguments=()):
            nonlocal left
            if event in EVENTS:
                left -= 1
                if left == 0:
                    os._exit(9)
        sys.addaudithook(count)
        os.fsync = lambda handle: count("fsync")
        save()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9

os.fsync = lambda handle: None  # a killed process loses nothing the system already has
root = Path(sys.argv[1])
for replacing in (False, True):
    calls = 0
    while True:
        calls += 1
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
        target = root / "vase"
        if replacing:
            first.save(target)
            (target / "notes.txt").write_text("mine")
        ended = killed(lambda: second.save(target), calls)
        after = found(target)
        second_death = killed(lambda: third.save(target), calls // 2 + 1)
        between = found(target)
        third.save(target)
        left = sorted(path.name for path in root.iterdir())
        notes = (target / "notes.txt").exists()
        print(replacing, ended, after, between, found(target), left == ["vase"], notes == replacing, sep="\\t")
        if not ended:
            break
"""


@posix
def test_a_killed_save_leaves_the_old_object_or_the_new_one(tmp_path):
    script = subprocess.run(
        [sys.executable, "-c", KILLED_SAVES, str(tmp_path / "root")], capture_output=True, text=True, check=True
    )
    rows = [line.split("\t") for line in script.stdout.splitlines()]
    for replacing, ended, after, between, last, no_litter, kept_notes in rows:
        before = "first" if replacing == "True" else "nothing"
        assert after in ((before, "second") if ended == "True" else ("second",))
        assert between in (after, "third")
        assert (last, no_litter, kept_notes) == ("third", "True", "True")
    assert sum(row[0] == "True" for row in rows) > 20 and sum(row[0] == "False" for row in rows) > 10
    assert {row[2] for row in rows} == {"nothing", "first", "second"}
