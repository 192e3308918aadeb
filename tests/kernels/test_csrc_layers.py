"""The folders of csrc have a direction: on the machine, a light becomes a network, that is rounded, that is drawn."""

import re
from pathlib import Path

import pytest

CSRC = Path(__file__).parents[2] / "csrc"

FLOORS = ("machine", "light", "rounding", "pixels", ".")
"""Lowest first; "." is csrc itself. Every floor may include fastrti.h, the header of programs in C."""

FILES = sorted(path.relative_to(CSRC) for path in CSRC.rglob("*") if path.suffix in (".h", ".cpp", ".inl"))


def test_every_folder_has_a_floor():
    assert {str(file.parent) for file in FILES} == set(FLOORS)


@pytest.mark.parametrize("file", FILES, ids=str)
def test_includes_go_downwards(file: Path):
    for name in re.findall('^ *#include "(.+)"', (CSRC / file).read_text(), re.MULTILINE):
        assert (CSRC / name).is_file(), f"{name} is not written from csrc/"
        below = FLOORS.index(str(Path(name).parent)) <= FLOORS.index(str(file.parent))
        assert below or name == "fastrti.h", f"{file} includes {name}, which stands on it"
