"""`fastrti pack` and `fastrti unpack`, and commands that open packs."""

import json
from dataclasses import replace

import pytest
from objects import assert_equal, relightable

from fastrti import load, save
from fastrti.cli import main
from fastrti.rendering.normals import with_normals


@pytest.fixture
def made(tmp_path, monkeypatch):
    """An object without normals in the folder `vase` of the current folder."""
    monkeypatch.chdir(tmp_path)
    made = replace(relightable("ptm", 20, 30, masked=True), title="Vase")
    save(made, "vase")
    return made


def test_there_and_back(made, capsys):
    assert main(["pack", "vase"]) == 0
    assert capsys.readouterr().out.startswith("vase.rti.tif: 30×20 pixels, ")
    assert_equal(load("vase.rti.tif"), with_normals(made))
    assert main(["unpack", "vase.rti.tif", "-o", "again"]) == 0
    assert_equal(load("again"), with_normals(made))
    assert main(["unpack", "vase.rti.tif"]) == 0  # in the place of the first one
    assert_equal(load("vase"), with_normals(made))


def test_commands_open_packs(made, tmp_path, capsys):
    main(["pack", "vase", "-o", "site/vase.rti.tif"])
    for place in ("vase", "site/vase.rti.tif"):
        assert main(["relight", place, "--light", "0.3,0.2", "-o", f"{len(place)}.png"]) == 0
    assert (tmp_path / "4.png").read_bytes() == (tmp_path / "17.png").read_bytes()
    assert main(["relight", "site/vase.rti.tif", "--light", "0.3,0.2"]) == 0 and (tmp_path / "vase.png").exists()
    assert main(["convert", "site/vase.rti.tif", "-o", "vase.ptm"]) == 0
    capsys.readouterr()
    facts = []
    for place in ("vase", "site/vase.rti.tif"):
        assert main(["info", place, "--json"]) == 0
        facts.append(json.loads(capsys.readouterr().out))
    assert facts[0] == facts[1] and facts[0]["width"] == 30 and 0 < facts[0]["mask"] < 1


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["pack", "vase", "-o", "vase.tif"], "expected -o to name a file that ends in .rti.tif, got vase.tif"),
        (["pack", "vase", "-o", "vase/a.rti.tif/b.rti.tif"], "expected a file or folder that can be written"),
        (["unpack", "vase"], "would replace vase or a part of it: choose another name"),
        (["unpack", "vase", "-o", "other"], "expected a file that `fastrti pack` made, got vase: use fastrti convert"),
        (["pack", "nothing"], "expected the folder of a relightable object, got no such folder"),
        (["unpack", "packed.rti.tif", "-o", "photographs"], "expected a new folder or an existing object to replace"),
        (
            ["annotate", "packed.rti.tif"],
            "expected an object folder of fastrti, got a file: unpack or convert it first",
        ),
        (["info", "."], "got one with packed.rti.tif: name that file"),
    ],
)
def test_what_is_refused(made, tmp_path, capsys, command, sentence):
    save(made, "packed.rti.tif")
    (tmp_path / "photographs").mkdir()
    (tmp_path / "photographs" / "a.jpg").write_bytes(b"")
    (tmp_path / "vase" / "a.rti.tif").write_bytes(b"")
    assert main(command) == 1
    error = capsys.readouterr().err
    assert sentence in error and error.count("\n") == 1
