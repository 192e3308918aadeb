"""The CPU backend: the C++ kernel on numpy arrays.

There are three algorithms: 32-bit floats, 16-bit integers and 8-bit integers (fp32_body.inl, int16_body.inl and
int8_body.inl in csrc/pixels/). Each is compiled for several instruction sets. The kernel has its own threads and
releases the GIL while it draws.
"""

import importlib
import os
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError, BackendError
from fastrti.kernels.buffers import writable_array
from fastrti.kernels.kernel import Backend, Light, check_precision
from fastrti.objects.experts import Experts
from fastrti.objects.relightable import INT8_LOSS_DB, Relightable

_cpu: Any = None
_import_error = ""
try:
    _cpu = importlib.import_module("fastrti._cpu")
except ImportError as error:
    _import_error = str(error)

ISA_VARIABLE = "FASTRTI_ISA"
"""The environment variable that forces an instruction set, for tests and for comparing them."""

PRECISIONS = ("fp32", "int16", "int8")
"""What `precision` takes beside "auto"."""

CAMERA: Light = (0.0, 0.0, 1.0)

MAX_THREADS = 1024
"""FASTRTI_MAX_THREADS of csrc/fastrti.h."""


def why_not() -> str | None:
    """None where the backend can run, else one sentence that says why not and what to do."""
    if _cpu is not None:
        return None
    return (
        f"its compiled module is missing ({_import_error}): install with `pip install -e . --no-build-isolation`, or, "
        "after a regular install, run Python outside the root of the repository"
    )


def available_isas() -> tuple[str, ...]:
    """The instruction sets this machine runs, fastest first; the last is always "baseline".

    Raises:
        BackendError: the compiled module is missing.
    """
    reason = why_not()
    if reason is not None:
        raise BackendError(f"the cpu backend cannot run here: {reason}")
    names: tuple[str, ...] = _cpu.available_isas()
    return names


