"""Packs made to hurt: each ends in one sentence, and takes no memory for what it claims."""

import json
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from objects import relightable

from fastrti import ObjectError, Relightable, load, save
from fastrti.formats.pack import Pack

HEIGHT, WIDTH = 300, 20
"""Two levels, the finer one of two tiles."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("packs") / "a.rti.tif"
    made = relightable("ptm-base", HEIGHT, WIDTH, masked=True)
    save(Relightable(made.planes, made.minimum, made.maximum, made.decoder, made.mask), path)
    return path.read_bytes()


class Parts:
    """The places of a pack's numbers, found without fastrti."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)
        self.entries: list[dict[int, int]] = []
        self.nexts: list[int] = []
        place = 16
        while place:
            (count,) = struct.unpack_from("<Q", data, place)
            places = [place + 8 + 20 * number for number in range(count)]
            self.entries.append({struct.unpack_from("<H", data, each)[0]: each for each in places})
            self.nexts.append(place + 8 + 20 * count)
            (place,) = struct.unpack_from("<Q", data, self.nexts[-1])

    def number(self, place: int, form: str = "<Q") -> int:
        return struct.unpack_from(form, self.data, place)[0]

    def put(self, place: int, value: int, form: str = "<Q") -> bytes:
        struct.pack_into(form, self.data, place, value)
        return bytes(self.data)

    def value(self, directory: int, tag: int, value: int, form: str = "<Q") -> bytes:
        """Sets a number that stands in its directory."""
        return self.put(self.entries[directory][tag] + 12, value, form)

    def count(self, directory: int, tag: int, value: int) -> bytes:
        return self.put(self.entries[directory][tag] + 4, value)

    def table(self, directory: int, tag: int) -> int:
        """Where the values stand that do not fit into the directory."""
        return self.number(self.entries[directory][tag] + 12)

    def info(self, **changed: object) -> bytes:
        """Changes info.json without a change of its length."""
        start, length = self.table(0, 65000), self.number(self.entries[0][65000] + 4) - 1
        values = json.loads(self.data[start : start + length]) | changed
        text = json.dumps(values).encode().ljust(length)
        assert len(text) == length
        self.data[start : start + length] = text
        return bytes(self.data)


def _first_tile(parts: Parts, raw: bytes) -> bytes:
    """Puts other bytes into the coarsest tile."""
    place, count = parts.number(parts.entries[1][324] + 12), parts.number(parts.entries[1][325] + 12, "<I")
    assert len(raw) <= count
    parts.data[place : place + len(raw)] = raw
    return parts.value(1, 325, len(raw), "<I")


def _a_terapixel(parts: Parts) -> bytes:
    parts.value(0, 256, 1 << 20, "<I")
    return parts.value(0, 257, 1 << 20, "<I")


def _overlapping(parts: Parts) -> bytes:
    table = parts.table(0, 324)
    return parts.put(table + 8, parts.number(table))


