"""`Experts`: several decoders over one set of planes, of which each draws its own pixels."""

from dataclasses import dataclass
from typing import Any, ClassVar

from fastrti.errors import ArgumentError
from fastrti.objects.decoders import Decoder

MAX_EXPERTS = 64


@dataclass(frozen=True, eq=False)
class Experts:
    """The decoders of one object. `Relightable.labels` says for each pixel which one draws it.

    All are of one kind and one shape and take the same features of the light, so a picture of several experts costs
    what a picture of one costs. They read the planes with the same minimum and maximum.

    Attributes:
        decoders: 2 to `MAX_EXPERTS`. A pixel of label n is drawn by the n-th, counted from 0.

    Raises:
        ArgumentError: another number of decoders, or decoders of different shapes.
    """

    kind: ClassVar = "experts"

    decoders: tuple[Decoder, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "decoders", tuple(self.decoders))
        if not 2 <= len(self.decoders) <= MAX_EXPERTS:
            raise ArgumentError(
                f"expected 2 to {MAX_EXPERTS} experts, got {len(self.decoders)}: an object of one expert has its "
                "decoder and no labels"
            )
        for number, decoder in enumerate(self.decoders[1:], start=2):
            if _shape(decoder) != _shape(self.decoders[0]):
                raise ArgumentError(
                    f"expected experts of one shape, got {self.decoders[0].label} as the first and {decoder.label} as "
                    f"number {number}, or other features or layers of the light: fit them together"
                )

    @property
    def planes(self) -> int:
        """K, the number of coefficient planes."""
        return self.decoders[0].planes

    @property
    def label(self) -> str:
        """One line for a person."""
        return f"{len(self.decoders)} experts, each {self.decoders[0].label}"

    def to_json(self) -> dict[str, Any]:
        """The keys of `info.json`'s `decoder`, without `kind`."""
        return {"experts": [{"kind": decoder.kind, **decoder.to_json()} for decoder in self.decoders]}


def _shape(decoder: Decoder) -> tuple[Any, ...]:
    """What all experts of an object have in common: the shape of their networks, and the features of the light."""
    network = decoder.light_network
    sizes = tuple(weight.shape for weight in network.weights)
    frame = network.planes, network.hidden, network.activation, network.skip, network.base_colour
    light = [None if numbers is None else numbers.tobytes() for numbers in (network.exponents, network.nodes)]
    return decoder.kind, *frame, sizes, network.features, *light, network.sigma
