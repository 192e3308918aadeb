"""Damaged and lying files of other programs end in ObjectError, one sentence, nothing else, and in little memory."""

import json
import tracemalloc

import numpy as np
import pytest
from foreign_files import JPEG_LRGB_PREDICTION, ptm_header, ptm_jpeg, ptm_lrgb, ptm_rgb, relight_folder, rti
from hypothesis import given, settings
from hypothesis import strategies as st

from fastrti import load
from fastrti.errors import ObjectError

FILES = {
    "rgb.ptm": ptm_rgb()[0],
    "lrgb.ptm": ptm_lrgb()[0],
    "lrgb11.ptm": ptm_lrgb("PTM_1.1")[0],
    "jpeg_lrgb.ptm": ptm_jpeg(9, *JPEG_LRGB_PREDICTION)[0],
    "hsh9.rti": rti(9)[0],
    "hsh4.rti": rti(4, end="\n")[0],
}
BINARY = {name: data for name, data in FILES.items() if not name.startswith("jpeg")}
FOLDERS = [("ptm", "lrgb"), ("hsh", "rgb"), ("rbf", "mycc"), ("bilinear", "mrgb")]

every_file = pytest.mark.parametrize("name", FILES)
every_folder = pytest.mark.parametrize(("kind", "colorspace"), FOLDERS)


def survives(path):
    """Whether it loads and draws; anything but one clear sentence fails the test."""
    try:
        relightable = load(path)
    except ObjectError as error:
        assert "expected" in str(error) and "\n" not in str(error)
        assert len(str(error)) < 1000
        return False
    relightable.frame_network((0.3, 0.5))
    return True


@every_file
def test_every_truncation(tmp_path, name):
    path, data = tmp_path / name, FILES[name]
    for length in range(0, len(data), 1 if len(data) < 1000 else 11):
        path.write_bytes(data[:length])
        assert not survives(path), length
    path.write_bytes(data)
    assert survives(path)


@every_file
def test_every_flipped_byte_of_the_header(tmp_path, name):
    data = FILES[name]
    header = data.index(b"\xff\xd8\xff") if name.startswith("jpeg") else 120
    for position in range(header):
        for flip in (0x01, 0x1A, 0x80):  # another digit, a letter, no ASCII
            damaged = bytearray(data)
            damaged[position] ^= flip
            (tmp_path / name).write_bytes(damaged)
            survives(tmp_path / name)


@every_file
def test_every_number_of_the_header_replaced(tmp_path, name):
    data = FILES[name]
    end = data.index(b"\xff\xd8\xff") if name.startswith("jpeg") else len(data)
    lines = data[:end].split(b"\n")
    for row in range(2 if name.endswith("ptm") else 1, min(13, len(lines))):
        words = lines[row].split()
        if not words or not all(word.lstrip(b"-").replace(b".", b"").isdigit() for word in words):
            continue
        for column in range(len(words)):
            for lie in (
                b"0",
                b"-1",
                b"1000000000",
                b"9" * 400,
                b"1e308",
                b"nan",
                b"-inf",
                b"x",
                b"0x10",
                b"\xd9\xa3",
                b"1_0",
            ):
                changed = [*words[:column], lie, *words[column + 1 :]]
                damaged = [*lines[:row], b" ".join(changed), *lines[row + 1 :]]
                (tmp_path / name).write_bytes(b"\n".join(damaged) + data[end:])
                survives(tmp_path / name)


@pytest.mark.parametrize("number", [np.nan, np.inf, 3e38, 1e6])
def test_scales_that_are_no_numbers_or_too_large(tmp_path, number):
    data, numbers, _ = rti(4)
    numbers[0, 1] = number
    start = len(data) - 4 * 5 * 12 - numbers.nbytes
    (tmp_path / "file.rti").write_bytes(data[:start] + numbers.tobytes() + data[start + numbers.nbytes :])
    assert not survives(tmp_path / "file.rti")


