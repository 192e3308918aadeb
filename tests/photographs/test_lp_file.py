"""The .lp reader: what the wild offers, exact errors, and nothing but a result or a CollectionError on any bytes."""

import math
import re

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fastrti.errors import ArgumentError, CollectionError
from fastrti.photographs import lp_file
from fastrti.photographs.lp_file import read_lp, write_lp
from fastrti.photographs.notes import Doubt

# One folder serves all examples of a test: every example rewrites the file it reads.
one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture
def lp(tmp_path):
    def write(content):
        path = tmp_path / "dirs.lp"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_a_plain_file(lp):
    found = read_lp(lp("2\na.jpg 0 0.6 0.8\nb.jpg 1 0 0\n"))
    assert [(row.name, row.light, row.line) for row in found.rows] == [
        ("a.jpg", (0, 0.6, 0.8), 2),
        ("b.jpg", (1, 0, 0), 3),
    ]
    assert found.notes == ()


@pytest.mark.parametrize(
    "content",
    [
        "1\r\na.jpg 0 0.6 0.8\r\n",
        "1\ra.jpg 0 0.6 0.8\r",
        "1\n\ta.jpg\t0\t0.6\t0.8\t\n",
        "\ufeff1\na.jpg 0 0.6 0.8",
        "1   \n\n\na.jpg 0 0.6 0.8\n\n   \n",
        "1\na.jpg 0,0 0,6 0,8\n",
        "1\na.jpg +0. .6 8e-1\n",
    ],
    ids=["crlf", "cr", "tabs", "bom", "blank lines", "decimal commas", "number forms"],
)
def test_the_forms_of_the_wild_read_alike(lp, content):
    (row,) = read_lp(lp(content)).rows
    assert (row.name, row.light) == ("a.jpg", (0, 0.6, 0.8))


@pytest.mark.parametrize("name", ["my photo 1.jpg", r"C:\rti\a b\01.jpg", "/home/rti/01.jpg", "vase_é.jpg"])
def test_names_are_kept_as_written(lp, name):
    assert read_lp(lp(f"1\n{name} 0 0 1\n")).rows[0].name == name


def test_names_of_older_tools_are_latin_1(lp):
    assert read_lp(lp(b"1\nvase_\xe9.jpg 0 0 1\n")).rows[0].name == "vase_é.jpg"


def test_other_lengths_are_normalised_and_reported(lp):
    found = read_lp(lp("3\na.jpg 0 1.2 1.6\nb.jpg 0.5 0 0\nc.jpg 0 0 1\n"))
    assert found.rows[0].light == pytest.approx((0, 0.6, 0.8))
    assert found.rows[1].light == (1, 0, 0)
    assert found.notes == (
        "dirs.lp: 2 of 3 light directions were not of unit length (0.500–2.000) and were normalised",
    )


def test_four_decimals_count_as_unit_length(lp):
    assert read_lp(lp("1\na.jpg 0.3368 0.9254 0.1736\n")).notes == ()


def test_a_light_just_below_the_horizon_is_kept_and_reported(lp):
    found = read_lp(lp("2\na.jpg 0 0 1\nb.jpg 0.962735 0.270443 -0.001191\n"))
    assert found.rows[1].light[2] == pytest.approx(-0.001191, abs=1e-6)
    assert found.notes == ("dirs.lp: 1 light below the horizon kept as measured, the lowest at -0.07° (line 3)",)


def test_a_count_that_disagrees_is_reported(lp):
    found = read_lp(lp("5\na.jpg 0 0 1\nb.jpg 0 0 1\n"))
    assert len(found.rows) == 2
    assert found.notes == ("dirs.lp: the list counts 5 lights, 2 rows follow; all rows were read",)
    assert isinstance(found.notes[0], Doubt)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("2\na.jpg 0 0 1\nb.jpg 0 1\n", "dirs.lp:3: expected 'filename lx ly lz', found 3 fields"),
        ("1\n0\n", "dirs.lp:2: expected a row 'filename lx ly lz', found '0'"),
        ("1\n\na.jpg 0 x 1\n", "dirs.lp:3: expected three numbers after the filename, found 'x'"),
        ("1\na.jpg 0 nan 1\n", "dirs.lp:2: expected three numbers after the filename, found 'nan'"),
        ("1\na.jpg 0 1.234,5 1\n", "dirs.lp:2: expected three numbers after the filename, found '1.234,5'"),
        ("1\na.jpg 0 0 0\n", "dirs.lp:2: expected a light direction of non-zero finite length, found 0 0 0"),
        ("1\na.jpg 0 0 9e999\n", "dirs.lp:2: expected a light direction of non-zero finite length, found 0 0 inf"),
        ("0 0 1\na.jpg 0 0 1\n", "dirs.lp:2: expected 'lx ly lz', found 4 fields"),
        ("-1\na.jpg 0 0 1\n", "dirs.lp:1: expected a row 'filename lx ly lz', found '-1'"),
        ("3\n", "dirs.lp: expected rows 'filename lx ly lz' after the count, found none"),
        (" \n", "dirs.lp: expected a count and rows 'filename lx ly lz', found an empty file"),
        (
            "1\na.jpg 0 0 -1\n",
            "dirs.lp:2: expected a light above the object's plane, found z = -1: "
            "flip the vector if it points from the light to the object",
        ),
    ],
)
def test_errors_name_file_and_line(lp, content, message):
    with pytest.raises(CollectionError) as caught:
        read_lp(lp(content))
    assert str(caught.value) == message


