"""Damaged and malicious object folders: each loads and relights, or is an ObjectError; nothing else ever."""

import json
import os
import shutil
import struct
import subprocess
import sys
import tracemalloc
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from field_sets import documented
from objects import LIGHTS, relightable

from fastrti import load, save
from fastrti.errors import ObjectError
from fastrti.kernels.backends import BACKENDS
from fastrti.rendering.renderer import Renderer

KINDS = ["openlime-one-layer-few-latents", "mlp-9-3-skip", "light-mlp-linear", "ptm-base", "rbf", "bilinear"]
"""One object of every form info.json takes."""

BACKEND = "cpu" if BACKENDS["cpu"].why_not() is None else "reference"


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    """Recorded, not raised: a warning raised inside Pillow would be caught with its errors."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    assert not [str(warning.message) for warning in caught]


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A saved object of the kind the test is parametrised with, PTM by default."""
    target = tmp_path / "object"
    saved = relightable(getattr(request, "param", "ptm-base"), masked=True)
    saved = replace(saved, lights=np.eye(3))
    saved = replace(saved, title="vase")
    saved = replace(saved, mm_per_pixel=0.5)
    saved = replace(saved, training={"seed": 1})
    save(saved, target)
    return target


every_kind = pytest.mark.parametrize("folder", KINDS, indirect=True)


def survives(folder: Path) -> bool:
    """Whether the folder loads, and then draws a picture at every light. Any error but ObjectError fails the test."""
    try:
        loaded = load(folder)
    except ObjectError as error:
        assert "\n" not in str(error)[:200] and "expected" in str(error)
        return False
    renderer = Renderer(loaded, backend=BACKEND, threads=1)
    for light in LIGHTS:
        picture = renderer.relight(light)
        assert picture.shape == (loaded.height, loaded.width, 3) and picture.dtype == np.uint8
    return True


