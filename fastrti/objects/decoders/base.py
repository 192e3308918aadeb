"""What every decoder offers: a light network, and itself as JSON."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastrti.json_fields import Fields, array_to_json
from fastrti.lazy import lazy
from fastrti.objects.frame_network import MAX_HIDDEN, MAX_WIDTH, Activation, FrameNetwork
from fastrti.objects.light_network import LightNetwork

Matrices = tuple[NDArray[np.float32], ...]


class Decoder(ABC):
    """A rule that turns a light into a frame network over dequantised planes z.

    A kind of decoder is one file in this folder and one row of `fastrti.objects.decoders.KINDS`: it says which
    `LightNetwork` it is, and how it is written as JSON and read again.

    Attributes:
        kind: what `info.json` calls it.
        planes: K, the number of coefficient planes.
    """

    kind: ClassVar[str]

    if TYPE_CHECKING:  # an attribute or a property of each kind

        @property
        def planes(self) -> int:  # noqa: D102
            ...

    @property
    @abstractmethod
    def label(self) -> str:
        """One line for a person, e.g. "light-conditioned 9→16→16→3 ReLU, skip"."""

    @abstractmethod
    def _light_network(self) -> LightNetwork:
        """Makes the light network; called once."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """The keys of `info.json`'s `decoder`, without `kind`."""

    @classmethod
    @abstractmethod
    def from_json(cls, fields: Fields, planes: int) -> "Decoder":
        """Reads what `to_json` wrote, without trusting it.

        Args:
            fields: the object under `decoder`.
            planes: how many coefficient planes the object has.

        Raises:
            ObjectError: a key, shape or number that the object format does not allow.
            ArgumentError: numbers that do not make a decoder.
        """

    @lazy
    def light_network(self) -> LightNetwork:
        """The rule in the form that the kernels evaluate."""
        return self._light_network()

    def frame_network(self, light_dir: ArrayLike) -> FrameNetwork:
        """The network of one light, in units of z (not folded onto bytes).

        Args:
            light_dir: (x, y) or (x, y, z); see `fastrti.lights.unit_light`.

        Raises:
            LightError: a light off the hemisphere.
        """
        return self.light_network.frame_network(light_dir)


def network_label(planes: int, hidden: tuple[int, ...], activation: str, skip: bool) -> str:
    """The common part of the labels, e.g. "9→16→16→3 ReLU, skip"."""
    shape = "→".join(map(str, (planes, *hidden, 3)))
    phi = {"relu": " ReLU", "elu": " ELU"}.get(activation, f" {activation}") if hidden else ""
    return f"{shape}{phi}{', skip' if skip else ''}"


def layers_to_json(weights: Matrices, biases: Matrices) -> list[dict[str, Any]]:
    """Layers as the object format writes them."""
    return [{"weight": array_to_json(w), "bias": array_to_json(b)} for w, b in zip(weights, biases)]


def layers_from_json(fields: Fields, key: str, at_most: int) -> tuple[Matrices, Matrices]:
    """The weights and biases under a key."""
    layers = fields.children(key, at_most)
    return (
        tuple(layer.float32("weight", (-1, -1)) for layer in layers),
        tuple(layer.float32("bias", (-1,)) for layer in layers),
    )


def hidden_from_json(fields: Fields) -> tuple[int, ...]:
    """The widths of a frame network's hidden layers."""
    return fields.integers("hidden", at_most=MAX_HIDDEN, low=1, high=MAX_WIDTH)


def activation_from_json(fields: Fields) -> Activation:
    """φ of a frame network."""
    return "relu" if fields.choice("activation", ("relu", "elu")) == "relu" else "elu"
