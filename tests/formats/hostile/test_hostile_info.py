"""The info.json of damaged and malicious objects: see `hostile`."""

import json
import os
from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np
import pytest
from hostile import every_kind, survives
from objects import relightable

from fastrti import save


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
    "float32 as float16": '{"f16": "AAAAAA==", "shape": [1]}',
    "infinity in float16": '{"f16": "AHw=", "shape": [1]}',
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
