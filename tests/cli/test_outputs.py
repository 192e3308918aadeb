"""Where commands write: never over what they read, and what they write can be read."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from objects import assert_equal, relightable

from fastrti import load, save
from fastrti.cli import main
from fastrti.formats.pyramid import TILE


@pytest.fixture
def vase(tmp_path: Path) -> str:
    save(relightable("ptm", 7, 9), tmp_path / "vase")
    return str(tmp_path / "vase")


# --- what is read is never replaced ----------------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def site_with_object(vase: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The export `site` of an object, in the current folder, with links to it and to its object."""
    assert main(["export", vase, "--to", "web", str(tmp_path / "site")]) == 0
    (tmp_path / "linked_site").symlink_to("site")
    (tmp_path / "linked_object").symlink_to(tmp_path / "site" / "object")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "site"


@pytest.mark.parametrize(
    "source", ["site/object", "ABSOLUTE", "linked_object", "linked_site/object", "site/../site/object"]
)
@pytest.mark.parametrize("target", ["site", "./site/", "linked_site", "site/object/.."])
@pytest.mark.parametrize("tiles", [[], ["--tiles"]])
def test_an_export_never_replaces_the_object_it_reads(
    site_with_object: Path, source: str, target: str, tiles: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(site_with_object)
    source = source.replace("ABSOLUTE", str(site_with_object / "object"))
    assert main(["export", source, "--to", "web", target, *tiles]) == 1
    said = capsys.readouterr().err
    assert said.startswith("fastrti export: expected an output apart from the object, got ") and said.count("\n") == 1
    assert contents(site_with_object) == before


def test_an_export_may_stand_inside_its_object(vase: str, tmp_path: Path) -> None:
    before = contents(tmp_path / "vase")
    assert main(["export", vase, "--to", "web", f"{vase}/site", "--tiles"]) == 0
    assert before.items() <= contents(tmp_path / "vase").items()
    assert_equal(load(tmp_path / "vase" / "site" / "object"), load(vase))


def test_another_object_inside_an_export_is_kept(vase: str, tmp_path: Path) -> None:
    """The source lies inside the destination, but not where the export writes."""
    assert main(["export", vase, "--to", "web", str(tmp_path / "site")]) == 0
    save(relightable("hsh9", 7, 9), tmp_path / "site" / "other")
    before = contents(tmp_path / "site" / "other")
    assert main(["export", str(tmp_path / "site" / "other"), "--to", "web", str(tmp_path / "site"), "--tiles"]) == 0
    after = contents(tmp_path / "site" / "other")
    assert after.items() >= before.items() and after.keys() - before.keys() == {"normals.png"}
    assert_equal(replace(load(tmp_path / "site" / "object"), normals=None), relightable("hsh9", 7, 9))


@pytest.mark.parametrize("path", ["vase", "vase/.", "linked"])
def test_openlime_never_replaces_the_object_it_reads(vase: str, tmp_path: Path, path: str) -> None:
    assert main(["export", vase, "--to", "openlime", str(tmp_path / "site")]) == 0
    (tmp_path / "linked").symlink_to(tmp_path / "site" / "object")
    before = contents(tmp_path / "site")
    source = {"vase": "site/object", "vase/.": "site/./object/", "linked": "linked"}[path]
    assert main(["export", str(tmp_path / source), "--to", "openlime", str(tmp_path / "site"), "--tiles"]) == 1
    assert contents(tmp_path / "site") == before


@pytest.mark.parametrize(
    "command",
    [
        "export coin.html --to web coin.html --single-file",
        "export coin.html --to web linked.html --single-file",
        "export linked.html --to web coin.html --single-file",
        "convert coin.html -o coin.html --to ptm",
        "convert coin.html -o ./linked.html --to ptm",
        "convert vase -o vase",
        "convert vase -o ./linked_vase/",
        "convert linked_vase -o vase --student disk20",
        "convert vase/../vase -o vase/",
        "convert vase -o vase/plane_1.jpg --to ptm",
        "relight vase --light 0,0 -o vase/plane_1.jpg",
        "relight vase --light 0,0 -o linked_vase/mask.png",
        "relight vase --light 0,0 --sheet -o vase/mask.png",
        "normals vase -o vase/mask.png",
        "normals vase -o vase/normals.png",
    ],
)
def test_no_command_writes_over_what_it_reads(
    vase: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    save(load(vase), tmp_path / "coin.ptm")
    (tmp_path / "coin.ptm").rename(tmp_path / "coin.html")  # a format is recognised by what a file holds
    (tmp_path / "linked.html").symlink_to("coin.html")
    (tmp_path / "linked_vase").symlink_to("vase")
    monkeypatch.chdir(tmp_path)
    before = contents(tmp_path)
    assert main(command.split()) == 1
    assert "expected an output apart from the object" in capsys.readouterr().err
    assert contents(tmp_path) == before


def test_files_that_are_not_the_object_s_may_be_written_into_it(vase: str, tmp_path: Path) -> None:
    for _ in range(2):
        assert main(["normals", vase, "-o", f"{vase}/map.png"]) == 0
        assert main(["convert", vase, "-o", f"{vase}/coin.ptm"]) == 0
    assert_equal(load(vase), relightable("ptm", 7, 9))


# --- tiles -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(7, 9), (TILE, TILE), (TILE + 3, 2 * TILE + 1)])
@pytest.mark.parametrize("masked", [False, True])
def test_fastrti_opens_its_own_tiles(tmp_path: Path, size: tuple[int, int], masked: bool) -> None:
    original = relightable("light-mlp-relu-skip", *size, masked=masked)
    save(original, tmp_path / "vase")
    assert main(["export", str(tmp_path / "vase"), "--to", "web", str(tmp_path / "site"), "--tiles"]) == 0
    assert "tiles" in json.loads((tmp_path / "site" / "object" / "info.json").read_text())
    assert_equal(replace(load(tmp_path / "site" / "object"), normals=None), original)
    assert main(["convert", str(tmp_path / "site" / "object"), "-o", str(tmp_path / "whole")]) == 0
    assert_equal(load(tmp_path / "whole"), load(tmp_path / "vase"))
    assert sorted(path.name for path in (tmp_path / "whole").iterdir()) == sorted(
        path.name for path in (tmp_path / "vase").iterdir()
    )


# --- notes -----------------------------------------------------------------------------------------------------------


def test_the_project_s_own_sample_prints_no_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["synth", "-o", str(tmp_path / "sample"), "--size", "24x16"]) == 0
    capsys.readouterr()
    assert main(["fit", str(tmp_path / "sample" / "Dome"), "-o", str(tmp_path / "vase"), "--basis", "ptm"]) == 0
    assert "note" not in capsys.readouterr().err
