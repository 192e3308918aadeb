"""`fastrti relight`: pictures of an object under new lights."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastrti.cli.arguments import OBJECT_HELP, add_backend_argument, light
from fastrti.errors import ArgumentError
from fastrti.lights import LightDirection, raised_to_horizon
from fastrti.lp_file import read_lp
from fastrti.pictures import save_picture, save_sweep, to_numpy
from fastrti.renderer import Renderer


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Adds the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "relight",
        help="pictures of an object under new lights",
        description=(
            "Relights an object. One light gives one picture; several, or the lights of an .lp file, a folder of\n"
            "pictures; --sweep an animation of the light going once around the object.\n"
            "Lights are x,y or x,y,z: +x right, +y up, +z to the camera."
        ),
        epilog=(
            "examples:\n"
            "  fastrti relight vase --light -0.3,0.5 -o vase.png\n"
            "  fastrti relight vase --light 0.7,0 --light 0,0.7 -o pictures/\n"
            "  fastrti relight vase --sweep -o vase.webp"
        ),
    )
    parser.add_argument("object", metavar="OBJECT", help=OBJECT_HELP)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--light", dest="lights", type=light, action="append", metavar="x,y[,z]", help="a light; may be repeated"
    )
    which.add_argument("--lights", dest="lp", metavar="FILE", help="an .lp file: one picture a row, named like it")
    which.add_argument("--sweep", action="store_true", help="an animated WebP or GIF")
    parser.add_argument("-o", "--output", metavar="PATH", help="picture, folder or animation (default: OBJECT's name)")
    add_backend_argument(parser)
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Writes the pictures and prints their names."""
    renderer = Renderer(arguments.object, backend=arguments.backend)
    name = Path(arguments.object).resolve().stem
    if arguments.sweep:
        output = Path(arguments.output or f"{name}.webp")
        save_sweep(output, renderer)
        print(output)
    elif arguments.lp:
        rows = read_lp(arguments.lp).rows
        names = [Path(row.name.replace("\\", "/")).stem for row in rows]
        lights = [raised_to_horizon(row.light) for row in rows]
        _save_folder(Path(arguments.output or f"{name}_relit"), renderer, names, lights)
    elif len(arguments.lights) > 1:
        names = [f"light_{number:03d}" for number in range(1, len(arguments.lights) + 1)]
        _save_folder(Path(arguments.output or f"{name}_relit"), renderer, names, arguments.lights)
    else:
        output = Path(arguments.output or f"{name}.png")
        save_picture(output, to_numpy(renderer.relight(arguments.lights[0])))
        print(output)


def _save_folder(folder: Path, renderer: Renderer, names: Sequence[str], lights: Sequence[LightDirection]) -> None:
    if folder.suffix:
        raise ArgumentError(f"expected -o to name a folder for {len(lights)} pictures, got the file name {folder}")
    for name, light_dir in zip(names, lights):
        path = folder / f"{name}.png"
        save_picture(path, to_numpy(renderer.relight(light_dir)))
        print(path)
