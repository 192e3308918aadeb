"""A new backend: numpy in 32-bit numbers, one row of the picture at a time."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastrti.kernels.buffers import writable_array
from fastrti.kernels.kernel import Backend, Light, check_precision
from fastrti.objects.frame_network import FrameNetwork
from fastrti.objects.relightable import Relightable

Picture = NDArray[np.uint8]


class NumpyKernel:
    """Follows the protocol `Kernel`."""

    label = "float32 numpy"

    def __init__(self, relightable: Relightable, threads: int | None, precision: str) -> None:
        check_precision(precision, (), "the numpy backend")
        self._relightable = relightable

    def empty(self, shape: tuple[int, ...]) -> Picture:
        """An uninitialised numpy picture."""
        return np.empty(shape, np.uint8)

    def writable(self, out: Any, shape: tuple[int, ...]) -> Picture:
        """The caller's numpy array, checked."""
        return writable_array(out, shape)

    def relight(self, light: Light, out: Picture, top: int, left: int) -> None:
        """Writes a region of the picture: colours, then alpha where `out` has a fourth channel."""
        shown = self._relightable
        columns = slice(left, left + out.shape[1])
        for row, pixels in enumerate(out, start=top):
            labels = None if shown.labels is None else shown.labels[row, columns]
            for number, network in enumerate(shown.frame_networks(light)):
                own = slice(None) if labels is None else labels == number
                pixels[own, :3] = evaluate(network, shown.planes[:, row, columns][:, own])
            pixels[:, 3:] = 255
            if shown.mask is not None:
                pixels[~shown.mask[row, columns]] = 0

    def relight_batch(self, lights: Sequence[Light], out: Picture, top: int, left: int) -> None:
        """One picture after the other."""
        for light, picture in zip(lights, out):
            self.relight(light, picture, top, left)

    def to_host(self, picture: Picture) -> Picture:
        """The picture itself: it is a numpy array already."""
        return picture

    def from_host(self, picture: Picture, out: Picture) -> None:
        """Copies a numpy array."""
        out[...] = picture


def evaluate(network: FrameNetwork, planes: NDArray[np.uint8]) -> Picture:
    """The colours of P pixels, (P, 3), from their bytes, (K, P)."""
    h = inputs = planes.astype(np.float32)
    for weight, bias in zip(network.weights[:-1], network.biases[:-1]):
        h = weight @ h + bias[:, None]
        h = np.maximum(h, 0) if network.activation == "relu" else np.where(h > 0, h, np.expm1(np.minimum(h, 0)))
    y = network.weights[-1] @ h + network.biases[-1][:, None]
    if network.skip is not None:
        y += network.skip @ inputs
    if network.base_colour:
        y *= inputs[:3] / 255
    return np.floor(255 * y.clip(0, 1) + 0.5).astype(np.uint8).T


def why_not() -> str | None:
    """None: numpy is always there. Other backends return a sentence that says what is missing."""
    return None


BACKEND = Backend("numpy", why_not, NumpyKernel)
