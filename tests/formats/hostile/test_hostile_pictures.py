"""The pictures of damaged and malicious objects: see `hostile`."""

import os
import struct
import zlib

import numpy as np
import pytest
from field_sets import documented
from hostile import ROWS, chunk, png, survives

from fastrti import load
from fastrti.errors import ObjectError

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
