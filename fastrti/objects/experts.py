"""`Experts`: several decoders over one set of planes, of which each draws its own pixels."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError
from fastrti.objects.decoders import Decoder
from fastrti.objects.frame_network import FrameNetwork, mean_network

MAX_EXPERTS = 64
MAX_LABELS = 256
"""Experts and means of them: a label is a byte."""

_SUM_ERROR = 1e-6


def _no_shares() -> NDArray[np.float64]:
    return np.empty((0, 0))


@dataclass(frozen=True, eq=False)
class Experts:
    """The decoders of one object. `Relightable.labels` says for each pixel which one draws it.

    All are of one kind and one shape and take the same features of the light, so a pixel takes as many multiply-adds as
    with one decoder. They read the planes with the same minimum and maximum.

    A pixel may also be drawn by a mean of experts: by the frame network whose numbers are weighted means of theirs.
    Along a border, means lead from one expert to its neighbour in small steps.

    Attributes:
        decoders: E of them, 2 to `MAX_EXPERTS`. A pixel of label n is drawn by the n-th, counted from 0.
        shares: (M, E) float64, of means: the weight of each expert, from 0 to 1, each row of sum 1. A pixel of label
            E + m is drawn by mean m. E + M is at most `MAX_LABELS`.

    Raises:
        ArgumentError: another number of decoders, decoders of different shapes, or shares that are no weights of a
            mean.
    """

    kind: ClassVar = "experts"

    decoders: tuple[Decoder, ...]
    shares: NDArray[np.float64] = field(default_factory=_no_shares)

    def __post_init__(self) -> None:
        object.__setattr__(self, "decoders", tuple(self.decoders))
        count = len(self.decoders)
        if not 2 <= count <= MAX_EXPERTS:
            raise ArgumentError(
                f"expected 2 to {MAX_EXPERTS} experts, got {count}: an object of one expert has its decoder and no "
                "labels"
            )
        for number, decoder in enumerate(self.decoders[1:], start=2):
            if _shape(decoder) != _shape(self.decoders[0]):
                raise ArgumentError(
                    f"expected experts of one shape, got {self.decoders[0].label} as the first and {decoder.label} as "
                    f"number {number}, or other features or layers of the light: fit them together"
                )
        shares = np.ascontiguousarray(self.shares, np.float64)
        object.__setattr__(self, "shares", shares if shares.size else np.empty((0, count)))
        self._check_shares()

    def _check_shares(self) -> None:
        shares, count = self.shares, len(self.decoders)
        if shares.ndim != 2 or shares.shape[1] != count or self.label_count > MAX_LABELS:
            raise ArgumentError(
                f"expected shares of shape (M, {count}) for means of {count} experts, M up to {MAX_LABELS - count}, "
                f"got {shares.shape}"
            )
        if not (shares >= 0).all() or not (np.abs(shares.sum(1) - 1) <= _SUM_ERROR).all():  # nor NaN
            raise ArgumentError("expected shares from 0 to 1 whose sum is 1 in each mean of experts, got others")

    @property
    def label_count(self) -> int:
        """How many labels there are: E + M."""
        return len(self.decoders) + len(self.shares)

    @property
    def planes(self) -> int:
        """K, the number of coefficient planes."""
        return self.decoders[0].planes

    @property
    def label(self) -> str:
        """One line for a person."""
        return f"{len(self.decoders)} experts, each {self.decoders[0].label}"

    def with_means(self, networks: list[FrameNetwork]) -> list[FrameNetwork]:
        """The frame networks of all labels under a light, from those of the experts: E, then M."""
        return networks + [mean_network(networks, shares) for shares in self.shares]

    def to_json(self) -> dict[str, Any]:
        """The keys of `info.json`'s `decoder`, without `kind`."""
        experts = [{"kind": decoder.kind, **decoder.to_json()} for decoder in self.decoders]
        if not len(self.shares):
            return {"experts": experts}
        chosen = [np.flatnonzero(shares).tolist() for shares in self.shares]
        means = [{"of": of, "shares": shares[of].tolist()} for of, shares in zip(chosen, self.shares)]
        return {"experts": experts, "means": means}


def _shape(decoder: Decoder) -> tuple[Any, ...]:
    """What all experts of an object have in common: the shape of their networks, and the features of the light."""
    network = decoder.light_network
    sizes = tuple(weight.shape for weight in network.weights)
    frame = network.planes, network.hidden, network.activation, network.skip, network.base_colour
    light = [None if numbers is None else numbers.tobytes() for numbers in (network.exponents, network.nodes)]
    return decoder.kind, *frame, sizes, network.features, *light, network.sigma
