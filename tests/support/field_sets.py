"""Small collections as the field hands them over: each photograph is grey, and its level says which one it is."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from docs_pages import ROOT
from PIL import Image

from fastrti import Mlic
from fastrti.lights import light_from_angles

INPUTS_PAGE = (ROOT / "docs" / "inputs.md").read_text(encoding="utf-8")


def dome(count: int) -> np.ndarray:
    """Lights, (count, 3), no two alike."""
    return np.array([light_from_angles(137.5 * number, 20 + 60 * number / count) for number in range(count)])


def row_of(name: str, light: Sequence[float]) -> str:
    return " ".join([*([name] if name else []), *(f"{value:.8f}" for value in light)])


def list_of(names: Sequence[str]) -> str:
    """The text of a list; "" is a row without a name."""
    return "\n".join([str(len(names)), *map(row_of, names, dome(len(names)))])


def write_pictures(folder: Path, names: Sequence[str]) -> None:
    for number, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (6, 4), (number, number, number)).save(path, "PNG")


def write_set(folder: Path, pictures: Sequence[str], listed: Sequence[str] | bytes | str) -> Path:
    """A folder of pictures and dome.lp: its text, its bytes, or the names of its rows."""
    folder.mkdir(parents=True, exist_ok=True)
    write_pictures(folder, pictures)
    text = listed if isinstance(listed, (str, bytes)) else list_of(listed)
    (folder / "dome.lp").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def pairs(mlic: Mlic, count: int) -> list[tuple[int, int]]:
    """(row, picture) of each photograph, both counted from 0; the list had `count` rows."""
    rows = np.argmax(mlic.lights @ dome(count).T, axis=1)
    return [(int(row), int(picture[0, 0, 0])) for row, picture in zip(rows, mlic.photographs)]


def documented(sentence: str) -> bool:
    """Whether docs/inputs.md tells users of a sentence."""
    return f"`{sentence}`" in INPUTS_PAGE
