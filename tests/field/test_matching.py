"""Rows and photographs: right beyond doubt, or refused with the pairs of every possible way."""

import unicodedata
from pathlib import Path

import pytest
from field_sets import documented, list_of, pairs, write_set

from fastrti import Mlic
from fastrti.errors import ArgumentError, CollectionError
from fastrti.photographs.notes import Doubt

TWELVE = range(1, 13)
BY_CHARACTERS = sorted(TWELVE, key=str)  # 1, 10, 11, 12, 2, …
NAMES = ["Block 1.jpg", "Säule 2.jpg", "기둥 3.jpg", "é4.jpg"]


def nfd(name: str) -> str:
    return unicodedata.normalize("NFD", name)


# --- taken -----------------------------------------------------------------------------------------------------------

BY_NAME = {
    "raw names": ([f"IMG_{n}.CR2" for n in TWELVE], [f"IMG_{n}.jpg" for n in TWELVE]),
    "raw names that stayed": ([f"IMG_{n}.CR2" for n in TWELVE], [f"IMG_{n}.CR2.jpg" for n in TWELVE]),
    "other case": ([f"img_{n}.jpg" for n in TWELVE], [f"IMG_{n}.JPG" for n in TWELVE]),
    "folders of Windows": ([rf"D:\dome 2\a_{n}.tif" for n in TWELVE], [f"a_{n}.png" for n in TWELVE]),
    "no suffix": ([f"vase.{n:04}" for n in TWELVE], [f"vase.{n:04}.png" for n in TWELVE]),
    "composed list, decomposed files": (NAMES, [nfd(name) for name in NAMES]),
    "decomposed list, composed files": ([nfd(name) for name in NAMES], NAMES),
    "a dot in the name": ([f"p{n}.edit" for n in TWELVE], [f"p{n}.edit.jpg" for n in TWELVE]),
    "a colon in the name": (["a:1.jpg", "b:1.jpg"], ["a:1.jpg", "b:1.jpg"]),
}


@pytest.mark.parametrize(("listed", "pictures"), BY_NAME.values(), ids=BY_NAME)
def test_one_name_written_in_two_ways(tmp_path: Path, listed: list[str], pictures: list[str]) -> None:
    mlic = Mlic.load(write_set(tmp_path, pictures, listed))
    assert pairs(mlic, len(listed)) == [(n, n) for n in range(len(listed))]
    assert (mlic.matched_by, mlic.notes) == ("name", ())


@pytest.mark.parametrize("encoding", ["cp949", "gb18030", "utf-8-sig", "utf-16"])
def test_a_list_in_another_encoding(tmp_path: Path, encoding: str) -> None:
    names = ["기둥 1.jpg", "기둥 2.jpg", "Block 3.jpg"]
    mlic = Mlic.load(write_set(tmp_path, [nfd(name) for name in names], list_of(names).encode(encoding)))
    assert pairs(mlic, 3) == [(0, 0), (1, 1), (2, 2)]
    notes = [f"dome.lp: the list is not in Unicode; its names were read as {encoding}"]
    assert list(mlic.notes) == ([] if encoding.startswith("utf") else notes)


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("柱", "cp932"),
        ("表", "cp932"),
        ("Säule", "latin-1"),
        ("Säule", "mac_roman"),
        ("Säule", "cp437"),
        ("колонна", "cp1251"),
    ],
)
def test_a_list_of_an_older_system(tmp_path: Path, name: str, encoding: str) -> None:
    names = [f"{name} {n}.jpg" for n in (1, 2, 3)]
    assert pairs(Mlic.load(write_set(tmp_path, names, list_of(names).encode(encoding))), 3) == [(0, 0), (1, 1), (2, 2)]


def test_two_files_whose_names_differ_in_case_or_in_unicode_form_alone(tmp_path: Path) -> None:
    names = ["a.jpg", "A.jpg", "ä.jpg", nfd("ä.jpg")]
    assert pairs(Mlic.load(write_set(tmp_path, names, names)), 4) == [(n, n) for n in range(4)]