HOSTILE = {
    "classic": (lambda p: b"II\x2a\0" + bytes(p.data[4:]), "a file that starts with"),
    "big endian": (lambda p: b"MM\0\x2b" + bytes(p.data[4:]), "a file that starts with"),
    "first directory elsewhere": (lambda p: p.put(8, 24), "a file that starts with"),
    "loop": (lambda p: p.put(p.nexts[0], 16), "the next directory at byte"),
    "chain past the end": (lambda p: p.put(p.nexts[0], 1 << 60), "the next directory at byte"),
    "one directory": (lambda p: p.put(p.nexts[0], 0), "a directory for each level, got too few"),
    "many tags": (lambda p: p.put(16, 1 << 60), "a directory of at most"),
    "no tags": (lambda p: p.put(16, 0), "a directory of at most"),
    "a foreign tag": (lambda p: p.put(p.entries[0][256], 255, "<H"), "the tags of a pack, got tag 255"),
    "another type": (lambda p: p.put(p.entries[0][256] + 2, 3, "<H"), "the tags of a pack, got tag 256 of type 3"),
    "a tag twice": (lambda p: p.put(p.entries[0][257], 256, "<H"), "the tags of a pack"),
    "wide": (lambda p: p.value(0, 256, 1 << 31, "<I"), "a pack of at most"),
    "no width": (lambda p: p.value(0, 256, 0, "<I"), "a pack of at most"),
    "two widths": (lambda p: p.count(0, 256, 2), "one number for tag 256"),
    "absurd pyramid": (
        lambda p: p.put(p.entries[0][257] + 12, 1 << 20, "<I") and p.value(0, 256, 1 << 20, "<I"),
        "tiles",
    ),
    "another width": (lambda p: p.value(0, 256, WIDTH + 1, "<I"), r"\(11,\) for tag 256 of level 1, got \(10,\)"),
    "another level": (lambda p: p.value(1, 257, 151, "<I"), r"\(150,\) for tag 257 of level 1, got \(151,\)"),
    "other tiles": (lambda p: p.value(0, 322, 128, "<I"), "for tag 322"),
    "compression": (lambda p: p.value(1, 259, 5, "<H"), "for tag 259"),
    "predictor": (lambda p: p.value(0, 317, 1, "<H"), "for tag 317"),
    "samples": (lambda p: p.value(0, 277, 60, "<H"), "60 samples"),
    "planes": (lambda p: p.info(planes=8), "expected 8 planes and perhaps a mask, got 10 samples"),
    "newer": (lambda p: p.info(fastrti=3), "expected object version 1 or 2, got 3"),
    "annotations that are not there": (lambda p: p.info(annotations=1, software=""), "annotations.json"),
    "long text": (lambda p: p.count(0, 65000, 1 << 40), "bytes of tag 65000"),
    "text past the end": (lambda p: p.value(0, 65000, 1 << 62), "expected tag 65000 at byte"),
    "text without an end": (lambda p: p.count(0, 65000, 40), "a text that ends"),
    "tables past the end": (lambda p: p.value(0, 324, 1 << 62), "expected tag 324 at byte"),
    "short table": (lambda p: p.count(0, 324, 1), "2 tiles of level 0, got 1"),
    "long table": (lambda p: p.count(0, 324, 1 << 60), "bytes of tag 324"),
    "tile past the end": (lambda p: p.put(p.table(0, 324) + 8, 1 << 63), "the end of the file, got one behind it"),
    "tile over the end": (lambda p: p.put(p.table(0, 324) + 8, len(p.data) - 9), "expected a file of"),
    "tile in the head": (lambda p: p.value(1, 324, 16), "one after the other, got some that overlap"),
    "overlapping": (_overlapping, "one after the other, got some that overlap"),
    "empty tile": (lambda p: p.value(1, 325, 0, "<I"), "with sensible sizes"),
    "large tile": (lambda p: p.value(1, 325, (1 << 32) - 1, "<I"), "with sensible sizes"),
    "no stream": (
        lambda p: _first_tile(p, b"\0" * 100),
        "tile 0, 0 of level 1: expected a whole tile, got a damaged one",
    ),
    "a bomb": (
        lambda p: _first_tile(p, zlib.compress(bytes(1 << 21), 9)),
        "expected a tile of 655,360 bytes, got more",
    ),
    "a short tile": (lambda p: _first_tile(p, zlib.compress(b"abc")), "expected a tile of 655,360 bytes, got more or"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_one_sentence(tmp_path, whole, name):
    change, sentence = HOSTILE[name]
    path = tmp_path / "a.rti.tif"
    path.write_bytes(change(Parts(whole)))
    tracemalloc.start()
    with pytest.raises(ObjectError, match=sentence) as caught:
        load(path)
        Pack(path).at(2).whole()  # the coarsest tile, which `load` does not read
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
    assert peak < 40 << 20


def test_every_length(tmp_path, whole):
    path = tmp_path / "a.rti.tif"
    for length in [*range(16, len(whole), len(whole) // 60), len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(ObjectError, match=r"a\.rti\.tif: expected "):
            load(path)


def test_any_byte_of_the_head(tmp_path, whole):
    """An object or a sentence comes out, whatever is changed."""
    path, rng = tmp_path / "a.rti.tif", np.random.default_rng(0)
    end = Parts(whole).number(Parts(whole).entries[1][324] + 12)
    opened = 0
    for place in rng.integers(16, end, 80):
        data = bytearray(whole)
        data[place] = rng.integers(256)
        path.write_bytes(data)
        try:
            opened += load(path).height == HEIGHT
        except ObjectError as error:
            assert "\n" not in str(error)
    assert 0 < opened < 80
