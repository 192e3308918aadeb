"""What the commands that read photographs share: their arguments, and the block that says what was taken for what."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, get_args

from fastrti.capture.checks.check import noted
from fastrti.capture.corrections.correct import Corrections, correct
from fastrti.cli.arguments import add_size_argument
from fastrti.cli.framing import add_frame_arguments, frame_of
from fastrti.errors import CollectionError
from fastrti.photographs.matching import Match
from fastrti.photographs.mlic import Mlic
from fastrti.photographs.notes import Doubt
from fastrti.text import printable

_WIDTH = len("photographs: ")
"""Of the names of facts: what a fit says in several steps is one block."""


def add_collection_arguments(parser: argparse.ArgumentParser) -> None:
    """Those of `add_photograph_arguments`, --flat-field and the frame."""
    add_photograph_arguments(parser, "stop where something about the photographs is in doubt")
    parser.add_argument(
        "--flat-field",
        metavar="FILE",
        help="a photograph of a white or grey card, or a folder with one under each light: takes vignetting out",
    )
    add_frame_arguments(parser)


def add_photograph_arguments(parser: argparse.ArgumentParser, strict: str) -> None:
    """PHOTOS, --lp, --match, --transfer, --max-pixels, --strict with this help, and --json."""
    parser.add_argument(
        "photos",
        metavar="PHOTOS",
        help="folder of photographs (JPEG, PNG, TIFF, HEIF, raw) and their .lp or .dome file",
    )
    parser.add_argument("--lp", metavar="FILE", help="the .lp or .dome file, if the folder has none or several")
    parser.add_argument(
        "--match",
        choices=get_args(Match),
        help="what rows of the list and photographs are matched by, where that is in doubt",
    )
    parser.add_argument(
        "--transfer",
        choices=("srgb", "linear"),
        help="srgb: pictures as cameras write them; linear: samples proportional to light "
        "(default: linear for raw files, srgb for others)",
    )
    add_size_argument(parser)
    parser.add_argument("--strict", action="store_true", help=strict)
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")


def add_estimate_arguments(parser: argparse.ArgumentParser) -> None:
    """--exposures, --align and --refine-lights: what photographs to fit are corrected by, as they say themselves."""
    estimates = parser.add_argument_group("corrections that the photographs themselves tell")
    helps = {
        "exposures": ("auto", "auto: brings photographs of clearly different exposure to one (default); off"),
        "align": ("off", "auto: moves photographs back that are shifted; off (default)"),
        "refine-lights": ("off", "auto: moves lights to where the photographs agree best; off (default)"),
    }
    for name, (default, text) in helps.items():
        estimates.add_argument(f"--{name}", choices=("auto", "off"), default=default, help=text)


def load_collection(arguments: argparse.Namespace, checked: bool = False) -> Mlic:
    """The collection of `add_collection_arguments`, corrected by it and by `add_estimate_arguments`.

    Says on stderr what was taken for what and what was corrected, unless asked for JSON.

    Args:
        arguments: as parsed.
        checked: also look for photographs that are bad at the first glance, as `fit` does.
    """
    corrections = _corrections(arguments)  # whose sentences come before minutes of reading
    loaded = Mlic.load(arguments.photos, arguments.lp, arguments.transfer, arguments.match, arguments.max_pixels)
    loaded = noted(loaded) if checked else loaded
    mlic = correct(loaded, corrections, out=loaded.photographs)
    doubts = [note for note in mlic.notes if isinstance(note, Doubt)]
    if arguments.strict and doubts:
        raise CollectionError(f"expected nothing in doubt with --strict, found {len(doubts)}: {'; '.join(doubts)}")
    if not arguments.json:
        corrected = [("corrected", f"{step.name}: {step.sentence}") for step in mlic.corrections]
        print_facts([*_facts(mlic, arguments.photos), *corrected, *labelled(mlic.notes)])
    return mlic


def _corrections(arguments: argparse.Namespace) -> Corrections:
    asked = {name: getattr(arguments, name, "off") == "auto" for name in ("align", "exposures", "refine_lights")}
    return Corrections(flat_field=arguments.flat_field, frame=frame_of(arguments), **asked)


def print_facts(facts: Sequence[tuple[str, str]]) -> None:
    """Prints what is to be said beside the result, a fact per line, as `fastrti info` does it."""
    for name, fact in facts:
        print(printable(f"{name + ':':<{_WIDTH}}{fact}"), file=sys.stderr)


def labelled(notes: Sequence[str]) -> list[tuple[str, str]]:
    """Notes as `print_facts` takes them."""
    return [("doubtful" if isinstance(note, Doubt) else "note", note) for note in notes]


def collection_facts(mlic: Mlic) -> dict[str, Any]:
    """What `--json` says about a collection."""
    return {
        "photographs": len(mlic),
        "width": mlic.width,
        "height": mlic.height,
        "bits": _bits(mlic),
        "transfer": mlic.transfer,
        "mask": _share(mlic),
        "list": mlic.lp,
        "matched_by": mlic.matched_by,
        "corrections": [asdict(step) for step in mlic.corrections],
        "notes": [{"text": str(note), "doubtful": isinstance(note, Doubt)} for note in mlic.notes],
    }


def _facts(mlic: Mlic, folder: str) -> list[tuple[str, str]]:
    colour = {"srgb": "sRGB", "linear": "linear samples"}[mlic.transfer]
    share = _share(mlic)
    return [
        ("photographs", f"{len(mlic)} in {folder}, {mlic.width}×{mlic.height} pixels, {_bits(mlic)} bits, {colour}"),
        ("lights", f"{mlic.lp}, matched by {mlic.matched_by}"),
        ("mask", "none" if share is None else f"{share:.1%} of the pixels are object"),
    ]


def _bits(mlic: Mlic) -> int:
    return 8 * mlic.photographs.itemsize


def _share(mlic: Mlic) -> float | None:
    return None if mlic.mask is None else round(float(mlic.mask.mean()), 6)
