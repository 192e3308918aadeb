"""`LightNetwork`: the one form every decoder has, in numpy, in C++ and on the GPU.

    features of the light → dense layers, SiLU between them → W₁, b₁, …, Wₙ, bₙ, [S]

`LightNetwork.frame_network` is the specification. `csrc/light/` (on the CPU, in microseconds) and
`kernels/triton/light_kernels.py` compute the same.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastrti.lights import unit_light
from fastrti.objects.frame_network import Activation, FrameNetwork, Matrix, to_weights
from fastrti.objects.light_terms import gaussian_weights, grid_weights, hsh_terms, monomial_terms

Features = Literal["monomials", "hsh", "rbf", "bilinear"]


def parameter_shapes(planes: int, hidden: tuple[int, ...], skip: bool) -> list[tuple[int, ...]]:
    """The shapes that a light network's output is cut into, in order: W₁, b₁, …, Wₙ, bₙ, [S]."""
    widths = (planes, *hidden, 3)
    shapes: list[tuple[int, ...]] = []
    for inputs, outputs in pairwise(widths):
        shapes += [(outputs, inputs), (outputs,)]
    return shapes + ([(3, planes)] if skip else [])


@dataclass(frozen=True, eq=False)
class LightNetwork:
    """What emits the parameters of a frame network, in units of z, for a light (x, y, z).

    Attributes:
        planes: K of the frame network.
        hidden: widths of its hidden layers.
        activation: its φ.
        skip: whether its parameters end with a skip S.
        base_colour: whether its output is multiplied by the bytes of the first three planes.
        features: "monomials" xᵃ·yᵇ·zᶜ, "hsh" the first terms of the harmonics, "rbf" normalised Gaussian weights of
            nodes, "bilinear" weights of the nodes of a square grid.
        weights: one (out, in) float32 matrix per layer. The first takes the features.
        biases: one (out,) float32 vector per layer.
        exponents: (F, 3) int32, a, b and c ("monomials" only).
        nodes: (F, 3) float32 ("rbf" only).
        sigma: width of the Gaussian ("rbf" only).
    """

    planes: int
    hidden: tuple[int, ...]
    activation: Activation
    skip: bool
    base_colour: bool
    features: Features
    weights: tuple[Matrix, ...]
    biases: tuple[Matrix, ...]
    exponents: NDArray[np.int32] | None = None
    nodes: Matrix | None = None
    sigma: float = 0.0

    def frame_network(self, light_dir: ArrayLike) -> FrameNetwork:
        """The network of one light, in units of z: evaluated in float64, its parameters rounded to float32.

        Args:
            light_dir: (x, y) or (x, y, z); see `fastrti.lights.unit_light`.

        Raises:
            LightError: a light off the hemisphere.
        """
        h = self.feature_values(unit_light(light_dir))
        for number, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            if number:
                h = h / (1 + np.exp(-np.clip(h, -700, None)))  # SiLU; the clip keeps exp finite, silu(-700) = -0
            h = weight.astype(np.float64) @ h + bias
        parameters = to_weights(h)
        arrays, start = [], 0
        for shape in parameter_shapes(self.planes, self.hidden, self.skip):
            size = int(np.prod(shape))
            arrays.append(parameters[start : start + size].reshape(shape))
            start += size
        skip = arrays.pop() if self.skip else None
        return FrameNetwork(tuple(arrays[0::2]), tuple(arrays[1::2]), self.activation, skip, self.base_colour)

    def feature_values(self, light: NDArray[np.float64]) -> NDArray[np.float64]:
        """The F features of a unit vector, (3,) → (F,)."""
        count = self.weights[0].shape[1]
        if self.nodes is not None:
            values = gaussian_weights(light[None], self.nodes, self.sigma)
        elif self.exponents is not None:
            values = monomial_terms(light[None], self.exponents)
        elif self.features == "hsh":
            values = hsh_terms(light[None])
        else:
            values = grid_weights(light, round(count**0.5))[None]
        return values.ravel()[:count]
