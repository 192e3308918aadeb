"""The wheels: which are built, and that the one of this machine draws what the checkout draws."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from fastrti.kernels.cpu import available_isas

ROOT = Path(__file__).parents[2]
PYTHONS = ("cp310", "cp311", "cp312", "cp313", "cp314", "cp314t")
TABLET = Path(__file__).with_name("draw_tablet.py")


def run(*command: str | Path) -> str:
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize(
    ("system", "processors", "tags"),
    [
        (
            "linux",
            "x86_64,aarch64",
            {f"{libc}linux_{cpu}" for libc in ("many", "musl") for cpu in ("x86_64", "aarch64")},
        ),
        ("macos", "x86_64,arm64", {"macosx_x86_64", "macosx_arm64"}),
        ("windows", "AMD64", {"win_amd64"}),
    ],
)
def test_which_wheels_are_built(system: str, processors: str, tags: set[str]) -> None:
    pytest.importorskip("cibuildwheel")
    command = (sys.executable, "-m", "cibuildwheel", "--print-build-identifiers", "--platform", system)
    assert set(run(*command, "--archs", processors).split()) == {f"{py}-{tag}" for py in PYTHONS for tag in tags}


def test_the_release_uses_exact_versions_and_no_password() -> None:
    workflow = (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")
    used = re.findall(r"uses: (\S+)", workflow)
    assert len(used) == 7 and all(re.fullmatch(r"[\w/-]+@v\d+\.\d+\.\d+", action) for action in used)
    assert "id-token: write" in workflow and "secrets." not in workflow


def test_the_tablet_is_small() -> None:
    files = list((ROOT / "fastrti" / "examples" / "tablet").iterdir())
    assert len(files) == 4 and sum(file.stat().st_size for file in files) < 30_000


@pytest.mark.deep
@pytest.mark.xdist_group("wheel")
def test_the_wheel_draws_what_the_checkout_draws(environment: Path) -> None:
    drawn = run(environment / "bin" / "python", TABLET)
    assert [line.split()[0] for line in drawn.splitlines()] == [*available_isas()]
    assert drawn == run(sys.executable, TABLET)


@pytest.mark.deep
@pytest.mark.xdist_group("wheel")
@pytest.mark.skipif(sys.platform != "linux", reason="auditwheel repairs the wheels of Linux")
def test_auditwheel_names_the_glibc_it_runs_on(wheel: Path) -> None:
    assert re.search(r"-manylinux_2_\d+_(x86_64|aarch64)(\.manylinux\w+)*\.whl$", wheel.name)
