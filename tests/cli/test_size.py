"""The limit of pixels, and that errors of commands speak of options."""

from pathlib import Path

import numpy as np
import pytest
from pictures import COLOURS16, png
from PIL import Image

from fastrti.cli import COMMANDS, build_parser, main
from fastrti.cli.words import _OPTIONS, in_options

LARGE = {  # what each command is given to read a picture of 15,001 × 10,000 pixels
    "lights": ["{photos}"],
    "check": ["{photos}"],
    "fit": ["{photos}", "-o", "{new}", "--basis", "ptm"],
    "relight": ["{object}", "--light", "0,0", "-o", "{new}.png"],
    "view": ["{object}", "--no-browser"],
    "export": ["{object}", "--to", "web", "{new}"],
    "pack": ["{object}", "-o", "{new}.rti.tif"],
    "convert": ["{object}", "-o", "{new}"],
    "annotate": ["{folder}"],
    "normals": ["{object}", "-o", "{new}.png"],
    "maps": ["{object}", "-o", "{new}"],
    "evaluate": ["{object}", "{photos}"],
    "info": ["{object}"],
    "tune": ["{object}"],
}
PIXELS = 15_001 * 10_000


def large_inputs(folder: Path) -> dict[str, Path]:
    """Small files that claim to hold a picture above the default limit."""
    photos = folder / "photos"
    photos.mkdir()
    for name in ("a.png", "b.png"):
        (photos / name).write_bytes(png(COLOURS16, size=(15_001, 10_000)))
    (photos / "dome.lp").write_text("2\na.png 0.1 0.2 0.9\nb.png 0.5 0.2 0.8\n")
    ptm = folder / "a.ptm"
    ptm.write_text("PTM_1.2\nPTM_FORMAT_LRGB\n15001\n10000\n1 1 1 1 1 1\n0 0 0 0 0 0\n")
    (folder / "vase").mkdir()
    (folder / "vase" / "info.json").write_text('{"fastrti": 1, "width": 15001, "height": 10000}')
    return {"photos": photos, "object": ptm, "folder": folder / "vase", "new": folder / "new"}


def test_every_command_with_an_input_is_tried_here():
    takes_input = {
        name
        for name, parser in build_parser()._subparsers._group_actions[0].choices.items()
        if {"object", "objects", "photos"} & {action.dest for action in parser._actions}
    }
    assert takes_input == LARGE.keys() and len(COMMANDS) > len(LARGE)


@pytest.mark.parametrize("command", LARGE)
def test_a_command_says_which_option_opens_a_larger_picture(command, tmp_path, capsys):
    inputs = large_inputs(tmp_path)
    arguments = [command, *(part.format(**inputs) for part in LARGE[command])]
    assert main(arguments) == 1
    sentence = capsys.readouterr().err.splitlines()[-1]
    assert (
        f"expected at most 150000000 pixels, got 15001×10000: scale it down, or give --max-pixels {PIXELS}" in sentence
    )
    assert "max_pixels" not in sentence
    assert main([*arguments, "--max-pixels", str(PIXELS)]) == int(command != "annotate")  # nothing else of it is read
    error = capsys.readouterr().err
    assert "expected at most" not in error and ("bytes" in error or command == "annotate")  # the next check
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.ptm", "photos", "vase"]


@pytest.mark.parametrize("wrong", ["0", "-1", "1e9", "many", "9" * 16])
def test_a_number_of_pixels_is_a_whole_number(wrong, capsys):
    with pytest.raises(SystemExit):
        main(["info", "vase", f"--max-pixels={wrong}"])
    assert "expected a number of pixels such as 400000000, got" in capsys.readouterr().err


def test_a_lower_limit_holds_too(tmp_path, capsys):
    Image.fromarray(np.zeros((8, 9, 3), np.uint8)).save(tmp_path / "a.png")
    Image.fromarray(np.ones((8, 9, 3), np.uint8)).save(tmp_path / "b.png")
    assert main(["check", str(tmp_path), "--max-pixels", "71"]) == 1
    assert (
        "a.png: expected at most 71 pixels, got 9×8: scale it down, or give --max-pixels 72" in capsys.readouterr().err
    )
    assert main(["check", str(tmp_path), "--max-pixels", "72"]) == 0


def test_every_way_to_say_an_option_stands_in_a_sentence_of_the_library():
    from docs_pages import ROOT

    package = "".join(path.read_text() for path in (ROOT / "fastrti").rglob("*.py") if path.name != "words.py")
    assert [phrase for phrase in _OPTIONS if phrase not in package] == []
    assert in_options("pass max_pixels=7") == "give --max-pixels 7"


def test_no_sentence_says_an_argument_of_python(tmp_path, capsys):
    """The other sentences that name one: of lists and of ways to match."""
    for name in ("a.png", "b.png"):
        Image.fromarray(np.zeros((8, 9, 3), np.uint8)).save(tmp_path / name)
    assert main(["fit", str(tmp_path), "-o", str(tmp_path / "new"), "--basis", "ptm"]) == 1
    assert capsys.readouterr().err.rstrip().endswith("found none: pass the one to use with --lp")
    (tmp_path / "dome.lp").write_text("2\nA1.png 0.1 0.2 0.9\nA1.png 0.5 0.2 0.8\n")
    (tmp_path / "a.png").rename(tmp_path / "A1.png")
    assert main(["fit", str(tmp_path), "-o", str(tmp_path / "new"), "--basis", "ptm"]) == 1
    error = capsys.readouterr().err
    assert "with --match" in error and "=" not in error.replace("\n", "")
