"""The command `fastrti`: one module for each subcommand, named like it, with `add_parser` and `run`.

Exit codes: 0 when all is done. 1 when something in the input, the object or the machine is not as expected; one
sentence says what. Also 1 when `check --strict` finds something. 2 when the command line itself is wrong. 130 after
Ctrl-C. 141 when nobody reads the output any more, as after `| head -1`.
"""

import argparse
import re
import sys
from collections.abc import Sequence

from fastrti.cli import (
    annotate,
    check,
    convert,
    demo,
    evaluate,
    export,
    fit,
    info,
    lights,
    maps,
    normals,
    pack,
    relight,
    synth,
    terminal,
    tune,
    unpack,
    view,
)
from fastrti.cli.words import in_options
from fastrti.errors import FastrtiError
from fastrti.files import cannot
from fastrti.progress import shown
from fastrti.text import printable

COMMANDS = (
    *(lights, check, fit, relight, view, export, pack, unpack, convert),
    *(annotate, normals, maps, evaluate, info, tune, synth, demo),
)
"""The modules of the commands, in the order of --help."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code."""
    name = "fastrti"
    terminal.prepare()
    try:
        try:
            arguments = build_parser().parse_args(_join_negative_values(sys.argv[1:] if argv is None else list(argv)))
            name += f" {arguments.command}"
            with shown():
                return int(arguments.run(arguments) or 0)
        finally:
            terminal.flush()
    except BrokenPipeError:
        return 141
    except FastrtiError as error:
        print(f"{name}: {in_options(str(error))}", file=sys.stderr)
        return 1
    except OSError as error:  # outside of `fastrti.files`, as by a library
        sentence = cannot(error.filename or "the file system", "a file or folder that can be used", error)
        print(f"{name}: {printable(sentence)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{name}: interrupted", file=sys.stderr)
        return 130


def build_parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    from fastrti import __version__

    parser = argparse.ArgumentParser(
        prog="fastrti",
        description="Relightable images (RTI) from photographs: make them, relight them, measure them.",
        epilog="example:\n  fastrti fit photographs/ -o vase && fastrti relight vase --light 0.3,0.5 -o vase.png",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"fastrti {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for module in COMMANDS:
        command = module.add_parser(commands)
        command.formatter_class = argparse.RawDescriptionHelpFormatter
        command.set_defaults(run=module.run)
    return parser


def _join_negative_values(argv: list[str]) -> list[str]:
    """`--light -0.3,0.5` → `--light=-0.3,0.5`: argparse would take the value for an option."""
    with_places = ("--light", "--crop", "--ruler", "--white")
    joined: list[str] = []
    for argument in argv:
        if joined and joined[-1] in with_places and re.match(r"-[\d.]", argument):
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
    return joined
