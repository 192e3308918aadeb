"""The `.lp` list of photographs and light directions: a count, then a row `filename lx ly lz` for each photograph.

The reader takes what the wild offers: no count or no names, a line that names the columns, comments, columns between
tabs, commas or semicolons, decimal commas, names with spaces or in quotation marks, paths of every system, vectors of
any length, line ends and Unicode of every system. `notes` names everything that was guessed. What the reader cannot
resolve is an error that names file and line. `docs/inputs.md` has the list for users.
"""

import codecs
import contextlib
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError, CollectionError
from fastrti.files import read_file, replace_file
from fastrti.photographs.lp_rows import Vector, angles_error, is_header, is_index, layout_of, too_many_columns
from fastrti.photographs.notes import Doubt
from fastrti.text import shortened

MAX_BYTES = 1_000_000  # more than ten thousand rows; a picture passed by mistake is larger
MAX_LINE = 4000  # characters; longer than any path that people use
UNIT_TOLERANCE = 1e-3  # vectors printed with four decimals are this far from unit length
LOWEST_SINE = -0.17  # sin(−10°): a dome's lowest lamps are measured a little below the horizon, never far below

_COUNT = re.compile(r"[0-9]{1,9}")
_COMMENT = ("#", ";")
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_OLD_ENCODINGS = (
    *("cp1252", "mac_roman", "cp850", "cp437", "cp1250", "cp1251"),
    *("cp932", "euc_jp", "cp949", "gb18030", "big5"),
)
"""What lists that are not Unicode are written in: Windows and macOS in Europe, then Japan, Korea and China."""


@dataclass(frozen=True)
class LightRow:
    """One row of an `.lp` file.

    Attributes:
        name: the picture as the file writes it, path and spaces included; "" in a list without names.
        light: (x, y, z) of length 1; z may be slightly negative.
        line: the row's line, from 1; in a `.dome` file the light's number.
        word: what `line` counts.
    """

    name: str
    light: Vector
    line: int
    word: str = "line"

    @property
    def label(self) -> str:
        """The row as a sentence names it."""
        return shortened(self.name) or f"{self.word} {self.line}"


@dataclass(frozen=True)
class LightList:
    """A read `.lp` or `.dome` file.

    Attributes:
        name: the name of the file.
        rows: one or more. All have a name, or none has.
        notes: a sentence for everything that was guessed or odd.
        unicode: False where the file is not in Unicode. Names are then read as Latin-1, see `readings`.
        ordered: the order of the rows is meant to be that of the photographs, as in a `.dome` file. Names, if there
            are any, are those of the photographs that the lights were measured from.
    """

    name: str
    rows: tuple[LightRow, ...]
    notes: tuple[str, ...]
    unicode: bool = True
    ordered: bool = False

    @property
    def named(self) -> bool:
        """Whether the rows have names."""
        return self.rows[0].name != ""

    def readings(self) -> Iterator[tuple[str, list[str]]]:
        """The names in every encoding that the list may be written in, with the encoding, the likeliest first."""
        names = [row.name for row in self.rows]
        yield ("unicode" if self.unicode else "latin-1"), names
        for encoding in () if self.unicode else _OLD_ENCODINGS:
            with contextlib.suppress(UnicodeDecodeError):
                yield encoding, [name.encode("latin-1").decode(encoding) for name in names]

    def renamed(self, names: Sequence[str]) -> "LightList":
        """The same lights under other names."""
        return replace(self, rows=tuple(replace(row, name=name) for row, name in zip(self.rows, names)))


def read_lp(path: str | Path) -> LightList:
    """Reads an `.lp` file.

    Raises:
        CollectionError: no such file, no text, too large to be a list, a line that is not `filename lx ly lz`, a row
            of more than three numbers, angles instead of directions, a zero vector, a light more than 10° below the
            horizon, or no rows.
    """
    path = Path(path)
    text, unicode = _text(path)
    count, body = _without_head(_lines(path.name, text))
    if not body:
        raise CollectionError(f"{path.name}: expected rows 'filename lx ly lz' after the count, found none")
    layout = layout_of(body[0][1], f"{path.name}:{body[0][0]}")
    read = [(number, *layout.fields(line, f"{path.name}:{number}")) for number, line in body]
    rows = tuple(
        LightRow(name if unicode else _latin1(name), _unit(vector, f"{path.name}:{number}"), number)
        for number, name, vector in read
    )
    vectors = [vector for _, _, vector in read]
    _check_columns(path.name, rows, np.array(vectors))
    lengths = [math.hypot(*vector) for vector in vectors]
    return LightList(path.name, rows, tuple(_notes(path.name, count, rows, lengths)), unicode)


def write_lp(path: str | Path, names: Sequence[str], lights: NDArray[np.floating]) -> None:
    """Writes an `.lp` file of eight decimals that `read_lp` reads back.

    Args:
        path: the file to write.
        names: N file names.
        lights: (N, 3) unit vectors.

    Raises:
        ArgumentError: N names and N vectors do not agree, two names are one, or a row cannot hold a name.
        CollectionError: a file that cannot be written.
    """
    if lights.shape != (len(names), 3) or not names:
        raise ArgumentError(
            f"expected one (x, y, z) per name, got {len(names)} names and lights of shape {lights.shape}"
        )
    if len(set(names)) < len(names):
        raise ArgumentError("expected a name of its own for each light, got one twice: rename the file")
    for name in names:
        if not _can_be_written(name):
            raise ArgumentError(f"expected names that a row of a list can hold, got {name!r}: rename the file")
    rows = [f"{name} {x:.8f} {y:.8f} {z:.8f}" for name, (x, y, z) in zip(names, lights)]
    replace_file(Path(path), "\n".join([str(len(rows)), *rows, ""]).encode(), CollectionError)


