"""A backend: numpy in 32-bit numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastrti.kernels.buffers import writable_array
from fastrti.kernels.kernel import Backend, Light, check_precision
from fastrti.objects.relightable import Relightable
from fastrti.srgb import to_bytes

Picture = NDArray[np.uint8]


class Float32Kernel:
    """One object, ready to be relit."""

    label = "float32 numpy"

    def __init__(self, relightable: Relightable, threads: int | None, precision: str) -> None:
        check_precision(precision, (), "the float32 backend")
        self._relightable = relightable

    def empty(self, shape: tuple[int, ...]) -> Picture:
        """An uninitialised picture."""
        return np.empty(shape, np.uint8)

    def writable(self, out: Any, shape: tuple[int, ...]) -> Picture:
        """The caller's array, checked."""
        return writable_array(out, shape)

    def relight(self, light: Light, out: Picture, top: int, left: int) -> None:
        """Draws the region of out's size."""
        height, width = out.shape[:2]
        region = np.s_[top : top + height, left : left + width]
        network = self._relightable.frame_network(light)
        h = inputs = self._relightable.planes[(slice(None), *region)].reshape(network.planes, -1).astype(np.float32)
        for weight, bias in zip(network.weights[:-1], network.biases[:-1]):
            h = weight @ h + bias[:, None]
            h = np.maximum(h, 0) if network.activation == "relu" else np.where(h > 0, h, np.expm1(np.minimum(h, 0)))
        y = network.weights[-1] @ h + network.biases[-1][:, None]
        if network.skip is not None:
            y += network.skip @ inputs
        if network.base_colour:
            y *= inputs[:3] / 255
        mask = np.ones((height, width), bool) if self._relightable.mask is None else self._relightable.mask[region]
        out[..., :3] = to_bytes(y).T.reshape(height, width, 3) * mask[..., None]
        out[..., 3:] = 255 * mask[..., None]

    def relight_batch(self, lights: Sequence[Light], out: Picture, top: int, left: int) -> None:
        """One picture after the other."""
        for light, picture in zip(lights, out):
            self.relight(light, picture, top, left)

    def to_host(self, picture: Picture) -> Picture:
        """The picture itself: it is on the host."""
        return picture

    def from_host(self, picture: Picture, out: Picture) -> None:
        """A copy."""
        out[...] = picture


BACKEND = Backend("float32", lambda: None, Float32Kernel)
