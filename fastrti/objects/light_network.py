"""`LightNetwork`: the one form every decoder has in the kernels and in C.

    features of the light → dense layers, SiLU between them → W₁, b₁, …, Wₙ, bₙ, [S]

A decoder's `frame_network` stays the specification; `csrc/light_network.cpp`, on the CPU in
microseconds, and `kernels/light_kernels.py`, on the GPU, compute the same from this form.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fastrti.objects.frame_network import Activation, Matrix

Features = Literal["monomials", "hsh", "rbf", "bilinear"]


@dataclass(frozen=True)
class LightNetwork:
    """What emits the numbers of a frame network, in units of z, for a light (x, y, z).

    Attributes:
        planes: K of the frame network.
        hidden: widths of its hidden layers.
        activation: its φ.
        skip: whether its numbers end with a skip S.
        base: whether its output is multiplied by the bytes of the first three planes.
        features: "monomials" xᵃ·yᵇ·zᶜ, "hsh" the first terms of the harmonics, "rbf" normalised Gaussian weights of
            nodes, "bilinear" weights of the nodes of a square grid.
        weights, biases: the layers, (out, in) and (out,) float32; the first takes the features.
        exponents: (F, 3) int32, a, b and c ("monomials" only).
        nodes: (F, 3) float32 ("rbf" only).
        sigma: width of the Gaussian ("rbf" only).
    """

    planes: int
    hidden: tuple[int, ...]
    activation: Activation
    skip: bool
    base: bool
    features: Features
    weights: tuple[Matrix, ...]
    biases: tuple[Matrix, ...]
    exponents: NDArray[np.int32] | None = None
    nodes: Matrix | None = None
    sigma: float = 0.0
