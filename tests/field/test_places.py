"""Where photographs and lists lie: found, or said where they are."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from field_sets import documented, list_of, pairs, write_pictures, write_set
from PIL import Image

from fastrti import Mlic
from fastrti.cli.words import in_options
from fastrti.errors import CollectionError
from fastrti.photographs.notes import Doubt

NAMES = ["p1.jpg", "p2.jpg", "p3.jpg"]
IN_ORDER = [(0, 0), (1, 1), (2, 2)]


def test_photographs_below_the_list_that_names_their_folder(tmp_path: Path) -> None:
    names = [f"jpg/{name}" for name in NAMES]
    mlic = Mlic.load(write_set(tmp_path, names, names))
    assert pairs(mlic, 3) == IN_ORDER and mlic.names == tuple(NAMES) and mlic.notes == ()


def test_photographs_in_several_folders(tmp_path: Path) -> None:
    names = ["ring 1/a.jpg", "ring 1/b.jpg", "ring 2/a.jpg", "ring 2/b.jpg"]
    mlic = Mlic.load(write_set(tmp_path, names, [name.replace("/", "\\") for name in names]))
    assert pairs(mlic, 4) == [(n, n) for n in range(4)] and mlic.names == tuple(names)


def test_a_list_in_a_folder_of_its_own_that_names_the_way(tmp_path: Path) -> None:
    write_pictures(tmp_path / "photographs", NAMES)
    write_set(tmp_path / "lists", [], [f"../photographs/{name}" for name in NAMES])
    assert pairs(Mlic.load(tmp_path / "lists"), 3) == IN_ORDER


def test_photographs_beside_a_list_with_paths_of_another_computer(tmp_path: Path) -> None:
    assert pairs(Mlic.load(write_set(tmp_path, NAMES, [rf"C:\rti\jpg\{name}" for name in NAMES])), 3) == IN_ORDER


def test_small_copies_beside_the_list_are_not_taken_for_the_photographs(tmp_path: Path) -> None:
    write_set(tmp_path, [f"jpg/{name}" for name in NAMES], [f"jpg/{name}" for name in NAMES])
    for name in NAMES:
        Image.new("RGB", (3, 2), (99, 99, 99)).save(tmp_path / name)
    mlic = Mlic.load(tmp_path)
    assert pairs(mlic, 3) == IN_ORDER and mlic.names == tuple(NAMES)
    assert isinstance(mlic.notes[0], Doubt) and "pictures skipped" in mlic.notes[0]


def test_the_folder_one_asks_for_wins_over_the_folders_of_the_list(tmp_path: Path) -> None:
    write_set(tmp_path, [f"jpg/{name}" for name in NAMES], [f"jpg/{name}" for name in NAMES])
    (tmp_path / "tif").mkdir()
    for name in NAMES:
        Image.new("RGB", (6, 4), (200, 0, 0)).save(tmp_path / "tif" / name.replace("jpg", "tif"))
    mlic = Mlic.load(tmp_path / "tif", lp=tmp_path / "dome.lp")
    assert mlic.names == ("p1.tif", "p2.tif", "p3.tif") and (mlic.photographs[..., 0] == 200).all()


def test_hidden_files_of_macos_do_not_count(tmp_path: Path) -> None:
    write_set(tmp_path, NAMES, NAMES)
    for name in [*NAMES, "dome.lp"]:
        (tmp_path / f"._{name}").write_bytes(b"\0\5\x16\7")
    assert pairs(Mlic.load(tmp_path), 3) == IN_ORDER


@pytest.mark.parametrize(("name", "place"), [("mask.png", "."), ("Mask.PNG", "."), ("mask.png", "jpg")])
def test_the_mask_beside_the_list_or_beside_the_photographs(tmp_path: Path, name: str, place: str) -> None:
    names = [f"jpg/{name}" for name in NAMES]
    write_set(tmp_path, names, names)
    pixels = np.full((4, 6), 255, np.uint8)
    pixels[1, 2] = 0
    Image.fromarray(pixels).save(tmp_path / place / name)
    mlic = Mlic.load(tmp_path)
    assert np.argwhere(~mlic.mask).tolist() == [[1, 2]] and mlic.notes == ()


def test_a_picture_that_only_seems_to_be_the_mask_is_said(tmp_path: Path) -> None:
    write_set(tmp_path, [*NAMES, "mask.jpg"], NAMES)
    mlic = Mlic.load(tmp_path)
    assert mlic.mask is None and mlic.notes == ("mask.jpg: skipped, because a mask is called mask.png",)
    assert isinstance(mlic.notes[0], Doubt)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (["a.avif", "b.avif", "c.avif"], "found 3 .avif: convert them to JPEG, PNG or TIFF"),
    ],
)
def test_pictures_of_other_formats_are_named(tmp_path: Path, files: list[str], sentence: str) -> None:
    write_set(tmp_path, files, files)
    for listed in (True, False):
        with pytest.raises(CollectionError) as caught:
            Mlic.load(tmp_path)
        assert sentence in str(caught.value) and documented(sentence)
        if listed:
            (tmp_path / "dome.lp").unlink()


@pytest.mark.parametrize("listed", ["{}", r"C:\rti\jpeg-exports\{}"])
def test_photographs_elsewhere_are_pointed_at(tmp_path: Path, listed: str) -> None:
    project = tmp_path / "vase"
    place = project / "assembly" / "jpg" if listed == "{}" else project / "jpeg-exports"
    write_pictures(place, NAMES)
    write_set(project / "assembly", [], [listed.format(name) for name in NAMES])
    with pytest.raises(CollectionError, match="found none, but 3 in") as caught:
        Mlic.load(project / "assembly")
    assert f"found none, but 3 in {place}: pass that folder, and its list as lp=" in str(caught.value)
    assert documented("found none, but 8 in")
    mlic = Mlic.load(place, lp=project / "assembly" / "dome.lp")
    assert pairs(mlic, 3) == IN_ORDER


@pytest.mark.parametrize("place", ["..", "lists"])
def test_a_list_elsewhere_is_pointed_at(tmp_path: Path, place: str) -> None:
    folder = tmp_path / "jpg"
    write_pictures(folder, NAMES)
    write_set(folder / place, [], NAMES)
    with pytest.raises(CollectionError, match="pass the one to use as lp=") as caught:
        Mlic.load(folder)
    assert f"found none, but {(folder / place / 'dome.lp').resolve()}: " in str(caught.value)
    assert documented("found none, but")


def test_several_lists(tmp_path: Path) -> None:
    write_set(tmp_path, NAMES, NAMES)
    shutil.move(tmp_path / "dome.lp", tmp_path / "a.lp")
    (tmp_path / "b.lp").write_text(list_of(NAMES))
    with pytest.raises(CollectionError) as caught:
        Mlic.load(tmp_path)
    sentence = "found 2: a.lp, b.lp: pass the one to use with --lp"
    assert sentence in in_options(str(caught.value)) and documented(sentence)


def test_photographs_in_the_current_folder_and_below_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["p1.jpg", "low/p2.jpg", "./low/p3.jpg"]
    write_set(tmp_path, names, names)
    monkeypatch.chdir(tmp_path)
    mlic = Mlic.load(".")
    assert pairs(mlic, 3) == IN_ORDER and mlic.names == ("p1.jpg", "low/p2.jpg", "low/p3.jpg")


def test_folders_that_are_called_like_files_do_not_count(tmp_path: Path) -> None:
    write_set(tmp_path, ["a.jpg", "b.jpg", "c.jpg"], ["", "", ""])
    (tmp_path / "a0.jpg").mkdir()
    (tmp_path / "old.lp").mkdir()
    assert pairs(Mlic.load(tmp_path), 3) == IN_ORDER
