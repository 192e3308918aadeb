"""Commands in the documents are commands that exist, with options that exist."""

import argparse
import re
import shlex
from importlib.util import find_spec

import pytest
from docs_pages import PAGES, ROOT, blocks, name_of, prose

from fastrti.cli import _join_negative_values, build_parser

_, _, _EXTRAS = (ROOT / "pyproject.toml").read_text().partition("[project.optional-dependencies]\n")
EXTRAS = set(re.findall(r"^(\w+) = \[", _EXTRAS.partition("\n[")[0], re.M))
TARGETS = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.M))
LINES = [
    (f"{block.page}:{block.line + number}", line.partition("  #")[0].partition(" # ")[0])
    for block in blocks("sh")
    for number, line in enumerate(block.code.splitlines())
    if line.strip() and not line.startswith("#")
]


def check(command: list[str]) -> None:
    """Fails where a command or an argument of it does not exist."""
    program, *arguments = command
    if program == "fastrti":
        build_parser().parse_args(_join_negative_values(arguments))
    elif program == "make":
        assert set(arguments) <= TARGETS
    elif program == "pip":
        assert arguments[0] == "install"
        extras = re.fullmatch(r"(?:fastrti|\.)(?:\[([\w,]+)\])?", arguments[1])
        assert extras and set((extras[1] or "fit").split(",")) <= EXTRAS
    elif program == "python" and arguments[0] == "-m":
        assert (ROOT / f"{arguments[1].replace('.', '/')}.py").is_file() or find_spec(arguments[1])
    else:
        assert program == "python" and (ROOT / arguments[0]).is_file(), command


@pytest.mark.parametrize(("where", "line"), LINES, ids=[where for where, _ in LINES])
def test_a_command_exists_with_its_options(where, line):
    for command in line.split("&&"):
        try:
            check(shlex.split(command))
        except SystemExit:
            pytest.fail(f"fastrti does not take: {line}")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_options_that_a_sentence_names_exist(page):
    (commands,) = (a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    for span in re.findall(r"`fastrti ([^`]+)`", prose(page)):
        command, *rest = span.split()
        if command == "COMMAND":
            continue
        known = commands.choices[command]._option_string_actions
        assert [word for word in rest if word.startswith("-") and word not in known] == [], span
