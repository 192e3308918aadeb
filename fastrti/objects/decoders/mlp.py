"""The plain network of NeuralRTI and DisK-NeuralRTI: planes and light in, colour out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from fastrti.errors import ArgumentError
from fastrti.lights import unit_light
from fastrti.objects.decoders.base import network_label
from fastrti.objects.frame_network import Activation, FrameNetwork, Matrix, to_weights
from fastrti.objects.light_network import LightNetwork


@dataclass(frozen=True)
class MlpDecoder:
    """rgb = MLP(z₀ … z_{K−1}, x, y): the light enters as two more inputs, so it changes the first bias only.

    Source: Dulecha et al. 2020 (NeuralRTI), and the students of DisK-NeuralRTI (arXiv 2510.24486).

    Attributes:
        weights: one (out, in) float32 a layer; the first takes K + 2 inputs, the last two being x and y of the light.
        biases: one (out,) float32 a layer.
        activation: "elu" (published) or "relu".
        skip: (3, K) float32 or None.
    """

    weights: tuple[Matrix, ...]
    biases: tuple[Matrix, ...]
    activation: Activation = "elu"
    skip: Matrix | None = None

    def __post_init__(self) -> None:
        if not self.weights or self.weights[0].ndim != 2 or self.weights[0].shape[1] < 3:
            raise ArgumentError("expected a first layer of K + 2 inputs (planes, then x and y of the light)")
        if not self.biases or self.biases[0].shape != self.weights[0].shape[:1]:
            raise ArgumentError(f"expected a first bias of shape ({len(self.weights[0])},), one number an output")
        if not (np.isfinite(self.weights[0]).all() and np.isfinite(self.biases[0]).all()):
            raise ArgumentError("expected finite weights, got NaN or infinity: the decoder is damaged")
        self.frame_network((0.0, 0.0))  # its checks are the checks of the weights

    @property
    def planes(self) -> int:
        """K, the number of coefficient planes."""
        return int(self.weights[0].shape[1]) - 2

    @property
    def hidden(self) -> tuple[int, ...]:
        """The widths of the hidden layers."""
        return tuple(len(bias) for bias in self.biases[:-1])

    @property
    def label(self) -> str:
        """One line for a person."""
        return f"plain {network_label(self.planes, self.hidden, self.activation, self.skip is not None)}"

    def frame_network(self, light_dir: ArrayLike) -> FrameNetwork:
        """The network of one light: the two light columns are folded into the first bias (in float64)."""
        light = unit_light(light_dir)[:2]
        first = self.weights[0]
        bias = to_weights(self.biases[0] + first[:, -2:].astype(np.float64) @ light)
        weights = (np.ascontiguousarray(first[:, :-2]), *self.weights[1:])
        return FrameNetwork(weights, (bias, *self.biases[1:]), self.activation, self.skip)

    def light_network(self) -> LightNetwork:
        """The same rule in the form C++ evaluates: x and y move the first bias, the other numbers stand still."""
        first = self.weights[0]
        matrices = zip((first[:, :-2], *self.weights[1:]), self.biases)
        constant = [array.ravel() for layer in matrices for array in layer]
        numbers = np.concatenate(constant if self.skip is None else [*constant, self.skip.ravel()])
        columns = np.zeros((len(numbers), 2), np.float32)
        start = len(first) * self.planes
        columns[start : start + len(first)] = first[:, -2:]
        return LightNetwork(
            self.planes,
            self.hidden,
            self.activation,
            self.skip is not None,
            False,
            "monomials",
            (columns,),
            (numbers,),
            np.array([(1, 0, 0), (0, 1, 0)], np.int32),
        )
