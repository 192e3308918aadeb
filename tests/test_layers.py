"""The architecture: a file imports only from floors below its own, and no file imports itself in a circle."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = [
    {
        "errors",
        "extras",
        "files",
        "json_fields",
        "lazy",
        "least_squares",
        "lights",
        "locks",
        "picture_limits",
        "progress",
        "srgb",
        "text",
    },
    {"photographs"},
    {"objects"},
    {"formats"},
    {"kernels"},
    {"rendering"},
    {"surface"},
    {"scoring"},
    {"training"},
    {"capture"},
    {"sharing"},
    {"synth", "examples"},
    {"cli"},
]
"""Lowest first."""

SOURCES = {
    "fastrti." + ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path
    for root in (ROOT / "fastrti", ROOT)
    for path in root.glob("**/*.py" if root.name == "fastrti" else "kernels/**/*.py")
    if path != ROOT / "fastrti" / "__init__.py"
}
"""Every module but the package itself, whose public names are imported when they are first used."""

TORCH_ALLOWED = ("fastrti.training.", "fastrti.kernels.triton.", "fastrti.examples.")


def imported_by(module: str) -> set[str]:
    """The project's modules that a module names in import statements, wherever in the file they stand."""
    named = set()
    for node in ast.walk(ast.parse(SOURCES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("fastrti"):
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            named |= {name if name in SOURCES else str(node.module) for name in inner}
        elif isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names if alias.name.startswith("fastrti.")}
    return named & SOURCES.keys()


def floor_of(module: str) -> int:
    folder = module.split(".")[1]
    return next(number for number, names in enumerate(FLOORS) if folder in names)


@pytest.mark.parametrize("module", [name for name in SOURCES if name != "fastrti.__main__"])
def test_imports_go_down(module: str) -> None:
    folder = module.split(".")[1]
    for other in imported_by(module):
        lowest = floor_of(module) == 0
        assert floor_of(other) < floor_of(module) or other.split(".")[1] == folder or lowest, (
            f"{module} imports {other}"
        )


def test_no_import_circle() -> None:
    assert len(SOURCES) > 80
    tuple(TopologicalSorter({module: imported_by(module) for module in SOURCES}).static_order())


@pytest.mark.parametrize("module", [name for name in SOURCES if not name.startswith(TORCH_ALLOWED)])
def test_nothing_else_reaches_for_torch(module: str) -> None:
    source = SOURCES[module].read_text(encoding="utf-8")
    assert not re.search(r"^\s*(import torch|from torch)|\.cpu\(\)|\.numpy\(\)", source, re.MULTILINE)
