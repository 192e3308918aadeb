"""The text at the start of a binary file (.ptm, .rti), read field by field without trusting it."""

import math
import os
from collections.abc import Callable, Iterable
from typing import BinaryIO, TypeVar

from fastrti.errors import ObjectError

MAX_LINE_BYTES = 4096

_REMEDY = "fetch or write the file anew"

Number = TypeVar("Number", int, float)


class TextHeader:
    """Lines of ASCII, then bytes. The numbers of one field may stand on one line or on several: writers differ.

    Args:
        file: open for reading, at its start.
        where: the name errors give it.
    """

    def __init__(self, file: BinaryIO, where: str) -> None:
        self.where = where
        self._file = file

    def error(self, wanted: str, got: str) -> ObjectError:
        """The error of a field that is not what was wanted."""
        return ObjectError(f"{self.where}: expected {wanted} in the header, got {got[:60]}: {_REMEDY}")

    def line(self, what: str) -> str:
        """The next line without its end, LF or CRLF."""
        line = self._file.readline(MAX_LINE_BYTES)
        if not line.endswith(b"\n"):
            raise self.error(what, "the end of the file" if len(line) < MAX_LINE_BYTES else "a line without an end")
        return line.decode("latin-1").strip()

    def choice(self, what: str, options: Iterable[str]) -> str:
        """A line that is one of the given texts."""
        options = tuple(options)
        line = self.line(what)
        if line not in options:
            raise self.error(f"{what} of {', '.join(options)}", repr(line))
        return line

    def integers(self, what: str, count: int, low: int, high: int) -> list[int]:
        """So many whole numbers in [low, high]."""
        return self._numbers(f"{what}, {count} whole numbers from {low} to {high}", count, int, low, high)

    def floats(self, what: str, count: int, low: float = -math.inf, high: float = math.inf) -> list[float]:
        """So many finite numbers in [low, high]."""
        limits = f" from {low:g} to {high:g}" if math.isfinite(low) else ""
        return self._numbers(f"{what}, {count} finite numbers{limits}", count, float, low, high)

    def _numbers(self, what: str, count: int, kind: Callable[[str], Number], low: float, high: float) -> list[Number]:
        words: list[str] = []
        while len(words) < count:
            words += self.line(what).split()
        try:
            numbers = [kind(word) for word in words]
        except ValueError:
            raise self.error(what, repr(" ".join(words))) from None
        if len(numbers) != count or not all(low <= v <= high and math.isfinite(v) for v in numbers):
            raise self.error(what, repr(" ".join(words)))
        return numbers

    def payload(self, size: int, spare: int | None) -> bytes:
        """The bytes after the header: so many, and fewer than `spare` more, which are left unread.

        Programs append a line end or a note. A picture of another size needs at least `spare` bytes more, so it cannot
        be taken for this one. None allows any number.
        """
        rest = os.fstat(self._file.fileno()).st_size - self._file.tell()
        if rest < size or (spare is not None and rest >= size + spare):
            raise ObjectError(
                f"{self.where}: expected {size} bytes after the header, as its sizes say, got {rest}: {_REMEDY}"
            )
        return self._file.read(size)
