"""`fastrti normals`: the normal map of an object."""

import argparse
from pathlib import Path
from typing import Any

from fastrti.cli.arguments import add_backend_argument, add_object_arguments, check_kept, load_object
from fastrti.cli.terminal import say
from fastrti.errors import ArgumentError
from fastrti.files import check_place
from fastrti.rendering.normals import check_normals_name, estimate_normals, save_normals
from fastrti.rendering.renderer import Renderer


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "normals",
        help="write the normal map of an object",
        description=(
            "Draws the object under many lights, fits a matt surface to each pixel, and writes its normals as a PNG.\n"
            "Red is x (to the right), green is y, blue is z (to the camera). Black means -1, white means 1."
        ),
        epilog="example:\n  fastrti normals vase -o vase_normals.png --bits 16",
    )
    add_object_arguments(parser)
    parser.add_argument("-o", "--output", metavar="PNG", type=Path, required=True, help="the picture to write")
    parser.add_argument("--bits", type=int, choices=(8, 16), default=8, help="bits per channel (default: 8)")
    parser.add_argument(
        "--convention",
        choices=("opengl", "directx"),
        default="opengl",
        help="opengl: green grows upwards (default); directx: downwards",
    )
    add_backend_argument(parser)
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Writes the map and prints its name."""
    check_normals_name(arguments.output)
    check_kept(arguments.object, arguments.output)
    check_place(arguments.output, error=ArgumentError)
    normals = estimate_normals(Renderer(load_object(arguments), backend=arguments.backend))
    save_normals(arguments.output, normals, arguments.bits, arguments.convention)
    say(arguments.output)
