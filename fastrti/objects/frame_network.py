"""`FrameNetwork`: what a light becomes, and all that is evaluated at a pixel.

    h₀ = z;  hᵢ = φ(Wᵢ·hᵢ₋₁ + bᵢ);  y = Wₙ·h + bₙ [+ S·z] [· base]        byte = floor(255·clamp(y, 0, 1) + 0.5)

Everything that depends on the light alone happens before the pixel loop, so one light is one set of small matrices.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError
from fastrti.objects.planes import MAX_PLANES

Activation = Literal["relu", "elu"]
Matrix = NDArray[np.float32]

MAX_WIDTH = 64
MAX_HIDDEN = 2
MAX_WEIGHT = 1e9
"""So that no sum of float32 products overflows: 48·255·1e9, then twice 64·1e9 times that, is 5e34."""


def to_weights(numbers: NDArray[np.floating]) -> Matrix:
    """Rounded to float32; beyond ±MAX_WEIGHT, where only a damaged decoder goes at some light, clipped to it."""
    weights: Matrix = np.clip(numbers, -MAX_WEIGHT, MAX_WEIGHT).astype(np.float32)
    return weights


@dataclass(frozen=True, eq=False)
class FrameNetwork:
    """The weights of one light: zero, one or two hidden layers from K plane values to RGB.

    Attributes:
        weights: one (out, in) float32 matrix per layer, row-major. The first takes K inputs, the last emits 3.
        biases: one (out,) float32 vector per layer.
        activation: φ of the hidden layers, "relu" or "elu" (α = 1).
        skip: (3, K) float32 added to the output as skip·z, or None.
        base_colour: multiply the output by the raw bytes/255 of the first three planes (PTM's LRGB).

    Raises:
        ArgumentError: shapes that do not chain, widths over 64, more than 48 planes, or numbers beyond ±1e9 or NaN.
    """

    weights: tuple[Matrix, ...]
    biases: tuple[Matrix, ...]
    activation: Activation = "relu"
    skip: Matrix | None = None
    base_colour: bool = False

    def __post_init__(self) -> None:
        if self.activation not in ("relu", "elu"):
            raise ArgumentError(f"expected activation 'relu' or 'elu', got {self.activation!r}")
        if not 1 <= len(self.weights) <= MAX_HIDDEN + 1 or len(self.weights) != len(self.biases):
            raise ArgumentError(
                f"expected 1 to {MAX_HIDDEN + 1} layers, each a weight and a bias, "
                f"got {len(self.weights)} weights and {len(self.biases)} biases"
            )
        width = self.planes
        for number, (weight, bias) in enumerate(zip(self.weights, self.biases), start=1):
            if weight.ndim != 2 or weight.shape[1] != width or bias.shape != weight.shape[:1]:
                raise ArgumentError(
                    f"expected layer {number} of shape (out, {width}) with a bias (out,), "
                    f"got {weight.shape} and {bias.shape}"
                )
            width = weight.shape[0]
        if width != 3 or not 1 <= self.planes <= MAX_PLANES or not all(1 <= d <= MAX_WIDTH for d in self.hidden):
            raise ArgumentError(
                f"expected 1–{MAX_PLANES} inputs, hidden widths 1–{MAX_WIDTH} and 3 outputs, "
                f"got {self.planes} → {self.hidden} → {width}"
            )
        if self.skip is not None and self.skip.shape != (3, self.planes):
            raise ArgumentError(f"expected a skip of shape (3, {self.planes}), got {self.skip.shape}")
        if self.base_colour and self.planes < 4:
            raise ArgumentError(f"expected three base colour planes and at least one more, got {self.planes} planes")
        arrays = [*self.weights, *self.biases, *([] if self.skip is None else [self.skip])]
        if any(array.dtype != np.float32 for array in arrays):
            raise ArgumentError(f"expected float32 weights, got {[str(array.dtype) for array in arrays]}")
        if not all((np.abs(array) <= MAX_WEIGHT).all() for array in arrays):
            raise ArgumentError(
                f"expected weights within ±{MAX_WEIGHT:g}, got larger ones or NaN: the decoder is damaged"
            )

    @property
    def planes(self) -> int:
        """K, the number of coefficient planes it reads."""
        return self.weights[0].shape[1] if self.weights[0].ndim == 2 else 0

    @property
    def hidden(self) -> tuple[int, ...]:
        """The widths of the hidden layers."""
        return tuple(len(bias) for bias in self.biases[:-1])

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds per pixel, biases not counted."""
        return sum(weight.size for weight in self.weights) + (0 if self.skip is None else self.skip.size)

    def folded(self, minimum: NDArray[np.floating], maximum: NDArray[np.floating]) -> "FrameNetwork":
        """The same network on raw bytes v instead of z = v/255·(maximum − minimum) + minimum.

        Args:
            minimum: (K,) of the planes.
            maximum: (K,) of the planes.

        Returns:
            A network whose first layer (and skip) take the bytes 0–255; computed in float64, rounded to float32.
        """
        low = np.asarray(minimum, np.float64)
        scale = (np.asarray(maximum, np.float64) - low) / 255
        weights, biases = list(self.weights), list(self.biases)
        biases[0] = to_weights(biases[0] + weights[0] @ low)
        weights[0] = to_weights(weights[0] * scale)
        skip = self.skip
        if skip is not None:
            # With no hidden layer the first bias is the last one, already folded: keep adding in one place.
            biases[-1] = to_weights(biases[-1] + skip @ low)
            skip = to_weights(skip * scale)
        return FrameNetwork(tuple(weights), tuple(biases), self.activation, skip, self.base_colour)


def mean_network(networks: Sequence[FrameNetwork], shares: NDArray[np.float64]) -> FrameNetwork:
    """The network whose numbers are weighted means: added up in float64, the first network first, then rounded.

    Args:
        networks: E of one shape.
        shares: (E,), from 0 to 1, of sum 1. Networks without a share are not looked at.
    """
    chosen = [(networks[number], shares[number]) for number in np.flatnonzero(shares).tolist()]

    def mean(arrays: Iterable[Matrix]) -> Matrix:
        return to_weights(sum(share * array.astype(np.float64) for array, (_, share) in zip(arrays, chosen)))

    first = chosen[0][0]
    return FrameNetwork(
        tuple(mean(arrays) for arrays in zip(*(network.weights for network, _ in chosen))),
        tuple(mean(arrays) for arrays in zip(*(network.biases for network, _ in chosen))),
        first.activation,
        None if first.skip is None else mean(network.skip for network, _ in chosen if network.skip is not None),
        first.base_colour,
    )
