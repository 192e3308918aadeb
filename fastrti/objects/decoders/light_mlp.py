"""The light-conditioned decoder: a small network of the light emits every weight of the frame network."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastrti.errors import ArgumentError
from fastrti.lights import unit_light
from fastrti.objects.decoders.base import network_label
from fastrti.objects.frame_network import Activation, FrameNetwork, Matrix, to_weights
from fastrti.objects.light_network import LightNetwork

Monomial = tuple[int, int, int]

MAX_FEATURES = 256
MAX_EXPONENT = 12
MAX_LIGHT_WIDTH = 1024
MAX_LIGHT_LAYERS = 4


def monomials(degree: int) -> tuple[Monomial, ...]:
    """All (a, b, c) of xᵃ·yᵇ·zᶜ with a + b + c ≤ degree and c ≤ 1: a basis, since z² = 1 − x² − y² on the sphere.

    4 for degree 1, 16 for degree 3.
    """
    return tuple(
        (a, b, c) for a in range(degree + 1) for b in range(degree + 1 - a) for c in range(min(1, degree - a - b) + 1)
    )


def light_features(
    lights: NDArray[np.float64],  # (L, 3)
    exponents: tuple[Monomial, ...],
) -> NDArray[np.float64]:
    """fᵢ = xᵃ·yᵇ·zᶜ for each light and each listed monomial, (L, F) float64."""
    features: NDArray[np.float64] = np.prod(lights[:, None, :] ** np.array(exponents), axis=2)
    return features


def parameter_shapes(planes: int, hidden: tuple[int, ...], skip: bool) -> list[tuple[int, ...]]:
    """The shapes the light network's output is cut into, in order: W₁, b₁, …, Wₙ, bₙ, [S]."""
    widths = (planes, *hidden, 3)
    shapes: list[tuple[int, ...]] = []
    for inputs, outputs in pairwise(widths):
        shapes += [(outputs, inputs), (outputs,)]
    return shapes + ([(3, planes)] if skip else [])


@dataclass(frozen=True)
class LightMlpDecoder:
    """W₁, b₁, …, Wₙ, bₙ, [S] = g(light): one light lights the whole picture, so g costs nothing a pixel.

    Attributes:
        planes: K.
        hidden: widths of the frame network's hidden layers.
        light_weights, light_biases: the layers of g, (out, in) and (out,) float32, SiLU between them; the first takes
            the features, the last emits the frame network's numbers concatenated, in units of z.
        activation: φ of the frame network.
        skip: whether the frame network has a linear skip S.
        features: the monomials (a, b, c) of the light g starts from.
    """

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

    def frame_network(self, light_dir: ArrayLike) -> FrameNetwork:
        """The network of one light: g evaluated in float64, its output rounded to float32."""
        h = light_features(unit_light(light_dir)[None], self.features)[0]
        for number, (weight, bias) in enumerate(zip(self.light_weights, self.light_biases)):
            if number:
                h = h / (1 + np.exp(-np.clip(h, -700, None)))  # SiLU; the clip keeps exp finite, silu(-700) = -0
            h = weight.astype(np.float64) @ h + bias
        numbers = to_weights(h)
        arrays, start = [], 0
        for shape in parameter_shapes(self.planes, self.hidden, self.skip):
            size = int(np.prod(shape))
            arrays.append(numbers[start : start + size].reshape(shape))
            start += size
        skip = arrays.pop() if self.skip else None
        return FrameNetwork(tuple(arrays[0::2]), tuple(arrays[1::2]), self.activation, skip)

    def light_network(self) -> LightNetwork:
        """The same rule in the form C++ evaluates."""
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
