"""The `.lp` list of photographs and light directions: a count, then a row `filename lx ly lz` for each photograph.

The reader takes what the wild offers: tabs, CRLF, a byte order mark, decimal commas, blank lines, names with spaces,
absolute and backslash paths, vectors of any length. `notes` names everything that was skipped or guessed. What the
reader cannot resolve is an error that names file and line.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError, CollectionError
from fastrti.files import replace_file

MAX_BYTES = 10_000_000  # a million rows; a picture passed by mistake is larger
UNIT_TOLERANCE = 1e-3  # vectors printed with four decimals are this far from unit length
LOWEST_SINE = -0.17  # sin(−10°): a dome's lowest lamps are measured a little below the horizon, never far below

_COUNT = re.compile(r"[0-9]{1,9}")
_NUMBER = re.compile(r"[+-]?([0-9]+[.,]?[0-9]*|[.,][0-9]+)([eE][+-]?[0-9]{1,3})?")


@dataclass(frozen=True)
class LightRow:
    """One row of an `.lp` file.

    Attributes:
        name: the picture as the file writes it, path and spaces included.
        light: (x, y, z) of length 1; z may be slightly negative.
        line: the row's line, from 1.
    """

    name: str
    light: tuple[float, float, float]
    line: int


@dataclass(frozen=True)
class LightList:
    """A read `.lp` file: its rows (one or more), and a sentence for everything that was guessed or odd."""

    rows: tuple[LightRow, ...]
    notes: tuple[str, ...]


def read_lp(path: str | Path) -> LightList:
    """Reads an `.lp` file.

    Raises:
        CollectionError: no such file, too large to be a list, a line that is not `filename lx ly lz`, a zero vector,
            a light more than 10° below the horizon, or no rows.
    """
    path = Path(path)
    lines = _text(path).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    numbered = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    if not numbered:
        raise CollectionError(f"{path.name}: expected a count and rows 'filename lx ly lz', found an empty file")
    (first, head), *body = numbered
    if not _COUNT.fullmatch(head.strip()):
        raise CollectionError(f"{path.name}:{first}: expected the number of lights, found {_shown(head)}")
    lengths: list[float] = []
    rows = tuple(_row(line, f"{path.name}:{number}", number, lengths) for number, line in body)
    if not rows:
        raise CollectionError(f"{path.name}: expected rows 'filename lx ly lz' after the count, found none")
    return LightList(rows, tuple(_notes(path.name, int(head), rows, lengths)))


def write_lp(path: str | Path, names: Sequence[str], lights: NDArray[np.floating]) -> None:
    """Writes an `.lp` file of eight decimals that `read_lp` reads back.

    Args:
        path: the file to write.
        names: N file names.
        lights: (N, 3) unit vectors.

    Raises:
        ArgumentError: N names and N vectors do not agree, or a name that a row cannot hold.
        CollectionError: a file that cannot be written.
    """
    if lights.shape != (len(names), 3) or not names:
        raise ArgumentError(
            f"expected one (x, y, z) per name, got {len(names)} names and lights of shape {lights.shape}"
        )
    for name in names:
        if not name or name != name.strip() or re.search(r"[\r\n]", name):
            raise ArgumentError(f"expected names without line breaks or spaces around them, got {name!r}")
    rows = [f"{name} {x:.8f} {y:.8f} {z:.8f}" for name, (x, y, z) in zip(names, lights)]
    replace_file(Path(path), "\n".join([str(len(rows)), *rows, ""]).encode(), CollectionError)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CollectionError(
                f"{path.name}: expected a list of light directions, found more than {MAX_BYTES} bytes"
            )
        data = path.read_bytes()
    except OSError as error:
        raise CollectionError(f"expected a readable .lp file, found {path}: {error.strerror}") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")  # names written by older Windows tools


def _row(line: str, where: str, number: int, lengths: list[float]) -> LightRow:
    fields = line.strip().rsplit(None, 3)
    if len(fields) != 4:
        count = f"{len(fields)} field{'s' if len(fields) > 1 else ''}"
        raise CollectionError(f"{where}: expected 'filename lx ly lz', found {count}")
    x, y, z = (_number(field, where) for field in fields[1:])
    length = math.hypot(x, y, z)
    if length == 0 or not math.isfinite(length):
        raise CollectionError(f"{where}: expected a light direction of non-zero finite length, found {x:g} {y:g} {z:g}")
    if z / length < LOWEST_SINE:
        raise CollectionError(
            f"{where}: expected a light above the object's plane, found z = {z:g}: "
            "flip the vector if it points from the light to the object"
        )
    lengths.append(length)
    return LightRow(fields[0], (x / length, y / length, z / length), number)


def _number(field: str, where: str) -> float:
    if not _NUMBER.fullmatch(field):
        raise CollectionError(f"{where}: expected three numbers after the filename, found {_shown(field)}")
    return float(field.replace(",", "."))


def _shown(text: str) -> str:
    """The text as an error quotes it: printable and short."""
    text = text.strip()
    return repr(text if len(text) <= 40 else f"{text[:40]}…")


def _notes(name: str, count: int, rows: tuple[LightRow, ...], lengths: list[float]) -> list[str]:
    notes = []
    if count != len(rows):
        notes.append(f"{name}: the first line counts {count} lights, {len(rows)} rows follow; all rows were read")
    stretched = [length for length in lengths if abs(length - 1) > UNIT_TOLERANCE]
    if stretched:
        notes.append(
            f"{name}: {len(stretched)} of {len(rows)} light directions were not of unit length "
            f"({min(stretched):.3f}–{max(stretched):.3f}) and were normalised"
        )
    below = [row for row in rows if row.light[2] < 0]
    if below:
        lowest = min(below, key=lambda row: row.light[2])
        notes.append(
            f"{name}: {len(below)} light{'s' if len(below) > 1 else ''} below the horizon kept as measured, "
            f"the lowest at {math.degrees(math.asin(lowest.light[2])):.2f}° (line {lowest.line})"
        )
    return notes
