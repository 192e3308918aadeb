"""Lists of lights in the forms of the field: read as they are meant, or refused in a sentence."""

import contextlib
import time
from pathlib import Path

import numpy as np
import pytest
from field_sets import documented, dome, list_of, pairs, write_set

from fastrti import Mlic
from fastrti.errors import CollectionError
from fastrti.photographs.lp_file import read_lp
from fastrti.photographs.notes import Doubt

NAMES = ["p1.jpg", "p2.jpg", "p 3.jpg", "p,4.jpg", "p;5.jpg"]
ROWS = list_of(NAMES).splitlines()[1:]
PLAIN = list_of(NAMES)


def joined(separator: str, comma: str = ".") -> str:
    """The list with other separators and decimals, as spreadsheets write it."""
    fields = [
        [f'"{name}"', *(f"{value:.8f}".replace(".", comma) for value in light)] for name, light in zip(NAMES, dome(5))
    ]
    return "\n".join(separator.join(row) for row in fields)


FORMS = {
    "no count": "\n".join(ROWS),
    "a comment first": f"# dome 3, measured in May\n{PLAIN}",
    "comments between": PLAIN.replace("\np2", "\n; the next lamp is new\n# 5 5 5 5\n\np2"),
    "names of columns": "name lx ly lz\n" + "\n".join(ROWS),
    "count and names of columns": "5\nFile\tX\tY\tZ\n" + "\n".join(ROWS),
    "names of columns and count": "filename,light_x,light_y,light_z\n5,,,\n" + joined(","),
    "commas": joined(","),
    "commas and spaces": joined(", "),
    "semicolons": "5;;;\n" + joined(";"),
    "semicolons and decimal commas": "5\n" + joined(";", ","),
    "tabs and decimal commas": "5\n" + joined("\t", ","),
    "separators at the end": joined(",").replace("\n", ",,\n"),
    "Windows": PLAIN.replace("\n", "\r\n"),
    "UTF-16": PLAIN.encode("utf-16"),
    "UTF-16, most significant byte first": b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    "UTF-8 with a mark": PLAIN.encode("utf-8-sig"),
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_a_form_of_the_field_is_read_as_the_plain_list(tmp_path: Path, content: str | bytes) -> None:
    mlic = Mlic.load(write_set(tmp_path, NAMES, content))
    assert pairs(mlic, 5) == [(n, n) for n in range(5)]
    assert np.abs(mlic.lights - dome(5)).max() < 1e-7
    assert (mlic.matched_by, mlic.notes) == ("name", ())


@pytest.mark.parametrize("head", ["", "4\n", "lx;ly;lz\n"])
def test_rows_of_three_numbers_are_matched_by_order(tmp_path: Path, head: str) -> None:
    rows = [";".join(f"{value:.8f}" for value in light) for light in dome(4)]
    mlic = Mlic.load(write_set(tmp_path, ["a.png", "b.png", "c.png", "d.png"], head + "\n".join(rows)))
    assert pairs(mlic, 4) == [(n, n) for n in range(4)] and mlic.matched_by == "order"


def test_rows_that_are_numbered(tmp_path: Path) -> None:
    mlic = Mlic.load(write_set(tmp_path, ["a1.png", "a2.png", "a10.png"], list_of(["1", "2", "10"])))
    assert pairs(mlic, 3) == [(n, n) for n in range(3)] and mlic.matched_by == "number"


def test_a_count_that_is_wrong_is_in_doubt(tmp_path: Path) -> None:
    (note,) = Mlic.load(write_set(tmp_path, NAMES, PLAIN.replace("5\n", "6\n", 1))).notes
    assert isinstance(note, Doubt) and "the list counts 6 lights, 5 rows follow" in note


MORE = "found more than three numbers in a row: delete the columns"
PART = "a picture's name in a part of"
FOUR = "found more than four fields"
TWICE = "numbers in the place of filenames, some of them twice"
ANGLES = "found what looks like angles"
TWO = "found two numbers: if these are azimuth and elevation"
REFUSED = {
    "an intensity": ("\n".join(f"{row} 1.00" for row in ROWS), MORE),
    "an intensity in a table": (joined(",").replace("\n", ",0.9\n") + ",0.9", MORE),
    "colours of the lamps": ("\n".join(f"{row} 255 250 240" for row in ROWS), MORE),
    "an intensity, decimal commas": (joined(";", ",").replace("\n", ";0,9\n") + ";0,9", MORE),
    "an intensity without names": ("\n".join(f"{x} {y} {z} 1.0" for x, y, z in dome(5)), MORE),
    "columns before the name": ("\n".join(f"{n} lamp {n} {row}" for n, row in enumerate(ROWS)), PART),
    "a column behind the name": ("\n".join(row.replace(".jpg", ".jpg ring2") for row in ROWS), PART),
    "a number before the name in a table": (joined(",").replace('"p', '1,"p'), FOUR),
    "an intensity of whole numbers without names": ("0 0 1 1\n0 1 1 2\n1 0 1 3", TWICE),
    "a distance in some rows": (f"{PLAIN} 512.5", MORE),
    "angles": ("\n".join(f"{name} {40 * n} 45" for n, name in enumerate(NAMES)), TWO),
    "angles without names": ("\n".join(f"{40 * n} 45" for n in range(5)), TWO),
    "angles and a distance": ("\n".join(f"{name} {40 * n} {10 * n} 1" for n, name in enumerate(NAMES)), ANGLES),
    "angles and distances": ("\n".join(f"{n}a {90 * n} {10 * n} {500 + n}" for n in range(4)), ANGLES),
    "names of other columns": ("name,x,y,z,intensity\n" + joined(","), "expected a row 'filename lx ly lz', found"),
    "radians and a distance": ("\n".join(f"{name} {n} {n / 4} 2.5" for n, name in enumerate(NAMES)), ANGLES),
    "names of angles": ("name;azimuth;elevation\nnorth;east;south", ANGLES),
    "a name less": (f"{PLAIN}\n0 0 1", "expected 'filename lx ly lz', found 3 fields"),
    "a comment behind": (f"{PLAIN} # lamp 5", "expected three numbers after the filename, found"),
    "the name last": (
        "\n".join(f"0 0.6 0.8 {name}" for name in NAMES),
        "expected three numbers after the filename, found",
    ),
    "zero": (f"{PLAIN}\np6.jpg 0 0 0", "expected a light direction of non-zero finite length"),
    "below the table": (f"{PLAIN}\np6.jpg 0 0 -1", "expected a light above the object's plane"),
    "UTF-16 without a mark": (PLAIN.encode("utf-16-le"), "expected text, found bytes of zero: save the list as UTF-8"),
    "half of UTF-16": (b"\xff\xfe" + PLAIN.encode("utf-16-le")[:-1], "save the list as UTF-8"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "expected text, found bytes of zero: save the list as UTF-8"),
}


@pytest.mark.parametrize(("content", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, content: str | bytes, sentence: str) -> None:
    with pytest.raises(CollectionError) as caught:
        Mlic.load(write_set(tmp_path, NAMES, content))
    assert sentence in str(caught.value) and str(caught.value).startswith("dome.lp")
    assert documented(sentence) or sentence == "save the list as UTF-8"


def test_positions_of_lamps_are_no_angles(tmp_path: Path) -> None:
    text = "\n".join(
        f"{name} {x} {y} 300" for name, (x, y) in zip(NAMES, [(90, 90), (-90, 90), (0, 0), (45, -9), (-80, 20)])
    )
    mlic = Mlic.load(write_set(tmp_path, NAMES, text))
    assert mlic.lights[0] == pytest.approx(np.array([90, 90, 300]) / np.linalg.norm([90, 90, 300]))


LONG = ["a.png 0 0 {}x", "a.png 0 0 {}", "a.png {}e5 0 1", "{} 0 0 1", "{}"]


@pytest.mark.parametrize("line", LONG)
@pytest.mark.parametrize("filler", ["1", "1,", ". ", "a\t"])
def test_a_line_of_megabytes_takes_no_time(tmp_path: Path, line: str, filler: str) -> None:
    path = tmp_path / "dome.lp"
    path.write_text("1\n" + line.format(filler * (990_000 // len(filler))))
    started = time.process_time()
    with pytest.raises(CollectionError, match=r"dome.lp:2: .* found a line of \d+ characters"):
        read_lp(path)
    assert time.process_time() - started < 1
    assert documented("found a line of 5000 characters")


@pytest.mark.parametrize("row", ["a.png 0 0.{}1 1", "a.png 0 0.{}1 x", "{} 0 0 1", "{}x 0 0 1"])
def test_hundreds_of_the_longest_rows_take_no_time(tmp_path: Path, row: str) -> None:
    path = tmp_path / "dome.lp"
    path.write_text("\n".join([row.format("1" * 3900)] * 300))
    started = time.process_time()
    with contextlib.suppress(CollectionError):
        read_lp(path)
    assert time.process_time() - started < 1
