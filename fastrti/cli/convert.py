"""`fastrti convert`: any object or file of the field → fastrti's own object, or another format."""

import argparse
import sys
from pathlib import Path
from typing import Any

from fastrti.formats.write import WRITERS, write_object
from fastrti.relightable import Relightable

_OWN = "fastrti"


def add_parser(commands: Any) -> argparse.ArgumentParser:
    """Adds the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "convert",
        help="an object or a file of another program in another format",
        description=(
            "Opens an object folder, a NeuralRTI, OpenLIME or Relight folder, a .ptm or an HSH .rti file, and writes\n"
            "  fastrti: an object folder; OpenLIME fails on published NeuralRTI folders, but opens what they become\n"
            "  ptm:     a .ptm file, RGB or LRGB, of an object with a PTM\n"
            "  rti:     an .rti file of an object with hemispherical harmonics\n"
            "  relight: a Relight folder of an object with PTM, HSH, RBF or bilinear interpolation\n"
            "The last three hold neither mask nor provenance."
        ),
        epilog="examples:\n  fastrti convert coin.ptm -o coin\n  fastrti convert coin -o coin.ptm",
    )
    parser.add_argument("object", metavar="OBJECT", help="folder or file to read")
    parser.add_argument("-o", "--output", metavar="PATH", required=True, help="folder or file to write")
    parser.add_argument(
        "--to",
        choices=(_OWN, *WRITERS),
        help="what to write (default: by the output's suffix, .ptm, .rti or none for fastrti)",
    )
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Reads, writes, and prints what there is now."""
    relightable = Relightable.load(arguments.object)
    suffix = Path(arguments.output).suffix.lower().lstrip(".")
    target = arguments.to or (suffix if suffix in WRITERS else _OWN)
    if target == _OWN:
        relightable.save(arguments.output)
    else:
        write_object(relightable, arguments.output, target)
        if relightable.mask is not None:
            print("note: the mask is not written: what it hides shows as it was fitted", file=sys.stderr)
    print(f"{arguments.output}: {relightable.width}×{relightable.height} pixels, {relightable.decoder.label}")