@pytest.mark.parametrize("sizes", ["1000000000\n1000000000", "1048576\n85", "1048576 1048576"])
@pytest.mark.parametrize("name", ["PTM_FORMAT_RGB", "PTM_FORMAT_JPEG_LRGB", "#HSH1.2"])
def test_absurd_sizes_take_no_memory(tmp_path, sizes, name):
    if name == "#HSH1.2":
        data = f"#HSH1.2\n3\n{' '.join(sizes.split())} 3\n9 2 1\n".encode() + bytes(2000)
    else:
        data = ptm_header(name, size=sizes).encode() + FILES["jpeg_lrgb.ptm"][60:]
    (tmp_path / "file").write_bytes(data)
    tracemalloc.start()
    assert not survives(tmp_path / "file")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1 << 20


@given(
    data=st.binary(max_size=300),
    start=st.sampled_from([b"PTM_1.2\n", b"PTM_1.2\nPTM_FORMAT_LRGB\n", b"#HSH1.2\n3\n", b""]),
)
@settings(max_examples=100, deadline=None)
def test_noise(tmp_path_factory, data, start):
    path = tmp_path_factory.getbasetemp() / "noise"
    path.write_bytes(start + data)
    assert not survives(path)


def test_a_side_information_pixel_outside_the_picture(tmp_path):
    data = FILES["jpeg_lrgb.ptm"].replace(b"\0\0\0\x13\xc8", b"\0\0\0\x14\xc8", 1)
    assert data != FILES["jpeg_lrgb.ptm"]
    (tmp_path / "file.ptm").write_bytes(data)
    with pytest.raises(ObjectError, match="plane 0: expected side information on 20 pixels, got pixel 20"):
        load(tmp_path / "file.ptm")


# --- Relight folders -------------------------------------------------------------------------------------------------


@every_folder
def test_every_deleted_key_and_replaced_value(tmp_path, kind, colorspace):
    folder = relight_folder(tmp_path / "folder", kind, colorspace)
    original = json.loads((folder / "info.json").read_text())
    lies = [None, True, -1, 0, 49, 1 << 62, 1e308, "x", [], {}, [[]], [None], "lrgb"]
    for inside in (False, True):
        fields = original["materials"][0] if inside else original
        for key in fields:
            for change in [..., *lies]:
                changed = {k: v for k, v in fields.items() if k != key} | ({} if change is ... else {key: change})
                info = original | {"materials": [changed]} if inside else changed
                (folder / "info.json").write_text(json.dumps(info))
                survives(folder)


@every_folder
def test_every_truncated_or_missing_file(tmp_path, kind, colorspace):
    folder = relight_folder(tmp_path / "folder", kind, colorspace)
    for path in sorted(folder.iterdir()):
        data = path.read_bytes()
        for length in range(0, len(data), 1 if len(data) < 100 else 31):
            path.write_bytes(data[:length])
            assert not survives(folder), (path.name, length)
        path.unlink()
        assert not survives(folder), path.name
        path.write_bytes(data)
    assert survives(folder)


@pytest.mark.parametrize("number", [float("1e308"), -float("1e308"), 1e-320])
@pytest.mark.parametrize("key", ["scale", "bias", "range"])
def test_extreme_coefficients(tmp_path, key, number):
    folder = relight_folder(tmp_path / "folder", "rbf", "mrgb")
    info = json.loads((folder / "info.json").read_text())
    info["materials"][0][key][1] = number
    (folder / "info.json").write_text(json.dumps(info))
    survives(folder)


# --- what is no format at all ----------------------------------------------------------------------------------------


def test_an_unknown_file_is_refused_in_a_sentence(tmp_path):
    (tmp_path / "photograph.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(ObjectError, match=r"expected one of: .* a \.ptm file; .* got a file that starts with"):
        load(tmp_path / "photograph.jpg")


@pytest.mark.parametrize("make", ["nothing", "empty"])
def test_nothing_and_an_empty_file(tmp_path, make):
    if make == "empty":
        (tmp_path / "object").write_bytes(b"")
    assert not survives(tmp_path / "object")
