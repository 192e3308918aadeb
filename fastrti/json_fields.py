"""Reading untrusted JSON: every value is checked for kind, size and finiteness before it is used."""

import base64
import binascii
import json
import math
import reprlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ObjectError
from fastrti.files import read_file

MAX_JSON_BYTES = 24 << 20
"""Enough for the largest array, 4 million numbers in base64."""

MAX_JSON_VALUES = 1 << 19
"""Each takes up to a hundred bytes once it is parsed."""

MAX_ARRAY_NUMBERS = 1 << 22
BASE64_OVER = 256  # arrays of more numbers than this are written as base64

_BASE64_TYPES = {"f16": "<f2", "f32": "<f4"}
"""What numbers in base64 are called, and how they lie in memory."""


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def read_json(path: Path) -> "Fields":
    """The top-level object of a JSON file.

    Raises:
        ObjectError: see `read_json_value`, or not an object.
    """
    return parsed_fields(read_file(path, MAX_JSON_BYTES, f"a readable {path.name}"), str(path))


def read_json_value(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        ObjectError: missing, over 24 MiB or half a million values, not JSON (NaN and Infinity included).
    """
    return parsed_json(read_file(path, MAX_JSON_BYTES, f"a readable {path.name}"), str(path))


def parsed_fields(text: bytes, where: str) -> "Fields":
    """The top-level object of a JSON text.

    Raises:
        ObjectError: see `parsed_json`, or not an object.
    """
    values = parsed_json(text, where)
    if not isinstance(values, dict):
        raise ObjectError(f"{where}: expected a JSON object, got {type(values).__name__}")
    return Fields(values, where)


def parsed_json(text: bytes, where: str) -> Any:
    """What a JSON text of at most 24 MiB holds.

    Args:
        text: in UTF-8, 16 or 32.
        where: what errors call it.

    Raises:
        ObjectError: over half a million values, or not JSON (NaN and Infinity included).
    """
    if _values(text) > MAX_JSON_VALUES:  # before any of them takes memory
        raise ObjectError(
            f"{where}: expected at most {MAX_JSON_VALUES} values of JSON, got more: write arrays as base64"
        )
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ObjectError(f"{where}: expected JSON, got a file that does not parse ({error})") from None


def json_text(values: dict[str, Any]) -> bytes:
    """The JSON of an object, which `read_json` will read.

    Raises:
        ObjectError: values that JSON cannot hold, or more than `read_json` reads.
    """
    try:
        text = json.dumps(values, indent=1, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ObjectError(
            f"expected training, provenance and extra to hold only finite JSON values, got {error}: remove other values"
        ) from None
    if len(text) > MAX_JSON_BYTES or _values(text) > MAX_JSON_VALUES:
        raise ObjectError(
            f"expected training, provenance and extra of an object that can be read again, of at most "
            f"{MAX_JSON_BYTES:,} bytes and {MAX_JSON_VALUES} values of JSON, got more: shorten them"
        )
    return text


def _values(text: bytes) -> int:
    return sum(map(text.count, (b",", b"[", b"{")))


def _as_number(value: Any) -> float:
    """A finite float, or NaN for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return math.nan
    try:
        number = float(value)
    except OverflowError:
        return math.nan
    return number if math.isfinite(number) else math.nan


class Fields:
    """A JSON object with the place it came from; each method reads one key or raises ObjectError naming it."""

    def __init__(self, values: dict[str, Any], where: str) -> None:
        self.values = values
        self.where = where

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def error(self, key: str, wanted: str) -> ObjectError:
        """The error of a key that is not what was wanted."""
        got = reprlib.repr(self.values[key]) if key in self.values else "nothing"  # however deep or long it is
        return ObjectError(f"{self.where}: expected {key!r} to be {wanted}, got {got[:60]}")

    def child(self, key: str) -> "Fields":
        """The JSON object under a key."""
        value = self.values.get(key)
        if not isinstance(value, dict):
            raise self.error(key, "an object")
        return Fields(value, f"{self.where}: {key}")

    def children(self, key: str, at_most: int) -> list["Fields"]:
        """A list of JSON objects."""
        value = self.values.get(key)
        if not isinstance(value, list) or len(value) > at_most or not all(isinstance(v, dict) for v in value):
            raise self.error(key, f"a list of at most {at_most} objects")
        return [Fields(v, f"{self.where}: {key}[{i}]") for i, v in enumerate(value)]

    def integer(self, key: str, low: int, high: int) -> int:
        """A whole number in [low, high]."""
        value = self.values.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.error(key, f"a whole number from {low} to {high}")
        return value

    def integers(self, key: str, at_most: int, low: int, high: int) -> tuple[int, ...]:
        """A list of at most so many whole numbers in [low, high]."""
        value = self.values.get(key)
        if (
            not isinstance(value, list)
            or len(value) > at_most
            or not all(isinstance(v, int) and not isinstance(v, bool) and low <= v <= high for v in value)
        ):
            raise self.error(key, f"a list of at most {at_most} whole numbers from {low} to {high}")
        return tuple(value)

    def number(self, key: str) -> float:
        """A finite number."""
        number = _as_number(self.values.get(key))
        if math.isnan(number):
            raise self.error(key, "a finite number")
        return number

    def text(self, key: str, default: str = "") -> str:
        """A string; the default where the key is absent."""
        value = self.values.get(key, default)
        if not isinstance(value, str):
            raise self.error(key, "a text")
        return value

    def boolean(self, key: str) -> bool:
        """True or false."""
        value = self.values.get(key)
        if not isinstance(value, bool):
            raise self.error(key, "true or false")
        return value

    def choice(self, key: str, options: Iterable[str]) -> str:
        """One of the given texts."""
        options = tuple(options)
        value = self.values.get(key)
        if value not in options:
            raise self.error(key, "one of " + ", ".join(map(repr, options)))
        return str(value)

    def array(self, key: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
        """Finite numbers of the wanted shape; −1 stands for any length. Nested lists, or base64 and a shape, see
        `array_to_json`."""
        value = self.values.get(key)
        array = self._from_base64(key, value) if isinstance(value, dict) else self._from_lists(key, value)
        if array.ndim != len(shape) or any(want not in (-1, got) for want, got in zip(shape, array.shape)):
            raise ObjectError(f"{self.where}: expected {key!r} of shape {shape}, got {array.shape}")
        if not np.isfinite(array).all():
            raise ObjectError(f"{self.where}: expected finite numbers in {key!r}, got NaN or infinity")
        return array

    def float32(self, key: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Like `array`, rounded to float32, still finite."""
        array = self.array(key, shape)
        if array.size and np.abs(array).max() > np.finfo(np.float32).max:
            raise ObjectError(f"{self.where}: expected {key!r} in the range of float32, got larger numbers")
        return array.astype(np.float32)

    def _from_lists(self, key: str, value: Any) -> NDArray[np.float64]:
        numbers: list[float] = []
        shape: list[int] = []
        level = [value]
        while level and all(isinstance(v, list) for v in level):
            lengths = {len(v) for v in level}
            if len(lengths) != 1 or len(shape) == 3:
                raise ObjectError(f"{self.where}: expected {key!r} to be a regular array of at most 3 dimensions")
            shape.append(lengths.pop())
            level = [v for part in level for v in part]
        numbers = [_as_number(v) for v in level]
        if not shape or any(math.isnan(v) for v in numbers):
            raise ObjectError(f"{self.where}: expected {key!r} to be an array of finite numbers")
        return np.array(numbers).reshape(shape)

    def _from_base64(self, key: str, value: dict[str, Any]) -> NDArray[np.float64]:
        fields = Fields(value, f"{self.where}: {key}")
        shape = fields.integers("shape", at_most=3, low=0, high=MAX_ARRAY_NUMBERS)
        name = "f16" if "f16" in value else "f32"
        try:
            data = base64.b64decode(fields.text(name), validate=True)
        except (binascii.Error, ValueError):
            raise ObjectError(f"{self.where}: expected base64 in {key!r}, got text that is not") from None
        kind = np.dtype(_BASE64_TYPES[name])
        if len(data) != kind.itemsize * math.prod(shape):
            raise ObjectError(
                f"{self.where}: expected {math.prod(shape)} {kind.name} numbers in {key!r}, got {len(data)} bytes"
            )
        return np.frombuffer(data, kind).reshape(shape).astype(np.float64)


def array_to_json(array: NDArray[np.floating]) -> Any:
    """Nested lists, or {"f16" or "f32": base64, "shape": …} for more than 256 numbers.

    The base64 is of little-endian float16 where these hold all numbers exactly, otherwise of float32.
    """
    if array.size <= BASE64_OVER:
        return array.tolist()
    name = "f16" if np.array_equal(float16_values(array), array) else "f32"
    data = np.ascontiguousarray(array, dtype=_BASE64_TYPES[name]).tobytes()
    return {name: base64.b64encode(data).decode("ascii"), "shape": list(array.shape)}


def float16_values(array: NDArray[np.floating]) -> NDArray[np.float32]:
    """The nearest float16 of each number, as float32. Beyond 65,504 it is infinite."""
    with np.errstate(over="ignore"):
        return array.astype(np.float16).astype(np.float32)
