"""What a backend is: the protocol of its kernel, and its row in the table of `backends.py`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastrti.errors import BackendError
from fastrti.objects.relightable import Relightable
from fastrti.text import represented

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

    def to_host(self, picture: Any) -> NDArray[np.uint8]:
        """A picture, or a stack of them, as a numpy array.

        Args:
            picture: what `relight` has written to: from `empty`, or a buffer that `writable` takes.
        """
        ...

    def from_host(self, picture: NDArray[np.uint8], out: Any) -> None:
        """Writes a numpy array to out, which is from `empty` or `writable` and of the same shape."""
        ...


class Graph(Protocol):
    """Frames recorded once, to be drawn again with other lights.

    Attributes:
        out: the pictures, (L, h, w, C) uint8, of the kind the backend writes.
    """

    out: Any

    def replay(self, *light_dirs: ArrayLike) -> Any:
        """Draws the frames of these lights, one for each picture, and returns the pictures."""
        ...


@runtime_checkable
class Recorder(Protocol):
    """What a kernel that can record frames has beside those of `Kernel`."""

    def graph(self, out: Any, top: int, left: int) -> Graph:
        """A frame of every picture of out, (L, h, w, C), to be drawn again and again."""
        ...


@dataclass(frozen=True)
class Backend:
    """A row of the table.

    Attributes:
        name: what `Renderer(backend=…)` takes.
        why_not: returns None where the backend can run, else one sentence that says why not and what to do.
        make: makes the kernel of an object, for a number of threads (None: all cores) and a precision.
    """

    name: str
    why_not: Callable[[], str | None]
    make: Callable[[Relightable, int | None, str], Kernel]

    def load(self, relightable: Relightable, threads: int | None, precision: str) -> Kernel:
        """The kernel of an object.

        Raises:
            BackendError: it cannot run here, or not in that precision.
        """
        reason = self.why_not()
        if reason is not None:
            raise BackendError(f"the {self.name} backend cannot run here: {reason}")
        return self.make(relightable, threads, precision)


def check_precision(precision: str, offered: Sequence[str], backend: str) -> None:
    """Raises BackendError unless the precision is "auto" or one the backend offers."""
    if not (isinstance(precision, str) and precision in ("auto", *offered)):
        raise BackendError(
            f"expected a precision of {', '.join(('auto', *offered))} on {backend}, got {represented(precision)}"
        )