def _can_be_written(name: str) -> bool:
    """Whether a row with this name reads back: no comment, no line break, no number that would be a column."""
    if not name or name != name.strip() or name.startswith(_COMMENT) or re.search("[\r\n\0\ud800-\udfff]", name):
        return False
    row = f"{name} 0 0 1"
    try:
        return layout_of(row, "").fields(row, "")[0] == name
    except CollectionError:
        return False


def _text(path: Path) -> tuple[str, bool]:
    """The text of the file, and whether it is Unicode. If not, its bytes above 127 come as surrogates."""
    data = read_file(path, MAX_BYTES, "a list of light directions", CollectionError)
    mark = next((mark for mark in _MARKS if data.startswith(mark)), b"")
    encoding = _MARKS.get(mark, "utf-8")
    unicode = True
    try:
        text = data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError:
        if mark:
            raise CollectionError(
                f"{path.name}: expected text in {encoding.upper()}, as its first bytes say, found other bytes: "
                "save the list as UTF-8"
            ) from None
        text, unicode = data.decode("ascii", "surrogateescape"), False
    if "\0" in text:
        raise CollectionError(f"{path.name}: expected text, found bytes of zero: save the list as UTF-8")
    return text, unicode


def _lines(name: str, text: str) -> list[tuple[int, str]]:
    """The lines that say something, one or more, with their numbers from 1."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    stripped = ((number, line.strip()) for number, line in enumerate(lines, start=1))
    numbered = [(number, line) for number, line in stripped if line and not line.startswith(_COMMENT)]
    if not numbered:
        raise CollectionError(f"{name}: expected a count and rows 'filename lx ly lz', found an empty file")
    for number, line in numbered:
        if len(line) > MAX_LINE:
            raise CollectionError(
                f"{name}:{number}: expected a row 'filename lx ly lz', found a line of {len(line)} characters"
            )
    return numbered


def _without_head(lines: list[tuple[int, str]]) -> tuple[int | None, list[tuple[int, str]]]:
    """The count, if there is one, and the lines after it and after the names of the columns, in whichever order."""
    count = None
    for _ in range(2):
        head = lines[0][1].rstrip(",; \t") if lines else ""
        if count is None and _COUNT.fullmatch(head):
            count, lines = int(head), lines[1:]
        elif is_header(head):
            lines = lines[1:]
    return count, lines


def _check_columns(name: str, rows: Sequence[LightRow], vectors: NDArray[np.float64]) -> None:
    """Raises CollectionError where the columns of all rows together cannot be a name and a direction."""
    indices = [row.name for row in rows if is_index(row.name)]
    if len(set(indices)) < len(indices):
        raise too_many_columns(name, "numbers in the place of filenames, some of them twice")
    if _look_like_angles(vectors):
        raise angles_error(name)


def _latin1(name: str) -> str:
    """A name whose bytes above 127 came as surrogates."""
    return name.encode("ascii", "surrogateescape").decode("latin-1")


def _unit(vector: Vector, where: str) -> Vector:
    x, y, z = vector
    length = math.hypot(x, y, z)
    if length == 0 or not math.isfinite(length):
        raise CollectionError(f"{where}: expected a light direction of non-zero finite length, found {x:g} {y:g} {z:g}")
    if z / length < LOWEST_SINE:
        raise CollectionError(
            f"{where}: expected a light above the object's plane, found z = {z:g}: "
            "flip the vector if it points from the light to the object"
        )
    return x / length, y / length, z / length


@np.errstate(over="ignore")  # of squares: infinity is no angle and no unit length either
def _look_like_angles(vectors: NDArray[np.float64]) -> bool:
    """Whether (N, 3) numbers are an azimuth, an elevation and a distance, in degrees or in radians.

    One angle goes from the horizon to the zenith at most, and the other more than half around, or a quarter where all
    distances are one. Directions have length 1, and positions of lamps lie on both sides of the object.
    """
    if len(vectors) < 4 or np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 0.1:
        return False
    around = 2 if np.ptp(vectors[:, 2]) else 1  # quarters
    pairs = (vectors[:, [0, 1]], vectors[:, [1, 0]])
    return any(
        elevation.min() >= 0 and elevation.max() <= quarter and np.ptp(azimuth) > around * quarter
        and -2 * quarter <= azimuth.min() and azimuth.max() <= 4 * quarter
        for azimuth, elevation in (pair.T for pair in pairs)
        for quarter in (90, np.pi / 2)
    )  # fmt: skip


def _notes(name: str, count: int | None, rows: Sequence[LightRow], lengths: list[float]) -> list[str]:
    notes: list[str] = []
    if count not in (None, len(rows)):
        notes.append(Doubt(f"{name}: the list counts {count} lights, {len(rows)} rows follow; all rows were read"))
    stretched = [length for length in lengths if abs(length - 1) > UNIT_TOLERANCE]
    if stretched:
        kind = Doubt if 2 * len(stretched) < len(rows) else str  # a few are more likely cut off than measured
        notes.append(
            kind(
                f"{name}: {len(stretched)} of {len(rows)} light directions were not of unit length "
                f"({min(stretched):.3f}–{max(stretched):.3f}) and were normalised"
            )
        )
    below = [row for row in rows if row.light[2] < 0]
    if below:
        lowest = min(below, key=lambda row: row.light[2])
        notes.append(
            f"{name}: {len(below)} light{'s' if len(below) > 1 else ''} below the horizon kept as measured, "
            f"the lowest at {math.degrees(math.asin(lowest.light[2])):.2f}° (line {lowest.line})"
        )
    return notes
