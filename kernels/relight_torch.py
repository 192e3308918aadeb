"""The specification (`fastrti.reference`) as a backend: numpy pictures, PyTorch in double precision inside."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from fastrti.frame_network import FrameNetwork
from fastrti.kernels.buffers import check_numpy_out
from fastrti.reference import relight_network


def why_not() -> None:
    """It runs wherever this module can be imported, that is with PyTorch."""


class ReferenceKernel:
    """Slow and exact: what the other kernels are held against."""

    label = "float64 PyTorch"

    def __init__(self, planes: NDArray[np.uint8], mask: NDArray[np.bool_] | None, threads: int | None = None) -> None:
        self._planes = torch.from_numpy(planes)
        self._mask = None if mask is None else torch.from_numpy(mask)

    def empty(self, shape: tuple[int, ...]) -> NDArray[np.uint8]:
        """An uninitialised numpy picture."""
        return np.empty(shape, np.uint8)

    def check_out(self, out: Any, shape: tuple[int, ...]) -> None:
        """See `fastrti.backends.Kernel`."""
        check_numpy_out(out, shape)

    def relight(self, network: FrameNetwork, out: NDArray[np.uint8], top: int, left: int) -> None:
        """See `fastrti.backends.Kernel`."""
        rows, columns = slice(top, top + out.shape[0]), slice(left, left + out.shape[1])
        mask = None if self._mask is None else self._mask[rows, columns]
        out[:] = relight_network(self._planes[:, rows, columns], mask, network).numpy()
