"""The table of backends: what can relight an object here, and why the others cannot.

Every backend's module ends in its row. Importing the table loads neither PyTorch nor Triton.
"""

from fastrti.errors import BackendError
from fastrti.kernels import cpu, reference
from fastrti.kernels.kernel import Backend
from fastrti.kernels.triton import cuda_driver
from fastrti.text import represented

BACKENDS = {row.name: row for row in (cuda_driver.BACKEND, cpu.BACKEND, reference.BACKEND)}
"""In the order of their speed."""

AUTO = ("triton", "cpu")
"""What "auto" tries, in this order: the reference runs only on demand."""


def choose_backend(name: str) -> tuple[Backend, dict[str, str]]:
    """The backend of a name, or for "auto" the first that runs; and why those before it do not.

    Raises:
        BackendError: an unknown name, one that cannot run here, or nothing that can.
    """
    if not (isinstance(name, str) and name in ("auto", *BACKENDS)):
        raise BackendError(f"expected a backend of auto, {', '.join(BACKENDS)}, got {represented(name)}")
    if name != "auto":
        return BACKENDS[name], {}
    reasons: dict[str, str] = {}
    for backend in map(BACKENDS.__getitem__, AUTO):
        reason = backend.why_not()
        if reason is None:
            return backend, reasons
        reasons[backend.name] = reason
    why = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
    raise BackendError(f"expected at least one backend that runs here, got none: {why}")
