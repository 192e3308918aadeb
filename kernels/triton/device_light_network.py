"""An object's light networks, uploaded once, and what it computes on the device for each light: one launch.

Nothing here waits for the device: a CUDA graph may capture `DeviceLightNetwork.compute` and replay it with other
lights.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fastrti.kernels.kernel import Light
from fastrti.kernels.triton.error_bound import Bytes, Precision, inputs_of
from fastrti.kernels.triton.launcher import Launcher
from fastrti.kernels.triton.network_shape import NetworkShape
from fastrti.kernels.triton.prepare_frames import prepare_frames
from fastrti.kernels.triton.tile_arithmetic import INTERPRETED
from fastrti.objects.light_network import LightNetwork
from fastrti.objects.light_terms import harmonics

_NUMBERS, _BITS = struct.Struct("3d"), struct.Struct("3q")

WARPS = 16
"""Of a program."""
BLOCK = 8192
"""Weights of the light network that it reads at once: so many bytes are under way that their latency is paid rarely."""


@dataclass(frozen=True, eq=False)
class FrameBuffers:
    """What is computed for L lights and N labels: experts and means of them.

    Attributes:
        lights: (L, 3) float64 unit vectors, for `DeviceLightNetwork.compute` without a light: written by the caller.
        steps: (L·N, n) float64: the features and the outputs of each hidden light layer, for as many experts as a mean
            has at most; then the parameters.
        parameters: (L·N, P) float64 of the frame network: the last of `steps`.
        vectors: biases, as `relight_tiles` reads them in the object's precision.
        matrices: weights, as it reads them in the object's precision.
        exact_vectors: biases, as it reads them in "fp32".
        exact_matrices: weights, as it reads them in "fp32".
        bounds: (L, N·B) float64, of B boxes of bytes: 255·y is never further than this from the exact one, in the
            object's precision; infinite for "fp32", which promises nothing.
    """

    lights: Tensor
    steps: Tensor
    parameters: Tensor
    vectors: Tensor
    matrices: Tensor
    exact_vectors: Tensor
    exact_matrices: Tensor
    bounds: Tensor


class DeviceLightNetwork:
    """An object's light networks on a device.

    Args:
        networks: one for each expert, of one shape and the same features.
        minimum: (K,) of its planes.
        maximum: (K,) of its planes.
        precision: the arithmetic of the frames.
        exact: whether what "fp32" reads is wanted too.
        boxes: (B, 2, K) uint8 that hold all pixels, for the bounds; B is a power of two.
        device: where.
        shares: (M, E), the weights of the experts in each mean of them, as `Experts` has them. None: no means.

    Attributes:
        shape: of the frame networks.
        precision: as given.
    """

    def __init__(
        self,
        networks: Sequence[LightNetwork],
        minimum: NDArray[np.float64],
        maximum: NDArray[np.float64],
        precision: Precision,
        exact: bool,
        boxes: Bytes,
        device: torch.device,
        shares: NDArray[np.float64] | None = None,
    ) -> None:
        network, self._experts = networks[0], len(networks)
        means = np.empty((0, self._experts)) if shares is None else shares
        self._labels = self._experts + len(means)
        self._shares = int(np.count_nonzero(means, axis=1).max(initial=1))
        self.shape, self.precision = NetworkShape.of(network), precision
        self._exact = exact or precision == "fp32"
        self._device = device
        self._exponents, self._nodes = self._uploaded(np.zeros(0, np.int32)), self._uploaded(np.zeros(0))
        exponents, factors = network.exponents, None
        if network.features == "hsh":
            exponents, factors = harmonics(network.weights[0].shape[1])
        if exponents is not None:
            self._exponents = self._uploaded(exponents)
        elif network.nodes is not None:
            self._nodes = self._uploaded(np.append(network.nodes.astype(np.float64), network.sigma))
        layers = np.stack([_numbers(each, factors) for each in networks])
        self._numbers = layers.shape[1]
        self._layers = self._uploaded(np.append(layers, _means(means, self._shares) if len(means) else ()))
        features = network.weights[0].shape[1] if factors is None else factors.shape[1]
        self._widths = [features, *(len(bias) for bias in network.biases)]
        padding = (0, self.shape.padded[0] - len(minimum))
        self._minimum = self._uploaded(np.pad(minimum, padding))
        self._scale = self._uploaded(np.pad((maximum - minimum) / 255, padding))
        self._boxes = len(boxes)
        corners = inputs_of(boxes, self.shape.planes)
        self._corners = self._uploaded(np.pad(corners, ((0, 0), (0, 0), padding)))
        self._launch = Launcher(prepare_frames, self.constants(network.features))

    def _uploaded(self, array: NDArray[Any]) -> Tensor:
        return torch.tensor(array, device=self._device)

    def buffers(self, count: int) -> FrameBuffers:
        """Uninitialised buffers for that many lights."""

        def empty(*shape: int, dtype: torch.dtype) -> Tensor:
            return torch.empty((count * self._labels, *shape), dtype=dtype, device=self._device)

        biases = self.shape.biases
        rounded = self.shape.weights(self.precision) if self.precision != "fp32" else 0
        exact = self.shape.weights("fp32") if self._exact else 0
        *widths, parameters = self._widths
        steps = empty(self._shares * sum(widths) + parameters, dtype=torch.float64)
        return FrameBuffers(
            torch.empty((count, 3), dtype=torch.float64, device=self._device),
            steps,
            steps[:, -parameters:],
            empty(biases, dtype=torch.float32),
            empty(rounded, dtype=torch.float16),
            empty(biases, dtype=torch.float32),
            empty(exact, dtype=torch.float32),
            torch.full((count, self._labels * self._boxes), torch.inf, dtype=torch.float64, device=self._device),
        )

    def compute(self, buffers: FrameBuffers, stream: int, light: Light | None = None) -> None:
        """Queues all that stands between the lights and `relight_tiles`.

        Args:
            buffers: to write to.
            stream: the handle of torch's current stream.
            light: of buffers for one light; else the lights are those of the buffers.
        """
        bits = (0, 0, 0) if light is None else _BITS.unpack(_NUMBERS.pack(*light))
        self._launch(
            (len(buffers.steps), self._boxes, 1),
            stream,
            (
                buffers.lights,
                self._exponents,
                self._nodes,
                self._layers,
                buffers.steps,
                self._minimum,
                self._scale,
                buffers.vectors,
                buffers.matrices,
                buffers.exact_vectors,
                buffers.exact_matrices,
                self._corners,
                buffers.bounds,
            ),
            (int(light is not None), *bits),
        )

    def constants(self, features: str) -> dict[str, Any]:
        """What `prepare_frames` is compiled for: its constants, and Triton's options.

        Args:
            features: of the light network.
        """
        shape = self.shape
        inputs, first, second = shape.padded
        width1, width2, *_ = (*shape.hidden, 0, 0)
        count, *layers = self._widths
        light1, light2, light3, *_ = (*layers[:-1], 0, 0, 0)
        return {
            "KIND": features,
            "COUNT": count,
            "SIDE": round(count**0.5),
            "LIGHT1": light1,
            "LIGHT2": light2,
            "LIGHT3": light3,
            "PARAMETERS": layers[-1],
            "EXPERTS": self._experts,
            "LABELS": self._labels,
            "SHARES": self._shares,
            "NUMBERS": self._numbers,
            "BLOCK": 1 << 16 if INTERPRETED.value else BLOCK,  # the interpreter pays for each
            "K": shape.planes,
            "K_PADDED": inputs,
            "WIDTH1": width1,
            "WIDTH2": width2,
            "D1": first,
            "D2": second,
            "ELU": shape.activation == "elu",
            "SKIP": shape.skip,
            "PRECISION": self.precision,
            "EXACT": self._exact,
            "BOXES": self._boxes,
            "num_warps": WARPS,
            "enable_fp_fusion": False,  # rounds as the specification does
        }


def _numbers(network: LightNetwork, factors: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """The layers as `prepare_frames` reads them: (out, in) weights, then biases, each; the first ones times factors."""
    first, *others = (weight.astype(np.float64) for weight in network.weights)
    weights = [first if factors is None else first @ factors, *others]
    return np.concatenate([np.append(weight.ravel(), bias) for weight, bias in zip(weights, network.biases)])


def _means(shares: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    """What `prepare_frames` reads for each label, (E + M, 1 + 2·most): an expert's label is a mean of it alone."""
    rows = np.concatenate([np.eye(shares.shape[1]), shares])
    table = np.zeros((len(rows), 1 + 2 * most))
    for entry, row in zip(table, rows):
        of = np.flatnonzero(row)
        entry[0] = len(of)
        entry[1 : 1 + 2 * len(of)] = np.stack([of, row[of]], axis=1).ravel()
    return table