# --- info.json -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["mlp-9-3-skip", "ptm-base"], indirect=True)
def test_every_truncation_of_info_json(folder):
    for length in reversed(range((folder / "info.json").stat().st_size)):
        os.truncate(folder / "info.json", length)
        assert not survives(folder)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key) of every value below; of a list, the first and the last."""
    keys = list(value) if isinstance(value, dict) else sorted({0, len(value) - 1}) if value else []
    for key in keys:
        yield value, key
        if isinstance(value[key], (dict, list)):
            yield from places(value[key])


REQUIRED = {"fastrti", "type", "format", "colorspace", "width", "height", "planes", "min", "max", "decoder"}


@every_kind
def test_every_deleted_key(folder):
    original = (folder / "info.json").read_text()
    for number in range(len(list(places(json.loads(original))))):
        info = json.loads(original)
        container, key = list(places(info))[number]
        del container[key]
        (folder / "info.json").write_text(json.dumps(info))
        loads = survives(folder)
        if container is info and key in REQUIRED:
            # Without its version, an object in OpenLIME's form is a folder of OpenLIME's.
            assert not loads or (key == "fastrti" and "samples" in info), key


VALUES = {
    "null": "null",
    "true": "true",
    "-1": "-1",
    "0": "0",
    "0.5": "0.5",
    "tiny": "1e-200",
    "float32's end": "3.4e38",
    "float64's end": "-1.7e308",
    "infinite": "1e400",
    "huge integer": "1" + "0" * 400,
    "too many digits": "1" + "0" * 5000,
    "NaN": "NaN",
    "-Infinity": "-Infinity",
    "text": '"x"',
    "surrogate": '"\\ud800"',
    "list": "[]",
    "object": "{}",
    "nested": "[" * 200 + "]" * 200,
    "too nested": "[" * 100_000 + "]" * 100_000,
    "ragged": "[[1], [1, 2]]",
    "long": "[" + ", ".join(["7"] * 5000) + "]",
    "no base64": '{"f32": "\\u00e4=", "shape": [1]}',
    "short base64": '{"f32": "AAAA", "shape": [1]}',
    "NaN in base64": '{"f32": "AADAfw==", "shape": [1]}',
    "none in base64": '{"f32": "", "shape": [10, 0, 3]}',
    "absurd base64": '{"f32": "AAAAAA==", "shape": [4194304, 4194304, 4194304]}',
    "scalar base64": '{"f32": "AAAAAA==", "shape": []}',
    "not a shape": '{"f32": "AAAAAA==", "shape": "1"}',
}


@every_kind
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_every_replaced_value(folder, value):
    original = (folder / "info.json").read_text()
    for number in range(len(list(places(json.loads(original))))):
        info = json.loads(original)
        container, key = list(places(info))[number]
        container[key] = "@here@"
        (folder / "info.json").write_text(json.dumps(info).replace('"@here@"', value))
        survives(folder)


@every_kind
def test_extreme_numbers_everywhere_at_once(folder):
    original = json.loads((folder / "info.json").read_text())
    for low, high in ((-3.4e38, 3.4e38), (1e38, 3.4e38), (0, 0), (1e-300, 1e-300)):
        info = json.loads(json.dumps(original))
        info["min"], info["max"] = [low] * len(info["min"]), [high] * len(info["max"])
        (folder / "info.json").write_text(json.dumps(info))
        assert survives(folder) == (high < 1)  # 32-bit numbers cannot draw the others


def test_extreme_weights_are_refused(tmp_path):
    for number, kind in zip(count(), ("light-mlp-linear", "rbf", "mlp-9-3")):
        folder = tmp_path / str(number)
        save(relightable(kind), folder)
        info = json.loads((folder / "info.json").read_text())
        for container, key in places(info["decoder"]):
            if key in ("weight", "table") and isinstance(container[key], list):
                container[key] = (np.array(container[key]) * 1e36).tolist()
        (folder / "info.json").write_text(json.dumps(info))
        assert not survives(folder)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff\xfe",
        b"\x00" * 100,
        b"null",
        b"[]",
        b"{}",
        b'{"fastrti": 1}',
        b'{"type": "neural"}',
        b'{"type": ["neural"]}',
        b'{"type": "neural", "width": 5, "height": 4, "planes": 9, "min": 0}',
        b'{"a": ' * 50_000,
        b'{"fastrti": 1' + b"0" * 50 + b"}",
    ],
    ids=lambda text: text[:20].decode("latin-1"),
)
def test_files_that_are_no_object(folder, text):
    (folder / "info.json").write_bytes(text)
    assert not survives(folder)


@every_kind
def test_flipped_bytes_of_info_json(folder):
    original = (folder / "info.json").read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(120):
        text = bytearray(original)
        for position in rng.integers(0, len(text), rng.integers(1, 4)):
            text[position] = rng.integers(0, 256)
        (folder / "info.json").write_bytes(text)
        survives(folder)


@every_kind
def test_swapped_digits_of_info_json(folder):
    """Flips that stay JSON: other sizes, counts and exponents."""
    original = (folder / "info.json").read_bytes()
    rng = np.random.default_rng(1)
    digits = [position for position, byte in enumerate(original) if chr(byte) in "0123456789-."]
    for _ in range(120):
        text = bytearray(original)
        for position in rng.choice(digits, rng.integers(1, 4)):
            text[position] = ord(rng.choice(list("0123456789e-")))
        (folder / "info.json").write_bytes(text)
        survives(folder)


# --- pictures --------------------------------------------------------------------------------------------------------

PICTURES = ["plane_1.jpg", "plane_3.jpg", "mask.png"]


@pytest.mark.parametrize("name", PICTURES)
def test_every_truncation_of_a_picture(folder, name):
    for length in reversed(range((folder / name).stat().st_size)):
        os.truncate(folder / name, length)
        assert not survives(folder)


@pytest.mark.parametrize("name", PICTURES)
def test_every_flipped_byte_of_a_picture(folder, name):
    original = (folder / name).read_bytes()
    for position in range(len(original)):
        data = bytearray(original)
        data[position] ^= 1 << position % 8
        (folder / name).write_bytes(data)
        assert not survives(folder)  # each chunk of a PNG ends in its checksum


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, pixels: bytes, colour_type: int = 2, extra: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, colour_type, 0, 0, 0)
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def test_flipped_pixels_with_a_valid_checksum(folder):
    rng = np.random.default_rng(2)
    raw = rng.integers(0, 256, 5 * (1 + 4 * 3), np.uint8).tobytes()
    stream = zlib.compress(raw)
    for _ in range(120):
        damaged = bytearray(stream)
        damaged[rng.integers(0, len(damaged))] = rng.integers(0, 256)
        good = png(4, 5, b"")
        empty = chunk(b"IDAT", zlib.compress(b""))
        (folder / "plane_1.jpg").write_bytes(good.replace(empty, chunk(b"IDAT", bytes(damaged))))
        survives(folder)


ROWS = b"\0" + b"\1" * 12


@pytest.mark.parametrize(
    ("data", "loads"),
    [
        (png(4, 5, ROWS * 5), True),
        (png(4, 5, ROWS * 900), True),  # more pixels than the header says
        (png(4, 5, ROWS * 4), None),  # Pillow draws the missing row black
        (png(5, 4, (b"\0" + b"\1" * 15) * 4), False),
        (png(4, 5, (b"\0" + b"\1" * 4) * 5, colour_type=0), False),
        (png(4, 5, (b"\0" + b"\1" * 16) * 5, colour_type=6), False),
        (png(4, 5, (b"\0" + b"\1" * 4) * 5, colour_type=3), False),
        (png(0, 5, b"\0" * 5), False),
        (png(2**31 - 1, 2**31 - 1, ROWS), False),
        (png(4, 5, ROWS * 5, extra=chunk(b"tEXt", b"a\0" + b"b" * 100)), True),
        (png(4, 5, ROWS * 5, extra=chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * (64 << 20)))), False),
        (png(4, 5, ROWS * 5, extra=chunk(b"iCCP", b"a\0\0" + zlib.compress(b"\0" * (64 << 20)))), None),
        (png(4, 5, ROWS * 5, extra=chunk(b"gAMA", b"\0")), None),
        (png(4, 5, ROWS * 5, extra=chunk(b"IHDR", b"\0")), None),
        (png(4, 5, ROWS * 5, extra=chunk(b"acTL", b"\0" * 8)), None),
        (png(4, 5, ROWS * 5, extra=chunk(b"eXIf", b"Exif\0\0II*\0")), None),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IEND", b""), False),
        (b"\xff\xd8\xff\xd9", False),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\0" * 40 + b"\xff\xd9", False),
        (b"GIF89a" + b"\0" * 100, False),
        (b"<svg/>", False),
        (b"", False),
    ],
)
def test_pictures_of_other_sizes_kinds_and_content(folder, data, loads):
    """None: Pillow may take it either way."""
    (folder / "plane_1.jpg").write_bytes(data)
    assert survives(folder) == loads or loads is None


@pytest.mark.parametrize("name", [*PICTURES, "info.json"])
def test_a_folder_or_nothing_in_a_files_place(folder, name):
    (folder / name).unlink()
    assert survives(folder) == (name == "mask.png")
    (folder / name).mkdir()
    assert not survives(folder)


def test_jpeg_planes_truncated_and_flipped(tmp_path, folder):
    from PIL import Image

    rng = np.random.default_rng(3)
    path = folder / "plane_1.jpg"
    Image.fromarray(rng.integers(0, 256, (5, 4, 3), np.uint8)).save(path, "JPEG", subsampling=2)
    original = path.read_bytes()
    assert survives(folder)
    for length in reversed(range(len(original))):
        os.truncate(path, length)
        assert not survives(folder)
    for _ in range(200):
        data = bytearray(original)
        data[rng.integers(0, len(data))] = rng.integers(0, 256)
        path.write_bytes(data)
        survives(folder)


def test_a_jpeg_of_very_many_passes_is_refused(folder):
    """Each costs the time of the whole picture and next to no bytes; a thumbnail's passes do not count."""
    from PIL import Image

    path = folder / "plane_1.jpg"
    Image.fromarray(np.full((5, 4, 3), 99, np.uint8)).save(path, "JPEG", progressive=True)
    original = path.read_bytes()
    assert survives(folder)
    last = original.rindex(b"\xff\xda")
    path.write_bytes(original[:-2] + original[last:-2] * 50 + b"\xff\xd9")
    sentence = "expected a JPEG of at most 50 scans"
    with pytest.raises(ObjectError, match=sentence):
        load(folder)
    assert documented(sentence)
    thumbnail = b"\xff\xda" * 60
    path.write_bytes(original[:2] + b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail + original[2:])
    assert survives(folder)


