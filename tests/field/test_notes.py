"""What a command says about the photographs it was given: to people, to programs, and with --strict."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from field_sets import INPUTS_PAGE, write_set
from PIL import Image

from fastrti.cli import main

NAMES = [f"p{n}.png" for n in range(1, 10)]
OTHER_NAMES = [f"lamp {n}.tif" for n in range(1, 10)]


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    folder = write_set(tmp_path / "stela", NAMES, OTHER_NAMES)
    pixels = np.full((4, 6), 255, np.uint8)
    pixels[:, :3] = 0
    Image.fromarray(pixels).save(folder / "mask.png")
    return folder


def fit(folder: Path, *options: str) -> int:
    return main(["fit", str(folder), "-o", str(folder.parent / "object"), "--basis", "ptm", *options])


def test_a_fit_says_what_it_took_for_what(photographs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit(photographs) == 0
    said = capsys.readouterr()
    assert said.err.splitlines()[:4] == [
        f"photographs: 9 in {photographs}, 6×4 pixels, 8 bits, sRGB",
        "lights:      dome.lp, matched by number",
        "mask:        50.0% of the pixels are object",
        "doubtful:    dome.lp: no row names a picture; rows were matched by the number in the name "
        "(lamp 1.tif is p1.png, lamp 2.tif is p2.png, lamp 3.tif is p3.png, …)",
    ]
    assert said.out.count("\n") == 1
    headings = re.findall(r"^(\w+): +", "\n".join(said.err.splitlines()), re.MULTILINE)
    assert all(re.search(rf"^{heading}: ", INPUTS_PAGE, re.MULTILINE) for heading in headings)


def test_a_program_gets_the_same_in_json(photographs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit(photographs, "--json") == 0
    said = capsys.readouterr()
    assert said.err == ""
    facts = json.loads(said.out)
    notes = facts["collection"].pop("notes")
    assert facts["collection"] == {
        **{"photographs": 9, "width": 6, "height": 4, "bits": 8, "transfer": "srgb", "mask": 0.5},
        **{"list": "dome.lp", "matched_by": "number", "corrections": []},
    }
    assert [note["doubtful"] for note in notes] == [True] and "matched by the number" in notes[0]["text"]
    assert facts["object"].endswith("object") and facts["training"]["psnr"] > 0
    for key in (*facts, "notes", "text", "doubtful", "matched_by"):
        assert f"`{key}`" in INPUTS_PAGE


def test_an_evaluation_says_it_too(photographs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit(photographs) == 0
    capsys.readouterr()
    evaluate = ["evaluate", str(photographs.parent / "object"), str(photographs), "--measures", "psnr"]
    assert main([*evaluate, "--match", "order"]) == 0
    assert "lights:      dome.lp, matched by order\n" in capsys.readouterr().err
    assert main([*evaluate, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["collection"]["matched_by"] == "number"
    assert main([*evaluate, "--strict"]) == 1


def test_strict_stops_at_a_doubt_before_anything_is_made(photographs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fit(photographs, "--strict") == 1
    said = capsys.readouterr().err
    assert said.startswith("fastrti fit: expected nothing in doubt with --strict, found 1: dome.lp: no row names")
    assert said.count("\n") == 1 and not (photographs.parent / "object").exists()
    assert fit(photographs, "--strict", "--match", "number") == 0, "what one asks for is not in doubt"


def test_characters_that_a_terminal_obeys_are_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["a\x1b[31m.png", "b\u202e.png", "c\n.png", "d\udce9.png"]
    folder = write_set(tmp_path / "stela", [*names, "p1.png", "p2.png"], ["p1.png", "p2.png"])
    assert fit(folder) == 0
    said = capsys.readouterr().err
    assert r"a\x1b[31m.png, b\u202e.png, c\n.png, d\udce9.png" in said
    assert all(
        line.isprintable() and re.match("(photographs|lights|mask|doubtful|note): ", line)
        for line in said.split("\n")[:-1]
    )
    (folder / "dome.lp").write_text("2\n\x1b[31mp1.png 0 0 1\n\x1b]0;title\x07.png 0 1 0\n")
    assert fit(folder) == 1
    assert capsys.readouterr().err.removesuffix("\n").isprintable()


def test_bytes_that_are_no_text_in_the_name_of_a_photograph(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ["säule \udce9 1.png", "säule \udce9 2.png"]
    folder = write_set(tmp_path / "stela", names, "0 0 1\n0 1 0")
    assert fit(folder, "--json", "--match", "order") == 0
    assert main(["evaluate", str(tmp_path / "object"), str(folder), "--csv", str(tmp_path / "scores.csv"),
                 "--measures", "psnr"]) == 0  # fmt: skip
    assert r"säule \udce9 1.png" in (tmp_path / "scores.csv").read_text(encoding="utf-8")
