"""`fastrti info`: what an object holds."""

import argparse
import json
from typing import Any

from fastrti.cli.arguments import add_object_arguments, load_object
from fastrti.cli.terminal import say
from fastrti.formats import object_info
from fastrti.kernels.backends import BACKENDS
from fastrti.objects.provenance import steps
from fastrti.objects.relightable import Relightable
from fastrti.text import printable


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "info",
        help="show what an object holds, and which backends run here",
        description=(
            "Prints the size of an object, its decoder, the cost per pixel, title, creator and rights. Says where it\n"
            "comes from (camera, lens, exposures, dates, corrections), how it was trained, and which backends run on\n"
            "this machine."
        ),
        epilog="examples:\n  fastrti info vase\n  fastrti info vase --json > vase.json",
    )
    add_object_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object, with the whole provenance")
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Prints one fact per line, or the JSON object."""
    relightable = load_object(arguments)
    if arguments.json:
        return say(_json(relightable))
    facts = [*_facts(relightable).items(), *steps(relightable.provenance), *_training(relightable), *_backends()]
    width = max(len(name) for name, _ in facts) + 2
    for name, value in facts:
        say(printable(f"{name + ':':<{width}}{value}"))


def _json(relightable: Relightable) -> str:
    mask, lights, network = relightable.mask, relightable.lights, relightable.frame_network((0, 0))
    facts = {
        "width": relightable.width,
        "height": relightable.height,
        "decoder": relightable.decoder.label,
        "planes": len(relightable.planes),
        "multiply_adds": network.multiply_adds,
        "mask": None if mask is None else round(float(mask.mean()), 6),
        "lights": None if lights is None else lights.tolist(),
    }
    kept = ("mm_per_pixel", "int8_loss_db", "title", "creator", "rights", "training")
    facts |= {name: getattr(relightable, name) for name in kept}
    facts["provenance"] = object_info(relightable).get("provenance")
    return json.dumps(facts | {"backends": dict(_backends())})


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
    return {name: value for name, value in facts.items() if value not in (None, "")}


def _training(relightable: Relightable) -> list[tuple[str, Any]]:
    results = [(f"training {key.replace('_', ' ')}", _plain(value)) for key, value in relightable.training.items()]
    return [(name, value) for name, value in results if value not in (None, "", [])]


def _plain(value: Any) -> Any:
    """A list of texts as one text; other values as they are."""
    texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
    return "; ".join(value) if texts else value


def _backends() -> list[tuple[str, str]]:
    return [(f"backend {name}", backend.why_not() or "runs here") for name, backend in BACKENDS.items()]
