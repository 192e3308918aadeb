"""Where the lamps of a capture stand, and what reaches each point: direction and strength."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastrti.lights import on_spiral
from fastrti.synth.camera import Floats
from fastrti.synth.rings import TEST_LIGHTS, dome_lights
from fastrti.synth.settings import Settings

_LOWEST, _HIGHEST = np.sin(np.radians([14, 85]))  # where a hand holds a lamp
_UNEVEN = np.radians(6)  # how far the hand is from where it should be
_DISTANCES = (0.8, 1.25)  # of a hand-held lamp, as a share of the distance meant


@dataclass(frozen=True, eq=False)
class Lamp:
    """One lamp.

    Attributes:
        direction: (3,) from the middle of the picture, of length 1.
        position: (3,) in picture widths; None is far away.
    """

    direction: Floats
    position: Floats | None = None

    def reaching(self, points: NDArray[np.floating]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
        """What reaches points: the direction to the lamp, and the strength against that at the middle of the picture.

        Args:
            points: (3, …) in picture widths.

        Returns:
            (3, …) unit vectors and (…) strengths; (3,) and () for a lamp far away.
        """
        if self.position is None:
            return self.direction.astype(points.dtype), np.ones((), points.dtype)
        position = self.position.astype(points.dtype)
        towards = position.reshape(3, *(1,) * (points.ndim - 1)) - points
        squared = (towards * towards).sum(0)
        return towards / np.sqrt(squared), (position @ position) / squared


def make_lamps(settings: Settings) -> list[Lamp]:
    """The lamps, in the order of the photographs."""
    rng = np.random.default_rng((settings.seed, 11))
    directions = TEST_LIGHTS if settings.lamps == "test" else dome_lights(settings.lights)
    distances = np.ones(len(directions))
    if settings.lamps == "hand":
        directions = on_spiral(np.linspace(_LOWEST, _HIGHEST, settings.lights))
        directions += rng.normal(0, _UNEVEN, directions.shape)
        directions[:, 2] = np.maximum(directions[:, 2], 0.15)
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        directions = directions[rng.permutation(settings.lights)]
        distances = rng.uniform(*_DISTANCES, settings.lights)
    if settings.lamp_distance is None:
        return [Lamp(direction) for direction in directions]
    return [Lamp(d, settings.lamp_distance * far * d) for d, far in zip(directions, distances)]
