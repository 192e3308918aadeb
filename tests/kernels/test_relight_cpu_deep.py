"""Deeper checks of the CPU kernel: sanitizers, valgrind, other processors in an emulator, every ISA under the suite."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
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
    "formats/hostile",
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


def run(*command: str | Path, cwd: Path = ROOT, **environment: str) -> str:
    """The output of a command; fails the test with it where the command fails."""
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, f"{command[0]} exited with {done.returncode}:\n{(done.stdout + done.stderr)[-8000:]}"
    return done.stdout


Build = Callable[..., Path]


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Builds a driver around the core, which is compiled once for each compiler with its flags."""

    @cache
    def core(compiler: str, flags: tuple[str, ...]) -> Path:
        folder = tmp_path_factory.mktemp("core")
        run(tool(compiler), *FLAGS, *flags, "-c", *CORE, cwd=folder)
        return folder

    @cache
    def driver(*flags: str, compiler: str = "g++", source: str = "relight_driver.cpp") -> Path:
        program = tmp_path_factory.mktemp("driver") / "driver"
        objects = core(compiler, flags).glob("*.o")
        run(tool(compiler), *FLAGS, *flags, *objects, DRIVERS / source, "-o", program)
        return program

    return driver


def assert_drew(output: str, *isas: str) -> None:
    assert [line.split(":")[0] for line in output.splitlines()] == [*isas, "passed"]


def digest(output: str) -> str:
    """Of all bytes that integers drew on the first ISA; the driver sees to it that the others drew the same."""
    return output.splitlines()[0].split()[-1]


every_sanitizer = pytest.mark.parametrize(
    "sanitizers",
    [pytest.param(names, marks=pytest.mark.xdist_group(names)) for names in ("address,undefined", "thread")],
)


def sanitized(build: Build, sanitizers: str, source: str) -> Path:
    return build("-O1", f"-fsanitize={sanitizers}", "-fno-sanitize-recover=all", source=source)


@every_sanitizer
def test_sanitizers_find_nothing(build: Build, sanitizers: str) -> None:
    assert_drew(run(sanitized(build, sanitizers, "relight_driver.cpp")), *available_isas())


@every_sanitizer
def test_many_threads_share_an_object(build: Build, sanitizers: str) -> None:
    assert run(sanitized(build, sanitizers, "object_driver.cpp")) == "passed\n"


def test_valgrind_finds_nothing(build: Build) -> None:
    """valgrind shows programs a processor without AVX-512 and AVX-VNNI, so this is AVX2 and the baseline."""
    valgrind = tool("valgrind")
    program = build("-O2")
    output = run(valgrind, "--quiet", "--error-exitcode=3", "--fair-sched=yes", program)
    assert_drew(output, *(isa for isa in available_isas() if isa in ("avx2", "baseline")))


@pytest.mark.xdist_group("emulated")
@pytest.mark.parametrize(
    ("compiler", "emulator", "isas"),
    (
        ("aarch64-linux-gnu-g++", "qemu-aarch64", ("neon-i8mm", "neon", "baseline")),
        ("riscv64-linux-gnu-g++", "qemu-riscv64", ("baseline",)),
    ),
)
def test_other_processors_draw_the_same(build: Build, compiler: str, emulator: str, isas: tuple[str, ...]) -> None:
    emulated = tool(emulator)
    drawn = run(emulated, build("-O3", "-static", compiler=compiler))
    assert_drew(drawn, *isas)
    assert digest(drawn) == digest(run(build("-O1")))


def test_integer_elu_is_as_good_as_promised(tmp_path: Path) -> None:
    """At every argument and scale; csrc/rounding/elu_table.h promises 1.2 steps, and is not far from what is needed."""
    program, table = tmp_path / "driver", ROOT / "csrc" / "rounding" / "elu_table.cpp"
    run(tool("g++"), *FLAGS, "-O2", table, DRIVERS / "elu_table_driver.cpp", "-o", program)
    assert 1 < float(run(program).split()[2]) < 1.2


def test_clang_builds_the_same_kernel(build: Build) -> None:
    program = build("-O3", "-Wall", "-Wextra", "-Werror", compiler="clang++")
    assert_drew(run(program), *available_isas())


@pytest.mark.parametrize("isa", available_isas()[1:])
def test_suites_that_render_pass_with_a_forced_isa(isa: str) -> None:
    paths = [f"tests/{suite}" for suite in SUITES]
    run(sys.executable, "-m", "pytest", "-q", "-x", "-m", "not deep", *paths, **{ISA_VARIABLE: isa})
