"""The plug-in for napari and the example for Qt, each in a Python of its own that has them, without a screen."""

import os
import site
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from docs_pages import ROOT
from objects import relightable
from PIL import Image

from fastrti import save

pytestmark = [pytest.mark.deep, pytest.mark.xdist_group("qt")]

PACKAGES = ("napari==0.9.2", "PySide6_Essentials==6.12.0")


@pytest.fixture(scope="module")
def qt_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with napari and Qt besides all that this one has: some 400 MB, which no other test needs."""
    folder = tmp_path_factory.mktemp("qt")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    (packages,) = folder.glob("lib/python*/site-packages")
    ours = [path for path in site.getsitepackages() if Path(path).is_dir()]
    (packages / "ours.pth").write_text("".join(f"import site; site.addsitedir({path!r})\n" for path in ours))
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", "--quiet", *PACKAGES], check=True)
    return python


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An object."""
    folder = tmp_path_factory.mktemp("object") / "tablet"
    save(replace(relightable("light-mlp-relu-skip", 40, 56), title="A tablet", mm_per_pixel=0.5), folder)
    return folder


def all_is_well(python: Path, *command: object) -> None:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    ran = subprocess.run([python, *map(str, command)], env=environment, capture_output=True, text=True)
    if "cannot open shared object file" in ran.stderr:
        pytest.skip(f"needs the libraries of Qt (Debian: libegl1 libgl1 libxkbcommon0): {ran.stderr.splitlines()[-1]}")
    assert ran.stdout.endswith("all is well\n"), ran.stderr


def test_napari_opens_an_object_and_its_dock_relights_it(qt_python: Path, folder: Path, tmp_path: Path) -> None:
    all_is_well(qt_python, ROOT / "tests/sharing/napari_program.py", folder, tmp_path / "dial.png")
    with Image.open(tmp_path / "dial.png") as dial:
        assert min(dial.size) >= 200


def test_a_qt_widget_relights_an_object_under_the_mouse(qt_python: Path, folder: Path, tmp_path: Path) -> None:
    example = ROOT / "docs/examples/qt_viewer.py"
    all_is_well(qt_python, ROOT / "tests/sharing/qt_program.py", example, folder, tmp_path / "window.png")
    with Image.open(tmp_path / "window.png") as window:
        assert window.size == (8 * 56, 8 * 40)