class CpuKernel:
    """One object, ready to be relit; safe to call from several threads at once.

    Args:
        relightable: the object; its planes are used where they lie.
        threads: threads that draw a picture, 1–1024; default all cores this process may use.
        precision: "auto" or one of `PRECISIONS`.
        isa: one of `available_isas()`; default the environment variable FASTRTI_ISA, else the fastest.

    Attributes:
        isa: the instruction set that runs.
        threads: how many threads draw a picture.

    Raises:
        ArgumentError: threads out of range.
        BackendError: the kernel, or the instruction set or precision asked for, cannot run here.
    """

    def __init__(
        self,
        relightable: Relightable,
        threads: int | None = None,
        precision: str = "auto",
        isa: str | None = None,
    ) -> None:
        check_precision(precision, PRECISIONS, "the cpu backend")
        self.isa = _chosen_isa(isa)
        self.threads = _checked_threads(threads)
        self._made_of = relightable, self.threads, precision, self.isa
        self._object = _object(relightable, self.threads, self.isa, precision)
        self._last_light = CAMERA
        if precision != "auto":
            self.drawn_in(CAMERA)  # raises where the precision cannot draw the object

    def __reduce__(self) -> tuple[type["CpuKernel"], tuple[Any, ...]]:
        """A pickle holds what the kernel was made of. Another process makes it anew."""
        return CpuKernel, self._made_of

    @property
    def label(self) -> str:
        """What runs and why, for the last light. Before the first picture it is for a light at the camera.

        E.g. "avx512vnni, 2 threads, int16: its bound promises less than 0.71 levels". Of several labels, the largest
        bound of those that are drawn in a precision.
        """
        drawn = self.drawn_in_each(self._last_light)
        counts = {precision: [bound for name, bound in drawn if name == precision] for precision, _ in drawn}
        what = "; ".join(
            self._explained(precision, max(bounds)) + (f", {len(bounds)} of {len(drawn)} labels" * (len(counts) > 1))
            for precision, bounds in counts.items()
        )
        return f"{self.isa}, {self.threads} thread{'s' if self.threads > 1 else ''}, {what}"

    def _explained(self, precision: str, bound: float) -> str:
        if precision == "int8":
            loss = self._made_of[0].int8_loss_db
            return precision + (": its loss was not measured" if loss is None else f": it costs {loss:.2g} dB")
        if precision == "int16":
            return f"{precision}: its bound promises less than {_levels(bound)}"
        return precision + (f": int16 promises only {_levels(bound)}" if np.isfinite(bound) else "")

    def pixel_boxes(self, most: int) -> NDArray[np.uint8]:
        """At most so many boxes that hold all pixels of the object, (n, 2, K): see csrc/rounding/pixel_boxes.h.

        Where the mask hides all pixels, it is one box of all bytes.
        """
        boxes: NDArray[np.uint8] = self._object.boxes(most)
        if (boxes[0, 0] > boxes[0, 1]).any():
            boxes[:, 0], boxes[:, 1] = 0, 255
        return boxes

    def drawn_in(self, light: Light) -> tuple[str, float]:
        """`drawn_in_each` of the label for which int16 promises least."""
        return max(self.drawn_in_each(light), key=lambda drawn: drawn[1])

    def drawn_in_each(self, light: Light) -> list[tuple[str, float]]:
        """Of each label: the precision of its pixels under a light, and the bound of the error of int16 in levels.

        "auto" bounds the error over all bytes a plane can hold and, if that promises no level, over the object's own
        pixels. It stops where the bound is below 1. A precision that was asked for is bounded over all bytes. The bound
        is infinite if int16 cannot draw its network or was not considered.

        Raises:
            BackendError: the precision asked for cannot draw the object.
        """
        try:
            drawn: list[tuple[str, float]] = self._object.drawn_in(*light)
        except ValueError as error:
            raise BackendError(str(error)) from None
        return drawn

    def empty(self, shape: tuple[int, ...]) -> NDArray[np.uint8]:
        """An uninitialised numpy picture."""
        return np.empty(shape, np.uint8)

    def writable(self, out: Any, shape: tuple[int, ...]) -> NDArray[np.uint8]:
        """See `fastrti.kernels.kernel.Kernel`."""
        return writable_array(out, shape)

    def relight(self, light: Light, out: NDArray[np.uint8], top: int = 0, left: int = 0) -> None:
        """Writes the pixels [top : top + h, left : left + w] to out.

        The pixels are within one level of the exact picture. Exceptions are int8, and int16 if the caller asked for it
        although its bound is larger.

        Args:
            light: the light direction.
            out: (h, w, 3) or (h, w, 4) uint8; rows may be apart in memory, the pixels of a row may not.
            top: first row of the region.
            left: first column of the region.

        Raises:
            ArgumentError: an out of another kind, or a region outside.
        """
        try:
            self._object.relight(*light, out, top, left)
        except ValueError as error:
            raise ArgumentError(str(error)) from None
        self._last_light = light

    def relight_batch(self, lights: Sequence[Light], out: NDArray[np.uint8], top: int = 0, left: int = 0) -> None:
        """See `fastrti.kernels.kernel.Kernel`."""
        for light, picture in zip(lights, out):
            self.relight(light, picture, top, left)

    def to_host(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The picture itself: this backend draws on the host."""
        return picture

    def from_host(self, picture: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
        """See `fastrti.kernels.kernel.Kernel`."""
        out[...] = picture


def fit_normals(
    pictures: NDArray[np.uint8],
    lights: NDArray[np.float32],
    luminance: NDArray[np.float32],
    *,
    iterations: int,
    noise: float,
    nothing: float,
    ridge: float,
) -> NDArray[np.float32]:
    """What `fastrti.rendering.normals.fit_normals` specifies, of relit pictures and on all cores.

    Args:
        pictures: (L, H, W, 3), contiguous, at most 64 of them.
        lights: (L, 3) unit vectors.
        luminance: (3, 256), what each byte of a channel adds to the linear luminance of a pixel.
        iterations: how often the weights are made anew.
        noise: added to the mean residual.
        nothing: the weight of lights that the surface turns away from.
        ridge: of the least squares, as a share of the sum of weights.

    Returns:
        (H, W, 3) unit vectors.

    Raises:
        BackendError: the instruction set of FASTRTI_ISA cannot run here.
    """
    height, width = pictures.shape[1:3]
    normals = np.empty((height, width, 3), np.float32)
    _cpu.fit_normals(
        pictures=pictures.reshape(len(pictures), -1, 3),
        directions=np.ascontiguousarray(lights, np.float32),
        luminance=luminance,
        iterations=iterations,
        noise=noise,
        nothing=nothing,
        ridge=ridge,
        out=normals.reshape(-1, 3),
        threads=_checked_threads(None),
        isa=_chosen_isa(None),
    )
    return normals


def _object(relightable: Relightable, threads: int, isa: str, precision: str) -> Any:
    experts = relightable.decoder
    network, *others = (decoder.light_network for decoder in relightable.decoders)
    try:
        return _cpu.Object(
            planes=relightable.planes,
            mask=None if relightable.mask is None else np.ascontiguousarray(relightable.mask),
            minimum=np.ascontiguousarray(relightable.minimum),
            maximum=np.ascontiguousarray(relightable.maximum),
            hidden=network.hidden,
            activation=network.activation,
            skip=network.skip,
            base_colour=network.base_colour,
            features=network.features,
            exponents=network.exponents,
            nodes=None if network.nodes is None else np.ascontiguousarray(network.nodes),
            sigma=network.sigma,
            weights=[np.ascontiguousarray(weight) for weight in network.weights],
            biases=[np.ascontiguousarray(bias) for bias in network.biases],
            labels=relightable.labels,
            expert_layers=[[np.ascontiguousarray(each) for each in (*o.weights, *o.biases)] for o in others],
            shares=experts.shares if isinstance(experts, Experts) else None,
            threads=threads,
            isa=isa,
            precision=precision,
            fitted_to_int8=relightable.int8_loss_db is not None and relightable.int8_loss_db <= INT8_LOSS_DB,
        )
    except ValueError as error:
        raise ArgumentError(str(error)) from None


def _levels(bound: float) -> str:
    rounded_up = np.ceil(100 * bound) / 100
    return f"{rounded_up:g} level{'s' if rounded_up != 1 else ''}"


def _chosen_isa(wanted: str | None) -> str:
    available = available_isas()
    source = "isa" if wanted is not None else ISA_VARIABLE
    wanted = wanted if wanted is not None else os.environ.get(ISA_VARIABLE) or available[0]
    if wanted not in available:
        raise BackendError(f"expected {source} to be one of {', '.join(available)} on this machine, got {wanted!r}")
    return wanted


def _checked_threads(threads: int | None) -> int:
    if threads is None:
        return min(len(_usable_cores()), MAX_THREADS)
    if not isinstance(threads, int) or isinstance(threads, bool) or not 1 <= threads <= MAX_THREADS:
        raise ArgumentError(f"expected threads from 1 to {MAX_THREADS}, or None for all cores, got {threads!r}")
    return threads


def _usable_cores() -> Collection[int]:
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return range(os.cpu_count() or 1)


BACKEND = Backend("cpu", why_not, CpuKernel)
