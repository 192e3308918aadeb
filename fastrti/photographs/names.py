"""Names of photographs: compared as people compare them, and sorted in two ways."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

_SUFFIX = re.compile(r"(?<=.)\.[a-z][a-z0-9]{1,4}$", re.IGNORECASE)
_DIGITS = re.compile("[0-9]+")

MASK_NAME, NORMALS_NAME = "mask.png", "normals.png"


def fold(name: str) -> str:
    """The name in one Unicode form and in one case: macOS writes ä as two characters, Windows as one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def stem(name: str) -> str:
    """The name without a suffix; a part that starts with a digit is no suffix (scan.0001)."""
    return _SUFFIX.sub("", name)


def parts(name: str) -> list[str]:
    """The folders and the file of a path of any system."""
    return name.replace("\\", "/").split("/")


def is_photograph(path: Path) -> bool:
    """Whether a picture can be a photograph; a mask and a normal map never are."""
    return fold(path.stem) not in ("mask", "normals")


def by_characters(name: str) -> str:
    """A sort key as old programs sort: img10 before img2."""
    return stem(fold("/".join(parts(name))))


def by_numbers(name: str) -> list[tuple[int, str]]:
    """A sort key as people sort: img2 before img10."""
    pieces = re.split(r"([0-9]+)", by_characters(name))
    return [(int(piece), "") if index % 2 else (-1, piece) for index, piece in enumerate(pieces)]


def numbers(names: Sequence[str]) -> list[tuple[int, ...]] | None:
    """The number in each name: its groups of digits that are not the same in all names. None where there is none."""
    groups = [_DIGITS.findall(stem(parts(name)[-1])) for name in names]
    if len({len(group) for group in groups}) != 1:
        return None
    varying = [column for column in zip(*groups) if len(set(map(int, column))) > 1]
    return [tuple(map(int, row)) for row in zip(*varying)] or None


def start_again(names: Sequence[str]) -> bool:
    """Whether the counter of the camera went from 9999 to 0001 between these photographs."""
    counted = [group for name in names for group in re.findall("[0-9]{4,}", stem(parts(name)[-1]))[-1:]]
    for digits in {len(group) for group in counted}:
        values = [int(group) for group in counted if len(group) == digits]
        if max(values) - min(values) > 0.9 * 10**digits:
            return True
    return False
