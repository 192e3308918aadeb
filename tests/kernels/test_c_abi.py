"""The renderer for programs in C: it is built, the example draws what `Renderer` draws, bad input gets a code."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from objects import experts, relightable

from fastrti import save
from fastrti.kernels import cpu as relight_cpu
from fastrti.kernels.cpu import CpuKernel, available_isas
from fastrti.lights import unit_vector

ROOT = Path(__file__).parents[2]
CSRC = ROOT / "csrc"
STRICT = ["-std=c99", "-O1", "-Wall", "-Wextra", "-pedantic", "-Werror", f"-I{CSRC}"]
LIBRARIES = ["-lstdc++", "-lm", "-pthread"]
SANITIZERS = "-fsanitize=address,undefined -fno-sanitize-recover=all"

needs_tools = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in ("make", "gcc", "g++", "ar")), reason="needs make, gcc and g++"
)
needs_kernel = pytest.mark.skipif(relight_cpu.why_not() is not None, reason="the CPU kernel is not built")


def run(*command: str | Path, status: int = 0) -> str:
    """What a command prints; fails the test where it ends with another status."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == status, (
        f"{command[0]} exited with {done.returncode}:\n{(done.stdout + done.stderr)[-4000:]}"
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    build = tmp_path_factory.mktemp("libfastrti")
    run("make", "libfastrti", f"BUILD={build}", "OPTIMIZE=-O0")  # the deep checks build it as it ships
    return build / "libfastrti.a"


@pytest.fixture(scope="module")
def example(library: Path) -> Path:
    program = library.parent / "relight"
    run("gcc", *STRICT, CSRC / "examples" / "relight.c", library, *LIBRARIES, "-o", program)
    return program


def read_ppm(path: Path) -> NDArray[np.uint8]:
    header, size, levels, pixels = path.read_bytes().split(b"\n", 3)
    assert (header, levels) == (b"P6", b"255")
    width, height = map(int, size.split())
    return np.frombuffer(pixels, np.uint8).reshape(height, width, 3)


@needs_tools
@needs_kernel
@pytest.mark.parametrize(
    "name",
    (
        "light-mlp-relu-skip",
        "light-mlp-elu",
        "openlime",
        "mlp-9-3-skip",
        "ptm-base",
        "hsh9",
        "rbf",
        "bilinear",
        "experts",
    ),
)
def test_the_example_draws_what_the_renderer_draws(name: str, example: Path, tmp_path: Path) -> None:
    if name == "experts":
        several = experts("light-mlp-relu-skip", 3, 23, 37, masked=True)
        shares = np.array([[0.5, 0.25, 0.25], [0.75, 0, 0.25]])
        labels = np.random.default_rng(0).integers(0, 5, (23, 37), np.uint8)
        original = replace(several, decoder=replace(several.decoder, shares=shares), labels=labels)
    else:
        original = relightable(name, 23, 37, masked=True)
    save(original, tmp_path / "object")
    numbers, picture = tmp_path / "object.numbers", tmp_path / "picture.ppm"
    run(sys.executable, CSRC / "examples" / "dump.py", tmp_path / "object", numbers)
    run(example, numbers, "0.3", "-0.5", "0.8", picture)
    kernel = CpuKernel(original, threads=1, isa=available_isas()[0])
    expected = kernel.empty((23, 37, 3))
    kernel.relight(unit_vector((0.3, -0.5, 0.8)), expected)
    assert expected.std() > 20
    assert np.array_equal(read_ppm(picture), expected)


@needs_tools
@needs_kernel
def test_the_example_refuses_what_it_cannot_draw(example: Path, tmp_path: Path) -> None:
    save(relightable("ptm"), tmp_path / "object")
    numbers = tmp_path / "object.numbers"
    run(sys.executable, CSRC / "examples" / "dump.py", tmp_path / "object", numbers)
    below = run(example, numbers, "0", "0", "-1", tmp_path / "picture.ppm", status=1)
    assert below == ("light: expected a finite light direction of non-zero length that is not below the horizon\n")
    numbers.write_bytes(numbers.read_bytes()[:-1])
    assert "ends too early" in run(example, numbers, "0", "0", "1", tmp_path / "picture.ppm", status=1)
    assert not (tmp_path / "picture.ppm").exists()


@needs_tools
def test_bad_input_gets_a_code(library: Path) -> None:
    program = library.parent / "c_abi_driver"
    run("gcc", *STRICT, ROOT / "tests" / "native" / "c_abi_driver.c", library, *LIBRARIES, "-o", program)
    assert run(program) == "passed\n"


@needs_tools
@pytest.mark.deep
def test_sanitizers_find_nothing_behind_the_c_abi(tmp_path: Path) -> None:
    run("make", "libfastrti", f"BUILD={tmp_path}", "OPTIMIZE=-O1", f"CXX=g++ {SANITIZERS}")
    program, driver = tmp_path / "c_abi_driver", ROOT / "tests" / "native" / "c_abi_driver.c"
    run("gcc", *STRICT, *SANITIZERS.split(), driver, tmp_path / "libfastrti.a", *LIBRARIES, "-o", program)
    assert run(program) == "passed\n"


def test_every_error_of_the_header_has_a_text() -> None:
    codes = re.findall(r"^  (FASTRTI_(?:OK|NULL\w+|BAD_\w+|NO_\w+))\b", (CSRC / "fastrti.h").read_text(), re.MULTILINE)
    texts = (CSRC / "c_abi.cpp").read_text()
    assert len(codes) == 16
    assert all(f"case {code}:" in texts for code in codes)
