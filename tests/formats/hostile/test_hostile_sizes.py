"""What objects may claim, and the memory that they take: see `hostile`."""

import json
import shutil
import subprocess
import sys
import tracemalloc
from typing import Any

import pytest
from field_sets import documented
from hostile import ROWS, png, survives
from objects import relightable

from fastrti import load, save
from fastrti.errors import ObjectError


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
    assert str(caught.value) == (
        f"{folder / 'info.json'}: expected at most 19 pixels, got 4×5: scale it down, or pass max_pixels=20"
    )
    info = json.loads((folder / "info.json").read_text()) | {"width": 15001, "height": 10000}
    (folder / "info.json").write_text(json.dumps(info))
    with pytest.raises(ObjectError, match="expected at most 150000000 pixels, got 15001×10000: scale"):
        load(folder)
    with pytest.raises(ObjectError, match="expected a RGB picture of 15001×10000, got RGB of 4×5"):
        load(folder, max_pixels=10**9)


@pytest.mark.parametrize("planes", [18, 48])
def test_the_limit_of_pixels_is_one_for_any_number_of_planes(folder, planes):
    info = json.loads((folder / "info.json").read_text())
    changed = info | {"planes": planes, "min": [0] * planes, "max": [1] * planes}
    changed["decoder"] = {"kind": "light_basis", "basis": "hsh", "terms": planes // 3, "base": False}
    sentences = {10_000: "expected a RGB picture of 15000×10000, got", 10_001: "expected at most 150000000 pixels"}
    for height, sentence in sentences.items():
        (folder / "info.json").write_text(json.dumps(changed | {"width": 15_000, "height": height}))
        with pytest.raises(ObjectError, match=sentence):
            load(folder)
    assert documented(sentences[10_001])


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
