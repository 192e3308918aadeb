"""`fastrti info`: what an object holds."""

import argparse
from typing import Any

from fastrti.cli.arguments import OBJECT_HELP
from fastrti.cli.terminal import say
from fastrti.formats import load
from fastrti.kernels.backends import BACKENDS
from fastrti.objects.relightable import Relightable
from fastrti.text import printable


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "info",
        help="show what an object holds, and which backends run here",
        description=(
            "Prints the size of an object, its decoder, the cost per pixel, title, creator and rights, and how it was\n"
            "trained. Also says which backends run on this machine."
        ),
        epilog="example:\n  fastrti info vase",
    )
    parser.add_argument("object", metavar="OBJECT", help=OBJECT_HELP)
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Prints one fact per line."""
    relightable = load(arguments.object)
    facts = {**_facts(relightable), **_backends()}
    width = max(map(len, facts)) + 2
    for name, value in facts.items():
        say(printable(f"{name + ':':<{width}}{value}"))


def _facts(relightable: Relightable) -> dict[str, Any]:
    network = relightable.frame_network((0, 0))
    facts = {
        "size": f"{relightable.width}×{relightable.height} pixels",
        "decoder": relightable.decoder.label,
        "cost per pixel": f"{len(relightable.planes)} bytes, {network.multiply_adds} multiply-adds",
        "mask": None if relightable.mask is None else f"{relightable.mask.mean():.1%} of the pixels are object",
        "photographs": None if relightable.lights is None else len(relightable.lights),
        "scale": None if relightable.mm_per_pixel is None else f"{relightable.mm_per_pixel:g} mm per pixel",
        "title": relightable.title,
        "creator": relightable.creator,
        "rights": relightable.rights,
    }
    training = {f"training {key.replace('_', ' ')}": _plain(value) for key, value in relightable.training.items()}
    return {name: value for name, value in (facts | training).items() if value not in (None, "", [])}


def _plain(value: Any) -> Any:
    """A list of texts as one text; other values as they are."""
    texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return "; ".join(value) if texts else value


def _backends() -> dict[str, str]:
    return {f"backend {name}": backend.why_not() or "runs here" for name, backend in BACKENDS.items()}
