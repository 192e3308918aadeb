"""`TiledKernel`: draws a pack tile by tile, in memory for the tiles that it keeps and those it draws at the moment."""

import os
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastrti.formats.pack import TILE, Pack
from fastrti.kernels.kernel import Kernel, Light
from fastrti.locks import Lock
from fastrti.objects.relightable import Relightable

CACHE_BYTES = 512 << 20
"""Of the planes of tiles that a Renderer keeps: all that 4096×2160 pixels show of an object with 48 planes."""

_AT_A_TIME = 32
"""Tiles that are read together."""

Place = tuple[int, int, int]
"""Level, row and column of a tile."""


class TileCache:
    """The kernels of the tiles that were drawn last, of all levels of one pack. Threads may share it.

    Args:
        make: the kernel of a tile.
    """

    def __init__(self, make: Callable[[Relightable], Kernel]) -> None:
        self.make = make
        self._kernels: OrderedDict[Place, tuple[Kernel, int]] = OrderedDict()
        self._bytes = 0
        self._changing = Lock()

    def kernels(self, pack: Pack, places: Sequence[tuple[int, int]]) -> list[Kernel]:
        """The kernels of some tiles, of a row and a column each. What is missing is read on all cores."""
        with self._changing:
            found = {place: self._kept(pack, place) for place in places}
        missing = [place for place in places if found[place] is None]
        if missing:
            with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
                found |= zip(missing, pool.map(lambda place: self._read(pack, place), missing))
        return [kernel for place in places if (kernel := found[place]) is not None]

    def _kept(self, pack: Pack, place: tuple[int, int]) -> Kernel | None:
        key = (pack.number, *place)
        if key not in self._kernels:
            return None
        self._kernels.move_to_end(key)
        return self._kernels[key][0]

    def _read(self, pack: Pack, place: tuple[int, int]) -> Kernel:
        tile = pack.tile(*place)
        kernel, key = self.make(tile), (pack.number, *place)
        size = tile.planes.nbytes + (0 if tile.mask is None else tile.mask.nbytes)
        with self._changing:
            self._bytes += size - self._kernels.pop(key, (kernel, 0))[1]  # another thread may have read it too
            self._kernels[key] = kernel, size
            while self._bytes > CACHE_BYTES and len(self._kernels) > 1:
                self._bytes -= self._kernels.popitem(last=False)[1][1]
        return kernel


class TiledKernel:
    """One size of a pack, drawn by the kernels of its tiles; see `fastrti.kernels.kernel.Kernel`.

    Args:
        pack: the object.
        cache: the tiles, shared by all sizes.
    """

    def __init__(self, pack: Pack, cache: TileCache) -> None:
        self.cache = cache
        self._pack = pack
        self._model = cache.make(pack.model)  # raises where the backend cannot draw it, and has the backend's buffers

    @property
    def label(self) -> str:
        """What runs."""
        return f"{self._model.label}, by tiles"

    def empty(self, shape: tuple[int, ...]) -> Any:
        """See `fastrti.kernels.kernel.Kernel`."""
        return self._model.empty(shape)

    def writable(self, out: Any, shape: tuple[int, ...]) -> Any:
        """See `fastrti.kernels.kernel.Kernel`."""
        return self._model.writable(out, shape)

    def relight(self, light: Light, out: Any, top: int, left: int) -> None:
        """See `fastrti.kernels.kernel.Kernel`.

        Raises:
            ObjectError: a damaged tile, or a file that was cut.
        """
        for kernel, rows, columns, y, x in self._tiles(out.shape[:2], top, left):
            kernel.relight(light, out[rows, columns], y, x)

    def relight_batch(self, lights: Sequence[Light], out: Any, top: int, left: int) -> None:
        """See `fastrti.kernels.kernel.Kernel`. Each tile is read once."""
        for kernel, rows, columns, y, x in self._tiles(out.shape[1:3], top, left):
            kernel.relight_batch(lights, out[:, rows, columns], y, x)

    def to_host(self, picture: Any) -> NDArray[np.uint8]:
        """See `fastrti.kernels.kernel.Kernel`."""
        return self._model.to_host(picture)

    def from_host(self, picture: NDArray[np.uint8], out: Any) -> None:
        """See `fastrti.kernels.kernel.Kernel`."""
        self._model.from_host(picture, out)

    def _tiles(self, size: tuple[int, int], top: int, left: int) -> Iterator[tuple[Kernel, slice, slice, int, int]]:
        """For each tile of a region: its kernel, rows and columns of the picture, and where it begins in the tile."""
        spans = [list(_spans(start, length)) for start, length in ((top, size[0]), (left, size[1]))]
        tiles = list(product(*spans))
        for first in range(0, len(tiles), _AT_A_TIME):
            some = tiles[first : first + _AT_A_TIME]
            kernels = self.cache.kernels(self._pack, [(row[0], column[0]) for row, column in some])
            for kernel, ((_, rows, y), (_, columns, x)) in zip(kernels, some):
                yield kernel, rows, columns, y, x


def _spans(start: int, length: int) -> Iterator[tuple[int, slice, int]]:
    """For each tile of a row or column of them: its number, the part of the picture, and its first pixel."""
    for number in range(start // TILE, (start + length - 1) // TILE + 1):
        first, last = max(start, number * TILE), min(start + length, (number + 1) * TILE)
        yield number, slice(first - start, last - start), first - number * TILE
