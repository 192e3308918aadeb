"""The object folder: exact round trips, what OpenLIME reads of it, and what is refused."""

import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from objects import DECODERS, LIGHTS, OPENLIME_DECODERS, assert_equal, relightable
from PIL import Image

from fastrti import load, save
from fastrti.errors import ArgumentError, ObjectError
from fastrti.kernels.reference import relight_reference
from fastrti.lights import unit_light
from fastrti.objects.relightable import Relightable


def info_of(folder):
    return json.loads((folder / "info.json").read_text())


def edit(folder, **changes):
    (folder / "info.json").write_text(json.dumps(info_of(folder) | changes))


# --- round trips -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("masked", [False, True], ids=["", "masked"])
@pytest.mark.parametrize("name", DECODERS)
def test_round_trip_is_exact(name, masked, tmp_path):
    original = relightable(name, masked=masked)
    save(original, tmp_path / "object")
    assert_equal(load(tmp_path / "object"), original)


def test_round_trip_of_provenance(tmp_path):
    original = relightable("ptm")
    original = replace(
        original,
        lights=np.array([unit_light(light) for light in LIGHTS]),
        mm_per_pixel=0.1 + 0.2,
        title="Vase “Ä”",
        creator="Łukasz \n",
        rights="CC0 \U0001f3fa \ud800",
        training={"seed": 0, "psnr": [24.5, None], "nested": {"a": True}},
        extra={"museum": {"room": 7}, "viewer": "x", "empty": None},
    )
    save(original, tmp_path / "object")
    loaded = load(tmp_path / "object")
    assert_equal(loaded, original)
    save(loaded, tmp_path / "again")
    assert info_of(tmp_path / "again") == info_of(tmp_path / "object")


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (300, 2)])
def test_round_trip_of_sizes(size, tmp_path):
    original = relightable("hsh4", *size)
    save(original, tmp_path / "object")
    assert_equal(load(tmp_path / "object"), original)


def test_unknown_keys_are_kept_and_own_keys_are_not_overridden(tmp_path):
    save(relightable("ptm"), tmp_path / "object")
    edit(tmp_path / "object", comment="kept", nested={"also": [1, 2]})
    loaded = load(tmp_path / "object")
    assert loaded.extra == {"comment": "kept", "nested": {"also": [1, 2]}}
    loaded.extra["width"] = 99
    save(loaded, tmp_path / "object")
    info = info_of(tmp_path / "object")
    assert (info["comment"], info["nested"], info["width"]) == ("kept", {"also": [1, 2]}, loaded.width)


def test_large_arrays_are_base64_and_small_ones_lists(tmp_path):
    save(relightable("light-mlp-relu-skip"), tmp_path / "object")
    small, large = info_of(tmp_path / "object")["decoder"]["light_layers"]
    assert isinstance(small["weight"], list) and isinstance(small["bias"], list)
    assert set(large["weight"]) == {"f32", "shape"}
    assert large["weight"]["shape"] == list(DECODERS["light-mlp-relu-skip"].light_weights[1].shape)


def test_numbers_that_16_bits_hold_exactly_are_written_so(tmp_path):
    what = relightable("light-mlp-relu-skip")
    halves = what.decoder.in_float16()
    save(replace(what, decoder=halves), tmp_path / "object")
    emitting = info_of(tmp_path / "object")["decoder"]["light_layers"][1]["weight"]
    assert set(emitting) == {"f16", "shape"}
    assert len(emitting["f16"]) == pytest.approx(halves.light_weights[1].size * 2 * 4 / 3, abs=4)
    assert_equal(load(tmp_path / "object").decoder, halves)


def test_arrays_as_lists_load_as_well_as_base64(tmp_path):
    save(relightable("light-mlp-relu-skip"), tmp_path / "object")
    decoder = info_of(tmp_path / "object")["decoder"]
    decoder["light_layers"][1]["weight"] = DECODERS["light-mlp-relu-skip"].light_weights[1].tolist()
    edit(tmp_path / "object", decoder=decoder)
    assert_equal(load(tmp_path / "object").decoder, DECODERS["light-mlp-relu-skip"])


def test_planes_of_any_memory_layout(tmp_path):
    original = relightable("ptm")
    original = replace(original, planes=np.asfortranarray(original.planes))
    save(original, tmp_path / "object")
    assert_equal(load(tmp_path / "object"), relightable("ptm"))


# --- what is written -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ptm", "light-mlp-elu", "mlp-9-16-16-3-relu", "mlp-10-8-8-3-elu"])
def test_keys_that_are_always_there(name, tmp_path):
    original = relightable(name)
    save(original, tmp_path / "object")
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
    save(original, tmp_path / "object")
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
    save(original, tmp_path / "object")
    x, y, _ = unit_light(light)
    apart = drawn_by_openlime(tmp_path / "object", x, y) - relight_reference(original, light)
    assert np.abs(apart).max() <= 1


@pytest.mark.parametrize("name", sorted(set(DECODERS) - set(OPENLIME_DECODERS)))
def test_other_decoders_leave_openlimes_keys_out(name, tmp_path):
    save(relightable(name), tmp_path / "object")
    assert not {"weights", "biases", "samples"} & set(info_of(tmp_path / "object"))


# --- refusals --------------------------------------------------------------------------------------------------------


def refused(folder):
    with pytest.raises(ObjectError) as caught:
        load(folder)
    return str(caught.value)


def test_a_newer_version_is_refused_in_one_sentence(tmp_path):
    save(relightable("ptm"), tmp_path / "object")
    edit(tmp_path / "object", fastrti=3)
    info = tmp_path / "object" / "info.json"
    assert refused(tmp_path / "object") == (
        f"{info}: expected object version 1 or 2, got 3: install a newer fastrti to open it"
    )


def test_no_folder_no_file_and_no_object(tmp_path):
    missing, empty, file = tmp_path / "missing", tmp_path / "empty", tmp_path / "file"
    empty.mkdir()
    file.touch()
    assert (
        refused(missing)
        == f"{missing}: expected the folder of a relightable object, got no such folder: check the name"
    )
    assert refused(file).startswith(f"{file}: expected ")
    assert refused(empty) == (
        f"{empty}: expected a folder with info.json, got one without: name the folder of an object, or fit the "
        "photographs first"
    )
    (empty / "info.json").write_text('{"type": "vase"}')
    assert refused(empty).endswith("got an info.json of type 'vase' without a 'fastrti' version")
    assert refused("/")
    assert refused(tmp_path / ("long" * 100))
    assert refused(tmp_path / "file" / "inside")


def test_openlime_numbers_beside_another_network_are_refused(tmp_path):
    save(relightable("openlime"), tmp_path / "object")
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
        ({"mm_per_pixel": 0.0}, "expected a positive number of millimetres per pixel, got 0.0"),
        ({"mm_per_pixel": np.nan}, "expected a positive number of millimetres per pixel, got nan"),
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
    original = replace(original, training={"value": value})
    with pytest.raises(ObjectError, match="expected training, provenance and extra to hold only finite JSON values"):
        save(original, tmp_path / "object")
    assert not list(tmp_path.iterdir())


def test_an_unknown_decoder_cannot_be_saved(tmp_path):
    class Odd:
        planes, label = 18, "odd"

    part = relightable("ptm")
    with pytest.raises(ObjectError, match="expected a decoder of the object format, got Odd"):
        save(Relightable(part.planes, part.minimum, part.maximum, Odd()), tmp_path / "object")
