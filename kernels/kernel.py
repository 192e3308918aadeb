"""The table of backends: what can relight an object here, and why the others cannot."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from fastrti.errors import BackendError
from fastrti.objects.relightable import Relightable

Light = tuple[float, float, float]
"""A unit vector with z ≥ 0, checked by the `Renderer`."""


class Kernel(Protocol):
    """One object, ready to be relit by one backend; safe to call from several threads.

    Made from a `Relightable`, the number of `threads` (None: all cores) and a `precision`: "auto" or one of the
    backend's own.
    """

    @property
    def label(self) -> str:
        """What runs, e.g. "avx512, 2 threads, fp32"."""
        ...

    def empty(self, shape: tuple[int, ...]) -> Any:
        """An uninitialised uint8 picture, or stack of pictures, of the kind this backend writes."""
        ...

    def writable(self, out: Any, shape: tuple[int, ...]) -> Any:
        """The caller's buffer as `relight` takes it.

        Raises:
            ArgumentError: not a buffer of this shape that the backend can write to.
        """
        ...

    def relight(self, light: Light, out: Any, top: int, left: int) -> None:
        """Writes the pixels [top : top + h, left : left + w] under a light to out, (h, w, C) uint8.

        Args:
            light: the light direction.
            out: from `empty` or `writable`; C = 3 for RGB, 4 for RGBA with alpha 0 where the mask is False, else 255.
            top: first row of the region.
            left: first column of the region.
        """
        ...

    def relight_batch(self, lights: Sequence[Light], out: Any, top: int, left: int) -> None:
        """`relight` under several lights, to out, (L, h, w, C) uint8."""
        ...


@dataclass(frozen=True)
class Backend:
    """A row of the table. Modules are imported when the backend is first asked for.

    Attributes:
        name: what `Renderer(backend=…)` takes.
        probe: "module:function" that returns None where the backend can run, else one sentence.
        kernel: "module:class", a `Kernel`.
    """

    name: str
    probe: str
    kernel: str

    def why_not(self) -> str | None:
        """None where the backend can run, else one sentence that says why not and what to do."""
        try:
            reason: str | None = _resolve(self.probe)()
        except ImportError as error:
            return _import_failure(error)
        return reason

    def load(self, relightable: Relightable, threads: int | None, precision: str) -> Kernel:
        """The kernel of an object.

        Raises:
            BackendError: it cannot run here, or not in that precision.
        """
        reason = self.why_not()
        if reason is not None:
            raise BackendError(f"the {self.name} backend cannot run here: {reason}")
        kernel: Kernel = _resolve(self.kernel)(relightable, threads=threads, precision=precision)
        return kernel


def check_precision(precision: str, offered: Sequence[str], backend: str) -> None:
    """Raises BackendError unless the precision is "auto" or one the backend offers."""
    if precision not in ("auto", *offered):
        raise BackendError(f"expected a precision of {', '.join(('auto', *offered))} on {backend}, got {precision!r}")


def _resolve(name: str) -> Callable[..., Any]:
    module, _, attribute = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), attribute)
    return found


def _import_failure(error: ImportError) -> str:
    if error.name in ("fastrti.kernels", "kernels"):
        return (
            "the package fastrti.kernels is missing, as it is when Python runs from the root of the repository after a "
            "regular install: leave the root, or install with `pip install -e .`"
        )
    if isinstance(error, ModuleNotFoundError):
        return f"the module {error.name} is not installed (`pip install {error.name}`)"
    return f"its module cannot be imported ({error})"


# In the order `auto` tries them; the reference only on demand.
BACKENDS = {
    backend.name: backend
    for backend in (
        Backend("triton", "fastrti.kernels.triton.cuda_driver:why_not", "fastrti.kernels.triton.kernel:TritonKernel"),
        Backend("cpu", "fastrti.kernels.cpu:why_not", "fastrti.kernels.cpu:CpuKernel"),
        Backend("reference", "fastrti.kernels.reference:why_not", "fastrti.kernels.reference:ReferenceKernel"),
    )
}


def choose_backend(name: str) -> tuple[Backend, dict[str, str]]:
    """The backend of a name, or for "auto" the first that runs; and why those before it do not.

    Raises:
        BackendError: an unknown name, one that cannot run here, or nothing that can.
    """
    if name != "auto":
        if name not in BACKENDS:
            raise BackendError(f"expected a backend of auto, {', '.join(BACKENDS)}, got {name!r}")
        return BACKENDS[name], {}
    reasons: dict[str, str] = {}
    for backend in (BACKENDS["triton"], BACKENDS["cpu"]):
        reason = backend.why_not()
        if reason is None:
            return backend, reasons
        reasons[backend.name] = reason
    why = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
    raise BackendError(f"expected at least one backend that runs here, got none: {why}")
