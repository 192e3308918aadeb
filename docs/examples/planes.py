"""A new command, `fastrti planes`: the planes of an object as pictures."""

import argparse
from pathlib import Path
from typing import Any

from fastrti.cli.arguments import OBJECT_HELP
from fastrti.formats import load
from fastrti.sharing.save import save_picture


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "planes",
        help="the planes of an object as pictures",
        description="Writes each plane of an object as a grey PNG.",
        epilog="example:\n  fastrti planes vase -o planes/",
    )
    parser.add_argument("object", metavar="OBJECT", help=OBJECT_HELP)
    parser.add_argument("-o", "--output", metavar="FOLDER", type=Path, required=True, help="folder to write to")
    return parser


def run(arguments: argparse.Namespace) -> None:
    for number, plane in enumerate(load(arguments.object).planes, start=1):
        path = arguments.output / f"plane_{number}.png"
        save_picture(path, plane)
        print(path)
