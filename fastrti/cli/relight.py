"""`fastrti relight`: pictures of an object under new lights."""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, get_args

from fastrti.cli.arguments import OBJECT_HELP, add_backend_argument, light, scale
from fastrti.errors import ArgumentError
from fastrti.lights import LightDirection, raised_to_horizon
from fastrti.photographs.lp_file import read_lp
from fastrti.rendering.enhanced import GAIN, Enhancement
from fastrti.rendering.renderer import Renderer
from fastrti.sharing.save import Picture, light_sheet, save_picture, save_sweep, to_numpy


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
            "A light is x,y or x,y,z: x grows to the right, y grows upwards, z points to the camera.\n\n"
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
    parser.add_argument("object", metavar="OBJECT", help=OBJECT_HELP)
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
    renderer = Renderer(arguments.object, backend=arguments.backend)
    gain = GAIN if arguments.gain is None else arguments.gain
    options: dict[str, Any] = {"enhance": arguments.enhance, "gain": gain, "scale": arguments.scale}
    stem = Path(arguments.object).resolve().stem
    if arguments.sweep:
        output = Path(arguments.output or f"{stem}.webp")
        save_sweep(output, renderer, **options)
        print(output)
        return
    names, lights = _named_lights(arguments)
    pictures = (to_numpy(renderer.relight(light_dir, **options)) for light_dir in lights)
    if arguments.sheet:
        _save(Path(arguments.output or f"{stem}_sheet.png"), light_sheet(pictures, names))
    elif arguments.lp or len(lights) > 1:
        _save_folder(Path(arguments.output or f"{stem}_relit"), names, pictures)
    else:
        _save(Path(arguments.output or f"{stem}.png"), next(pictures))


def _check(arguments: argparse.Namespace) -> None:
    if arguments.sheet and arguments.sweep:
        raise ArgumentError("expected --sheet with --light or --lights, got --sweep: leave one out")
    if arguments.gain is not None and arguments.enhance is None:
        raise ArgumentError("expected --gain with --enhance, got --gain alone: add --enhance")


def _named_lights(arguments: argparse.Namespace) -> tuple[list[str], list[LightDirection]]:
    """The lights, each with the name of its picture or, on a sheet, its caption."""
    if arguments.lp:
        rows = read_lp(arguments.lp).rows
        names = [Path(row.name.replace("\\", "/")).stem for row in rows]
        return names, [raised_to_horizon(row.light) for row in rows]
    if arguments.sheet:
        return [", ".join(f"{value:.2f}" for value in light_dir) for light_dir in arguments.lights], arguments.lights
    return [f"light_{number:03d}" for number in range(1, len(arguments.lights) + 1)], arguments.lights


def _save_folder(folder: Path, names: Sequence[str], pictures: Iterable[Picture]) -> None:
    if folder.suffix:
        raise ArgumentError(f"expected -o to name a folder for {len(names)} pictures, got the file name {folder}")
    for name, picture in zip(names, pictures):
        _save(folder / f"{name}.png", picture)


def _save(path: Path, picture: Picture) -> None:
    save_picture(path, picture)
    print(path)
