"""The documentation builds as HTML without a warning, and pages stay as short as they promise."""

import subprocess
import sys

import pytest
from docs_pages import ROOT


@pytest.mark.deep
def test_sphinx_has_nothing_to_warn_of(tmp_path):
    pytest.importorskip("sphinx", reason="needs the extra docs")
    command = [sys.executable, "-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", "docs", str(tmp_path)]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    assert "fastrti.Renderer.relight" in (tmp_path / "reference" / "python.html").read_text(encoding="utf-8")


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150
    readmes = [ROOT / name for name in ("README.md", "benchmarks/README.md", "kernels/README.md")]
    assert sum(len(readme.read_text(encoding="utf-8").split()) for readme in readmes) <= 2500
