"""`fastrti check`: the command, its exit codes, folders without lights, and the page."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_captures import LIGHTS, linear_pictures, photographed, smoothed
from viewer.browser import Browser

from fastrti import ArgumentError, CollectionError, Mlic
from fastrti.capture.checks.check import Report, check
from fastrti.capture.checks.overview import overview_of, overview_of_files
from fastrti.cli import main
from fastrti.photographs.collection_files import find_photographs
from fastrti.photographs.lp_file import write_lp
from fastrti.sharing.check_page import page_of, save_page

BAD = 6
ODD_NAME = "<b>&'\"\u202e.png"


def write(folder: Path, mlic: Mlic, lights: bool = True) -> Path:
    folder.mkdir(exist_ok=True)
    for name, photograph in zip(mlic.names, mlic.photographs):
        Image.fromarray(photograph).save(folder / name)
    if lights:
        write_lp(folder / "dome.lp", mlic.names, mlic.lights)
    return folder


@pytest.fixture(scope="module")
def blurred() -> Mlic:
    pictures = linear_pictures(LIGHTS[:14], side=40)
    pictures[BAD] = smoothed(pictures[BAD])
    return photographed(pictures, LIGHTS[:14])


@pytest.fixture(scope="module")
def report(blurred: Mlic) -> Report:
    return check(blurred)


def test_the_command_prints_findings(blurred: Mlic, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, page = write(tmp_path / "vase", blurred), tmp_path / "report.html"
    assert main(["check", str(folder), "--html", str(page)]) == 0
    assert "blur:\n  p06.png: its finest detail is" in capsys.readouterr().out
    assert "<title>Check of vase</title>" in page.read_text(encoding="utf-8")
    assert main(["check", str(folder), "--strict", "--json"]) == 1
    facts = json.loads(capsys.readouterr().out)
    assert [finding["photographs"] for finding in facts["findings"] if finding["kind"] == "blur"] == [["p06.png"]]


def test_a_folder_without_lights_is_checked_for_what_needs_none(
    blurred: Mlic, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures = blurred.photographs.copy()
    pictures[2], pictures[9] = pictures[1], pictures[9] // 40
    folder = write(tmp_path / "bare", Mlic(pictures, blurred.lights, blurred.names), lights=False)
    assert main(["check", str(folder)]) == 0
    text = capsys.readouterr().out
    for line in ("p09.png: it has", "p01.png, p02.png: they hold the same samples", "p06.png: its finest detail"):
        assert line in text
    assert "`fastrti lights PHOTOS`" in text
    facts = json.loads(page_json(folder, capsys))
    assert facts["lights"] is None and {measure["exposure"] for measure in facts["measures"]} == {None}


def page_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["check", str(folder), "--json"]) == 0
    return capsys.readouterr().out


def test_one_photograph_alone_is_refused(blurred: Mlic, tmp_path: Path) -> None:
    Image.fromarray(blurred.photographs[0]).save(tmp_path / "a.png")
    with pytest.raises(CollectionError, match="expected two photographs or more"):
        check(tmp_path)


def test_files_and_arrays_are_seen_alike(blurred: Mlic, tmp_path: Path) -> None:
    files = find_photographs(write(tmp_path / "vase", blurred))
    from_files, from_arrays = overview_of_files(files), overview_of(blurred)
    np.testing.assert_array_equal(from_files.pictures, from_arrays.pictures)
    np.testing.assert_array_equal(from_files.detail, from_arrays.detail)
    assert from_files.digests == from_arrays.digests and from_files.names == blurred.names


def test_large_photographs_are_reduced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastrti.capture.checks.overview._MOST_PIXELS", 100)
    rng = np.random.default_rng(0)
    photographs = rng.integers(0, 255, (3, 23, 38, 3), np.uint8)
    mask = np.zeros((23, 38), bool)
    mask[6:, :20] = True
    lights = LIGHTS[:3]
    mlic = Mlic(photographs, lights, ("a", "b", "c"), mask)
    small, quick = overview_of(mlic), overview_of(mlic, quick=True)
    assert small.factor == 3 and small.pictures.shape == (3, 7, 12, 3)
    expected = photographs[:, :21, :36].reshape(3, 7, 3, 12, 3, 3).mean((2, 4)) / 255
    np.testing.assert_allclose(small.pictures, expected, atol=1e-5)
    np.testing.assert_allclose(quick.pictures, photographs[:, :21:3, :36:3] / 255, atol=1e-6)
    assert small.mask is not None and small.mask.sum() == 5 * 7
    white = (photographs >= 254).any(3)
    np.testing.assert_allclose(small.white, white[:, mask].mean(1))


def test_the_page_escapes_names_and_needs_nothing_else(report: Report, tmp_path: Path) -> None:
    names = list(report.overview.names)
    names[BAD] = ODD_NAME
    odd = check(Mlic(to_8_bits(report), report.overview.lights, tuple(names)))
    page = page_of(odd, "<script>alert(1)</script>")
    assert "<b>" not in page and "<script" not in page and "\u202e" not in page
    assert "&lt;b&gt;&amp;&#x27;&quot;\\u202e.png" in page
    assert not re.search(r'(src|href)="(?!data:)', page)
    assert page.count("<img") == page.count('alt="') == 3  # the photograph, its prediction, the difference
    with pytest.raises(ArgumentError, match=r"expected a file name ending in \.html"):
        save_page(odd, tmp_path / "report.png")


def to_8_bits(report: Report) -> np.ndarray:
    return np.rint(255 * report.overview.pictures).astype(np.uint8)


def test_the_page_is_seen_in_a_browser(browser: Browser, report: Report, tmp_path: Path) -> None:
    save_page(report, tmp_path / "report.html", "vase")
    browser.open((tmp_path / "report.html").as_uri())
    seen = browser.run(
        """
        return {
          pictures: [...document.images].map((image) => image.naturalWidth),
          lights: document.querySelectorAll('svg circle title').length,
          rows: document.querySelectorAll('table tr').length,
          overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        };
        """
    )
    assert seen == {"pictures": [40, 40, 40], "lights": 14, "rows": 15, "overflow": 0}
