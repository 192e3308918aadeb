"""How long one waits for the first picture, and how large the installation is.

    python -m benchmarks.cpu.startup                    # in a new environment of `pip install .`, made for this
    python -m benchmarks.cpu.startup --python PYTHON    # in an environment that is there

Each figure is the median over fresh processes: `import fastrti`, then loading an object of two megapixels and drawing
it under one light. The start of Python itself is not counted. Files are in the system's cache. The size is that of the
environment's site-packages. A new environment has no pip in it.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.common.machine import CORES, load
from benchmarks.common.markdown import table
from benchmarks.common.subjects import light_conditioned
from fastrti import Mlic, Relightable, save
from fastrti.synth import render_collection

ROOT = Path(__file__).parents[2]
SIZE = (1732, 1155)
"""Width and height of the object: two megapixels."""
GOALS = {"import fastrti, ms": 60, "the first picture, ms": 150, "site-packages, MB": 125}

PROGRAM = """
import sys, time
start = time.perf_counter()
import fastrti
imported = time.perf_counter()
fastrti.Renderer(fastrti.load(sys.argv[1])).relight((0.3, 0.5))
drawn = time.perf_counter()
print(1e3 * (imported - start), 1e3 * (drawn - imported))
"""
SITE_PACKAGES = "import sysconfig; print(sysconfig.get_path('purelib'))"


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", type=Path, help="interpreter of an environment that has fastrti")
    parser.add_argument("--processes", type=int, default=15)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, environment(options.python) as python:
        path = Path(folder) / "object"
        save(two_megapixels(Path(folder)), path)
        times = [waited(python, path) for _ in range(1 + options.processes)][1:]  # the first one fills the caches
        size = megabytes(Path(run(python, "-c", SITE_PACKAGES).strip()))
    imports, pictures = zip(*times)
    figures = [(median(imports), max(imports)), (median(pictures), max(pictures)), (size, size)]
    print(f"{options.processes} processes, {CORES} cores, load {load()}")
    rows = [[what, f"{m:.0f}", f"{most:.0f}", f"≤ {GOALS[what]}"] for what, (m, most) in zip(GOALS, figures)]
    print(table(["what", "median", "most", "wanted"], rows))


@contextmanager
def environment(python: Path | None) -> Iterator[Path]:
    """The interpreter of the environment to measure: the given one, or a new one with what fastrti requires."""
    if python is not None:
        yield python.absolute()
        return
    with tempfile.TemporaryDirectory() as folder:
        run(Path(sys.executable), "-m", "venv", "--without-pip", folder)
        made = Path(folder) / ("Scripts" if sys.platform == "win32" else "bin") / "python"
        run(Path(sys.executable), "-m", "pip", "--python", str(made), "install", "--quiet", str(ROOT))
        yield made


def two_megapixels(folder: Path) -> Relightable:
    """An object of the default student's form, its planes as smooth as photographs."""
    render_collection(folder, *SIZE, lights=3)
    photographs = Mlic.load(folder / "Dome").photographs[:3]
    planes = np.ascontiguousarray(photographs.transpose(0, 3, 1, 2).reshape(9, *photographs.shape[1:3]))
    return Relightable(planes, -np.ones(9), np.ones(9), light_conditioned(np.random.default_rng(0)))


def waited(python: Path, path: Path) -> tuple[float, float]:
    """Milliseconds of a fresh process: the import, and the first picture after it."""
    imported, drawn = map(float, run(python, "-c", PROGRAM, str(path)).split())
    return imported, drawn


def megabytes(folder: Path) -> float:
    """The size of a folder's files, in millions of bytes."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def run(python: Path, *arguments: str) -> str:
    """Runs an interpreter outside the checkout, whose files it must not find; what it printed."""
    done = subprocess.run(
        [python, *arguments], cwd=tempfile.gettempdir(), check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


if __name__ == "__main__":
    main()
