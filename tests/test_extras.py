"""Optional packages that are missing: one sentence with the command that installs them."""

from pathlib import Path

import pytest
import tomllib

from fastrti import FastrtiError, MissingPackageError
from fastrti.extras import _PROVIDES, needs

PYPROJECT = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))


def test_the_sentence():
    with pytest.raises(MissingPackageError) as caught, needs("fit", "training a student"):
        raise ModuleNotFoundError("No module named 'torch.nn'", name="torch.nn")
    assert str(caught.value) == (
        "expected PyTorch for training a student, got an installation without it: run pip install 'fastrti[fit]'"
    )
    assert isinstance(caught.value, FastrtiError) and isinstance(caught.value, ImportError)


def test_other_missing_modules_stay_what_they_are():
    with pytest.raises(ModuleNotFoundError, match="nonsense"), needs("fit", "training a student"):
        import nonsense  # noqa: F401


def test_every_extra_exists_and_brings_its_packages():
    packages = {"skimage": "scikit-image", "pillow_heif": "pillow-heif"}
    optional = PYPROJECT["project"]["optional-dependencies"]
    for extra, modules in _PROVIDES.items():
        for module in modules:
            if module == "traitlets":  # comes with anywidget
                continue
            assert any(wanted.startswith(packages.get(module, module)) for wanted in optional[extra]), (extra, module)


def test_the_base_install_is_numpy_and_pillow():
    assert [wanted.split(">")[0] for wanted in PYPROJECT["project"]["dependencies"]] == ["numpy", "Pillow"]
