"""`fastrti synth`: a rendered collection to try everything on."""

import argparse
import math
import re
from collections.abc import Callable
from typing import Any

from fastrti.cli.arguments import size
from fastrti.cli.terminal import say
from fastrti.synth import Settings, place_spheres, render_collection, write_pair
from fastrti.synth.settings import RANGES

_FILM_WIDTH = 36.0  # mm, what 35-mm equivalents refer to
_TABLET = 0.6  # of the picture, where spheres stand around it
_CLUTTER = 6
_RADII = (1 / 20, 1 / 9)  # of the picture's shorter side


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "synth",
        help="render a sample collection of photographs",
        description=(
            "Renders photographs of a tablet under many lights. It has stripes of materials from matt to metal (GGX)\n"
            "and hard shadows. FOLDER/Dome gets the photographs to fit, FOLDER/Test those to compare with.\n\n"
            "The options of the capture make FOLDER/Dome as a camera would: with spheres, lamps nearby and faults.\n"
            "Its truth.json then says where everything really is. FOLDER/Test stays without faults."
        ),
        epilog=(
            "examples:\n"
            "  fastrti synth -o sample --size 640x480 && fastrti fit sample/Dome -o tablet\n"
            "  fastrti synth -o capture --spheres 2 --lamp-distance 2 --focal-length 50"
        ),
    )
    parser.add_argument("-o", "--output", metavar="FOLDER", required=True, help="folder to make")
    parser.add_argument("--size", type=size, default=(320, 320), metavar="WIDTHxHEIGHT", help="default: 320x320")
    parser.add_argument("--lights", type=int, default=49, metavar="N", help="photographs in Dome (default: 49)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="each seed makes another tablet (default: 0)")
    capture = parser.add_argument_group("the capture", argument_default=argparse.SUPPRESS)
    capture.add_argument(
        "--spheres", type=_count, metavar="N", help="N glossy black spheres on the table, among other things"
    )
    capture.add_argument(
        "--focal-length",
        dest="focal_length",
        type=_number("focal_length", _FILM_WIDTH),
        metavar="MM",
        help="a camera with perspective, of this focal length as on 35-mm film",
    )
    capture.add_argument(
        "--lamp-distance",
        dest="lamp_distance",
        type=_number("lamp_distance"),
        metavar="WIDTHS",
        help="lamps so many picture widths from the middle of the picture (default: far away)",
    )
    capture.add_argument(
        "--hand-held",
        dest="lamps",
        action="store_const",
        const="hand",
        help="lamps held all over the hemisphere, at uneven distances (default: the rings of a dome)",
    )
    capture.add_argument(
        "--exposure-jitter",
        dest="exposure_jitter",
        type=_number("exposure_jitter"),
        metavar="STOPS",
        help="exposures differ by up to so many stops either way",
    )
    capture.add_argument(
        "--shift", type=_number("shift"), metavar="PIXELS", help="photographs are moved by up to so many pixels"
    )
    capture.add_argument(
        "--no-flash", dest="no_flash", type=_count, metavar="K", help="in K photographs the flash did not fire"
    )
    capture.add_argument(
        "--wrong-lights",
        dest="light_error",
        type=_number("light_error"),
        metavar="DEGREES",
        help="the listed directions are off by so many degrees (root mean square)",
    )
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Renders the two folders."""
    width, height = arguments.size
    given = vars(arguments)
    names = ("spheres", "focal_length", "lamp_distance", "lamps", "exposure_jitter", "shift", "no_flash", "light_error")
    chosen = {name: given[name] for name in names if name in given}
    if chosen:
        if "focal_length" in chosen:  # the long side of a picture is that of the film
            chosen["focal_length"] *= max(width, height) / width
        if spheres := chosen.pop("spheres", 0):
            radii = (_RADII[0] * min(width, height), _RADII[1] * min(width, height))
            places = place_spheres(width, height, spheres, radii, arguments.seed, _TABLET)
            chosen |= {"spheres": places, "tablet": _TABLET, "clutter": _CLUTTER}
        write_pair(arguments.output, Settings(width, height, arguments.lights, arguments.seed, **chosen))
    else:
        render_collection(arguments.output, width, height, arguments.lights, arguments.seed)
    say(f"{arguments.output}/Dome and {arguments.output}/Test: {width}×{height} pixels")


def _number(setting: str, unit: float = 1.0) -> Callable[[str], float]:
    """The number of a setting as an argparse type, typed in another unit: so many of them are one."""
    least, most = (unit * bound for bound in RANGES[setting])

    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"expected a number from {least:g} to {most:g}, got {text!r}")
        return value / unit

    return number


def _count(text: str) -> int:
    """How many, as an argparse type."""
    if not re.fullmatch(r"[0-9]{1,3}", text):
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 999, got {text!r}")
    return int(text)
