"""The light-conditioned decoder: a small network of the light emits every weight of the frame network."""

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError
from fastrti.json_fields import Fields, float16_values
from fastrti.objects.decoders.base import (
    Decoder,
    activation_from_json,
    hidden_from_json,
    layers_from_json,
    layers_to_json,
    network_label,
)
from fastrti.objects.frame_network import Activation, Matrix
from fastrti.objects.light_network import LightNetwork, parameter_shapes
from fastrti.objects.light_terms import Monomial, monomials

MAX_FEATURES = 256
MAX_EXPONENT = 12
MAX_LIGHT_WIDTH = 1024
MAX_LIGHT_LAYERS = 4


@dataclass(frozen=True, eq=False)
class LightMlpDecoder(Decoder):
    """W₁, b₁, …, Wₙ, bₙ, [S] = g(light): one light lights the whole picture, so g runs once per picture.

    Attributes:
        planes: K.
        hidden: widths of the frame network's hidden layers.
        light_weights: one (out, in) float32 matrix per layer of g, with SiLU between layers. The first takes the
            features. The last emits all numbers of the frame network, one after the other, in units of z.
        light_biases: one (out,) float32 vector per layer of g.
        activation: φ of the frame network.
        skip: whether the frame network has a linear skip S.
        features: the monomials (a, b, c) of the light g starts from.
    """

    kind: ClassVar = "light_mlp"

    planes: int
    hidden: tuple[int, ...]
    light_weights: tuple[Matrix, ...]
    light_biases: tuple[Matrix, ...]
    activation: Activation = "relu"
    skip: bool = True
    features: tuple[Monomial, ...] = field(default_factory=lambda: monomials(3))

    def __post_init__(self) -> None:
        if not 1 <= len(self.features) <= MAX_FEATURES or any(
            len(f) != 3 or not all(isinstance(e, int) and 0 <= e <= MAX_EXPONENT for e in f) for f in self.features
        ):
            raise ArgumentError(
                f"expected 1–{MAX_FEATURES} light features (a, b, c) with exponents 0–{MAX_EXPONENT}, "
                f"got {len(self.features)} that do not all fit"
            )
        if not 1 <= len(self.light_weights) <= MAX_LIGHT_LAYERS or len(self.light_weights) != len(self.light_biases):
            raise ArgumentError(
                f"expected 1–{MAX_LIGHT_LAYERS} light layers, each a weight and a bias, "
                f"got {len(self.light_weights)} and {len(self.light_biases)}"
            )
        if not all(np.isfinite(array).all() for array in (*self.light_weights, *self.light_biases)):
            raise ArgumentError("expected finite light layers, got NaN or infinity: the decoder is damaged")
        width = len(self.features)
        for number, (weight, bias) in enumerate(zip(self.light_weights, self.light_biases), start=1):
            if weight.ndim != 2 or weight.shape[1] != width or bias.shape != weight.shape[:1]:
                raise ArgumentError(
                    f"expected light layer {number} of shape (out, {width}) with a bias (out,), "
                    f"got {weight.shape} and {bias.shape}"
                )
            width = len(bias)
            if number < len(self.light_weights) and width > MAX_LIGHT_WIDTH:
                raise ArgumentError(f"expected light layers up to {MAX_LIGHT_WIDTH} wide, got {width}")
        wanted = sum(int(np.prod(shape)) for shape in parameter_shapes(self.planes, self.hidden, self.skip))
        if width != wanted:
            raise ArgumentError(
                f"expected a light network that emits {wanted} numbers for {self.label}, got one that emits {width}"
            )
        self.frame_network((0.0, 0.0))

    @property
    def label(self) -> str:
        """One line for a person."""
        return f"light-conditioned {network_label(self.planes, self.hidden, self.activation, self.skip)}"

    def _light_network(self) -> LightNetwork:
        return LightNetwork(
            self.planes,
            self.hidden,
            self.activation,
            self.skip,
            False,
            "monomials",
            self.light_weights,
            self.light_biases,
            np.array(self.features, np.int32),
        )

    def of_latents(self, matrix: NDArray[np.float64], offset: NDArray[np.float64]) -> "LightMlpDecoder":
        """The decoder that draws from u what this one draws from z = matrix·u + offset.

        W₁ becomes W₁·matrix, and b₁ becomes b₁ + W₁·offset; so do S and bₙ. The last layer of g is linear in what it
        emits, so it takes the change.

        Args:
            matrix: (K, K).
            offset: (K,).
        """
        weight, bias = (
            self._emitting(array.astype(np.float64), matrix, offset).astype(np.float32)
            for array in (self.light_weights[-1], self.light_biases[-1][:, None])
        )
        return replace(
            self,
            light_weights=(*self.light_weights[:-1], weight),
            light_biases=(*self.light_biases[:-1], bias[:, 0]),
        )

    def in_float16(self) -> "LightMlpDecoder":
        """The decoder with the nearest float16 of each weight and bias. A layer beyond their range stays as it is."""
        weights, biases = [], []
        for layer in zip(self.light_weights, self.light_biases):
            nearest = [float16_values(array) for array in layer]
            weight, bias = nearest if all(np.isfinite(array).all() for array in nearest) else layer
            weights.append(weight)
            biases.append(bias)
        return replace(self, light_weights=tuple(weights), light_biases=tuple(biases))

    def _emitting(
        self, numbers: NDArray[np.float64], matrix: NDArray[np.float64], offset: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """(N, M) → (N, M): M times all N numbers of the frame network, for u instead of z."""
        shapes = parameter_shapes(self.planes, self.hidden, self.skip)
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        parts = [part.reshape(*shape, -1) for part, shape in zip(np.split(numbers, ends[:-1]), shapes)]
        places = [(0, 1)] + ([(-1, -2)] if self.skip else [])  # of a matrix of z, and of the bias beside it
        for of_latents, beside in places:
            parts[beside] = parts[beside] + np.einsum("okm,k->om", parts[of_latents], offset)
            parts[of_latents] = np.einsum("okm,kj->ojm", parts[of_latents], matrix)
        return np.concatenate([part.reshape(-1, numbers.shape[1]) for part in parts])

    def to_json(self) -> dict[str, Any]:
        """See `Decoder.to_json`."""
        return {
            "hidden": list(self.hidden),
            "activation": self.activation,
            "skip": self.skip,
            "features": [list(exponents) for exponents in self.features],
            "light_layers": layers_to_json(self.light_weights, self.light_biases),
            "light_activation": "silu",
        }

    @classmethod
    def from_json(cls, fields: Fields, planes: int) -> "LightMlpDecoder":
        """See `Decoder.from_json`."""
        fields.choice("light_activation", ("silu",))
        features = fields.array("features", (-1, 3))
        if len(features) > MAX_FEATURES or features.min(initial=0) < 0 or features.max(initial=0) > MAX_EXPONENT:
            raise fields.error("features", f"at most {MAX_FEATURES} exponents (a, b, c) from 0 to {MAX_EXPONENT}")
        if (features != np.rint(features)).any():
            raise fields.error("features", "whole exponents")
        weights, biases = layers_from_json(fields, "light_layers", MAX_LIGHT_LAYERS)
        return cls(
            planes=planes,
            hidden=hidden_from_json(fields),
            light_weights=weights,
            light_biases=biases,
            activation=activation_from_json(fields),
            skip=fields.boolean("skip"),
            features=tuple((int(a), int(b), int(c)) for a, b, c in features),
        )
