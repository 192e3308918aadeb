"""Without the optional packages: what works, and which sentence says what to install."""

import subprocess
import sys
from pathlib import Path

import pytest
from objects import relightable

from fastrti import save

WITHOUT = """
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        absent = name.partition(".")[0] in {missing}
        return None if absent else self.finder.find_spec(name, path, target)

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
import numpy as np
import fastrti
from fastrti.synth import render_collection
"""
ALL = (
    *("torch", "triton", "skimage", "scipy", "imagecodecs", "tifffile", "rawpy", "pillow_heif", "OpenEXR", "anywidget"),
    "moderngl",
)


def run_without(missing: tuple[str, ...], program: str) -> str:
    """What a program prints in a Python that cannot import these packages."""
    command = [sys.executable, "-c", WITHOUT.format(missing=set(missing)) + program]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


COLLECTION = """
rows, columns = np.mgrid[0:16, 0:20] / 20
lights = np.array([[0, 0, 1], [0.6, 0, 0.8], [0, 0.6, 0.8], [-0.6, 0, 0.8], [0, -0.6, 0.8], [0.48, 0.6, 0.64],
                   [-0.48, 0.6, 0.64], [0.48, -0.6, 0.64]])
shading = (0.2 + 0.5 * rows * lights[:, 2, None, None] + 0.2 * columns * lights[:, 0, None, None]) * 255
mlic = fastrti.Mlic(np.repeat(shading[..., None], 3, 3).astype(np.uint8), lights, tuple("abcdefgh"))
"""


def test_classical_fits_and_psnr_need_numpy_and_pillow_alone() -> None:
    said = run_without(
        ALL,
        COLLECTION
        + """
for basis in ("ptm", "hsh9", "hsh16", "rbf"):
    fitted = fastrti.fit_classical(mlic, basis, hold_out=2)
    evaluation = fastrti.evaluate(fastrti.Renderer(fitted), mlic, ["psnr"])
    print(basis, len(fitted.training["held_out"]), fitted.training["psnr_of"], evaluation.mean.psnr > 20)
""",
    )
    assert said.splitlines() == [f"{basis} 2 held-out lights True" for basis in ("ptm", "hsh9", "hsh16", "rbf")]


def test_a_student_says_what_it_needs() -> None:
    said = run_without(
        ("torch",),
        """
try:
    fastrti.fit
except fastrti.MissingPackageError as error:
    print(error)
""",
    )
    assert said == (
        "expected PyTorch for training a student, got an installation without it: run pip install 'fastrti[fit]'\n"
    )


@pytest.mark.parametrize(("measure", "name"), [("ssim", "SSIM"), ("ciede2000", "CIEDE2000")])
def test_a_measure_says_what_it_needs(measure: str, name: str) -> None:
    said = run_without(
        ("skimage",),
        COLLECTION
        + f"""
renderer = fastrti.Renderer(fastrti.fit_classical(mlic, "ptm"))
try:
    fastrti.evaluate(renderer, mlic, [{measure!r}])
except fastrti.MissingPackageError as error:
    print(error)
""",
    )
    assert said.startswith(f"expected scikit-image for {name}, got an installation without it")
    assert said.endswith("run pip install 'fastrti[measure]'\n")


def test_commands_need_numpy_and_pillow_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save(relightable("ptm", 7, 9), "vase")
    commands = [
        "synth -o sample --size 20x16 --lights 3",
        "info vase",
        "relight vase --light 0,0 --enhance specular -o lit.png",
        "relight vase --lights sample/Test/dirs.lp -o lit",
        "relight vase --sweep -o sweep.gif",
        "normals vase -o normals.png",
        "convert vase -o coin.ptm",
        "export coin.ptm --to web site --tiles",
        "export vase --to web vase.html --single-file",
        "export vase --to openlime lime",
    ]
    program = (
        f"from fastrti.cli import main\nfor command in {commands!r}:\n    assert main(command.split()) == 0, command"
    )
    assert "sweep.gif" in run_without(ALL, program)


def test_a_student_is_asked_for_before_anything_is_written(tmp_path: Path) -> None:
    save(relightable("ptm", 7, 9), tmp_path / "vase")
    program = f"""
import sys
from fastrti.cli import main
sys.stderr = sys.stdout
print(main(["convert", {str(tmp_path / "vase")!r}, "-o", {str(tmp_path / "other")!r}, "--student", "disk20"]))
"""
    said = run_without(("torch",), program).splitlines()
    assert len(said) == 2 and said[0].endswith("run pip install 'fastrti[fit]'") and said[1] == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["vase"]


@pytest.mark.parametrize(("package", "name", "extra"), [("rawpy", "a.nef", "raw"), ("pillow_heif", "a.heic", "heif")])
def test_a_kind_of_photographs_says_what_it_needs(tmp_path: Path, package: str, name: str, extra: str) -> None:
    """Before anything of the file but its first bytes is looked at."""
    (tmp_path / name).write_bytes(b"\0\0\0\x18ftypheic" if extra == "heif" else b"raw")
    said = run_without(
        (package,),
        f"""
from pathlib import Path
from fastrti.photographs.photograph import open_photograph
try:
    open_photograph(Path({str(tmp_path / name)!r}))
except fastrti.MissingPackageError as error:
    print(error)
""",
    )
    assert said.startswith(f"expected {package.replace('_', '-')} for {name}, a ")
    assert said.endswith(f"run pip install 'fastrti[{extra}]'\n")
