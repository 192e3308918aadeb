"""`fastrti normals`: the normal map of an object."""

import argparse
from pathlib import Path
from typing import Any

from fastrti.cli.arguments import add_backend_argument
from fastrti.rendering.normals import estimate_normals, save_normals
from fastrti.rendering.renderer import Renderer


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Adds the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "normals",
        help="the normal map of an object",
        description=(
            "Fits a matt surface to how each pixel answers the light, and writes its normals as a PNG:\n"
            "red = x (right), green = y, blue = z (to the camera), from -1 (black) to 1 (white)."
        ),
        epilog="example:\n  fastrti normals vase -o vase_normals.png --bits 16",
    )
    parser.add_argument("object", metavar="OBJECT", help="a relightable object")
    parser.add_argument("-o", "--output", metavar="PNG", type=Path, required=True, help="the picture to write")
    parser.add_argument("--bits", type=int, choices=(8, 16), default=8, help="bits a channel (default: 8)")
    parser.add_argument(
        "--convention",
        choices=("opengl", "directx"),
        default="opengl",
        help="whether green grows upwards (opengl, default) or downwards (directx)",
    )
    add_backend_argument(parser)
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Writes the map and prints its name."""
    normals = estimate_normals(Renderer(arguments.object, backend=arguments.backend))
    save_normals(arguments.output, normals, arguments.bits, arguments.convention)
    print(arguments.output)
