"""`fastrti lights`: photographs with glossy spheres → the list of their lights."""

import argparse
import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from fastrti.capture.spheres.find_lights import find_lights
from fastrti.capture.spheres.found_lights import FoundLights, check_suffix
from fastrti.cli.arguments import add_size_argument, millimetres
from fastrti.cli.collections import labelled, print_facts
from fastrti.cli.terminal import say
from fastrti.errors import ArgumentError, CollectionError
from fastrti.files import check_place
from fastrti.photographs.notes import Doubt


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "lights",
        help="find the lights of photographs by the glossy spheres in them",
        description=(
            "Finds glossy spheres in photographs, reads the light of each photograph from its highlight in them, and\n"
            "writes the list of the lights. Black, coloured and polished steel balls work, best with a radius of\n"
            "40 pixels or more. A photograph without a highlight has no light and is left out.\n\n"
            "one sphere           directions; positions too, with --dome-diameter and --mm-per-pixel\n"
            "two spheres or more  directions and positions\n"
            "no sphere            nothing is written, and nothing is guessed\n\n"
            "  .lp    directions, for every program\n"
            "  .dome  positions too; a dome that was measured once serves the next objects: fit PHOTOS --lp FILE.dome"
        ),
        epilog=(
            "examples:\n"
            "  fastrti lights photographs/ -o photographs/lights.lp --check check.png\n"
            "  fastrti lights photographs/ -o dome.dome --sphere 310,280.5,120"
        ),
    )
    parser.add_argument("photos", metavar="PHOTOS", help="folder of photographs (JPEG, PNG, TIFF)")
    parser.add_argument(
        "-o", "--output", metavar="FILE", type=Path, help="lights.lp or lights.dome (default: lights.lp in PHOTOS)"
    )
    parser.add_argument(
        "--sphere",
        metavar="X,Y,R",
        type=_sphere,
        action="append",
        default=[],
        help="a sphere's middle and radius in pixels, where one knows better; may be given several times",
    )
    parser.add_argument(
        "--focal-length",
        metavar="MM",
        type=millimetres,
        help="of a lens with the same view on 35-mm film (default: as EXIF says)",
    )
    parser.add_argument("--dome-diameter", metavar="MM", type=millimetres, help="all lights are on a dome of this size")
    parser.add_argument("--mm-per-pixel", metavar="MM", type=millimetres, help="size of a pixel on the object")
    parser.add_argument(
        "--check", metavar="PNG", type=Path, help="draw circles, highlights and lights, also if no sphere is found"
    )
    add_size_argument(parser)
    parser.add_argument("--strict", action="store_true", help="stop where something about the lights is in doubt")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Writes the list, says what was found, and prints the name of the list."""
    output = arguments.output or Path(arguments.photos) / "lights.lp"
    check_suffix(output)
    check_place(output, error=ArgumentError)
    if arguments.dome_diameter and not arguments.mm_per_pixel:
        raise ArgumentError("expected --mm-per-pixel beside --dome-diameter, got none: a dome needs a scale")
    found = find_lights(
        arguments.photos,
        arguments.sphere,
        focal_length=arguments.focal_length,
        dome_diameter=arguments.dome_diameter,
        mm_per_pixel=arguments.mm_per_pixel,
        check=arguments.check,
        max_pixels=arguments.max_pixels,
    )
    doubts = [note for note in found.notes if isinstance(note, Doubt)]
    if arguments.strict and doubts:
        raise CollectionError(f"expected nothing in doubt with --strict, found {len(doubts)}: {'; '.join(doubts)}")
    found.save(output)
    if not arguments.json:
        print_facts([*_facts(found, arguments.photos), *labelled(found.notes)])
    say(_json(output, found) if arguments.json else f"{output}: {int(found.lit.sum())} lights")


def _sphere(text: str) -> tuple[float, float, float]:
    """X,Y,R as an argparse type."""
    try:
        x, y, radius = map(float, text.split(","))
    except ValueError:
        x = y = radius = math.nan
    if not all(map(math.isfinite, (x, y, radius))) or radius <= 0:
        raise argparse.ArgumentTypeError(f"expected X,Y,R in pixels such as 310,280.5,120, got {text!r}")
    return x, y, radius


def _facts(found: FoundLights, folder: str) -> list[tuple[str, str]]:
    elevation = np.degrees(np.arcsin(np.clip(found.lights[found.lit, 2], -1, 1)))
    lights = f"{int(found.lit.sum())} of {len(found.names)}, {elevation.min():.0f}° to {elevation.max():.0f}° high"
    if found.positions is not None:
        distances = np.linalg.norm(found.positions[found.lit], axis=1)
        lights += f", {distances.min():.2f} to {distances.max():.2f} picture widths away"
    return [
        ("photographs", f"{len(found.names)} in {folder}, {found.width}×{found.height} pixels"),
        *(("sphere", f"at {sphere} pixels") for sphere in found.spheres),
        ("lights", lights),
    ]


def _json(output: Path, found: FoundLights) -> str:
    lights = [
        {
            "name": name,
            "light": light.tolist() if lit else None,
            "position": found.positions[index].tolist() if found.positions is not None and lit else None,
        }
        for index, (name, light, lit) in enumerate(zip(found.names, found.lights, found.lit))
    ]
    return json.dumps(
        {
            "list": str(output),
            "width": found.width,
            "height": found.height,
            "spheres": [[sphere.x, sphere.y, sphere.radius] for sphere in found.spheres],
            "lights": lights,
            "notes": [{"text": str(note), "doubtful": isinstance(note, Doubt)} for note in found.notes],
        }
    )
