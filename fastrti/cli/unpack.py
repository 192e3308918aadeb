"""`fastrti unpack`: the folder of an object that was packed into one file."""

import argparse
from typing import Any

from fastrti.cli.arguments import add_size_argument, check_kept, object_name
from fastrti.cli.terminal import say
from fastrti.errors import ArgumentError
from fastrti.formats import open_object, save
from fastrti.formats.fastrti_folder import check_destination
from fastrti.formats.pack import SUFFIX, Pack


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "unpack",
        help="make the folder of an object again from a pack",
        description=f"Reads a file that `fastrti pack` made, NAME{SUFFIX}, and writes the folder of the object.",
        epilog=f"example:\n  fastrti unpack vase{SUFFIX} -o vase",
    )
    parser.add_argument("pack", metavar="FILE", help="file that `fastrti pack` made")
    add_size_argument(parser)
    parser.add_argument("-o", "--output", metavar="FOLDER", help="folder to write (default: named like FILE)")
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Writes the folder and prints its name."""
    output = arguments.output or object_name(arguments.pack)
    check_kept(arguments.pack, output)
    pack = open_object(arguments.pack, arguments.max_pixels)
    if not isinstance(pack, Pack):
        raise ArgumentError(f"expected a file that `fastrti pack` made, got {arguments.pack}: use fastrti convert")
    check_destination(output)
    save(pack.whole(), output, "fastrti")
    say(f"{output}: {pack.width}×{pack.height} pixels, {pack.model.decoder.label}")
