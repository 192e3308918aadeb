"""Where commands write: one picture for each row of a list, never over their source, and into folders of any name."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from objects import assert_equal, relightable
from PIL import Image

from fastrti import Renderer, load, save
from fastrti.cli import main
from fastrti.cli.relight import picture_names
from fastrti.formats.pyramid import TILE
from fastrti.photographs.lp_file import write_lp

LIGHTS = np.array([[0.6, 0.0, 0.8], [0.0, 0.6, 0.8]])


@pytest.fixture
def vase(tmp_path: Path) -> Path:
    save(relightable("hsh9", 7, 9, masked=True), tmp_path / "vase")
    return tmp_path / "vase"


def relit(vase: Path, names: list[str], out: Path) -> int:
    write_lp(vase.parent / "dome.lp", names, LIGHTS)
    return main(["relight", str(vase), "--lights", str(vase.parent / "dome.lp"), "-o", str(out)])


# --- relight --lights ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.jpg", "b.jpg"], ["a", "b"]),
        (["scan.0001", "scan.0002"], ["scan.0001", "scan.0002"]),
        (["scan.0001.jpg", "scan.0002.jpg"], ["scan.0001", "scan.0002"]),
        (["ring1/a.jpg", "ring2/a.jpg"], ["ring1_a", "ring2_a"]),
        (["C:\\dome\\ring1\\a.jpg", "C:\\dome\\ring2\\a.jpg"], ["ring1_a", "ring2_a"]),
        (["/data/dome/a.jpg", "/data/dome/b.jpg"], ["a", "b"]),
        (["../a.jpg", "../../b.jpg"], ["a", "b"]),
        (["a:b.jpg", "a?c.jpg"], ["a_b", "a_c"]),
    ],
)
def test_each_row_has_a_picture_of_its_own(vase: Path, tmp_path: Path, names: list[str], expected: list[str]) -> None:
    assert picture_names(names) == expected
    assert relit(vase, names, tmp_path / "out") == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"{name}.png" for name in expected]
    for name, light in zip(expected, LIGHTS):
        with Image.open(tmp_path / "out" / f"{name}.png") as picture:
            assert np.array_equal(np.asarray(picture), Renderer(vase).relight(light))


@pytest.mark.parametrize(
    "names",
    [["a.jpg", "a.png"], ["a.jpg", "A.JPG"], ["caf\u00e9.jpg", "cafe\u0301.jpg"], ["a.jpg", "a.jpg"], ["..", "a"]],
)
def test_rows_that_would_share_a_picture_are_refused_before_one_is_drawn(
    vase: Path, tmp_path: Path, names: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert relit(vase, names, tmp_path / "out") == 1
    assert "dome.lp:" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


# --- names with points -----------------------------------------------------------------------------------------------


def test_a_folder_may_have_a_point_in_its_name(vase: Path, tmp_path: Path) -> None:
    assert relit(vase, ["a.jpg", "b.jpg"], tmp_path / "relit.v2") == 0
    assert (tmp_path / "relit.v2" / "a.png").exists()
    assert main(["export", str(vase), "--to", "web", str(tmp_path / "site.v2")]) == 0
    assert main(["convert", str(vase), "-o", str(tmp_path / "vase.v2")]) == 0
    assert_equal(load(tmp_path / "vase.v2"), load(vase))


def test_a_picture_s_name_is_no_folder(vase: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert relit(vase, ["a.jpg", "b.jpg"], tmp_path / "relit.png") == 1
    assert "expected -o to name a folder for 2 pictures" in capsys.readouterr().err


# --- sources ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        "export site/object --to web site --tiles",
        "export site/object --to web site",
        "export link --to web site",
        "export site/../site/object --to openlime site",
        "export site/object --to web site/object/plane_1.jpg.html --single-file",
        "normals site/object -o site/object/plane_1.png",
        "relight site/object --light 0,0 -o site/object/mask.png",
    ],
)
def test_no_command_replaces_what_it_reads(
    vase: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["export", str(vase), "--to", "web", "site"]) == 0
    (tmp_path / "link").symlink_to(tmp_path / "site" / "object")
    before = {path.name: path.read_bytes() for path in (tmp_path / "site" / "object").iterdir()}
    main(command.split())
    after = {path.name: path.read_bytes() for path in (tmp_path / "site" / "object").iterdir()}
    assert {name: after.get(name) for name in before} == before


def test_an_export_may_stand_beside_its_source(vase: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    assert main(["export", str(vase), "--to", "web", str(site)]) == 0
    shutil.copytree(site / "object", tmp_path / "copy")
    assert main(["export", str(tmp_path / "copy"), "--to", "web", str(site), "--tiles"]) == 0
    assert_equal(load(tmp_path / "copy"), load(vase))


@pytest.mark.parametrize("size", [(7, 9), (TILE, TILE), (TILE + 3, 2 * TILE + 1)])
@pytest.mark.parametrize("masked", [False, True])
def test_fastrti_opens_its_own_tiles(tmp_path: Path, size: tuple[int, int], masked: bool) -> None:
    original = relightable("light-mlp-relu-skip", *size, masked=masked)
    save(original, tmp_path / "vase")
    assert main(["export", str(tmp_path / "vase"), "--to", "web", str(tmp_path / "site"), "--tiles"]) == 0
    assert "tiles" in json.loads((tmp_path / "site" / "object" / "info.json").read_text())
    assert_equal(load(tmp_path / "site" / "object"), original)
    assert main(["convert", str(tmp_path / "site" / "object"), "-o", str(tmp_path / "whole")]) == 0
    assert_equal(load(tmp_path / "whole"), original)
    assert sorted(path.name for path in (tmp_path / "whole").iterdir()) == sorted(
        path.name for path in (tmp_path / "vase").iterdir()
    )


# --- notes -----------------------------------------------------------------------------------------------------------


def test_the_project_s_own_sample_prints_no_note(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["synth", "-o", str(tmp_path / "sample"), "--size", "24x16", "--lights", "8"]) == 0
    capsys.readouterr()
    assert main(["fit", str(tmp_path / "sample" / "Dome"), "-o", str(tmp_path / "vase"), "--basis", "ptm"]) == 0
    assert "note" not in capsys.readouterr().err
