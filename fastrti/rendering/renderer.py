"""`Renderer`: one object, any light, the fastest backend that runs here."""

import operator
from collections.abc import Sequence
from io import BytesIO
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from fastrti.errors import ArgumentError, BackendError
from fastrti.formats import open_object
from fastrti.formats.pack import Pack
from fastrti.kernels.backends import choose_backend
from fastrti.kernels.kernel import Graph, Kernel, Recorder
from fastrti.lazy import lazy
from fastrti.lights import unit_vector
from fastrti.locks import Lock
from fastrti.objects.relightable import Relightable
from fastrti.objects.scales import factor_of, reduced
from fastrti.rendering.tiled import TileCache, TiledKernel

Region = tuple[int, int, int, int]
"""(top, left, height, width) in pixels, from the top left corner of the picture."""

STILL_LIGHT = (-0.35, 0.35)
STILL_SIDE = 512
"""Pixels: a notebook keeps the still of every Renderer that it shows."""


class Renderer:
    """Relights one object.

        >>> renderer = Renderer("objects/vase")                  # doctest: +SKIP
        >>> picture = renderer.relight((0.3, 0.5))               # doctest: +SKIP

    Thread-safe: any number of threads may relight with one Renderer at once. A pickled Renderer is made anew, of the
    same object and arguments. Jupyter shows a small still picture; `fastrti.show` opens the viewer.

    Args:
        source: a `Relightable`, a `Pack`, or the folder or file of an object. Of a pack, only the tiles that a picture
            shows are read, and those drawn last are kept, up to `fastrti.rendering.tiled.CACHE_BYTES`.
        backend: "auto" (triton where CUDA and Triton work, else cpu), "triton", "cpu" or "reference".
        threads: CPU threads for each picture, default all cores; triton ignores it.
        precision: the arithmetic of the pixels: "auto", the cheapest that promises every byte within one level of the
            exact picture, or int8 on the CPU for an object fitted to it (`Relightable.int8_loss_db`); "fp32", "int16"
            or "int8" on cpu, "fp32", "fp16" or "fp16 hi/lo" on triton. Forced integers may be further off than a level.

    Attributes:
        width: of the object, in pixels.
        height: of the object, in pixels.
        backend: the name of the backend that runs.
        why_not: for backend="auto", why each faster backend does not run, by name.

    Raises:
        ObjectError: the folder is not a relightable object.
        BackendError: the backend cannot run here, or not in that precision; the message says why and what to do.
        ArgumentError: threads is not a positive whole number.
    """

    def __init__(
        self,
        source: Relightable | Pack | str | PathLike[str],
        backend: str = "auto",
        threads: int | None = None,
        precision: str = "auto",
    ) -> None:
        if threads is not None and (not isinstance(threads, int) or isinstance(threads, bool) or threads < 1):
            raise ArgumentError(
                f"expected threads to be a positive whole number or None for all cores, got {threads!r}"
            )
        self._source = source if isinstance(source, Relightable | Pack) else open_object(source)
        self.width, self.height = self._source.width, self._source.height
        chosen, self.why_not = choose_backend(backend)
        self.backend = chosen.name
        self._kernel: Kernel
        if isinstance(self._source, Pack):
            tiles = TileCache(lambda tile: chosen.load(tile, threads, precision))
            self._kernel = TiledKernel(self._source, tiles)
        else:
            self._kernel = chosen.load(self._source, threads, precision)
        self._asked_for = backend, threads, precision
        self._scaled: dict[int, Renderer] = {}
        self._reducing = Lock()

    def __reduce__(self) -> tuple[type["Renderer"], tuple[Any, ...]]:
        return Renderer, (self._source, *self._asked_for)

    @lazy
    def relightable(self) -> Relightable:
        """The object in memory. All of a pack is read for it, at the first time.

        Raises:
            ObjectError: a pack that is too large for `fastrti.load`, or damaged.
        """
        return self._source.whole() if isinstance(self._source, Pack) else self._source

    def relight(
        self,
        light_dir: ArrayLike,
        *,
        out: Any = None,
        region: Region | None = None,
        scale: float = 1,
    ) -> Any:
        """The picture under one light.

        Args:
            light_dir: (x, y) with z = sqrt(1 − x² − y²), or (x, y, z), normalised; +x right, +y up, +z to the camera.
            out: (height, width, 3) uint8 to write into, of the kind the backend returns, and for triton also any array
                of its GPU with DLPack or `__cuda_array_interface__` (CuPy, Numba); rows may be apart in memory. With
                four channels, RGBA: alpha 255 on the object, 0 where its mask is False.
            region: (top, left, height, width) in pixels from the top left corner; default the whole picture.
            scale: 1, 1/2, 1/4, … 1/64: a picture of ceil(H·scale) × ceil(W·scale) pixels, and a region in them, drawn
                from averaged planes at the cost of its own pixels; `fastrti.objects.scales` has the error. The first
                such call averages the planes, which are kept.

        Returns:
            (height, width, 3) uint8, sRGB-encoded like the photographs: a numpy array from cpu and reference, a CUDA
            tensor from triton (which speaks both protocols itself), written when torch's current stream gets there;
            `out` itself where given.

        Raises:
            LightError: a light off the hemisphere.
            ArgumentError: a region outside the picture, an `out` that does not fit, or an unknown scale.
        """
        if type(scale) is not int or scale != 1:
            return self.at(scale).relight(light_dir, out=out, region=region)
        light = unit_vector(light_dir)
        region = self._checked(region)
        native = self._native(out, region[2:])
        self._kernel.relight(light, native, *region[:2])
        return native if out is None else out

    def relight_batch(
        self,
        lights: Sequence[ArrayLike],
        *,
        out: Any = None,
        region: Region | None = None,
        scale: float = 1,
    ) -> Any:
        """The pictures under several lights, (L, height, width, 3) uint8; otherwise like `relight`."""
        if type(scale) is not int or scale != 1:
            return self.at(scale).relight_batch(lights, out=out, region=region)
        directions = [unit_vector(light) for light in lights]
        region = self._checked(region)
        native = self._native(out, (len(directions), *region[2:]))
        self._kernel.relight_batch(directions, native, *region[:2])
        return native if out is None else out

    def graph(self, *, out: Any = None, region: Region | None = None, lights: int = 1) -> Graph:
        """A frame recorded once on the GPU and drawn again with other lights, each for one call of the host.

            >>> frames = renderer.graph()                        # doctest: +SKIP
            >>> picture, = frames.replay((0.3, 0.5))             # doctest: +SKIP

        Args:
            out: (lights, height, width, 3 or 4) uint8 that every replay draws to; see `relight`.
            region: as for `relight`.
            lights: pictures for each replay.

        Returns:
            A `fastrti.kernels.triton.kernel.FrameGraph`.

        Raises:
            BackendError: the backend is not triton.
            ArgumentError: lights is not a whole number from 1; otherwise as for `relight`.
        """
        if not isinstance(lights, int) or isinstance(lights, bool) or lights < 1:
            raise ArgumentError(
                f"expected one or more lights for each replay, got {lights!r}: pass a whole number from 1"
            )
        if isinstance(self._kernel, TiledKernel):
            raise BackendError(
                "expected an object in memory for a graph, got a pack that is drawn by tiles: load it with fastrti.load"
            )
        if not isinstance(self._kernel, Recorder):
            raise BackendError(
                f"expected the triton backend for a graph, got {self.backend}: call relight, which records nothing"
            )
        region = self._checked(region)
        native = self._native(out, (lights, *region[2:]))
        return self._kernel.graph(native, *region[:2])

    def at(self, scale: float) -> "Renderer":
        """The Renderer of the object at a scale, made once: this one at 1. See `relight` for the scales.

        Raises:
            ArgumentError: an unknown scale.
        """
        factor = factor_of(scale)
        if factor == 1:
            return self
        with self._reducing:
            if factor not in self._scaled:
                self._scaled[factor] = self._reduced(factor)
            return self._scaled[factor]

    def _reduced(self, factor: int) -> "Renderer":
        if isinstance(self._source, Relightable):
            return Renderer(reduced(self._source, factor), *self._asked_for)
        smaller = Renderer(self._source.at(factor), *self._asked_for)
        if isinstance(smaller._kernel, TiledKernel) and isinstance(self._kernel, TiledKernel):
            smaller._kernel.cache = self._kernel.cache  # one bound for all sizes
        return smaller

    def to_host(self, picture: Any) -> NDArray[np.uint8]:
        """A picture of this Renderer as a numpy array.

        Args:
            picture: what `relight` or `relight_batch` returned, or an `out` it has filled.

        Returns:
            The picture itself from cpu and reference, a copy from triton.
        """
        return self._kernel.to_host(picture)

    def from_host(self, picture: NDArray[np.uint8], out: Any) -> None:
        """Writes a numpy array to a buffer of this Renderer.

        Args:
            picture: ([L,] height, width, 3 or 4) uint8.
            out: of the same shape; as `relight` and `relight_batch` return and take it.

        Raises:
            ArgumentError: an `out` that does not fit.
        """
        self._kernel.from_host(picture, self._kernel.writable(out, picture.shape))

    def _native(self, out: Any, size: tuple[int, ...]) -> Any:
        """The buffer to draw into: the caller's, of 3 or 4 channels, or a new one."""
        if out is None:
            return self._kernel.empty((*size, 3))
        channels = 4 if tuple(getattr(out, "shape", ()))[-1:] == (4,) else 3
        return self._kernel.writable(out, (*size, channels))

    def _checked(self, region: Region | None) -> Region:
        rows, columns = self.height, self.width
        if region is None:
            return 0, 0, rows, columns
        try:
            top, left, height, width = map(operator.index, region)
        except (TypeError, ValueError):
            raise ArgumentError(
                f"expected a region (top, left, height, width) in whole pixels, got {region!r}"
            ) from None
        if not (0 <= top < top + height <= rows and 0 <= left < left + width <= columns):
            raise ArgumentError(
                f"expected a region inside the picture of {rows} rows and {columns} columns, "
                f"got top {top}, left {left}, height {height}, width {width}"
            )
        return top, left, height, width

    def _repr_png_(self) -> bytes:
        """What Jupyter shows: the object lit from the top left, at most STILL_SIDE pixels wide and high."""
        picture = Image.fromarray(self.to_host(self.relight(STILL_LIGHT)))
        file = BytesIO()
        picture.reduce(-(-max(picture.size) // STILL_SIDE)).save(file, "PNG", compress_level=1)
        return file.getvalue()

    def __repr__(self) -> str:
        model = self._source.model if isinstance(self._source, Pack) else self._source
        lines = [
            f"Renderer of {self.width}×{self.height} pixels",
            f"  decoder: {model.decoder.label}",
            f"  backend: {self.backend} ({self._kernel.label})",
        ]
        return "\n".join(lines + [f"  not {name}: {reason}" for name, reason in self.why_not.items()])