def test_long_lines_are_quoted_in_part(lp):
    with pytest.raises(CollectionError, match=r"found 'x{40}…'$"):
        read_lp(lp("x" * 4000))


def test_a_file_too_large_to_be_a_list_is_rejected(lp, monkeypatch):
    monkeypatch.setattr(lp_file, "MAX_BYTES", 10)
    with pytest.raises(CollectionError, match="expected a list of light directions of at most 10 bytes, got more"):
        read_lp(lp("1\na.jpg 0 0 1\n"))


def test_a_missing_file_and_a_folder_are_rejected(tmp_path):
    with pytest.raises(CollectionError, match=r"none\.lp: expected a list of light directions, got No such file"):
        read_lp(tmp_path / "none.lp")
    with pytest.raises(CollectionError, match="got a folder"):
        read_lp(tmp_path)


@one_folder
@given(data=st.binary(max_size=200))
@example(data=b"1\n\x00 0 0 1")
@example(data=b"1\nx 1e999 -1e999 0")
@example(data="１\na ０ ０ １".encode())
def test_any_bytes_give_rows_or_a_collection_error(lp, data):
    try:
        found = read_lp(lp(data))
    except CollectionError:
        return
    assert found.rows


number = st.sampled_from(["0", "1", "-0,5", "1e3", "nan", "1e999", ".", "0.2.3", ""])
line = st.lists(st.one_of(number, st.sampled_from(["a.jpg", "a b", "\t"])), max_size=6).map(" ".join)


@one_folder
@given(lines=st.lists(line, max_size=6))
def test_any_rows_give_unit_vectors_or_a_collection_error(lp, lines):
    try:
        found = read_lp(lp("\n".join(["3", *lines])))
    except CollectionError:
        return
    assert all(math.hypot(*row.light) == pytest.approx(1) for row in found.rows)


name = st.text(st.characters(codec="utf-8"), min_size=1)
angles = st.tuples(st.floats(-180, 180), st.floats(-5, 90))


@one_folder
@given(rows=st.lists(st.tuples(name, angles), min_size=1, max_size=5))
@example(rows=[("photo (1).jpg", (0.0, 90.0))])
def test_what_is_written_is_read_back(tmp_path, rows):
    azimuth, elevation = np.deg2rad([angle for _, angle in rows]).T
    lights = np.stack(
        [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth), np.sin(elevation)], axis=1
    )
    try:
        write_lp(tmp_path / "round.lp", [name for name, _ in rows], lights)
    except ArgumentError:
        unusual = r"^$|^\s|\s$|^[#;]|[\r\n\0]|^\".*\"$|(^|\s)[+-]?[\d.,]+([eE][+-]?\d+)?$"
        names = [name for name, _ in rows]
        assert len(set(names)) < len(names) or any(re.search(unusual, name) for name in names)
        return
    found = read_lp(tmp_path / "round.lp").rows
    assert [row.name for row in found] == [name for name, _ in rows]
    assert np.abs(np.array([row.light for row in found]) - lights).max() < 1e-7


@pytest.mark.parametrize(
    ("names", "lights"),
    [
        (["a"], np.eye(3)),
        ([], np.empty((0, 3))),
        (["a", "b", "a"], np.eye(3)),
        *(
            ([name], np.eye(3)[:1])
            for name in ("a\nb", " a", "", "#1.jpg", ";a", '"a"', "photo 1", "-1", "a\0", "\udce9")
        ),
    ],
)
def test_writing_rejects_what_a_row_cannot_hold(tmp_path, names, lights):
    with pytest.raises(ArgumentError):
        write_lp(tmp_path / "dirs.lp", names, lights)
    assert not (tmp_path / "dirs.lp").exists()


def test_real_lists(shared_data):
    rings = read_lp(shared_data / "synthrti/Single/Object1/material1/Dome/dirs.lp")
    assert len(rings.rows) == 49 and rings.notes == ()
    tilted = read_lp(shared_data / "realrti/item7/dirs.lp")
    assert tilted.rows[16].light[2] < 0 and "line 18" in tilted.notes[0]
    assert "(0.795–1.060)" in read_lp(shared_data / "realrti/item11/dirs.lp").notes[0]
