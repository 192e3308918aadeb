"""An object's light network, uploaded once, and what it computes on the device for each light.

Nothing here waits for the device: a CUDA graph may capture `DeviceLightNetwork.compute` and replay it with other
lights.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import triton
from numpy.typing import NDArray
from torch import Tensor

from fastrti.kernels.triton.error_bound import Precision
from fastrti.kernels.triton.light_kernels import light_features, light_layer
from fastrti.kernels.triton.relight_tiles import INTERPRETED
from fastrti.kernels.triton.round_network import round_network
from fastrti.objects.frame_network import Activation, FrameNetwork
from fastrti.objects.light_network import LightNetwork, parameter_shapes
from fastrti.objects.light_terms import harmonics


@dataclass(frozen=True)
class NetworkShape:
    """What the kernels are compiled for.

    Attributes:
        planes: K.
        hidden: widths of the hidden layers.
        activation: φ.
        skip: whether there is a linear skip.
        base_colour: whether the output is multiplied by the first three planes.
    """

    planes: int
    hidden: tuple[int, ...]
    activation: Activation
    skip: bool
    base_colour: bool

    @classmethod
    def of(cls, network: LightNetwork | FrameNetwork) -> "NetworkShape":
        """The shape of a network of either kind."""
        skip = network.skip if isinstance(network, LightNetwork) else network.skip is not None
        return cls(network.planes, network.hidden, network.activation, skip, network.base_colour)

    @property
    def padded(self) -> tuple[int, int, int]:
        """Planes and hidden widths as a matrix product takes them: 16, 32 or 64; 0 for no layer."""
        inputs, first, second, *_ = [*(max(16, 1 << (n - 1).bit_length()) for n in (self.planes, *self.hidden)), 0, 0]
        return inputs, first, second

    @property
    def skip_apart(self) -> bool:
        """Whether the skip is a product of its own; without a hidden layer it is part of the weights."""
        return self.skip and bool(self.hidden)

    @property
    def parameters(self) -> int:
        """How many a light network emits."""
        return sum(int(np.prod(shape)) for shape in parameter_shapes(self.planes, self.hidden, self.skip))

    @property
    def biases(self) -> int:
        """How many float32 biases the kernel reads for a light."""
        return sum(self.padded[1:]) + 4

    def weights(self, precision: Precision) -> int:
        """How many weights the kernel reads for a light."""
        inputs, first, second = self.padded
        count = inputs * first + first * second + 4 * (second or first or inputs) + 4 * inputs * self.skip_apart
        return 2 * count if precision == "fp16 hi/lo" else count


@dataclass(frozen=True, eq=False)
class FrameBuffers:
    """What is computed for L lights.

    Attributes:
        lights: (L, 3) float64 unit vectors: written by the caller, read by `DeviceLightNetwork.compute`.
        steps: (L, n) float64: the features, then the outputs of each light layer; the last are the parameters of the
            frame network.
        vectors: biases, as `relight_tiles` reads them in the object's precision.
        matrices: weights, as it reads them in the object's precision.
        exact_vectors: biases, as it reads them in "fp32".
        exact_matrices: weights, as it reads them in "fp32".
        bounds: (L,) float64: 255·y is never further than this from the exact one, in the object's precision; infinite
            for "fp32", which promises nothing.
        promised: (L,) int32: whether that is less than 1.
    """

    lights: Tensor
    steps: tuple[Tensor, ...]
    vectors: Tensor
    matrices: Tensor
    exact_vectors: Tensor
    exact_matrices: Tensor
    bounds: Tensor
    promised: Tensor


class DeviceLightNetwork:
    """An object's light network on a device.

    Args:
        network: the object's.
        minimum: (K,) of its planes.
        maximum: (K,) of its planes.
        precision: the arithmetic of the frames.
        exact: whether what "fp32" reads is wanted too.
        device: where.

    Attributes:
        shape: of the frame networks.
        precision: as given.
    """

    def __init__(
        self,
        network: LightNetwork,
        minimum: NDArray[np.float64],
        maximum: NDArray[np.float64],
        precision: Precision,
        exact: bool,
        device: torch.device,
    ) -> None:
        self.shape, self.precision = NetworkShape.of(network), precision
        self._exact = exact or precision == "fp32"
        self._device = device
        weights = [weight.astype(np.float64) for weight in network.weights]
        self._exponents, self._nodes = self._uploaded(np.zeros(0, np.int32)), self._uploaded(np.zeros(0))
        if network.features == "hsh":
            exponents, factors = harmonics(weights[0].shape[1])
            weights[0] = weights[0] @ factors
            self._exponents = self._uploaded(exponents)
        elif network.exponents is not None:
            self._exponents = self._uploaded(network.exponents)
        elif network.nodes is not None:
            self._nodes = self._uploaded(np.append(network.nodes.astype(np.float64), network.sigma))
        self._layers = [
            (self._uploaded(weight), self._uploaded(bias.astype(np.float64)))
            for weight, bias in zip(weights, network.biases)
        ]
        padding = (0, self.shape.padded[0] - len(minimum))
        self._minimum = self._uploaded(np.pad(minimum, padding))
        self._scale = self._uploaded(np.pad((maximum - minimum) / 255, padding))
        features = weights[0].shape[1]
        self._feature_constants = {
            "KIND": network.features,
            "COUNT": features,
            "SIDE": round(features**0.5),
            "BLOCK": 256,
            "enable_fp_fusion": False,
        }
        self._layer_constants = tuple(self._layers_constants())
        self._constants = self.constants()

    def _uploaded(self, array: NDArray[Any]) -> Tensor:
        return torch.tensor(array, device=self._device)

    def buffers(self, count: int) -> FrameBuffers:
        """Uninitialised buffers for that many lights."""
        widths = [self._layers[0][0].shape[1], *(len(bias) for _, bias in self._layers)]

        def empty(*shape: int, dtype: torch.dtype) -> Tensor:
            return torch.empty((count, *shape), dtype=dtype, device=self._device)

        biases = self.shape.biases
        rounded = self.shape.weights(self.precision) if self.precision != "fp32" else 0
        exact = self.shape.weights("fp32") if self._exact else 0
        return FrameBuffers(
            empty(3, dtype=torch.float64),
            tuple(empty(width, dtype=torch.float64) for width in widths),
            empty(biases, dtype=torch.float32),
            empty(rounded, dtype=torch.float16),
            empty(biases, dtype=torch.float32),
            empty(exact, dtype=torch.float32),
            torch.full((count,), torch.inf, dtype=torch.float64, device=self._device),
            empty(dtype=torch.int32),
        )

    def compute(self, buffers: FrameBuffers) -> None:
        """Queues all that stands between `buffers.lights` and `relight_tiles` on the current stream."""
        lights, steps = len(buffers.lights), buffers.steps
        light_features[(lights,)](buffers.lights, steps[0], self._exponents, self._nodes, **self._feature_constants)
        for (weight, bias), constants, h, z in zip(self._layers, self._layer_constants, steps, steps[1:]):
            programs = triton.cdiv(constants["OUTPUTS"], constants["BLOCK_OUTPUTS"])
            light_layer[(programs, lights)](h, weight, bias, z, **constants)
        round_network[(lights,)](
            buffers.steps[-1],
            self._minimum,
            self._scale,
            buffers.vectors,
            buffers.matrices,
            buffers.exact_vectors,
            buffers.exact_matrices,
            buffers.bounds,
            buffers.promised,
            **self._constants,
        )

    def _layers_constants(self) -> Iterator[dict[str, Any]]:
        """What `light_layer` is compiled for, layer by layer."""
        for number, (weight, _) in enumerate(self._layers):
            yield {
                "INPUTS": weight.shape[1],
                "OUTPUTS": weight.shape[0],
                "SILU": number > 0,
                "BLOCK_INPUTS": 64,
                "BLOCK_OUTPUTS": 1024 if INTERPRETED.value else 16,  # the interpreter pays for each program
                "num_warps": 8,
                "enable_fp_fusion": False,  # rounds as the specification does
            }

    def constants(self) -> dict[str, Any]:
        """What `round_network` is compiled for: its constants, and Triton's options."""
        shape = self.shape
        inputs, first, second = shape.padded
        width1, width2, *_ = (*shape.hidden, 0, 0)
        return {
            "COUNT": shape.parameters,
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
            "num_warps": max(shape.padded) // 4,
            "enable_fp_fusion": False,
        }