# --- sizes and memory ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["width", "height"])
@pytest.mark.parametrize("size", [2**20, 2**20 + 1, 2**31, 2**40, 10**30])
def test_absurd_sizes(folder, key, size):
    info = json.loads((folder / "info.json").read_text())
    (folder / "info.json").write_text(json.dumps(info | {key: size}))
    assert not survives(folder)


def test_max_pixels_allows_and_forbids(folder):
    width, height = 4, 5
    assert load(folder, max_pixels=width * height).width == width
    with pytest.raises(ObjectError) as caught:
        load(folder, max_pixels=width * height - 1)
    assert str(caught.value) == (f"{folder / 'info.json'}: expected at most 19 pixels, got 4×5: scale the object down")
    info = json.loads((folder / "info.json").read_text()) | {"width": 15001, "height": 10000}
    (folder / "info.json").write_text(json.dumps(info))
    with pytest.raises(ObjectError, match="expected at most 150000000 pixels, got 15001×10000: scale"):
        load(folder)
    with pytest.raises(ObjectError, match="expected a RGB picture of 15001×10000, got RGB of 4×5"):
        load(folder, max_pixels=10**9)


def test_the_limit_of_bytes_counts_all_planes(folder):
    info = json.loads((folder / "info.json").read_text())
    width, height = 20_000, 7_000  # below the limit of pixels
    for planes, too_many in ((18, False), (48, True)):
        changed = info | {"width": width, "height": height, "planes": planes}
        changed |= {"min": [0] * planes, "max": [1] * planes}
        changed["decoder"] = {"kind": "light_basis", "basis": "hsh", "terms": planes // 3, "base": False}
        (folder / "info.json").write_text(json.dumps(changed))
        with pytest.raises(ObjectError) as caught:
            load(folder)
        sentence = "expected planes of at most 2700000000 bytes in all"
        assert documented(sentence) and (sentence in str(caught.value)) == too_many


@pytest.mark.parametrize("value", ["0,", "[],", "{},", '"",'])
def test_a_large_info_json_takes_no_more_memory_than_its_bytes(folder, value):
    size = 8 << 20
    (folder / "info.json").write_bytes(b'{"fastrti": 1, "extra": [' + value.encode() * (size // len(value)) + b"0]}")
    tracemalloc.start()
    sentence = "expected at most 524288 values of JSON"
    with pytest.raises(ObjectError, match=sentence):
        load(folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * size and documented(sentence)


def test_a_huge_info_json_is_not_read(folder):
    with (folder / "info.json").open("wb") as file:
        file.write(b'{"fastrti": 1, "title": "')
        file.truncate(1 << 32)
    sentence = "expected a readable info.json of at most 25,165,824 bytes"
    with pytest.raises(ObjectError, match=sentence):
        load(folder)
    assert documented(sentence)


def test_pillows_own_limit_does_not_interfere(tmp_path, monkeypatch):
    from PIL import Image

    save(relightable("ptm"), tmp_path / "object")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 3)
    assert survives(tmp_path / "object")


# Loads every given folder with little more address space than the interpreter has, and prints the outcomes.
BOUNDED = """
import resource, sys
from fastrti.errors import ObjectError
from fastrti.formats import load

load(sys.argv[1])  # and whatever it imports
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (96 << 20),) * 2)
for path in sys.argv[1:]:
    try:
        load(path, max_pixels=1 << 40)
        print("loaded")
    except ObjectError as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space of a process")
def test_small_files_take_little_memory_however_large_they_say_they_are(tmp_path):
    save(relightable("hsh16"), tmp_path / "valid")

    def variant(name: str, plane: bytes | None = None, **changes: Any) -> str:
        folder = shutil.copytree(tmp_path / "valid", tmp_path / name)
        info = json.loads((folder / "info.json").read_text())
        (folder / "info.json").write_text(json.dumps(info | changes))
        if plane is not None:
            (folder / "plane_1.jpg").write_bytes(plane)
        return str(folder)

    side = 20_000
    table = {"f32": "AAAA", "shape": [49, 4_194_304, 3]}
    folders = [
        str(tmp_path / "valid"),
        variant("wide", width=2**20, height=2**20),
        variant("lying header", png(side, side, ROWS), width=side, height=side),
        variant("bomb", png(4, 5, b"\0" * (200 << 20))),
        variant("table", decoder={"kind": "light_basis", "basis": "rbf", "table": table, "nodes": [], "sigma": 1}),
        variant("nodes", decoder={"kind": "light_basis", "basis": "bilinear", "resolution": 4096, "table": table}),
    ]
    ran = subprocess.run([sys.executable, "-c", BOUNDED, *folders], capture_output=True, text=True, check=True)
    outcomes = ran.stdout.splitlines()
    assert outcomes[0] == outcomes[3] == "loaded"
    assert "expected a RGB picture of 1048576×1048576, got RGB of 4×5" in outcomes[1]
    assert "expected a whole picture of 20000×20000, got only 68 bytes" in outcomes[2]
    assert all("expected 616562688 float32 numbers in 'table', got 3 bytes" in outcome for outcome in outcomes[4:])
