"""The arguments that say what of the photographs becomes the object."""

import argparse
import math
import re
from collections.abc import Callable

from fastrti.cli.arguments import millimetres
from fastrti.errors import ArgumentError
from fastrti.photographs.frame import Frame


def add_frame_arguments(parser: argparse.ArgumentParser) -> None:
    """--crop, --rotate, --mask, --mm-per-pixel, --ruler and --white."""
    group = parser.add_argument_group(
        "frame",
        "What of the photographs counts. Places are pixels of the photographs as they are read, upright and before\n"
        "crop and rotation; 0,0 is the top left pixel. The lights turn with the picture.",
    )
    group.add_argument("--crop", type=_rectangle, metavar="X,Y,WxH", help="keep this part, such as 200,150,3000x2000")
    group.add_argument(
        "--rotate",
        type=_degrees,
        default=0,
        metavar="DEGREES",
        help="turn clockwise; multiples of 90 only move pixels, other angles resample them",
    )
    group.add_argument("--mask", metavar="FILE", help="a picture that is white where the object is, besides mask.png")
    group.add_argument("--mm-per-pixel", type=millimetres, metavar="MM", help="size of a pixel on the object")
    group.add_argument(
        "--ruler",
        type=_numbers(5, "X1,Y1,X2,Y2,MM", "100,2900,2100,2900,50"),
        metavar="X1,Y1,X2,Y2,MM",
        help="two points and their distance on the object, instead of --mm-per-pixel",
    )
    group.add_argument(
        "--white",
        type=_numbers(3, "X,Y,R", "3800,400,40"),
        metavar="X,Y,R",
        help="middle and radius of a grey patch, for the white balance of the whole set",
    )


def frame_of(arguments: argparse.Namespace) -> Frame:
    """The frame of `add_frame_arguments`.

    Raises:
        ArgumentError: two options that say the same.
    """
    if arguments.mm_per_pixel is not None and arguments.ruler is not None:
        raise ArgumentError("expected --mm-per-pixel or --ruler, got both: leave one out")
    names = ("crop", "rotate", "mask", "mm_per_pixel", "ruler", "white")
    return Frame(**{name: getattr(arguments, name) for name in names})


def _rectangle(text: str) -> tuple[int, int, int, int]:
    match = re.fullmatch(r"(\d{1,6}),(\d{1,6}),(\d{1,6})[x×](\d{1,6})", text)
    if match is None or 0 in map(int, match.groups()[2:]):
        raise argparse.ArgumentTypeError(f"expected X,Y,WIDTHxHEIGHT in pixels such as 200,150,3000x2000, got {text!r}")
    x, y, width, height = map(int, match.groups())
    return x, y, width, height


def _degrees(text: str) -> float:
    return _numbers(1, "degrees", "90")(text)[0]


def _numbers(count: int, form: str, example: str) -> Callable[[str], tuple[float, ...]]:
    def numbers(text: str) -> tuple[float, ...]:
        try:
            values = tuple(float(part) for part in text.split(","))
        except ValueError:
            values = ()
        if len(values) != count or not all(map(math.isfinite, values)):
            raise argparse.ArgumentTypeError(f"expected {form} such as {example}, got {text!r}")
        return values

    return numbers
