"""One line of a list of lights: where its fields are, its name and its three numbers."""

import re
from dataclasses import dataclass

from fastrti.errors import CollectionError
from fastrti.text import quoted

Vector = tuple[float, float, float]

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*|,[0-9]+)?|[.,][0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_INDEX = re.compile(r"[0-9]{1,9}")
_SEPARATORS = ("\t", None, ";", ",")  # None: any white space; tried in this order
_ANGLES = re.compile(r"\b(azimuth|azim|elevation|elev|theta|phi|zenith|altitude|degrees?)\b", re.IGNORECASE)
_FROM_ANGLES = "write x = cos(elevation)·cos(azimuth), y = cos(elevation)·sin(azimuth), z = sin(elevation)"


@dataclass(frozen=True)
class Layout:
    """How the rows of a list are written: what stands between the fields, and whether the first is a name."""

    separator: str | None
    named: bool

    def fields(self, line: str, where: str) -> tuple[str, Vector]:
        """The name ("" in a list without names) and the three numbers of a row.

        Args:
            line: the row.
            where: file and line, for errors.

        Raises:
            CollectionError: another number of fields, or a field that is not a number.
        """
        *name, x, y, z = self._parts(line, where)
        for field in (x, y, z):
            if not _is_number(field):
                raise CollectionError(f"{where}: expected three numbers after the filename, found {quoted(field)}")
        vector = (_value(x), _value(y), _value(z))
        return (self._name(name[0], where) if name else ""), vector

    def _parts(self, line: str, where: str) -> list[str]:
        parts = _split(line, self.separator)
        if len(parts) != 3 + self.named:
            form = "filename lx ly lz" if self.named else "lx ly lz"
            raise CollectionError(f"{where}: expected '{form}', found {_count(parts)}")
        return parts

    def _name(self, text: str, where: str) -> str:
        """The name; what is another field, or a number of its own, is a column too many."""
        if len(text) > 1 and text[0] == text[-1] == '"':
            return text[1:-1]
        fields = text.rsplit(self.separator, 1)
        if _is_number(fields[-1].strip()) and not is_index(text):
            raise too_many_columns(where, "more than three numbers in a row")
        if self.separator is not None and len(fields) > 1:
            raise too_many_columns(where, "more than four fields")
        return text


def layout_of(line: str, where: str) -> Layout:
    """How a list is written whose first row is this line.

    Raises:
        CollectionError: no row.
    """
    for separator in _SEPARATORS:
        parts = _split(line, separator)
        if len(parts) >= 3 and all(map(_is_number, parts[-3:])):
            return Layout(separator, named=len(parts) == 4)
    raise _no_row(line, where)


def is_index(name: str) -> bool:
    """Whether a name is the number of a row."""
    return _INDEX.fullmatch(name) is not None


def too_many_columns(where: str, found: str) -> CollectionError:
    """The error of a list that says more of a light than its direction."""
    return CollectionError(
        f"{where}: expected 'filename lx ly lz', found {found}: "
        "delete the columns that are not x, y, z of the light, or write the filename in quotation marks"
    )


def is_header(line: str) -> bool:
    """Whether a line names the columns: its last three words are x, y and z, or contain them as in lx or z_mm."""
    words = [word.strip('"') for word in re.split(r"[\s,;]+", line.strip(" \t,;").lower())]
    return len(words) >= 3 and all(axis in (word[:1], word[-1:]) for axis, word in zip("xyz", words[-3:]))


def _split(line: str, separator: str | None) -> list[str]:
    """Up to four fields: three from the right, and what is left of them. Spreadsheets end lines in separators."""
    return [part.strip() for part in line.rstrip(f"{separator or ''} \t").rsplit(separator, 3)]


def _is_number(field: str) -> bool:
    return _NUMBER.fullmatch(field) is not None


def _value(field: str) -> float:
    return float(field.replace(",", "."))


def _count(parts: list[str]) -> str:
    return f"{len(parts)} field{'s' if len(parts) > 1 else ''}"


def _no_row(line: str, where: str) -> CollectionError:
    """Why a line is no row."""
    parts = max((_split(line, separator) for separator in _SEPARATORS), key=len)
    numbers = [field for field in parts if _is_number(field)]
    if _ANGLES.search(line) and not numbers:
        return angles_error(where)
    if len(numbers) == 2 and numbers == parts[-2:] and len(parts) < 4:
        return CollectionError(
            f"{where}: expected 'filename lx ly lz', found two numbers: "
            f"if these are azimuth and elevation, {_FROM_ANGLES}"
        )
    if len(parts) < 3 or not numbers:
        return CollectionError(f"{where}: expected a row 'filename lx ly lz', found {quoted(line)}")
    if len(parts) == 3:
        return CollectionError(f"{where}: expected 'filename lx ly lz', found {_count(parts)}")
    wrong = next(field for field in parts[1:] if not _is_number(field))
    return CollectionError(f"{where}: expected three numbers after the filename, found {quoted(wrong)}")


def angles_error(where: str) -> CollectionError:
    """The error of a list of azimuths and elevations."""
    return CollectionError(f"{where}: expected directions lx ly lz, found what looks like angles: {_FROM_ANGLES}")
