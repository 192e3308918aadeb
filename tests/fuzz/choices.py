"""Decisions read off a string of bytes: what a fuzzer varies, and what a saved input repeats."""

from collections.abc import Sequence
from typing import Any, TypeVar

Option = TypeVar("Option")


class Choices:
    """Each call uses up some bytes; once they are used up every choice is the first one."""

    def __init__(self, data: bytes) -> None:
        self._data, self._place = data, 0

    def below(self, count: int) -> int:
        """0 … count − 1."""
        size = max(1, ((count - 1).bit_length() + 7) // 8)
        return int.from_bytes(self.raw(size), "big") % count

    def raw(self, size: int) -> bytes:
        """So many bytes."""
        self._place += size
        return self._data[self._place - size : self._place].ljust(size, b"\0")

    def pick(self, options: Sequence[Option]) -> Option:
        """One of the options."""
        return options[self.below(len(options))]

    def often(self) -> bool:
        """True for all but one value of a byte in 16."""
        return self.below(16) != 0

    def rarely(self) -> bool:
        """True for one value of a byte in 4."""
        return self.below(4) == 1


# --- one field off ---------------------------------------------------------------------------------------------------

WORDS = ("0", "-1", "1e308", "-1e30", "1e9", "1e5", "0.5", "nan", "inf", "9" * 30, "x", "", "1_0", "0x10", "128.0")
"""What stands where a text header has a number."""

_VALUES: tuple[Any, ...] = (None, True, -1, 0, 1, 2, 3, 48, 49, 1 << 20, 1 << 40, 10**30, 0.5, 1e-6, 1e5, 1e9, -1e30)
_VALUES += (3.4e38, 1e308, "", "x", "rgb", "lrgb", "ptm", "rbf", "relu", [], {}, [[]], [0], [1e9] * 3, {"f32": "AAAA"})


def changed_json(choices: Choices, value: Any) -> Any:
    """A JSON value with up to three places replaced, scaled, taken out or put in twice."""
    for _ in range(choices.below(4)):
        value = _changed_once(choices, value)
    return value


def _changed_once(choices: Choices, value: Any) -> Any:
    if isinstance(value, dict) and value and choices.often():
        key = choices.pick(sorted(value))
        if choices.rarely():
            return {k: v for k, v in value.items() if k != key}
        return value | {key: _changed_once(choices, value[key])}
    if isinstance(value, list) and value and choices.often():
        place = choices.below(len(value))
        if choices.rarely():
            return choices.pick([value[:place], value + value[place:], value[::-1], value * 2])
        return [*value[:place], _changed_once(choices, value[place]), *value[place + 1 :]]
    if isinstance(value, float | int) and not isinstance(value, bool) and choices.often():
        return choices.pick([-value, value + 1, value * 10, value * 1e3, value * 1e6, value * 1e12, value * 1e-9])
    return choices.pick(_VALUES)


def changed_bytes(choices: Choices, data: bytes) -> bytes:
    """Up to three bytes changed, a piece cut out or doubled, or the end cut off."""
    for _ in range(choices.below(4)):
        place = choices.below(len(data) or 1)
        match choices.below(5):
            case 0 | 1:
                data = data[:place] + choices.raw(1) + data[place + 1 :]
            case 2:
                data = data[:place] + data[place + choices.below(64) :]
            case 3:
                data = data[: place + choices.below(64)] + data[place:]
            case _:
                data = data[:place] if choices.rarely() else data + choices.raw(choices.below(64))
    return data
