"""`fastrti check`: what is wrong with a capture, while the object is still on the table."""

import argparse
from pathlib import Path
from typing import Any

from fastrti.capture.checks.check import check
from fastrti.capture.checks.report_text import as_json, as_text
from fastrti.cli.collections import add_photograph_arguments, labelled, print_facts
from fastrti.cli.terminal import say
from fastrti.errors import ArgumentError
from fastrti.files import check_place
from fastrti.sharing.check_page import check_page_name, save_page


def add_parser(commands: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        "check",
        help="find what is wrong with a capture",
        description=(
            "Compares every photograph with what all the others predict, and says what is wrong: another exposure or\n"
            "white balance, a shift, a wrong or swapped light, no flash, a duplicate, blur, white pixels. Also says\n"
            "what the lights leave out. Each finding has its number, the reason for its threshold, and what to do.\n\n"
            "A folder without a list of lights is checked for all that needs none.\n\n"
            "The exit code is 0 whatever is found. With --strict it is 1 where something is found."
        ),
        epilog="example:\n  fastrti check photographs/ --html report.html",
    )
    add_photograph_arguments(parser, strict="end with exit code 1 where something is found")
    parser.add_argument("--html", metavar="FILE", type=Path, help="also write a page with pictures, in one file")
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Prints the report; 1 where --strict is given and something was found."""
    if arguments.html:
        check_page_name(arguments.html)
        check_place(arguments.html, error=ArgumentError)
    report = check(arguments.photos, arguments.lp, arguments.transfer, arguments.match, arguments.max_pixels)
    if not arguments.json:
        print_facts(labelled(report.overview.notes))
    if arguments.html:
        save_page(report, arguments.html, Path(arguments.photos).resolve().name)
    say(as_json(report) if arguments.json else as_text(report))
    return int(bool(arguments.strict and report.findings))
