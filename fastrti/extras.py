"""Optional packages: what needs more than numpy and Pillow says in one sentence which command installs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec

from fastrti.errors import MissingPackageError

_PROVIDES = {
    "fit": {"torch": "PyTorch"},
    "gpu": {"torch": "PyTorch", "triton": "Triton"},
    "measure": {"skimage": "scikit-image"},
    "16bit": {"imagecodecs": "imagecodecs", "tifffile": "tifffile"},
    "raw": {"rawpy": "rawpy"},
    "heif": {"pillow_heif": "pillow-heif"},
    "exr": {"OpenEXR": "OpenEXR"},
    "notebook": {"anywidget": "anywidget", "traitlets": "traitlets"},
    "texture": {"moderngl": "moderngl"},
}
"""The modules that each extra of pyproject.toml brings, with the names people know them by."""


@contextmanager
def needs(extra: str, what: str) -> Iterator[None]:
    """Around the import of an optional package.

        >>> with needs("fit", "training a student"):             # doctest: +SKIP
        ...     import torch

    Args:
        extra: the extra of pyproject.toml that brings the package.
        what: what needs it, as a noun: "training a student".

    Raises:
        MissingPackageError: the package is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if module not in _PROVIDES[extra]:
            raise
        raise MissingPackageError(_sentence(extra, module, what)) from None


def missing(extra: str, what: str) -> str | None:
    """The sentence of `needs` for the first package of an extra that is not installed, else None; imports nothing."""
    absent = (module for module in _PROVIDES[extra] if find_spec(module) is None)
    return next((_sentence(extra, module, what) for module in absent), None)


def _sentence(extra: str, module: str, what: str) -> str:
    return (
        f"expected {_PROVIDES[extra][module]} for {what}, got an installation without it: "
        f"run pip install 'fastrti[{extra}]'"
    )
