"""The plain network of NeuralRTI and DisK-NeuralRTI: planes and light in, colour out."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from fastrti.errors import ArgumentError, ObjectError
from fastrti.json_fields import Fields, array_to_json
from fastrti.objects.decoders.base import (
    Decoder,
    activation_from_json,
    hidden_from_json,
    layers_from_json,
    layers_to_json,
    network_label,
)
from fastrti.objects.frame_network import MAX_HIDDEN, Activation, FrameNetwork, Matrix, to_weights
from fastrti.objects.light_network import LightNetwork


@dataclass(frozen=True, eq=False)
class MlpDecoder(Decoder):
    """rgb = MLP(z₀ … z_{K−1}, x, y): the light enters as two more inputs, so it changes the first bias only.

    Source: Dulecha et al. 2020 (NeuralRTI), and the students of DisK-NeuralRTI (arXiv 2510.24486).

    Attributes:
        weights: one (out, in) float32 per layer. The first takes K + 2 inputs; the last two are x and y of the light.
        biases: one (out,) float32 per layer.
        activation: "elu" (published) or "relu".
        skip: (3, K) float32 or None.
    """

    kind: ClassVar = "mlp"

    weights: tuple[Matrix, ...]
    biases: tuple[Matrix, ...]
    activation: Activation = "elu"
    skip: Matrix | None = None

    def __post_init__(self) -> None:
        if not self.weights or self.weights[0].ndim != 2 or self.weights[0].shape[1] < 3:
            raise ArgumentError("expected a first layer of K + 2 inputs (planes, then x and y of the light)")
        if not self.biases or self.biases[0].shape != self.weights[0].shape[:1]:
            raise ArgumentError(f"expected a first bias of shape ({len(self.weights[0])},), one number per output")
        if not (np.isfinite(self.weights[0]).all() and np.isfinite(self.biases[0]).all()):
            raise ArgumentError("expected finite weights, got NaN or infinity: the decoder is damaged")
        # The checks of a frame network are the checks of the layers.
        biases = (to_weights(self.biases[0]), *self.biases[1:])
        FrameNetwork((self.weights[0][:, :-2], *self.weights[1:]), biases, self.activation, self.skip)

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

    def _light_network(self) -> LightNetwork:
        """x and y move the first bias, the other parameters stand still."""
        first = self.weights[0]
        matrices = zip((first[:, :-2], *self.weights[1:]), self.biases)
        constant = [array.ravel() for layer in matrices for array in layer]
        parameters = np.concatenate(constant if self.skip is None else [*constant, self.skip.ravel()])
        columns = np.zeros((len(parameters), 2), np.float32)
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
            (parameters,),
            np.array([(1, 0, 0), (0, 1, 0)], np.int32),
        )

    def to_json(self) -> dict[str, Any]:
        """See `Decoder.to_json`."""
        out: dict[str, Any] = {
            "hidden": list(self.hidden),
            "latents": self.planes,
            "activation": self.activation,
            "skip": self.skip is not None,
            "layers": layers_to_json(self.weights, self.biases),
        }
        return out if self.skip is None else {**out, "skip_weight": array_to_json(self.skip)}

    @classmethod
    def from_json(cls, fields: Fields, planes: int) -> "MlpDecoder":
        """See `Decoder.from_json`."""
        hidden, activation = hidden_from_json(fields), activation_from_json(fields)
        latents = fields.integer("latents", 1, planes)
        weights, biases = layers_from_json(fields, "layers", MAX_HIDDEN + 1)
        skip = fields.float32("skip_weight", (3, latents)) if fields.boolean("skip") else None
        decoder = cls(weights, biases, activation, skip)
        if (decoder.planes, decoder.hidden) != (latents, hidden):
            raise ObjectError(
                f"{fields.where}: expected layers {latents} → {hidden}, got {decoder.planes} → {decoder.hidden}"
            )
        return decoder
