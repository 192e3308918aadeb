"""The caller's output buffers, checked before a kernel trusts them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError


def writable_array(out: Any, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The caller's numpy array.

    Raises:
        ArgumentError: not a writeable uint8 numpy array of that shape whose pixels are contiguous.
    """
    if not isinstance(out, np.ndarray) or out.dtype != np.uint8 or out.shape != shape:
        got = f"{out.dtype} {out.shape}" if isinstance(out, np.ndarray) else type(out).__name__
        raise ArgumentError(f"expected out to be a uint8 numpy array of shape {shape}, got {got}")
    if not out.flags.writeable:
        raise ArgumentError("expected out to be writeable, got a read-only array: pass a copy")
    if out.strides[-2:] != (shape[-1], 1) or any(stride < 0 for stride in out.strides):
        raise ArgumentError(
            f"expected out's pixels to be contiguous in their rows, got strides {out.strides}: rows may be apart, "
            "pixels may not"
        )
    if _overlap(out):
        raise ArgumentError(
            f"expected rows and pictures of out that do not overlap, got strides {out.strides}: pass a copy"
        )
    return out


def _overlap(array: NDArray[np.uint8]) -> bool:
    """Whether the lines of some axis reach into each other: each has to end before the next one begins."""
    extent = 1
    for stride, length in sorted(zip(array.strides, array.shape)):
        if length > 1 and stride < extent:
            return True
        extent += stride * (length - 1)
    return False
