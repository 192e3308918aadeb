"""`pip install fastrti` alone: what works with numpy and Pillow, and what says how to get the rest."""

import json
import re
import signal
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.deep, pytest.mark.xdist_group("wheel")]

MOST_MEGABYTES = 125

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def fastrti(environment: Path, work: Path) -> Command:
    """Runs the command in the environment; it must end with this exit code, and without a traceback."""

    def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([environment / "bin/fastrti", *arguments], cwd=work, capture_output=True, text=True)
        assert done.returncode == code and "Traceback" not in done.stderr, done.stderr
        return done

    return run


@pytest.fixture(scope="module")
def coin(fastrti: Command) -> str:
    """An object that this environment made from photographs that it rendered."""
    fastrti("synth", "-o", "sample", "--size", "48x32", "--lights", "20")
    printed = fastrti("fit", "sample/Dome", "-o", "coin", "--basis", "ptm", "--hold-out", "2").stdout
    assert re.search(r"coin: PTM 6 terms, \d\d\.\d\d dB on held-out lights", printed)
    return "coin"


def test_it_brings_numpy_and_pillow_alone(environment: Path) -> None:
    command = [environment / "bin/python", "-m", "pip", "list", "--format=json"]
    listed = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert {entry["name"].lower() for entry in listed} - {"pip", "setuptools"} == {"fastrti", "numpy", "pillow"}


def test_it_is_small(environment: Path) -> None:
    (packages,) = environment.glob("lib/python*/site-packages")
    size = sum(path.stat().st_size for path in packages.rglob("*") if path.is_file())
    assert size <= MOST_MEGABYTES * 1e6


@pytest.mark.parametrize(
    ("arguments", "written"),
    [
        ("info OBJECT", None),
        ("relight OBJECT --light 0.3,0.5 -o lit.png", "lit.png"),
        ("relight OBJECT --light 0.3,0.5 --backend reference -o slow.png", "slow.png"),
        ("relight OBJECT --light 0.3,0.5 --enhance specular -o glossy.png", "glossy.png"),
        ("relight OBJECT --light 0.3,0.5 --scale 1/2 -o half.png", "half.png"),
        ("relight OBJECT --lights sample/Dome/dirs.lp --sheet -o sheet.png", "sheet.png"),
        ("relight OBJECT --sweep -o sweep.webp", "sweep.webp"),
        ("export OBJECT --to web site", "site/index.html"),
        ("export OBJECT --to web coin.html --single-file", "coin.html"),
        ("export OBJECT --to web tiles --tiles", "tiles/object/info.json"),
        ("export OBJECT --to openlime lime", "lime/index.html"),
        ("convert OBJECT -o coin.ptm", "coin.ptm"),
        ("normals OBJECT -o normals.png --bits 16", "normals.png"),
        ("maps OBJECT -o maps", "maps/relief.glb"),
        ("fit sample/Dome -o hsh --basis hsh9", "hsh/info.json"),
        ("fit sample/Dome -o rbf --basis rbf --hold-out 3", "rbf/info.json"),
        ("evaluate OBJECT sample/Test --measures psnr", None),
        ("check sample/Dome --html report.html", "report.html"),
        ("annotate OBJECT --add chip --point 3,4", None),
        ("synth -o balls --size 320x240 --spheres 2 --lights 16", "balls/Dome/truth.json"),
        ("lights balls/Dome -o dome.dome --check circles.png", "dome.dome"),
        ("fit balls/Dome -o table --basis ptm --lp dome.dome --crop 20,20,200x200", "table/info.json"),
    ],
)
def test_commands_that_need_nothing_else(
    fastrti: Command, coin: str, work: Path, arguments: str, written: str | None
) -> None:
    fastrti(*arguments.replace("OBJECT", coin).split())
    assert written is None or (work / written).stat().st_size > 0


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        ("fit sample/Dome -o student", "fit"),
        ("convert OBJECT -o twin --student disk20", "fit"),
        ("demo", "fit"),
        ("evaluate OBJECT sample/Test", "measure"),
        ("tune OBJECT", "gpu"),
        ("maps OBJECT -o maps_tiff --format tiff", "16bit"),
        ("maps OBJECT -o maps_exr --format exr", "exr"),
        ("relight OBJECT --light 0,0 -o x.png --backend triton", "gpu"),
    ],
)
def test_what_needs_more_says_which_command_installs_it(
    fastrti: Command, coin: str, work: Path, arguments: str, extra: str
) -> None:
    before = sorted(work.rglob("*"))
    said = fastrti(*arguments.replace("OBJECT", coin).split(), code=1).stderr
    *facts, sentence = said.splitlines()  # evaluate says first what photographs it found
    assert all(re.match("(photographs|lights|mask): ", fact) for fact in facts)
    assert sentence.startswith(f"fastrti {arguments.split()[0]}: ") and f"pip install 'fastrti[{extra}]'" in sentence
    assert sorted(work.rglob("*")) == before


def test_python_says_it_too(environment: Path, work: Path) -> None:
    program = "import fastrti\ntry:\n    fastrti.fit\nexcept fastrti.MissingPackageError as error:\n    print(error)"
    command = [environment / "bin/python", "-c", program]
    said = subprocess.run(command, cwd=work, check=True, capture_output=True, text=True).stdout
    assert said.startswith("expected PyTorch for") and "pip install 'fastrti[fit]'" in said


# Background jobs of a shell inherit an ignored SIGINT, and Python then leaves it ignored.
INTERRUPTIBLE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from fastrti.cli import main
sys.exit(main())
"""


def test_view(environment: Path, work: Path, coin: str) -> None:
    command = [environment / "bin/python", "-c", INTERRUPTIBLE, "view", coin, "--no-browser"]
    with subprocess.Popen(command, cwd=work, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            line = next(line for line in server.stdout if "http://" in line)
            with urllib.request.urlopen(line.split()[0]) as page:
                assert b"<rti-viewer" in page.read()
        finally:
            server.send_signal(signal.SIGINT)
            server.communicate(timeout=30)
    assert server.returncode == 0
