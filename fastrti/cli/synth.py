"""`fastrti synth`: a rendered collection to try everything on."""

import argparse
from typing import Any

from fastrti.cli.arguments import size
from fastrti.cli.terminal import say
from fastrti.synth import render_collection


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "synth",
        help="render a sample collection of photographs",
        description=(
            "Renders photographs of a tablet under many lights. It has stripes of materials from matt to metal (GGX)\n"
            "and hard shadows. FOLDER/Dome gets the photographs to fit, FOLDER/Test those to compare with."
        ),
        epilog="example:\n  fastrti synth -o sample --size 640x480 && fastrti fit sample/Dome -o tablet",
    )
    parser.add_argument("-o", "--output", metavar="FOLDER", required=True, help="folder to make")
    parser.add_argument("--size", type=size, default=(320, 320), metavar="WIDTHxHEIGHT", help="default: 320x320")
    parser.add_argument("--lights", type=int, default=49, metavar="N", help="photographs in Dome (default: 49)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="each seed makes another tablet (default: 0)")
    return parser


def run(arguments: argparse.Namespace) -> None:
    """Renders the two folders."""
    width, height = arguments.size
    render_collection(arguments.output, width, height, arguments.lights, arguments.seed)
    say(f"{arguments.output}/Dome and {arguments.output}/Test: {width}×{height} pixels")
