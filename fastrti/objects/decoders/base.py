"""What every decoder offers."""

from typing import Protocol

from numpy.typing import ArrayLike

from fastrti.objects.frame_network import FrameNetwork
from fastrti.objects.light_network import LightNetwork


class Decoder(Protocol):
    """A rule that turns a light into a frame network over dequantised planes z."""

    @property
    def planes(self) -> int:
        """K, the number of coefficient planes."""
        ...

    @property
    def label(self) -> str:
        """One line for a person, e.g. "light-conditioned 9→16→16→3 ReLU, skip"."""
        ...

    def frame_network(self, light_dir: ArrayLike) -> FrameNetwork:
        """The network of one light, in units of z (not folded).

        Args:
            light_dir: (x, y) or (x, y, z); see `fastrti.lights.unit_light`.

        Raises:
            LightError: a light off the hemisphere.
        """
        ...

    def light_network(self) -> LightNetwork:
        """The same rule in the form C++ evaluates."""
        ...


def network_label(planes: int, hidden: tuple[int, ...], activation: str, skip: bool) -> str:
    """The common part of the labels, e.g. "9→16→16→3 ReLU, skip"."""
    shape = "→".join(map(str, (planes, *hidden, 3)))
    phi = {"relu": " ReLU", "elu": " ELU"}.get(activation, f" {activation}") if hidden else ""
    return f"{shape}{phi}{', skip' if skip else ''}"
