"""`fastrti pack`: an object as one file that is read in parts."""

import argparse
from pathlib import Path
from typing import Any

from fastrti.cli.arguments import add_object_arguments, check_kept, load_object, object_name
from fastrti.cli.terminal import say
from fastrti.errors import ArgumentError
from fastrti.files import check_place
from fastrti.formats import save
from fastrti.formats.pack import SUFFIX
from fastrti.rendering.normals import with_normals


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "pack",
        help="make one file of an object, for the web and for large pictures",
        description=(
            f"Writes an object as one file, NAME{SUFFIX}. It holds the object at full size and at 1/2, 1/4, … of it,\n"
            "cut into tiles. Programs read only the tiles that they show: from a disk, or from any web server that\n"
            "serves ranges of a file. The file is a BigTIFF, which GDAL, QGIS, libvips and tifffile read.\n\n"
            "Nothing is lost: `fastrti unpack` makes the folder of the object again. Normals are added where the\n"
            "object has none."
        ),
        epilog=f"examples:\n  fastrti pack vase\n  fastrti pack coin.ptm -o site/coin{SUFFIX}",
    )
    add_object_arguments(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE", help=f"file to write, ending in {SUFFIX} (default: named like OBJECT)"
    )
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Writes the file and prints its name and size."""
    output = Path(arguments.output or f"{object_name(arguments.object)}{SUFFIX}")
    if not output.name.lower().endswith(SUFFIX):
        raise ArgumentError(f"expected -o to name a file that ends in {SUFFIX}, got {output}: add {SUFFIX}")
    check_kept(arguments.object, output)
    check_place(output, error=ArgumentError)
    relightable = with_normals(load_object(arguments))
    save(relightable, output)
    size = output.stat().st_size
    pixels = relightable.width * relightable.height
    say(f"{output}: {relightable.width}×{relightable.height} pixels, {size:,} bytes, {size / pixels:.2f} per pixel")
