"""`fastrti convert`: any object or file of the field → fastrti's own object, or another format."""

import argparse
from typing import Any

from fastrti.cli.arguments import add_object_arguments, check_kept, load_object
from fastrti.cli.results import save_result
from fastrti.cli.terminal import note, say
from fastrti.errors import ArgumentError
from fastrti.extras import needs
from fastrti.formats import FORMATS, Format, format_of, save
from fastrti.formats.fastrti_folder import check_destination
from fastrti.objects.relightable import Relightable
from fastrti.progress import Progress

_OWN = "fastrti"
_WORDS = {"mm_per_pixel": "scale"} | {
    name: name for name in ("title", "creator", "rights", "provenance", "annotations")
}


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "convert",
        help="change an object into another format or another network",
        description=(
            "Reads any object (a folder of fastrti, NeuralRTI, OpenLIME or Relight, a pack, a .ptm or an HSH\n"
            ".rti file) "
            "and writes it in one of these formats:\n"
            "  fastrti  an object folder\n"
            "  pack     one file that is read in parts; `fastrti pack` also adds normals\n"
            "  ptm      a .ptm file, for an object that is a PTM\n"
            "  rti      an .rti file, for an object with hemispherical harmonics (HSH)\n"
            "  relight  a Relight folder, for an object with PTM, HSH, RBF or bilinear interpolation\n"
            "The last three formats hold neither the mask nor title, creator, rights and provenance. Only a Relight\n"
            "folder holds the scale.\n\n"
            "With --student, fastrti trains another network to draw what the object draws. This takes about a minute\n"
            "and does not need the photographs. The command prints the loss in dB."
        ),
        epilog=(
            "examples:\n  fastrti convert coin.ptm -o coin\n  fastrti convert coin -o coin.ptm\n"
            "  fastrti convert vase -o vase_openlime --student lc16x16-elu"
        ),
    )
    add_object_arguments(parser, "folder or file to read")
    parser.add_argument("-o", "--output", metavar="PATH", required=True, help="folder or file to write")
    parser.add_argument(
        "--to",
        choices=[name for name, row in FORMATS.items() if row.save],
        help="the format to write (default: by the suffix of PATH: .rti.tif, .ptm, .rti; else fastrti)",
    )
    parser.add_argument(
        "--student",
        help="train this network: disk20 or lc16x16-elu (OpenLIME draws both), or another student of `fastrti fit`",
    )
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Reads, writes, and prints what there is now."""
    check_kept(arguments.object, arguments.output)
    relightable = load_object(arguments)
    target = arguments.to or format_of(arguments.output)
    if arguments.student is not None:
        if target != _OWN:
            raise ArgumentError(f"expected --student with an object folder as output, got --to {target}: leave one out")
        relightable = _distilled(relightable, arguments)
        save_result(relightable, arguments.output)
    else:
        save(relightable, arguments.output, target)
    for sentence in _lost(relightable, FORMATS[target]):
        note(sentence)
    say(f"{arguments.output}: {relightable.width}×{relightable.height} pixels, {relightable.decoder.label}")


def _lost(relightable: Relightable, target: Format) -> list[str]:
    """What the object has and the format has no place for, in sentences."""
    notes = []
    if relightable.mask is not None and "mask" not in target.holds:
        notes.append("the mask is not written: what it hides shows as it was fitted")
    lost = [word for key, word in _WORDS.items() if getattr(relightable, key) and key not in target.holds]
    if lost:
        notes.append(f"{target.what} has no place for the {' and the '.join(lost)} of the object: not written")
    return notes


def _distilled(relightable: Relightable, arguments: argparse.Namespace) -> Relightable:
    """The object distilled into the wanted student; says what it cost."""
    pixels = relightable.width * relightable.height
    check_destination(arguments.output, pixels * len(relightable.planes))  # before a minute of training
    with Progress("loading PyTorch"), needs("fit", "distilling an object into another network"):
        from fastrti.training.distil_object import distil_object  # PyTorch takes seconds to import

    distilled = distil_object(relightable, arguments.student)
    training = distilled.training
    say(f"{training['psnr']:.1f} dB from {training['psnr_of']}, in {training['seconds']:.0f} s")
    return distilled
