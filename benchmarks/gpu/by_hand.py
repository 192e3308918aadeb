"""`by_hand.cu`, the hand-written CUDA kernel, for one network: its compile-time numbers, its weights, and a launch."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fastrti.objects.frame_network import FrameNetwork

SOURCE = Path(__file__).with_suffix(".cu")
THREADS = 128
WIDE = 20
"""Above this width a thread takes two pixels instead of four: its activations would not fit in 255 registers."""


def defines(network: FrameNetwork, half: bool) -> dict[str, int]:
    """What the source is compiled with for a network of this shape."""
    first, second, *_ = [*network.hidden, 0, 0]
    return {
        "PLANES": network.planes,
        "HIDDEN1": first,
        "HIDDEN2": second,
        "ELU": int(network.activation == "elu"),
        "SKIP": int(network.skip is not None),
        "PIXELS": 2 if max(network.planes, *network.hidden, 0) > WIDE else 4,
        "COUNT": len(packed_weights(network)),
        "HALF": int(half),
    }


def packed_weights(network: FrameNetwork) -> NDArray[np.float32]:
    """Each layer's (out, in) matrix and biases, then the skip's matrix; of a network of `folded.to_levels`."""
    parts = [array.ravel() for layer in zip(network.weights, network.biases) for array in layer]
    return np.concatenate(parts if network.skip is None else [*parts, network.skip.ravel()])


def blocks(pixels: int, a_thread: int) -> int:
    """How many of THREADS threads draw a picture."""
    return -(-pixels // (THREADS * a_thread))


class ByHand:
    """The kernel through CuPy, on torch tensors and torch's current stream.

    Args:
        network: of `folded.to_levels`, without a base colour.
        half: half2 arithmetic instead of float32.

    Raises:
        ImportError: CuPy is not installed.
    """

    def __init__(self, network: FrameNetwork, half: bool) -> None:
        import cupy

        self._pixels = defines(network, half)["PIXELS"]
        options = (
            "--std=c++17",
            "--use_fast_math",
            *(f"-D{name}={value}" for name, value in defines(network, half).items()),
        )
        module = cupy.RawModule(code=SOURCE.read_text(), options=options)
        numbers: NDArray[Any] = packed_weights(network)
        if half:
            numbers = np.repeat(numbers.astype(np.float16), 2)  # a half2 holds the weight twice
        pointer = module.get_global("weights")
        cupy.ndarray(numbers.shape, numbers.dtype, pointer).set(numbers)
        self._kernel, self._cupy = module.get_function("relight"), cupy

    def __call__(self, planes: Tensor, out: Tensor) -> Tensor:
        """Draws (K, P) uint8 planes into out, (P, 3) uint8; P a multiple of 4."""
        pixels = planes.shape[1]
        with self._cupy.cuda.ExternalStream(torch.cuda.current_stream().cuda_stream):
            self._kernel(
                (blocks(pixels, self._pixels),), (THREADS,), (planes.data_ptr(), out.data_ptr(), np.int64(pixels))
            )
        return out
