"""The fused GPU renderer: coefficient bytes in, picture bytes out, one pass over the pixels.

Pixels are the rows of small matrix products, so a hidden layer's result is, register for register, the left operand of
the next layer's product: activations never leave the registers. A persistent grid loads the weights once a program and
walks tiles of `BLOCK` pixels. What each line costs is in kernels/README.md; which arithmetic is used, in precision.py.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import triton
from numpy.typing import NDArray
from torch import Tensor

from fastrti.backends import Light, check_precision
from fastrti.frame_network import FrameNetwork
from fastrti.kernels.device_buffers import writable
from fastrti.kernels.precision import PRECISIONS, Precision, RoundedNetwork, cheapest, rounded
from fastrti.kernels.relight_tiles import COLOURS, INTERPRETED, relight_tiles
from fastrti.relightable import Relightable

# Pixels a tile and warps, by the widest layer. Nothing is tuned at run time; tests see that no target spills registers.
_TILES = {16: (256, 4), 32: (128, 4), 64: (128, 8)}
_FP32_TILES = {16: (64, 4), 32: (64, 4), 64: (32, 8)}
PROGRAMS_PER_SM = 8  # a persistent grid: no more programs than these walk the tiles


def launch_constants(network: FrameNetwork, precision: Precision) -> dict[str, Any]:
    """What `relight_tiles` is compiled for to draw networks of this shape: its constants, and Triton's options."""
    inputs, first, second, *_ = [*map(padded, (network.planes, *network.hidden)), 0, 0]
    block, warps = (_FP32_TILES if precision == "fp32" else _TILES)[max(inputs, first, second)]
    return {
        "K": network.planes,
        "K_PADDED": inputs,
        "D1": first,
        "D2": second,
        "ELU": network.activation == "elu",
        "SKIP": network.skip is not None and first > 0,  # without a hidden layer it is part of the weights
        "BASE": network.base,
        "PRECISION": precision,
        "BLOCK": 1024 if INTERPRETED.value else block,  # the interpreter pays for each tile, not for its pixels
        "num_warps": warps,
        "enable_fp_fusion": True,  # the default, until it changes in Triton 3.10
    }


def padded(width: int) -> int:
    """The width a matrix product takes: 16, 32 or 64."""
    return max(16, 1 << (width - 1).bit_length())


def packed(network: RoundedNetwork, shape: FrameNetwork) -> tuple[NDArray[np.uint8], int]:
    """All numbers of a frame as one buffer, so that one copy takes them to the GPU.

    Args:
        network: the rounded network.
        shape: the network it was rounded from.

    Returns:
        The bytes, (N,) uint8: float32 vectors, then matrices, padded with zeros; and where the matrices start.
    """
    inputs = (shape.planes, *shape.hidden)
    widths = [*map(padded, inputs), COLOURS.value]
    vectors, matrices = [], []
    for layer, count, height, width in zip(network.layers, inputs, widths, widths[1:]):
        # A base colour multiplies as bytes; its 1/255 is part of the last layer.
        unit = 1 / 255 if shape.base and layer is network.layers[-1] else 1.0
        vectors += [_pad(unit * layer.scale, width), _pad(unit * layer.bias, width)]
        parts = (layer.high, layer.low) if network.precision == "fp16 hi/lo" else (layer.high,)
        matrices += [_pad(part[:count], height, width) for part in parts]
        if len(layer.high) > count:  # what follows is the skip's
            matrices += [_pad(part[count:], widths[0], width) for part in parts]
    start = np.concatenate(vectors).astype(np.float32).view(np.uint8)
    return np.concatenate([start, *(matrix.reshape(-1).view(np.uint8) for matrix in matrices)]), len(start)


def _pad(array: NDArray[Any], *shape: int) -> NDArray[Any]:
    result = np.zeros(shape, array.dtype)
    result[tuple(map(slice, array.shape))] = array
    return result


