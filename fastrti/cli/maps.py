"""`fastrti maps`: the surface of an object for 3-D programs."""

import argparse
from pathlib import Path
from typing import Any

from fastrti.cli.arguments import add_backend_argument, add_object_arguments, check_kept, load_object
from fastrti.cli.terminal import note, say
from fastrti.errors import ArgumentError
from fastrti.files import check_place
from fastrti.rendering.renderer import Renderer
from fastrti.sharing.map_files import BITS, check_maps, save_maps
from fastrti.sharing.relief_mesh import VERTICES
from fastrti.surface.maps import few_lights, surface_maps


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "maps",
        help="write the surface of an object for 3-D programs",
        description=(
            "Estimates the surface of an object from its pictures under many lights, and writes a folder:\n"
            "  albedo, normals, height, roughness   one picture each\n"
            "  relief.glb                           a mesh with albedo, normals and roughness as textures\n"
            "  relief.ply                           the mesh with colours at its vertices\n"
            "  maps.json                            what black and white mean in each picture\n\n"
            "Heights are in millimetres where the scale of the object is known, else in pixels.\n"
            "They are estimates, not measurements: docs/maps.md says how good they are."
        ),
        epilog="examples:\n  fastrti maps vase -o vase_maps\n  fastrti maps vase -o vase_maps --format exr",
    )
    add_object_arguments(parser)
    parser.add_argument("-o", "--output", metavar="FOLDER", type=Path, required=True, help="folder to write")
    parser.add_argument(
        "--format",
        choices=tuple(BITS),
        default="png",
        help="of the pictures (default: png); tiff needs pip install 'fastrti[16bit]', exr 'fastrti[exr]'",
    )
    parser.add_argument(
        "--bits", type=int, choices=(8, 16, 32), help="of each sample: png 8, 16; tiff 8, 16, 32; exr 16, 32"
    )
    parser.add_argument(
        "--convention",
        choices=("opengl", "directx"),
        default="opengl",
        help="of the normals: green grows upwards (opengl, default) or downwards (directx)",
    )
    parser.add_argument(
        "--vertices", type=_vertices, default=VERTICES, metavar="N", help=f"of the relief at most (default: {VERTICES})"
    )
    add_backend_argument(parser)
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Writes the folder and prints its name."""
    check_kept(arguments.object, arguments.output)
    check_maps(arguments.output, arguments.format, arguments.bits)
    check_place(arguments.output, error=ArgumentError)
    renderer = Renderer(load_object(arguments), backend=arguments.backend)
    if sentence := few_lights(renderer.relightable):
        note(sentence)
    what = renderer.relightable
    maps = surface_maps(renderer)
    options = (arguments.format, arguments.bits, arguments.convention, arguments.vertices)
    save_maps(arguments.output, maps, *options, title=what.title, rights=what.rights)
    say(arguments.output)


def _vertices(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and int(text) >= 4):
        raise argparse.ArgumentTypeError(f"expected a number of vertices from 4, such as 50000, got {text!r}")
    return int(text)
