"""Deeper checks of the CPU kernel: sanitizers, valgrind, other processors in an emulator, every ISA under the suite."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fastrti.kernels.cpu import ISA_VARIABLE, available_isas

pytestmark = pytest.mark.deep

ROOT = Path(__file__).parents[2]
CORE = [path for path in sorted((ROOT / "csrc").rglob("*.cpp")) if path.name != "bindings.cpp"]
DRIVERS = ROOT / "tests" / "native"
FLAGS = ["-std=c++17", "-g", f"-I{ROOT / 'csrc'}", "-pthread"]
SUITES = (
    "kernels/test_backends.py",
    "cli/test_cli.py",
    "formats/test_hostile_objects.py",
    "formats/test_ptm.py",
    "formats/test_published_objects.py",
    "rendering/test_renderer.py",
)
"""Those that render."""


def tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        pytest.skip(f"needs {name}, which is not installed")
    return path


def run(*command: str | Path, **environment: str) -> str:
    """The output of a command; fails the test with it where the command fails."""
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, f"{command[0]} exited with {done.returncode}:\n{(done.stdout + done.stderr)[-8000:]}"
    return done.stdout


def build_driver(folder: Path, *flags: str, compiler: str = "g++", driver: str = "relight_driver.cpp") -> Path:
    program = folder / "driver"
    run(tool(compiler), *FLAGS, *flags, *CORE, DRIVERS / driver, "-o", program)
    return program


def assert_drew(output: str, *isas: str) -> None:
    assert [line.split(":")[0] for line in output.splitlines()] == [*isas, "passed"]


def digest(output: str) -> str:
    """Of all bytes that integers drew on the first ISA; the driver sees to it that the others drew the same."""
    return output.splitlines()[0].split()[-1]


@pytest.mark.parametrize("sanitizers", ("address,undefined", "thread"))
def test_sanitizers_find_nothing(tmp_path: Path, sanitizers: str) -> None:
    program = build_driver(tmp_path, "-O1", f"-fsanitize={sanitizers}", "-fno-sanitize-recover=all")
    assert_drew(run(program), *available_isas())


@pytest.mark.parametrize("sanitizers", ("address,undefined", "thread"))
def test_many_threads_share_an_object(tmp_path: Path, sanitizers: str) -> None:
    flags = ("-O1", f"-fsanitize={sanitizers}", "-fno-sanitize-recover=all")
    assert run(build_driver(tmp_path, *flags, driver="object_driver.cpp")) == "passed\n"


def test_valgrind_finds_nothing(tmp_path: Path) -> None:
    """valgrind shows programs a processor without AVX-512, so this is AVX2 and the baseline."""
    valgrind = tool("valgrind")
    program = build_driver(tmp_path, "-O2")
    output = run(valgrind, "--quiet", "--error-exitcode=3", "--fair-sched=yes", program)
    assert_drew(output, *(isa for isa in available_isas() if not isa.startswith("avx512")))


@pytest.mark.parametrize(
    ("compiler", "emulator", "isas"),
    (
        ("aarch64-linux-gnu-g++", "qemu-aarch64", ("neon", "baseline")),
        ("riscv64-linux-gnu-g++", "qemu-riscv64", ("baseline",)),
    ),
)
def test_other_processors_draw_the_same(tmp_path: Path, compiler: str, emulator: str, isas: tuple[str, ...]) -> None:
    emulated = tool(emulator)
    drawn = run(emulated, build_driver(tmp_path, "-O3", "-static", compiler=compiler))
    assert_drew(drawn, *isas)
    assert digest(drawn) == digest(run(build_driver(tmp_path, "-O1")))


def test_integer_elu_is_as_good_as_promised(tmp_path: Path) -> None:
    """At every argument and scale; csrc/rounding/elu_table.h promises 1.2 steps, and is not far from what is needed."""
    program = build_driver(tmp_path, "-O2", driver="elu_table_driver.cpp")
    assert 1 < float(run(program).split()[2]) < 1.2


def test_clang_builds_the_same_kernel(tmp_path: Path) -> None:
    program = build_driver(tmp_path, "-O3", "-Wall", "-Wextra", "-Werror", compiler="clang++")
    assert_drew(run(program), *available_isas())


@pytest.mark.parametrize("isa", available_isas()[1:])
def test_suites_that_render_pass_with_a_forced_isa(isa: str) -> None:
    paths = [f"tests/{suite}" for suite in SUITES]
    run(sys.executable, "-m", "pytest", "-q", "-x", "-m", "not deep", *paths, **{ISA_VARIABLE: isa})
