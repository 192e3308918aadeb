"""The specification of every kernel, in numpy and double precision, and a backend that draws by it.

    h₀ = v;  hᵢ = φ(Wᵢ·hᵢ₋₁ + bᵢ);  y = Wₙ·h + bₙ [+ S·v] [· base]        byte = floor(255·clamp(y, 0, 1) + 0.5)

v are the raw bytes of the planes: a frame network is folded onto them first (`FrameNetwork.folded`). Of several
experts, the label of a pixel says whose network draws it.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastrti.kernels.buffers import writable_array
from fastrti.kernels.kernel import Backend, Light, check_precision
from fastrti.objects.frame_network import FrameNetwork
from fastrti.objects.relightable import Relightable
from fastrti.srgb import to_bytes

Picture = NDArray[np.uint8]

_CHUNK = 1 << 15
"""Pixels evaluated at a time: the widest layer of so many takes 16 MiB."""


def evaluate_network(network: FrameNetwork, planes: NDArray[np.uint8] | NDArray[np.float64]) -> NDArray[np.float64]:
    """The colours of P pixels, not clamped: (3, P), 0 is black and 1 is white.

    Args:
        network: of one light.
        planes: (K, P), its inputs: bytes where it is folded onto them, else the values of the planes.
    """
    h = inputs = planes.astype(np.float64)
    for weight, bias in zip(network.weights[:-1], network.biases[:-1]):
        h = _affine(weight, h, bias)
        h = np.maximum(h, 0) if network.activation == "relu" else np.where(h > 0, h, np.expm1(np.minimum(h, 0)))
    y = _affine(network.weights[-1], h, network.biases[-1])
    if network.skip is not None:
        y += network.skip.astype(np.float64) @ inputs
    return y * inputs[:3] / 255 if network.base_colour else y


def evaluate_by_label(
    networks: Sequence[FrameNetwork],
    planes: NDArray[Any],
    labels: NDArray[np.uint8] | None,
    evaluate: Callable[[FrameNetwork, NDArray[Any]], NDArray[np.float64]] = evaluate_network,
) -> NDArray[np.float64]:
    """The colours of P pixels, (3, P), of which each is drawn by the network that its label names.

    Args:
        networks: one for each expert, folded onto bytes.
        planes: (K, P), bytes or numbers between them.
        labels: (P,). None: the only network draws all pixels.
        evaluate: the arithmetic.
    """
    if labels is None:
        return evaluate(networks[0], planes)
    colours = np.empty((3, len(labels)))
    for label in np.unique(labels):
        of_expert = labels == label
        colours[:, of_expert] = evaluate(networks[label], planes[:, of_expert])
    return colours


def relight_network(
    network: FrameNetwork, planes: NDArray[np.uint8], mask: NDArray[np.bool_] | None = None, chunk: int = _CHUNK
) -> Picture:
    """`relight_networks` of an object of one decoder."""
    return relight_networks([network], planes, None, mask, chunk)


def relight_networks(
    networks: Sequence[FrameNetwork],
    planes: NDArray[np.uint8],
    labels: NDArray[np.uint8] | None,
    mask: NDArray[np.bool_] | None = None,
    chunk: int = _CHUNK,
) -> Picture:
    """The picture of the frame networks of one light, (H, W, 3) uint8; black where the mask is False.

    Args:
        networks: one for each expert, folded onto bytes.
        planes: (K, H, W).
        labels: (H, W), which network draws each pixel. None: the only one.
        mask: (H, W).
        chunk: pixels evaluated at a time, which bounds the memory.
    """
    pixels = planes.reshape(len(planes), -1)
    picture = np.empty((pixels.shape[1], 3), np.uint8)
    for start in range(0, len(picture), chunk):
        part = slice(start, start + chunk)
        own = None if labels is None else labels.reshape(-1)[part]
        picture[part] = to_bytes(evaluate_by_label(networks, pixels[:, part], own)).T
    if mask is not None:
        picture[~mask.ravel()] = 0
    return picture.reshape(*planes.shape[1:], 3)


def relight_reference(relightable: Relightable, light_dir: ArrayLike) -> Picture:
    """The picture of one light, (H, W, 3) uint8; every backend is within one level of it.

    Args:
        relightable: the object.
        light_dir: (x, y) or (x, y, z); see `fastrti.lights.unit_light`.

    Raises:
        LightError: a light off the hemisphere.
    """
    networks = relightable.frame_networks(light_dir)
    return relight_networks(networks, relightable.planes, relightable.labels, relightable.mask)


def _affine(weight: NDArray[np.float32], inputs: NDArray[np.float64], bias: NDArray[np.float32]) -> NDArray[np.float64]:
    sums: NDArray[np.float64] = weight.astype(np.float64) @ inputs + bias.astype(np.float64)[:, None]
    return sums


class ReferenceKernel:
    """Slow and exact: what the other kernels are held against."""

    label = "float64 numpy"

    def __init__(self, relightable: Relightable, threads: int | None = None, precision: str = "auto") -> None:
        check_precision(precision, (), "the reference backend")
        self._relightable = relightable

    def empty(self, shape: tuple[int, ...]) -> Picture:
        """An uninitialised numpy picture."""
        return np.empty(shape, np.uint8)

    def writable(self, out: Any, shape: tuple[int, ...]) -> Picture:
        """See `fastrti.kernels.kernel.Kernel`."""
        return writable_array(out, shape)

    def relight(self, light: Light, out: Picture, top: int, left: int) -> None:
        """See `fastrti.kernels.kernel.Kernel`."""
        rows, columns = slice(top, top + out.shape[0]), slice(left, left + out.shape[1])
        shown = self._relightable
        mask = None if shown.mask is None else shown.mask[rows, columns]
        labels = None if shown.labels is None else shown.labels[rows, columns]
        out[..., :3] = relight_networks(shown.frame_networks(light), shown.planes[:, rows, columns], labels, mask)
        out[..., 3:] = 255 if mask is None else np.where(mask, 255, 0)[..., None]

    def relight_batch(self, lights: Sequence[Light], out: Picture, top: int, left: int) -> None:
        """See `fastrti.kernels.kernel.Kernel`."""
        for light, picture in zip(lights, out):
            self.relight(light, picture, top, left)

    def to_host(self, picture: Picture) -> Picture:
        """The picture itself: this backend draws on the host."""
        return picture

    def from_host(self, picture: Picture, out: Picture) -> None:
        """See `fastrti.kernels.kernel.Kernel`."""
        out[...] = picture


BACKEND = Backend("reference", lambda: None, ReferenceKernel)
