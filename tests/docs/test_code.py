"""Python in the documents runs: the blocks of a page one after the other, as a reader types them."""

import re
from collections.abc import Iterator
from functools import partial
from itertools import groupby
from pathlib import Path

import pytest
from docs_pages import blocks
from PIL import Image

import fastrti
from fastrti.synth import render_collection

SESSIONS = {page: list(found) for page, found in groupby(blocks("python"), key=lambda block: block.page)}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the pages take for granted: photographs, test photographs, a grey card, an object."""
    folder = tmp_path_factory.mktemp("reader")
    render_collection(folder / "sample", 24, 18, lights=12)
    (folder / "sample" / "Dome").rename(folder / "photographs")
    (folder / "sample" / "Test").rename(folder / "test_photographs")
    Image.new("RGB", (24, 18), (180, 180, 180)).save(folder / "card.jpg")
    fastrti.save(fastrti.fit_classical(fastrti.Mlic.load(folder / "photographs"), "ptm"), folder / "vase")
    return folder


@pytest.fixture
def reader(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A reader in that folder, whose fits take two steps."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(fastrti, "fit", partial(fastrti.fit, steps=2, progress=False))
    yield


@pytest.mark.parametrize("page", SESSIONS)
def test_the_code_of_a_page_runs(page, reader):
    names: dict[str, object] = {"__name__": "__page__"}
    for block in SESSIONS[page]:
        if block.reason is None:
            exec(compile("\n" * (block.line - 1) + block.code, page, "exec"), names)


def test_a_block_that_does_not_run_says_why():
    reasons = [block.reason for found in SESSIONS.values() for block in found if block.reason is not None]
    assert reasons and all(re.search(r"\w+ \w+", reason) for reason in reasons)
