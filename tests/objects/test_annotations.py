"""Annotations: what is read and written, what foreign files may hold, and where they are kept."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from objects import relightable

from fastrti import load, save
from fastrti.cli import main
from fastrti.errors import ArgumentError, ObjectError
from fastrti.objects.annotations import Annotation, annotation_page, read_annotations
from fastrti.sharing.web import export_folder

NOTES = (
    Annotation("a chip", "point", ((12.5, 40),), "light=0.1234567,-0.5", "Ana"),
    Annotation("", "line", ((1, 2), (3, 4.125), (-5, 6))),
    Annotation("two\nlines & <b>", "rectangle", ((30, 45), (20, 30))),
    Annotation("x", "polygon", ((0, 0), (9, 0), (9, 9))),
)
SVG = '<svg xmlns="http://www.w3.org/2000/svg">{}</svg>'


def page(*items: Any) -> Any:
    return json.loads(json.dumps({"items": items}))


def item(selector: Any, **others: Any) -> dict[str, Any]:
    return {"body": [{"value": "a"}], "target": {"selector": selector}, **others}


def test_what_is_written_is_read() -> None:
    read = read_annotations(page(*annotation_page(NOTES)["items"]), "notes")
    assert read[0] == NOTES[0] and read[1] == NOTES[1] and read[3] == NOTES[3]
    assert read[2].points == ((20, 30), (30, 45)) and read[2].text == NOTES[2].text  # corners in order
    assert len({note.id for note in read}) == 4 and all(note.created for note in read)


def test_what_fastrti_does_not_know_is_kept() -> None:
    foreign = item(
        {"type": "PointSelector", "x": 1, "y": 2}, motivation="tagging", stylesheet={"type": "CssStylesheet"}
    )
    foreign["target"] |= {"source": "https://example.org/vase", "scope": "https://example.org/"}
    (written,) = annotation_page(read_annotations(page(foreign), "notes"))["items"]
    assert (written["motivation"], written["stylesheet"]) == ("tagging", {"type": "CssStylesheet"})
    assert (written["target"]["source"], written["target"]["scope"]) == (
        "https://example.org/vase",
        "https://example.org/",
    )


@pytest.mark.parametrize(
    ("selector", "points"),
    [
        ({"type": "FragmentSelector", "value": "xywh=1,2,3,4"}, ((1, 2), (4, 6))),
        ({"type": "FragmentSelector", "value": "xywh=pixel:1.5,2,3,4"}, ((1.5, 2), (4.5, 6))),
        (
            {"type": "SvgSelector", "value": SVG.format("<polygon class='a' points='1,2 3,4,5 6'/>")},
            ((1, 2), (3, 4), (5, 6)),
        ),
        ([{"type": "CssSelector", "value": "p"}, {"type": "PointSelector", "x": 7, "y": 8}], ((7, 8),)),
    ],
)
def test_selectors_of_other_programs(selector: Any, points: Any) -> None:
    (note,) = read_annotations([item(selector)], "notes")
    assert note.points == points


@pytest.mark.parametrize(
    "annotation",
    [
        None,
        5,
        "x",
        [],
        {},
        {"target": None},
        item(None),
        item({"type": "PointSelector", "x": 1e300, "y": 0}),
        item({"type": "PointSelector", "x": "1", "y": 0}),
        item({"type": "PointSelector"}),
        item({"type": "FragmentSelector", "value": "xywh=1,2,3"}),
        item({"type": "FragmentSelector", "value": "t=10"}),
        item({"type": "SvgSelector", "value": SVG.format("<script>alert(1)</script>")}),
        item({"type": "SvgSelector", "value": SVG.format("<polygon points='1,2'/>")}),
        item({"type": "SvgSelector", "value": SVG.format("<polygon points='" + "1,1 " * 5000 + "'/>")}),
    ],
)
def test_what_has_no_place_on_the_picture_is_left_out(annotation: Any) -> None:
    assert read_annotations([annotation], "notes") == ()


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("text", "notes: expected W3C Web Annotations, got another file"),
        ({"items": {}}, "notes: expected W3C Web Annotations, got another file"),
        ([None] * 10_001, "notes: expected at most 10000 annotations, got 10001"),
    ],
)
def test_other_files_are_refused(value: Any, sentence: str) -> None:
    with pytest.raises(ObjectError) as caught:
        read_annotations(value, "notes")
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("a", "circle", ((1, 2),)), "expected one of point, line, rectangle, polygon, got 'circle'"),
        (("a", "point", ()), "expected 1 points of a point, got 0"),
        (("a", "rectangle", ((1, 2),)), "expected 2 points of a rectangle, got 1"),
        (("a", "point", ((float("nan"), 1),)), "expected coordinates in pixels of the picture"),
        (("a" * 20_001, "point", ((1, 2),)), "expected a text of at most 20000 characters, got 20001"),
    ],
)
def test_shapes_that_are_none(arguments: Any, sentence: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        Annotation(*arguments)
    assert str(caught.value).startswith(sentence)


def test_objects_and_web_exports_carry_them(tmp_path: Path) -> None:
    what = replace(relightable("ptm", 6, 8), annotations=NOTES)
    save(what, tmp_path / "object")
    assert load(tmp_path / "object").annotations[0] == NOTES[0]
    export_folder(what, tmp_path / "site", tiles=True)
    exported = json.loads((tmp_path / "site" / "object" / "annotations.json").read_text())
    assert [each["id"] for each in exported["items"]] == [note.id for note in NOTES]
    save(replace(what, annotations=()), tmp_path / "object")
    assert load(tmp_path / "object").annotations == () and not (tmp_path / "object" / "annotations.json").exists()


def annotate(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:
    """The exit code, and all that was printed."""
    code = main(["annotate", *map(str, arguments)])
    printed = capsys.readouterr()
    return code, printed.out + printed.err


def test_the_command_adds_lists_removes_and_passes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vase = tmp_path / "vase"
    save(relightable("ptm", 6, 8), vase)
    planes = {path.name: path.stat().st_mtime_ns for path in vase.glob("plane_*")}
    assert annotate(capsys, vase, "--add", "a chip", "--point", "1,2", "--light", "0.6,0", "--creator", "Ana")[0] == 0
    assert annotate(capsys, vase, "--add", "a field", "--rectangle", "1,2", "3,4")[0] == 0
    code, listed = annotate(capsys, vase)
    first, second = listed.splitlines()
    assert code == 0 and first.endswith("point 1,2  a chip") and second.endswith("rectangle 1,2 3,4  a field")
    assert load(vase).annotations[0].state == "light=0.6,0,0.8"
    assert annotate(capsys, vase, "--export", tmp_path / "notes.json")[0] == 0
    assert annotate(capsys, vase, "--remove", first.split()[0])[0] == 0
    assert annotate(capsys, vase)[1].splitlines() == [second]
    assert annotate(capsys, vase, "--import", tmp_path / "notes.json")[0] == 0
    assert sorted(annotate(capsys, vase)[1].splitlines()) == sorted([first, second])  # none twice
    assert planes == {path.name: path.stat().st_mtime_ns for path in vase.glob("plane_*")}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--add", "x"), "expected a place for the note, got none: add --point X,Y"),
        (("--point", "1,2"), "expected --add with a place, a light or a creator, got none: add --add TEXT"),
        (("--remove", "no"), "expected a note of the id no, got none of it"),
        (("--add", "x", "--polygon", "1,2", "3,4"), "expected 3 to 1000 points of a polygon, got 2"),
    ],
)
def test_the_command_says_what_it_wants(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    save(relightable("ptm", 6, 8), tmp_path / "vase")
    code, said = annotate(capsys, tmp_path / "vase", *arguments)
    assert code == 1 and sentence in said
    assert load(tmp_path / "vase").annotations == ()


def test_another_format_has_to_be_converted_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "info.json").write_text('{"type": "ptm"}')
    code, said = annotate(capsys, tmp_path, "--add", "x", "--point", "1,2")
    assert code == 1 and "expected an object folder of fastrti, got another one: convert it first" in said