class TritonKernel:
    """One object on a GPU, relit there.

    Args:
        relightable: the object.
        threads: not used; every backend takes it.
        precision: "auto", the cheapest that promises one level for each light; or one of `PRECISIONS`.
        device: a CUDA device, default the current one; the CPU under TRITON_INTERPRET=1.

    Attributes:
        device: where the planes are and pictures are written.
        label: the GPU's name.
    """

    def __init__(
        self,
        relightable: Relightable,
        threads: int | None = None,
        precision: str = "auto",
        device: torch.device | None = None,
    ) -> None:
        check_precision(precision, PRECISIONS, "the triton backend")
        self._relightable, self._precision = relightable, precision
        planes, mask = relightable.planes, relightable.mask
        default = torch.device("cpu" if INTERPRETED.value else "cuda")
        self._height, self._width = planes.shape[1:]
        self._plane_stride = -(-self._height * self._width // 16) * 16  # every plane starts on a 16-byte boundary
        self._planes = self._upload(planes, default if device is None else device)
        self.device = self._planes.device
        self._mask = None if mask is None else self._upload(mask[None].astype(np.uint8), self.device)
        if INTERPRETED.value:
            self.label, self._programs = "Triton's interpreter", 2
        else:
            properties = torch.cuda.get_device_properties(self.device)
            self.label, self._programs = properties.name, PROGRAMS_PER_SM * properties.multi_processor_count

    def _upload(self, planes: NDArray[np.uint8], device: torch.device) -> Tensor:
        stored = torch.zeros((len(planes), self._plane_stride), dtype=torch.uint8, device=device)
        stored[:, : self._height * self._width] = torch.tensor(planes.reshape(len(planes), -1), device=device)
        return stored

    def empty(self, shape: tuple[int, ...]) -> Tensor:
        """An uninitialised picture on the device."""
        return torch.empty(shape, dtype=torch.uint8, device=self.device)

    def writable(self, out: Any, shape: tuple[int, ...]) -> Tensor:
        """See `fastrti.backends.Kernel`."""
        return writable(out, shape, self.device)

    def rounded(self, network: FrameNetwork) -> RoundedNetwork:
        """A folded network in the arithmetic it is drawn in."""
        chosen = next((name for name in PRECISIONS if name == self._precision), None)
        return cheapest(network) if chosen is None else rounded(network, chosen)

    def relight_batch(self, lights: Sequence[Light], out: Tensor, top: int, left: int) -> None:
        """See `fastrti.backends.Kernel`."""
        for light, picture in zip(lights, out):
            self.relight(light, picture, top, left)

    def relight(self, light: Light, out: Tensor, top: int, left: int) -> None:
        """See `fastrti.backends.Kernel`. On CUDA it returns when the work is queued on the current stream."""
        network = self._relightable.frame_network(light)
        rounded = self.rounded(network)
        height, width = out.shape[:2]
        origin, row_stride = top * self._width + left, self._width
        if width == self._width and out.stride(0) == 3 * width:
            height, width, row_stride = 1, height * width, 0  # whole rows without gaps are one long row
        constants = launch_constants(network, rounded.precision)
        tiles_per_row = triton.cdiv(width, constants["BLOCK"])
        vectors, matrices = self._frame(rounded, network)
        with torch.cuda.device_of(out):  # type: ignore[no-untyped-call]
            relight_tiles[(min(height * tiles_per_row, self._programs),)](
                self._planes,
                self._planes if self._mask is None else self._mask,
                out,
                vectors,
                matrices,
                origin,
                row_stride,
                self._plane_stride,
                out.stride(0),
                width,
                tiles_per_row,
                height * tiles_per_row,
                MASKED=self._mask is not None,
                ALIGNED=origin % 16 == 0 and row_stride % 16 == 0,
                **constants,
            )

    def _frame(self, rounded: RoundedNetwork, network: FrameNetwork) -> tuple[Tensor, Tensor]:
        """The frame's numbers on the device: vectors and matrices, two views of one buffer."""
        buffer, start = packed(rounded, network)
        numbers = torch.from_numpy(buffer)
        if self.device.type == "cuda":
            numbers = numbers.pin_memory().to(self.device, non_blocking=True)
        kind = torch.float32 if rounded.precision == "fp32" else torch.float16
        return numbers[:start].view(torch.float32), numbers[start:].view(kind)
