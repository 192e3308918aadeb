"""`fastrti annotate`: the notes of an object."""

import argparse
from pathlib import Path
from typing import Any

from fastrti.cli.arguments import add_size_argument, light
from fastrti.cli.terminal import say
from fastrti.errors import ArgumentError, ObjectError
from fastrti.files import check_place, replace_file
from fastrti.formats.fastrti_folder import ANNOTATIONS, keep_annotations, own_info
from fastrti.formats.reading.plane_files import checked_size
from fastrti.json_fields import json_text, read_json_value
from fastrti.lights import unit_light
from fastrti.objects.annotations import Annotation, Kind, annotation_page, read_annotations, summary
from fastrti.text import printable

_PLACES: dict[Kind, str] = {
    "point": "where --add puts a point",
    "line": "the corners of a line, two or more",
    "rectangle": "two opposite corners",
    "polygon": "the corners of a polygon, three or more",
}


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "annotate",
        help="list, add, remove, import and export the notes of an object",
        description=(
            "Lists the notes of an object, a line each: its id, shape, place and text.\n"
            "Places are in pixels from the left and the top of the picture. A note remembers the light of --light,\n"
            "and the viewer shows the object under it. Notes are W3C Web Annotations: the viewer and other programs\n"
            "read and write the same files."
        ),
        epilog=(
            "examples:\n"
            "  fastrti annotate vase\n"
            '  fastrti annotate vase --add "a chip" --point 120,85 --light 0.6,0.2\n'
            "  fastrti annotate vase --import annotations.json"
        ),
    )
    parser.add_argument("object", metavar="OBJECT", type=Path, help="object folder of fastrti")
    add_size_argument(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--add", metavar="TEXT", help="add a note, at --point, --line, --rectangle or --polygon")
    what.add_argument("--remove", metavar="ID", help="remove the note of this id")
    what.add_argument("--import", metavar="FILE", dest="imported", type=Path, help="add the notes of a file")
    what.add_argument("--export", metavar="FILE", type=Path, help="write all notes into a file")
    place = parser.add_mutually_exclusive_group()
    for name, what_it_takes in _PLACES.items():
        place.add_argument(f"--{name}", nargs="+", type=_point, metavar="X,Y", help=what_it_takes)
    parser.add_argument("--light", type=light, metavar="X,Y", help="the light that the note of --add remembers")
    parser.add_argument("--creator", default="", metavar="NAME", help="who wrote the note of --add")
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Changes the notes, or prints them."""
    notes = _stored(arguments.object, arguments.max_pixels)
    kinds = [kind for kind in _PLACES if getattr(arguments, kind)]
    if arguments.add is None and (kinds or arguments.light or arguments.creator):
        raise ArgumentError("expected --add with a place, a light or a creator, got none: add --add TEXT")
    if arguments.add is not None:
        if not kinds:
            raise ArgumentError("expected a place for the note, got none: add --point X,Y")
        points = tuple(getattr(arguments, kinds[0]))
        note = Annotation(arguments.add, kinds[0], points, _state(arguments.light), arguments.creator)
        keep_annotations(arguments.object, (*notes, note))
        say(printable(summary(note)))
    elif arguments.remove is not None:
        kept = tuple(note for note in notes if note.id != arguments.remove)
        if len(kept) == len(notes):
            raise ObjectError(f"{arguments.object}: expected a note of the id {arguments.remove}, got none of it")
        keep_annotations(arguments.object, kept)
    elif arguments.imported is not None:
        _import(arguments, notes)
    elif arguments.export is not None:
        check_place(arguments.export, error=ArgumentError)
        replace_file(arguments.export, json_text(annotation_page(notes)), ArgumentError)
        say(arguments.export)
    else:
        for note in notes:
            say(printable(summary(note)))


def _import(arguments: argparse.Namespace, notes: tuple[Annotation, ...]) -> None:
    """A note takes the place of the one with its id."""
    page = read_json_value(arguments.imported)
    found = read_annotations(page, str(arguments.imported))
    if not found:
        raise ObjectError(f"{arguments.imported}: expected notes with a place on the picture, got none")
    ids = {note.id for note in found}
    keep_annotations(arguments.object, (*(note for note in notes if note.id not in ids), *found))
    say(f"{arguments.object}: {len(found)} notes of {arguments.imported}")


def _stored(folder: Path, max_pixels: int | None) -> tuple[Annotation, ...]:
    if folder.is_file():
        raise ObjectError(f"{folder}: expected an object folder of fastrti, got a file: unpack or convert it first")
    info = own_info(folder)
    checked_size(info, max_pixels)  # what no command would open is not changed either
    if not info.values.get("annotations"):
        return ()
    return read_annotations(read_json_value(folder / ANNOTATIONS), str(folder / ANNOTATIONS))


def _state(light_dir: tuple[float, ...] | None) -> str:
    if light_dir is None:
        return ""
    return "light=" + ",".join(f"{value:.8g}" for value in unit_light(light_dir))


def _point(text: str) -> tuple[float, float]:
    """x,y as an argparse type."""
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected x,y in pixels such as 120,85, got {text!r}") from None
    return x, y
