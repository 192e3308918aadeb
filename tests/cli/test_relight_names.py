"""`fastrti relight`: how its files are called, and that none takes another's place."""

from pathlib import Path

import numpy as np
import pytest
from objects import relightable
from PIL import Image

from fastrti import Renderer, save
from fastrti.cli import main
from fastrti.cli.relight import picture_names

LIGHTS = [(0.1 * number - 0.4, 0.2) for number in range(8)]


@pytest.fixture
def vase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    save(relightable("ptm", 7, 9), tmp_path / "vase")
    return "vase"


def write_list(names: list[str]) -> None:
    rows = [f"{name} {x} {y} 0.9" for name, (x, y) in zip(names, LIGHTS)]
    Path("dome.lp").write_text("\n".join([str(len(rows)), *rows]), encoding="utf-8")


# --- pictures for a list ---------------------------------------------------------------------------------------------

NAMES = [
    (["a.jpg", "b.JPG", "c.tiff"], ["a", "b", "c"]),
    (["scan.0001", "scan.0002"], ["scan.0001", "scan.0002"]),
    (["scan.0001.tif", "scan.0002.tif"], ["scan.0001", "scan.0002"]),
    (["2024.03.01 no suffix", "2024.03.02 no suffix"], ["2024.03.01 no suffix", "2024.03.02 no suffix"]),
    (["ring1/a", "ring2/a"], ["ring1_a", "ring2_a"]),
    (["dome/ring1/a.jpg", "dome/ring1/b.jpg", "dome/ring2/a.jpg"], ["ring1_a", "ring1_b", "ring2_a"]),
    (["a.jpg", "low/a.jpg"], ["a", "low_a"]),
    (["/home/me/dome/a.jpg", "/home/me/dome/b.jpg"], ["a", "b"]),
    ([r"C:\dome\ring 1\a.jpg", r"C:\dome\ring 2\a.jpg"], ["ring 1_a", "ring 2_a"]),
    ([r"C:\dome\a.jpg", r"D:\dome\a.jpg"], ["C__dome_a", "D__dome_a"]),
    (["../../etc/a.jpg", "./b.jpg"], ["etc_a", "b"]),
    (['a"<b>|?*\x01:.jpg', "c.jpg"], ["a__b______", "c"]),
    (["Säule.jpg".replace("ä", "a\u0308"), "b.jpg"], ["Säule", "b"]),
]