BY_NUMBER = {
    "sorted 1, 10, 2": ([f"photo{n}.jpg" for n in BY_CHARACTERS], [f"stela-{n}.jpg" for n in TWELVE]),
    "in no order": ([f"L{n}" for n in (3, 1, 2, 12, 5)], [f"v_{n:04}.png" for n in (1, 2, 3, 5, 12)]),
    "zeros in front": ([f"img_{n:03}.jpg" for n in TWELVE], [f"img_{n}.jpg" for n in TWELVE]),
    "a number that stays": ([f"dome2-{n}.jpg" for n in BY_CHARACTERS], [f"vase1_{n}_x.jpg" for n in TWELVE]),
    "ring and lamp": (
        [f"ring {r} lamp {n}.tif" for r in (2, 1) for n in (1, 2, 10)],
        [f"v_{r}_{n:02}.png" for r in (1, 2) for n in (1, 2, 10)],
    ),
}


def number_in(name: str) -> list[int]:
    digits = "".join(letter if letter.isdigit() else " " for letter in name).split()
    return [int(group) for group in digits]


@pytest.mark.parametrize(("listed", "pictures"), BY_NUMBER.values(), ids=BY_NUMBER)
def test_other_names_with_the_same_numbers(tmp_path: Path, listed: list[str], pictures: list[str]) -> None:
    mlic = Mlic.load(write_set(tmp_path, pictures, listed))
    assert len(mlic) == len(listed) and mlic.matched_by == "number"
    for row, picture in pairs(mlic, len(listed)):
        assert number_in(listed[row])[-1] == number_in(pictures[picture].replace("_x", ""))[-1]
    (note,) = mlic.notes
    assert isinstance(note, Doubt) and "matched by the number in the name (" in note and " is " in note


@pytest.mark.parametrize(
    ("listed", "pictures"),
    [
        ([f"light_{n:03}" for n in range(101, 113)], [f"IMG_{n:04}.JPG" for n in TWELVE]),
        ([""] * 12, [f"IMG_{n:04}.JPG" for n in TWELVE]),
        (["east", "north", "west"], ["morning.png", "noon.png", "tea.png"]),
    ],
    ids=["other numbers", "rows without names", "words"],
)
def test_names_that_have_one_order(tmp_path: Path, listed: list[str], pictures: list[str]) -> None:
    mlic = Mlic.load(write_set(tmp_path, pictures, listed))
    assert pairs(mlic, len(listed)) == [(n, n) for n in range(len(listed))]
    assert mlic.matched_by == "order" and isinstance(mlic.notes[0], Doubt)
    assert f"{listed[0] or 'line 2'} is {pictures[0]}, " in mlic.notes[0]


# --- refused ---------------------------------------------------------------------------------------------------------

IN_DOUBT = {
    "a list of another session": (
        [f"IMG_{n:04}.JPG" for n in range(1, 9)],
        [f"IMG_{n:04}.JPG" for n in range(4, 12)],
        ["found rows without a picture", "beside pictures without a row"],
        ["order (8 of 8: IMG_0001.JPG is IMG_0004.JPG, ", "name (5 of 8: IMG_0004.JPG is IMG_0004.JPG, "],
    ),
    "another session with a photograph more": (
        [f"IMG_{n:04}.JPG" for n in range(1, 9)],
        [f"IMG_{n:04}.JPG" for n in range(4, 13)],
        ["found rows without a picture", "beside pictures without a row"],
        ["name (5 of 8: IMG_0004.JPG is IMG_0004.JPG, "],
    ),
    "letters that the list has lost": (
        ["Block 1.jpg", "S?ule 2.jpg", "Block 3.jpg"],
        ["Block 1.jpg", "Säule 2.jpg", "Block 3.jpg"],
        ["found rows without a picture", "beside pictures without a row"],
        ["number (3 of 3: ", "name (2 of 3: "],
    ),
    "some numbers in common": (
        [f"photo{n}.jpg" for n in TWELVE],
        [f"stela-{n:02}.jpg" for n in range(2, 14)],
        ["no name of a picture, and 11 of 12 numbers in common"],
        ["order (12 of 12: photo1.jpg is stela-02.jpg, ", "number (11 of 12: photo2.jpg is stela-02.jpg, "],
    ),
    "numbers from 0 and from 1": (
        [f"photo{n}.jpg" for n in range(12)],
        [f"stela-{n}.jpg" for n in TWELVE],
        ["no name of a picture, and 11 of 12 numbers in common"],
        ["order (12 of 12: photo0.jpg is stela-1.jpg, ", "number (11 of 12: photo1.jpg is stela-1.jpg, "],
    ),
    "a row less": (
        [f"photo{n}.jpg" for n in range(101, 108)],
        [f"stela-{n}.jpg" for n in range(1, 9)],
        ["no name of a picture, and 7 rows for 8 pictures"],
        ["found no name of a picture, and 7 rows for 8 pictures: correct the list"],
    ),
    "pictures of two orders": (
        [""] * 12,
        [f"stela-{n}.jpg" for n in TWELVE],
        ["pictures that can be sorted in two orders"],
        ["order (12 of 12: line 2 is stela-1.jpg, line 3 is stela-2.jpg, "],
    ),
    "a list of another order": (
        [f"photo{n}.jpg" for n in BY_CHARACTERS],
        [f"IMG_{n}.jpg" for n in range(21, 33)],
        ["rows that are not in the order of their names"],
        ["order (12 of 12: photo1.jpg is IMG_21.jpg, photo10.jpg is IMG_22.jpg, "],
    ),
    "a camera that counted on from 9999": (
        [""] * 4,
        ["IMG_9998.JPG", "IMG_9999.JPG", "IMG_0001.JPG", "IMG_0002.JPG"],
        ["pictures whose numbers seem to start again after 9999"],
        ["order (4 of 4: line 2 is IMG_0001.JPG, "],
    ),
    "two rows of one photograph": (["a.jpg", "b.jpg", "A.tif"], ["a.jpg", "b.jpg"], ["expected each picture once"], []),
    "two photographs of one row": (["a", "b"], ["a.jpg", "a.tif", "b.jpg"], ["expected one picture for"], []),
}


