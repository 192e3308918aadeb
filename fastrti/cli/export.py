"""`fastrti export`: an object for other people's programs."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastrti.cli.arguments import add_object_arguments, check_kept
from fastrti.cli.terminal import note, say
from fastrti.errors import ArgumentError
from fastrti.sharing.archive import export_archive
from fastrti.sharing.opened import OpenedObject
from fastrti.sharing.openlime import export_openlime
from fastrti.sharing.site import OBJECT
from fastrti.sharing.web import export_folder, export_single_file


def _to_web(opened: OpenedObject, output: Path, arguments: argparse.Namespace) -> None:
    if arguments.single_file:
        if arguments.tiles:
            raise ArgumentError("expected --single-file or --tiles, got both: leave one out, tiles need a web server")
        check_kept(arguments.object, output)
        opened.estimate_normals()
        export_single_file(opened.relightable, output)
    else:
        check_kept(arguments.object, output / OBJECT)
        opened.estimate_normals()
        export_folder(opened.relightable, output, arguments.tiles)
    if sentence := opened.keep_normals():
        note(sentence)


def _to_openlime(opened: OpenedObject, output: Path, arguments: argparse.Namespace) -> None:
    if arguments.single_file:
        raise ArgumentError("expected --single-file with --to web, got --to openlime: leave --single-file out")
    check_kept(arguments.object, output / OBJECT)
    for sentence in export_openlime(opened.relightable, output, arguments.tiles, arguments.object):
        note(sentence)


def _to_archive(opened: OpenedObject, output: Path, arguments: argparse.Namespace) -> None:
    if arguments.single_file or arguments.tiles:
        option = "--single-file" if arguments.single_file else "--tiles"
        raise ArgumentError(f"expected {option} with --to web, got --to archive: leave {option} out")
    check_kept(arguments.object, output)
    export_archive(opened.relightable, output)


_TARGETS: dict[str, Callable[[OpenedObject, Path, argparse.Namespace], None]] = {
    "web": _to_web,
    "openlime": _to_openlime,
    "archive": _to_archive,
}
"""What writes an object for each target: (object, output, the command's arguments)."""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "export",
        help="write an object for the web, for OpenLIME or for a repository",
        description=(
            "Writes an object for other programs.\n"
            "  web       a folder for any web server, or with --single-file one HTML file that opens by double click\n"
            "  openlime  a folder with a page for OpenLIME, a separate program; its README.txt says how to use it\n"
            "  archive   a folder or .zip file for a repository: the object, where it comes from, checksums, and a\n"
            "            README with the formulas that decode it\n\n"
            "A folder holds tiles when the picture has more than 2 megapixels, so that a viewer loads what is seen.\n"
            "For OpenLIME this holds for PTM, HSH, RBF and bilinear objects. Networks become tiles above 4096 pixels\n"
            "a side, because OpenLIME blurs the last tiles of a network."
        ),
        epilog=(
            "examples:\n  fastrti export vase --to web site/\n  fastrti export vase --to web vase.html --single-file\n"
            "  fastrti export vase --to openlime site/\n  fastrti export vase --to archive vase.zip"
        ),
    )
    add_object_arguments(parser)
    parser.add_argument("--to", choices=tuple(_TARGETS), required=True, help="what to write")
    parser.add_argument(
        "output",
        metavar="OUTPUT",
        type=Path,
        help="folder; the HTML file of --single-file; or a .zip file of an archive",
    )
    parser.add_argument("--single-file", action="store_true", help="for web: write one HTML file")
    parser.add_argument("--tiles", action="store_true", help="write tiles for a smaller picture too")
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Writes the export and prints its name."""
    _TARGETS[arguments.to](OpenedObject(arguments.object, arguments.max_pixels), arguments.output, arguments)
    say(arguments.output)
