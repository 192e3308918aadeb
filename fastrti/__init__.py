"""fastrti: relightable images (RTI) from photographs, rendered by fused kernels on CPU and GPU.

    >>> from fastrti import Renderer                             # doctest: +SKIP
    >>> picture = Renderer("objects/vase").relight((0.3, 0.5))   # doctest: +SKIP

Making an object is `fit` (PyTorch, minutes); showing one is `Renderer` (no PyTorch on the CPU, milliseconds).
"""

from typing import TYPE_CHECKING, Any

from fastrti.errors import (
    ArgumentError,
    BackendError,
    CollectionError,
    FastrtiError,
    LightError,
    ObjectError,
    TrainingError,
)
from fastrti.objects.relightable import Relightable
from fastrti.photographs.mlic import Mlic
from fastrti.rendering.renderer import Renderer

if TYPE_CHECKING:
    from fastrti.training import fit

__version__ = "0.1.0"

__all__ = [
    "ArgumentError",
    "BackendError",
    "CollectionError",
    "FastrtiError",
    "LightError",
    "Mlic",
    "ObjectError",
    "Relightable",
    "Renderer",
    "TrainingError",
    "fit",
]


def __getattr__(name: str) -> Any:
    if name == "fit":  # the one name that needs PyTorch, which `import fastrti` must not load
        from fastrti.training import fit

        return fit
    raise AttributeError(f"module 'fastrti' has no attribute {name!r}")
