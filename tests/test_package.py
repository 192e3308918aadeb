"""The package as a whole: what it exports, what it imports, and that everything public is documented."""

import dataclasses
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest
import tomllib
from objects import relightable

import fastrti
from fastrti import save
from fastrti.kernels.backends import BACKENDS

ROOT = Path(__file__).parents[1]
EXPORTS = [
    "ArgumentError",
    "BackendError",
    "CollectionError",
    "Corrections",
    "Enhanced",
    "Evaluation",
    "FastrtiError",
    "FoundLights",
    "LightError",
    "MissingPackageError",
    "Mlic",
    "ObjectError",
    "Preset",
    "Relightable",
    "Renderer",
    "Student",
    "SurfaceMaps",
    "Teacher",
    "TrainingError",
    "correct",
    "estimate_normals",
    "evaluate",
    "find_lights",
    "fit",
    "fit_classical",
    "for_the_wire",
    "load",
    "object_info",
    "save",
    "show",
    "surface_maps",
]


def test_exported_members():
    assert fastrti.__all__ == EXPORTS == sorted(EXPORTS)
    for name in EXPORTS:
        assert getattr(fastrti, name).__name__ == name
    assert dir(fastrti) == sorted([*EXPORTS, "__version__"])


def test_other_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="module 'fastrti' has no attribute 'train'"):
        fastrti.train  # noqa: B018


def test_the_error_tree():
    for name in EXPORTS:
        if name.endswith("Error"):
            error = getattr(fastrti, name)
            assert issubclass(error, fastrti.FastrtiError) and error.__name__ in fastrti.errors.__doc__
    assert issubclass(fastrti.LightError, ValueError) and issubclass(fastrti.ArgumentError, ValueError)
    assert not issubclass(fastrti.ObjectError, (ValueError, OSError))


FIRST_PICTURE = """
import sys
import fastrti
assert "torch" not in sys.modules, "import fastrti"
picture = fastrti.Renderer(sys.argv[1], backend=sys.argv[2]).relight((0.3, 0.5))
assert picture.any()
assert "torch" not in sys.modules, "the first picture"
assert "triton" not in sys.modules
"""


def backends_without_torch():
    """`auto` is one of them only where it does not choose triton."""
    return ["cpu"] if BACKENDS["triton"].why_not() is None else ["cpu", "auto"]


@pytest.mark.skipif(BACKENDS["cpu"].why_not() is not None, reason="the CPU kernel is not built")
@pytest.mark.parametrize("backend", backends_without_torch())
def test_a_first_picture_on_the_cpu_imports_no_torch(backend, tmp_path):
    save(relightable("openlime"), tmp_path / "object")
    ran = subprocess.run(
        [sys.executable, "-c", FIRST_PICTURE, str(tmp_path / "object"), backend], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr


def modules():
    """Every module of the package by name; `__main__` would run the command."""
    names = [module.name for module in pkgutil.walk_packages(fastrti.__path__, "fastrti.", onerror=lambda name: None)]
    kernels = importlib.import_module("fastrti.kernels")  # not below fastrti in the repository
    names += [module.name for module in pkgutil.walk_packages(kernels.__path__, "fastrti.kernels.")]
    return sorted({"fastrti", "fastrti.kernels", *names} - {"fastrti.__main__", "fastrti._cpu"})


def imported(name):
    """A module; those of other systems and of an extra that `dev` does not bring are skipped where they lack it."""
    optional = ".triton." in name or name == "fastrti.sharing.napari_dock"
    return pytest.importorskip(name) if optional else importlib.import_module(name)


def undocumented(owner, where):
    """The public classes, functions, methods and properties below owner, defined in it, that have no docstring."""
    for name, member in vars(owner).items():
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if name.startswith("_") or not (inspect.isclass(function) or inspect.isfunction(function)):
            continue
        if function.__module__ != (owner.__name__ if inspect.ismodule(owner) else owner.__module__):
            continue
        if not (function.__doc__ or "").strip() and not (where.startswith("fastrti.cli.") and name == "add_parser"):
            yield f"{where}.{name}"
        if inspect.isclass(function):
            yield from undocumented(function, f"{where}.{name}")


@pytest.mark.parametrize("name", modules())
def test_everything_public_has_a_docstring(name):
    module = imported(name)
    assert (module.__doc__ or "").strip() or not inspect.getsource(module).strip()
    assert not list(undocumented(module, name))


@pytest.mark.parametrize("name", modules())
def test_what_holds_arrays_is_compared_by_identity(name):
    """Dataclasses compare their fields, and arrays have no truth value: `==` and `hash` would raise."""
    module = imported(name)
    for owner in vars(module).values():
        own = inspect.isclass(owner) and owner.__module__ == name and dataclasses.is_dataclass(owner)
        types = " ".join(str(field.type) for field in dataclasses.fields(owner)) if own else ""
        if re.search(r"ndarray|NDArray|Tensor", types):
            assert owner.__eq__ is object.__eq__ and owner.__hash__ is object.__hash__, owner


def test_every_folder_of_code_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    folders = [path.parent.relative_to(ROOT) for path in ROOT.glob("[fk]*/**/__init__.py")]
    names = [".".join(folder.parts) for folder in folders if folder.parts[0] in ("fastrti", "kernels")]
    wanted = {name if name.startswith("fastrti") else f"fastrti.{name}" for name in names}
    assert len(wanted) > 10 and set(project["packages"]) == wanted
