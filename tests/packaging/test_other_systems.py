"""The core compiles for Windows, musl and macOS. What can be run here draws what the installed kernel draws."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest
from objects import relightable

from fastrti import save
from fastrti.kernels.cpu import PRECISIONS, CpuKernel, available_isas
from fastrti.lights import unit_vector
from fastrti.objects.relightable import Relightable

pytestmark = pytest.mark.deep

ROOT = Path(__file__).parents[2]
CSRC = Path("csrc")  # commands run in ROOT: clang-cl takes what starts with a slash for an option
CORE = [path.relative_to(ROOT) for path in sorted((ROOT / CSRC).rglob("*.cpp")) if path.name != "bindings.cpp"]
LIGHT = ("0.3", "-0.5", "0.8")
HEIGHT, WIDTH = 150, 130  # two chunks, so that a second thread draws
GNU = ("-ffp-contract=off", "-pthread")
MINGW = "x86_64-w64-mingw32-g++-posix", "x86_64-w64-mingw32-gcc-posix"
ZIG = (sys.executable, "-m", "ziglang")
MACHO = {"aarch64-macos": "cffaedfe0c000001", "x86_64-macos": "cffaedfe07000001"}
"""How object files start: magic number and processor."""
COFF = "6486"
"""The same of Windows on x86-64."""
WINDOWS_OPTIONS = """
import json, runpy, setuptools, sys
setuptools.setup = lambda **settings: print(json.dumps(settings["ext_modules"][0].extra_compile_args))
sys.platform = "win32"
runpy.run_path("setup.py")
"""

needs_zig = pytest.mark.skipif(find_spec("ziglang") is None, reason="needs ziglang (pip install ziglang)")
on_x86_64_linux = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine != "x86_64", reason="runs programs for x86-64 on Linux"
)


def run(*command: str | Path, **environment: str) -> str:
    """What a command prints; fails the test with it where the command fails."""
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]} exited with {done.returncode}:\n{(done.stdout + done.stderr)[-4000:]}"
    return done.stdout


def compiled(compiler: Sequence[str], folder: Path, sources: Sequence[Path], *options: str) -> list[Path]:
    """The object files of sources, compiled side by side."""
    targets = [folder / f"{source.name}.o" for source in sources]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = zip(sources, targets)
        list(pool.map(lambda job: run(*compiler, *options, f"-I{CSRC}", "-c", job[0], "-o", job[1]), jobs))
    return targets


def every_isa(cpp: Sequence[str], c: Sequence[str], folder: Path, level: str) -> Path:
    """The C example around the core, as tests/native/every_isa.cpp has it."""
    names = ("-Dmain=example", "-Dfastrti_open=open_on_isa")
    files = compiled(cpp, folder, [*CORE, Path("tests/native/every_isa.cpp")], *GNU, "-std=c++17", level)
    files += compiled(c, folder, [CSRC / "examples" / "relight.c"], *GNU, "-std=c99", level, *names)
    program = folder / "every_isa.exe"
    run(*cpp, *files, "-static", "-pthread", "-o", program)
    return program


@pytest.fixture(scope="module")
def original() -> Relightable:
    """A network that all precisions draw, which a light network emits."""
    return relightable("light-mlp-relu-skip", HEIGHT, WIDTH, masked=True)


def assert_draws_what_the_kernel_draws(
    original: Relightable, folder: Path, *program: str | Path, **environment: str
) -> None:
    save(original, folder / "object")
    run(sys.executable, CSRC / "examples" / "dump.py", folder / "object", folder / "numbers")
    pictures = folder / "pictures"
    pictures.mkdir()
    run(*program, folder / "numbers", *LIGHT, pictures / "drawn", **environment)
    expected = {}
    for isa in available_isas():
        for precision in PRECISIONS:
            kernel = CpuKernel(original, threads=1, precision=precision, isa=isa)
            picture = kernel.empty((HEIGHT, WIDTH, 3))
            kernel.relight(unit_vector(tuple(map(float, LIGHT))), picture)
            assert picture.std() > 20
            expected[f"drawn.{isa}.{precision}"] = b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT) + picture.tobytes()
    assert {path.name: path.read_bytes() for path in pictures.iterdir()} == expected


@on_x86_64_linux
def test_windows(original: Relightable, tmp_path: Path) -> None:
    """Built by MinGW-w64, run by Wine."""
    cpp, c = MINGW
    wine = shutil.which("wine64") or shutil.which("wine64", path="/usr/lib/wine")  # where Debian has it
    if shutil.which(cpp) is None or wine is None:
        pytest.skip("needs MinGW-w64 and Wine (Debian: apt install g++-mingw-w64-x86-64-posix wine64)")
    program = every_isa([cpp], [c], tmp_path, "-O3")
    quiet = {"WINEDEBUG": "-all", "WINEPREFIX": str(tmp_path / "wine")}
    assert_draws_what_the_kernel_draws(original, tmp_path, wine, program, **quiet)


def test_clang_cl(tmp_path: Path) -> None:
    """Compiled with the options that setup.py has for Windows and MinGW's headers, neither linked nor run."""
    if shutil.which("clang") is None or shutil.which(MINGW[0]) is None:
        pytest.skip("needs clang and MinGW-w64 (Debian: apt install clang g++-mingw-w64-x86-64-posix)")
    asked = subprocess.run([MINGW[0], "-xc++", "-E", "-v", os.devnull], check=True, capture_output=True, text=True)
    headers = [f"-imsvc{line.strip()}" for line in asked.stderr.splitlines() if line.startswith(" /")]
    as_gcc = ("/clang:-nostdinc++", "/clang:-fgnuc-version=12", "/D__declspec=__declspec", "/D__STRICT_ANSI__")
    clang_cl = ("clang", "--driver-mode=cl", "--target=x86_64-pc-windows-msvc", *as_gcc, *headers)
    options = json.loads(run(sys.executable, "-c", WINDOWS_OPTIONS))
    files = compiled(clang_cl, tmp_path, CORE, *options)
    assert {file.read_bytes()[:2].hex() for file in files} == {COFF}


@needs_zig
@on_x86_64_linux
def test_musl(original: Relightable, tmp_path: Path) -> None:
    """Built by Zig's clang with musl and libc++."""
    target = ("-target", "x86_64-linux-musl")
    program = every_isa([*ZIG, "c++", *target], [*ZIG, "cc", *target], tmp_path, "-O1")
    assert_draws_what_the_kernel_draws(original, tmp_path, program)


@needs_zig
@pytest.mark.parametrize("target", MACHO)
def test_macos(target: str, tmp_path: Path) -> None:
    """Compiled by Zig's clang, neither linked nor run."""
    files = compiled([*ZIG, "c++", "-target", target], tmp_path, CORE, *GNU, "-std=c++17", "-O1")
    assert {file.read_bytes()[:8].hex() for file in files} == {MACHO[target]}
