"""`fastrti relight`: pictures of an object under new lights."""

import argparse
import os
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from fastrti.cli.arguments import (
    add_backend_argument,
    add_object_arguments,
    check_kept,
    light,
    object_name,
    opened_object,
    scale,
)
from fastrti.cli.collections import labelled, print_facts
from fastrti.cli.terminal import say
from fastrti.errors import ArgumentError
from fastrti.files import check_place
from fastrti.lights import LightDirection, raised_to_horizon
from fastrti.photographs.lp_file import LightList, LightRow, read_lp
from fastrti.photographs.names import stem
from fastrti.progress import counted
from fastrti.rendering.enhanced import GAIN, Enhanced, Enhancement
from fastrti.rendering.renderer import Renderer
from fastrti.sharing.save import PICTURE_SUFFIXES, check_picture_name, save_picture, save_sweep
from fastrti.sharing.sheets import light_sheet

_NOT_IN_NAMES = re.compile('[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff<>:"|?*]')
"""What some system does not allow in the name of a file, and what turns or breaks a line of text."""


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "relight",
        help="draw an object under new lights",
        description=(
            "Draws an object under new lights.\n"
            "  one --light             one picture\n"
            "  several, or --lights    a folder of pictures\n"
            "  the same with --sheet   all pictures on one sheet, with labels\n"
            "  --sweep                 an animation: the light goes once around the object\n\n"
            "A light is x,y or x,y,z: x grows to the right, y grows upwards, z points to the camera.\n"
            "Pictures for an .lp file are named after its rows. Where the folders of the rows differ, the names begin\n"
            "with the folders: ring1/a.jpg and ring2/a.jpg become ring1_a.png and ring2_a.png.\n\n"
            "--enhance exaggerates the shape (Malzbender et al. 2001). diffuse makes the change from light to dark\n"
            "steeper. specular makes the surface glossy. The first enhanced picture waits for the object's normals."
        ),
        epilog=(
            "examples:\n"
            "  fastrti relight vase --light -0.3,0.5 -o vase.png\n"
            "  fastrti relight vase --light 0.7,0 --light 0,0.7 -o pictures/\n"
            "  fastrti relight vase --lights photographs/dome.lp --sheet -o sheet.png\n"
            "  fastrti relight vase --light 0.3,0.5 --enhance specular --gain 2 -o glossy.png\n"
            "  fastrti relight vase --sweep -o vase.webp"
        ),
    )
    add_object_arguments(parser)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--light", dest="lights", type=light, action="append", metavar="x,y[,z]", help="a light; repeat it for several"
    )
    which.add_argument("--lights", dest="lp", metavar="FILE", help="an .lp file: a picture for each row, with its name")
    which.add_argument("--sweep", action="store_true", help="an animation: .webp, .gif, or .mp4 if ffmpeg is installed")
    parser.add_argument("--sheet", action="store_true", help="all lights on one sheet with labels, reduced")
    parser.add_argument("--enhance", choices=get_args(Enhancement), help="exaggerate the shape")
    parser.add_argument("--gain", type=float, metavar="G", help=f"strength of --enhance, 1 to 5 (default: {GAIN})")
    parser.add_argument("--scale", type=scale, default=1.0, metavar="S", help="size: 1/2, 1/4, … 1/64 (default: 1)")
    parser.add_argument("-o", "--output", metavar="PATH", help="file or folder to write (default: named like OBJECT)")
    add_backend_argument(parser)
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Writes the pictures and prints their names."""
    _check(arguments)
    renderer = _renderer(arguments)
    name = object_name(arguments.object)
    if arguments.sweep:
        output = Path(arguments.output or f"{name}.webp")
        check_kept(arguments.object, output)
        check_place(output, error=ArgumentError)
        save_sweep(output, renderer, arguments.scale)
        say(output)
        return
    listed = read_lp(arguments.lp) if arguments.lp else None
    paths, captions, lights = _wanted(arguments, name, listed)
    for path in paths:
        check_picture_name(path)
        check_kept(arguments.object, path)
    check_place(paths[0], error=ArgumentError)
    print_facts(labelled(_notes(listed) if listed else ()))
    drawn = counted(lights, "drawing") if arguments.sheet else lights  # else the names of files tell how far it is
    pictures = (renderer.to_host(renderer.relight(light_dir, scale=arguments.scale)) for light_dir in drawn)
    for path, picture in zip(paths, [light_sheet(pictures, captions)] if arguments.sheet else pictures):
        save_picture(path, picture)
        say(path)


def _check(arguments: argparse.Namespace) -> None:
    if arguments.sheet and arguments.sweep:
        raise ArgumentError("expected --sheet with --light or --lights, got --sweep: leave one out")
    if arguments.gain is not None and arguments.enhance is None:
        raise ArgumentError("expected --gain with --enhance, got --gain alone: add --enhance")


def _renderer(arguments: argparse.Namespace) -> Renderer | Enhanced:
    renderer = Renderer(opened_object(arguments), backend=arguments.backend)
    if arguments.enhance is None:
        return renderer
    return Enhanced(renderer, arguments.enhance, GAIN if arguments.gain is None else arguments.gain)


def _wanted(
    arguments: argparse.Namespace, name: str, listed: LightList | None
) -> tuple[list[Path], list[str], Sequence[LightDirection]]:
    """The files to write, and the lights with their captions on a sheet."""
    rows = listed.rows if listed else ()
    lights: Sequence[LightDirection] = [raised_to_horizon(row.light) for row in rows] if rows else arguments.lights
    named = listed is not None and listed.named
    names = [f"light_{number:03d}" for number in range(1, len(lights) + 1)]
    if named:
        names = picture_names([row.name for row in rows])
    if arguments.sheet:
        captions = names if named else [", ".join(f"{value:.2f}" for value in light_dir) for light_dir in lights]
        return [Path(arguments.output or f"{name}_sheet.png")], captions, lights
    if not rows and len(lights) == 1:
        return [Path(arguments.output or f"{name}.png")], names, lights
    folder = Path(arguments.output or f"{name}_relit")
    if folder.suffix.lower() in PICTURE_SUFFIXES:
        raise ArgumentError(f"expected -o to name a folder for {len(names)} pictures, got the file name {folder}")
    if named:
        _check_names(arguments.lp, rows, names, folder)
    return [folder / f"{name}.png" for name in names], names, lights


def _notes(listed: LightList) -> list[str]:
    """What the reader of a list had to guess."""
    encoding = [] if listed.unicode else [f"{listed.name}: not in Unicode; its names were read as Latin-1"]
    return [*listed.notes, *encoding]


def picture_names(listed: Sequence[str]) -> list[str]:
    """Names for the pictures of a light list: without suffixes, and after the folders in which they differ.

    Args:
        listed: the photographs as the list has them, with folders of any system.

    Returns:
        As many names, in Unicode's form NFC, of characters that every system allows. They may be equal or empty.
    """
    paths = [_parts(name) for name in listed]
    folders = [path[:-1] for path in paths]
    common = next(n for n in range(min(map(len, folders)), -1, -1) if all(f[:n] == folders[0][:n] for f in folders))
    return ["_".join([*path[common:-1], *(stem(name) for name in path[-1:])]) for path in paths]


def _parts(name: str) -> list[str]:
    """The folders and the file of a path, without what leads nowhere or upwards."""
    safe = unicodedata.normalize("NFC", name).replace("\\", "/")
    parts = [_NOT_IN_NAMES.sub("_", part).strip() for part in safe.split("/")]
    return [part for part in parts if part.strip(".")]


def _check_names(lp: str, rows: Sequence[LightRow], names: Sequence[str], folder: Path) -> None:
    """Raises ArgumentError unless each row has a picture of its own that is none of the photographs."""
    first: dict[str, LightRow] = {}
    photographs = {os.path.realpath(Path(lp).parent / row.name.replace("\\", "/")) for row in rows}
    for row, name in zip(rows, names):
        where, file = f"{Path(lp).name}:{row.line}", f"{name}.png"
        if not name:
            raise ArgumentError(f"{where}: expected a row that names a file, got {row.name!r}: correct the list")
        other = first.setdefault(unicodedata.normalize("NFC", name.casefold()), row)
        if other is not row:
            raise ArgumentError(
                f"{where}: expected a picture of its own for each row, got {file} for {row.name!r} and for "
                f"{other.name!r} in line {other.line}: rename one in the list"
            )
        if os.path.realpath(folder / file) in photographs:
            raise ArgumentError(
                f"expected -o to name a folder apart from the photographs, got {folder}, which holds {file}: "
                "choose another name"
            )
