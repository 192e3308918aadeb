"""The specification (`torch_reference`) as a backend: numpy pictures, PyTorch in double precision inside."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from fastrti.kernels.buffers import writable_array
from fastrti.kernels.kernel import Light, check_precision
from fastrti.kernels.torch_reference import relight_network
from fastrti.objects.relightable import Relightable


def why_not() -> None:
    """It runs wherever this module can be imported, that is with PyTorch."""


class ReferenceKernel:
    """Slow and exact: what the other kernels are held against."""

    label = "float64 PyTorch"

    def __init__(self, relightable: Relightable, threads: int | None = None, precision: str = "auto") -> None:
        check_precision(precision, (), "the reference backend")
        self._relightable = relightable
        self._planes = torch.from_numpy(relightable.planes)
        self._mask = None if relightable.mask is None else torch.from_numpy(relightable.mask)

    def empty(self, shape: tuple[int, ...]) -> NDArray[np.uint8]:
        """An uninitialised numpy picture."""
        return np.empty(shape, np.uint8)

    def writable(self, out: Any, shape: tuple[int, ...]) -> NDArray[np.uint8]:
        """See `fastrti.kernels.kernel.Kernel`."""
        return writable_array(out, shape)

    def relight(self, light: Light, out: NDArray[np.uint8], top: int, left: int) -> None:
        """See `fastrti.kernels.kernel.Kernel`."""
        rows, columns = slice(top, top + out.shape[0]), slice(left, left + out.shape[1])
        mask = None if self._mask is None else self._mask[rows, columns]
        network = self._relightable.frame_network(light)
        out[..., :3] = relight_network(self._planes[:, rows, columns], mask, network).numpy()
        out[..., 3:] = 255 if mask is None else 255 * mask.byte().numpy()[..., None]

    def relight_batch(self, lights: Sequence[Light], out: NDArray[np.uint8], top: int, left: int) -> None:
        """See `fastrti.kernels.kernel.Kernel`."""
        for light, picture in zip(lights, out):
            self.relight(light, picture, top, left)
