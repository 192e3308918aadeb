"""`fastrti info`: what an object holds."""

import argparse
import json
from typing import Any

from fastrti.cli.arguments import add_object_arguments, opened_object
from fastrti.cli.terminal import say
from fastrti.formats import object_info
from fastrti.formats.pack import Pack
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
    opened = opened_object(arguments)
    relightable = opened.model if isinstance(opened, Pack) else opened
    if arguments.json:
        return say(_json(opened, relightable))
    facts = [
        *_facts(opened, relightable).items(),
        *steps(relightable.provenance),
        *_training(relightable),
        *_backends(),
    ]
    width = max(len(name) for name, _ in facts) + 2
    for name, value in facts:
        say(printable(f"{name + ':':<{width}}{value}"))


def _json(opened: Relightable | Pack, relightable: Relightable) -> str:
    lights, network = relightable.lights, relightable.frame_networks((0, 0))[0]
    share = _share_of_mask(opened)
    facts = {
        "width": opened.width,
        "height": opened.height,
        "decoder": relightable.decoder.label,
        "planes": len(relightable.planes),
        "multiply_adds": network.multiply_adds,
        "experts": len(relightable.decoders),
        "mask": None if share is None else round(share, 6),
        "lights": None if lights is None else lights.tolist(),
    }
    kept = ("mm_per_pixel", "int8_loss_db", "title", "creator", "rights", "training")
    facts |= {name: getattr(relightable, name) for name in kept}
    facts["provenance"] = object_info(relightable).get("provenance")
    return json.dumps(facts | {"backends": dict(_backends())})


def _share_of_mask(opened: Relightable | Pack) -> float | None:
    """How much of the pixels is object; of a pack those of its coarsest level, which is about the same."""
    mask = opened.coarsest().mask if isinstance(opened, Pack) else opened.mask
    return None if mask is None else float(mask.mean())


def _facts(opened: Relightable | Pack, relightable: Relightable) -> dict[str, Any]:
    share = _share_of_mask(opened)
    network = relightable.frame_networks((0, 0))[0]
    facts = {
        "size": f"{opened.width}×{opened.height} pixels",
        "decoder": relightable.decoder.label,
        "cost per pixel": f"{len(relightable.planes)} bytes, {network.multiply_adds} multiply-adds",
        "mask": None if share is None else f"{share:.1%} of the pixels are object",
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
