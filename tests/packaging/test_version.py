"""One version number: it stands in fastrti/__init__.py, and whatever repeats it agrees."""

import re
from pathlib import Path

import pytest

import fastrti

ROOT = Path(__file__).parents[2]


def test_the_citation_and_the_changes_name_this_version() -> None:
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.M)
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert cited and cited[1] == fastrti.__version__
    assert newest and newest[1] == fastrti.__version__


@pytest.mark.deep
@pytest.mark.xdist_group("wheel")
def test_the_wheel_has_this_version(wheel: Path) -> None:
    assert wheel.name.split("-")[:2] == ["fastrti", fastrti.__version__]
