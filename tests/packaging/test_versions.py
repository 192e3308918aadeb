"""The oldest and the newest promised versions of numpy, Pillow and Triton pass the tests that depend on them.

PyTorch is the one that is installed: another would pull gigabytes.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import tomllib

pytestmark = pytest.mark.deep

ROOT = Path(__file__).parents[2]
PACKAGES = ("numpy", "Pillow", "triton") if sys.platform == "linux" else ("numpy", "Pillow")
READING_AND_DRAWING = (
    "tests/objects",
    "tests/photographs",
    "tests/formats",
    "tests/sharing/test_save.py",
    "tests/kernels/test_backends.py",
    "tests/kernels/test_reference.py",
)
TRITON = (
    "tests/kernels/triton/test_triton_offline.py",
    "tests/kernels/triton/test_relight_triton.py::test_every_network_is_within_a_level_of_the_reference",
)


def oldest_promised() -> dict[str, str]:
    """The lower bound of each package in pyproject.toml."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = " ".join((*project["dependencies"], *project["optional-dependencies"]["gpu"]))
    return {name: re.search(rf"\b{name}>=([\d.]+)", wanted)[1] for name in PACKAGES}


@pytest.fixture(
    scope="module", params=[pytest.param(each, marks=pytest.mark.xdist_group(each)) for each in ("oldest", "newest")]
)
def packages(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with these versions."""
    folder = tmp_path_factory.mktemp(request.param)
    oldest = [f"{name}=={version}" for name, version in oldest_promised().items()]
    wanted = oldest if request.param == "oldest" else PACKAGES
    options = ("--quiet", "--no-deps", "--only-binary=:all:", "--target", folder)
    done = subprocess.run([sys.executable, "-m", "pip", "install", *options, *wanted], capture_output=True, text=True)
    if request.param == "oldest" and "No matching distribution" in done.stderr:
        pytest.skip("the oldest promised versions have no wheels for this Python")
    assert done.returncode == 0, done.stderr
    return folder


def python(packages: Path, *arguments: str) -> str:
    """What Python prints that finds these packages before its own; it must succeed."""
    environment = os.environ | {"PYTHONPATH": str(packages), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout


def test_these_versions_are_found_first(packages: Path) -> None:
    modules = ["PIL" if name == "Pillow" else name for name in PACKAGES]
    printed = python(packages, "-c", "\n".join(f"import {name}; print({name}.__file__)" for name in modules))
    assert len(printed.splitlines()) == len(PACKAGES)
    assert all(Path(line).is_relative_to(packages) for line in printed.splitlines())


@pytest.mark.parametrize("tests", [READING_AND_DRAWING, TRITON], ids=["reading and drawing", "triton"])
def test_the_tests_pass(packages: Path, tests: tuple[str, ...]) -> None:
    if tests is TRITON and sys.platform != "linux":
        pytest.skip("Triton is published for Linux only")
    printed = python(packages, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not deep", *tests)
    assert re.search(r"[1-9]\d* passed", printed)