@pytest.mark.parametrize(("listed", "pictures", "sentences", "ways"), IN_DOUBT.values(), ids=IN_DOUBT)
def test_a_match_in_doubt_is_refused(
    tmp_path: Path, listed: list[str], pictures: list[str], sentences: list[str], ways: list[str]
) -> None:
    with pytest.raises(CollectionError) as caught:
        Mlic.load(write_set(tmp_path, pictures, listed))
    for sentence in sentences:
        assert sentence in str(caught.value) and documented(sentence)
    for way in ways:
        assert way in str(caught.value)


def test_the_list_of_another_session_by_the_way_one_asks_for(tmp_path: Path) -> None:
    listed, pictures, *_ = IN_DOUBT["a list of another session"]
    write_set(tmp_path, pictures, listed)
    by_order, by_name = Mlic.load(tmp_path, match="order"), Mlic.load(tmp_path, match="name")
    assert pairs(by_order, 8) == [(n, n) for n in range(8)] and by_order.notes == ()
    assert pairs(by_name, 8) == [(n + 3, n) for n in range(5)]
    assert [type(note) for note in by_name.notes] == [str, str]  # as asked for: nothing is in doubt


def test_a_list_sorted_1_10_2_is_matched_by_order_as_it_is_sorted(tmp_path: Path) -> None:
    listed, pictures = [f"a{n}" for n in BY_CHARACTERS], [f"b{n + 100 - n % 2}_{n}.png" for n in TWELVE]
    mlic = Mlic.load(write_set(tmp_path, sorted(pictures), listed), match="order")
    assert pairs(mlic, 12) == [(n, n) for n in range(12)]


@pytest.mark.parametrize(
    ("way", "listed", "said"),
    [
        ("name", ["x", "y"], "expected a name of a picture in some row, found none"),
        ("number", ["x", "y"], "expected a number of its own in each name, and some in common"),
        ("number", ["", ""], "expected a number of its own in each name, and some in common"),
        ("order", ["x", "y", "z"], "expected as many rows as pictures, found 3 rows for 2 pictures"),
    ],
)
def test_a_way_that_is_not_possible(tmp_path: Path, way: str, listed: list[str], said: str) -> None:
    write_set(tmp_path, ["a1.png", "a2.png"], listed)
    with pytest.raises(CollectionError, match=said):
        Mlic.load(tmp_path, match=way)  # type: ignore[arg-type]


def test_another_way_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="expected match 'name', 'number' or 'order', got 'light'"):
        Mlic.load(write_set(tmp_path, ["a.png"], ["a"]), match="light")  # type: ignore[arg-type]