@pytest.mark.parametrize(("listed", "wanted"), NAMES)
def test_pictures_of_a_list_have_recognisable_names(vase: str, listed: list[str], wanted: list[str]) -> None:
    assert picture_names(listed) == wanted
    write_list(listed)
    assert main(["relight", vase, "--lights", "dome.lp", "-o", "relit.v2"]) == 0
    assert {path.name for path in Path("relit.v2").iterdir()} == {f"{name}.png" for name in wanted}
    for name, (x, y) in zip(wanted, LIGHTS):
        picture = np.asarray(Image.open(f"relit.v2/{name}.png"))
        assert np.array_equal(picture, Renderer(vase).relight((x, y, 0.9)))


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        (["a.jpg", "b.jpg", "a.jpg"], "dome.lp:4: expected a picture of its own for each row, got a.png for 'a.jpg'"),
        (["a.jpg", "a.tif"], "got a.png for 'a.tif' and for 'a.jpg' in line 2"),
        (["Photo.jpg", "PHOTO.jpg"], "got PHOTO.png for 'PHOTO.jpg' and for 'Photo.jpg' in line 2"),
        (["ä.jpg", "a\u0308.jpg"], "in line 2: rename one in the list"),
        (["straße.jpg", "STRASSE.jpg"], "in line 2"),
        (["ring1/a_b.jpg", "ring1_a/b.jpg"], "got ring1_a_b.png"),
        (["a.jpg", "../a.jpg"], "got a.png for '../a.jpg'"),
        (["a:b.jpg", "a?b.jpg"], "got a_b.png"),
        (["a.jpg", ".."], "dome.lp:3: expected a row that names a file, got '..'"),
        (["a.jpg", "/"], "expected a row that names a file, got '/'"),
    ],
)
def test_names_that_cannot_be_kept_apart_are_refused_before_anything_is_drawn(
    vase: str, listed: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_list(listed)
    assert main(["relight", vase, "--lights", "dome.lp", "-o", "relit"]) == 1
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert not Path("relit").exists()
    assert main(["relight", vase, "--lights", "dome.lp", "--sheet", "-o", "sheet.png"]) == 0, "a sheet needs no names"


@pytest.mark.parametrize("folder", ["photographs", "photographs/.", "linked"])
def test_photographs_are_never_replaced(
    vase: str, tmp_path: Path, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("photographs").mkdir()
    Path("linked").symlink_to("photographs")
    Path("photographs/a.png").write_bytes(b"precious")
    Path("photographs/dome.lp").write_text("1\na.png 0 0 1\n")
    assert main(["relight", vase, "--lights", "photographs/dome.lp", "-o", folder]) == 1
    assert "expected -o to name a folder apart from the photographs" in capsys.readouterr().err
    assert Path("photographs/a.png").read_bytes() == b"precious"
    Path("photographs/dome.lp").write_text("1\na.jpg 0 0 1\n")
    assert main(["relight", vase, "--lights", "photographs/dome.lp", "-o", "apart"]) == 0


def test_a_row_called_like_a_part_of_the_object_does_not_become_one(
    vase: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_list(["mask.jpg", "b.jpg"])
    assert main(["relight", vase, "--lights", "dome.lp", "-o", vase]) == 1
    assert "expected an output apart from the object, got vase/mask.png" in capsys.readouterr().err
    assert not list(Path(vase).glob("*.png"))


# --- files and folders -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["relit.v2", "relit", "relit.2024.03", ".relit", "relit.mp4.d"])
def test_only_a_suffix_of_a_picture_makes_a_file(vase: str, name: str) -> None:
    assert main(["relight", vase, "--light", "0,0", "--light", "0.3,0", "-o", name]) == 0
    assert sorted(path.name for path in Path(name).iterdir()) == ["light_001.png", "light_002.png"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--light", "0,0", "--light", "0.3,0", "-o", "relit.png"], "expected -o to name a folder for 2 pictures"),
        (["--light", "0,0", "--light", "0.3,0", "-o", "relit.JPG"], "expected -o to name a folder for 2 pictures"),
        (["--light", "0,0", "-o", "relit.v2"], "expected a picture file ending in .png, "),
        (["--light", "0,0", "--sheet", "-o", "sheet.v2"], "expected a picture file ending in .png, "),
        (["--sweep", "-o", "sweep.v2"], "expected an animation ending in .webp, .gif, .mp4, got 'sweep.v2'"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_a_sentence(
    vase: str, given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["relight", vase, *given]) == 1
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert [path.name for path in Path().iterdir()] == ["vase"]


def test_a_picture_is_named_after_the_whole_name_of_its_object(tmp_path: Path, vase: str) -> None:
    for name in ("vase.v1", "vase.v2"):
        save(relightable("ptm", 7, 9), name)
        assert main(["relight", name, "--light", "0,0"]) == 0
    save(relightable("ptm", 7, 9), "coin.ptm")
    assert main(["relight", "coin.ptm", "--light", "0,0"]) == 0
    assert main(["relight", "coin.ptm", "--light", "0,0", "--light", "0.5,0"]) == 0
    assert {path.name for path in tmp_path.glob("*.png")} == {"vase.v1.png", "vase.v2.png", "coin.png"}
    assert (tmp_path / "coin_relit" / "light_002.png").exists()


# --- lists -----------------------------------------------------------------------------------------------------------


def test_a_list_without_names_makes_numbered_pictures(vase: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("dome.lp").write_text("3\n0 0 1\n0.6 0 0.8\n")
    assert main(["relight", vase, "--lights", "dome.lp", "-o", "relit"]) == 0
    assert sorted(path.name for path in Path("relit").iterdir()) == ["light_001.png", "light_002.png"]
    assert capsys.readouterr().err.startswith("doubtful:    dome.lp: the list counts 3 lights, 2 rows follow")


def test_a_list_that_is_not_in_unicode_is_said(vase: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("dome.lp").write_bytes("säule.jpg 0 0 1\n".encode("latin-1"))
    assert main(["relight", vase, "--lights", "dome.lp", "-o", "relit"]) == 0
    assert [path.name for path in Path("relit").iterdir()] == ["säule.png"]
    assert capsys.readouterr().err == "note:        dome.lp: not in Unicode; its names were read as Latin-1\n"
