"""fastrti: relightable images (RTI) from photographs, rendered by fused kernels on CPU and GPU.

    >>> import fastrti                                           # doctest: +SKIP
    >>> vase = fastrti.load("objects/vase")                      # doctest: +SKIP
    >>> picture = fastrti.Renderer(vase).relight((0.3, 0.5))     # doctest: +SKIP

Every public name is imported when it is first used: `import fastrti` loads neither numpy nor PyTorch.
"""

import importlib
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from fastrti.errors import (
    ArgumentError,
    BackendError,
    CollectionError,
    FastrtiError,
    LightError,
    MissingPackageError,
    ObjectError,
    TrainingError,
)
from fastrti.extras import needs

try:
    importlib.import_module("fastrti.kernels")  # a folder beside fastrti in the repository
except ModuleNotFoundError:
    raise MissingPackageError(
        "expected the package fastrti.kernels, got a folder fastrti without it, as where Python runs in the root of "
        "the repository after a regular install: leave that folder, or install with `pip install -e .`"
    ) from None

if TYPE_CHECKING:
    from fastrti.capture.corrections.correct import Corrections, correct
    from fastrti.capture.spheres.find_lights import find_lights
    from fastrti.capture.spheres.found_lights import FoundLights
    from fastrti.formats import load, object_info, save
    from fastrti.objects.relightable import Relightable
    from fastrti.photographs.mlic import Mlic
    from fastrti.rendering.enhanced import Enhanced
    from fastrti.rendering.normals import estimate_normals
    from fastrti.rendering.renderer import Renderer
    from fastrti.scoring.evaluate import Evaluation, evaluate
    from fastrti.sharing.notebook import show
    from fastrti.sharing.wire import for_the_wire
    from fastrti.surface.maps import SurfaceMaps, surface_maps
    from fastrti.training.classical import fit_classical
    from fastrti.training.fitting import fit
    from fastrti.training.settings import Preset, Student, Teacher

__version__ = "0.1.0"

_HOMES = {
    "Corrections": "fastrti.capture.corrections.correct",
    "Enhanced": "fastrti.rendering.enhanced",
    "Evaluation": "fastrti.scoring.evaluate",
    "FoundLights": "fastrti.capture.spheres.found_lights",
    "Mlic": "fastrti.photographs.mlic",
    "Preset": "fastrti.training.settings",
    "Relightable": "fastrti.objects.relightable",
    "Renderer": "fastrti.rendering.renderer",
    "Student": "fastrti.training.settings",
    "SurfaceMaps": "fastrti.surface.maps",
    "Teacher": "fastrti.training.settings",
    "correct": "fastrti.capture.corrections.correct",
    "estimate_normals": "fastrti.rendering.normals",
    "evaluate": "fastrti.scoring.evaluate",
    "find_lights": "fastrti.capture.spheres.find_lights",
    "fit": "fastrti.training.fitting",
    "fit_classical": "fastrti.training.classical",
    "for_the_wire": "fastrti.sharing.wire",
    "load": "fastrti.formats",
    "object_info": "fastrti.formats",
    "save": "fastrti.formats",
    "show": "fastrti.sharing.notebook",
    "surface_maps": "fastrti.surface.maps",
}
"""The module of each name that is imported when it is first used."""

_NEEDS = {"fit": ("fit", "training a student")}
"""The extra that a name needs, and what for; see `fastrti.extras`."""

__all__ = [
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


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'fastrti' has no attribute {name!r}")
    with needs(*_NEEDS[name]) if name in _NEEDS else nullcontext():
        value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value  # found without this function from now on
    return value


def __dir__() -> list[str]:
    return sorted({*__all__, "__version__"})
