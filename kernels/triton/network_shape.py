"""What the kernels are compiled for: the shape of a frame network, and how much they read of it."""

from dataclasses import dataclass

import numpy as np

from fastrti.kernels.triton.error_bound import Precision
from fastrti.objects.frame_network import Activation, FrameNetwork
from fastrti.objects.light_network import LightNetwork, parameter_shapes


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
