"""What the photographed lights cover: which photographs share a light, and where there is no light."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fastrti.photographs.hold_out import Indices

_SAME = 1.0  # degrees; two lights that are each known to a third of this
_RING = 2.0  # degrees of elevation, to either side
_LOW, _HIGH = 35.0, 60.0  # degrees of elevation; domes have lights below and above
_WIDEST_STEP = 28.0  # degrees of elevation without a light; rings of domes are 10° to 25° apart
_WIDEST_ARC = 100.0  # degrees of azimuth without a light
_NEAR_THE_TOP = 80.0  # degrees of elevation; above it an azimuth says nothing
_FEW = 9  # lights; HSH of the second order has as many terms
_VERY_FEW = 4  # lights that cover nothing worth describing


def same_light(lights: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which photographs have one light, as far as lights are known: (N, 3) unit vectors → (N, N)."""
    same: NDArray[np.bool_] = lights @ lights.T > np.cos(np.radians(_SAME))
    return same | np.eye(len(lights), dtype=bool)


def different_lights(lights: NDArray[np.float64]) -> Indices:
    """The first photograph of each light: (N, 3) unit vectors → indices in ascending order."""
    chosen: list[int] = []
    for index, same in enumerate(same_light(lights)):
        if not same[chosen].any():
            chosen.append(index)
    return np.array(chosen, np.intp)


def light_notes(lights: NDArray[np.float64]) -> list[str]:
    """A sentence for each thing that the photographed lights cannot show; none for an ordinary dome.

    Args:
        lights: (N, 3) unit vectors, of the photographs that an object is fitted to.
    """
    different = lights[different_lights(lights)]
    if len(different) == 1:
        return [f"all {len(lights)} photographs have one light: the object looks the same under every light"]
    few = (
        f"the photographs have only {len(different)} different lights: pictures under other lights are guesses, "
        "which the PSNR on photographed lights does not measure"
    )
    notes = [few] if len(different) < _FEW else []
    return notes if len(different) < _VERY_FEW else [*notes, *_heights(different), *_arcs(different)]


def _heights(lights: NDArray[np.float64]) -> Iterator[str]:
    """What is missing above, below and between the lights."""
    heights = np.sort(np.degrees(np.arcsin(lights[:, 2].clip(-1, 1))))
    lowest, highest = heights[0], heights[-1]
    if highest - lowest <= 2 * _RING:
        middle = (lowest + highest) / 2
        yield (
            f"all lights lie within {_RING:.0f}° of one elevation, {middle:.0f}°: "
            "pictures under higher and lower lights are guesses"
        )
        return
    if highest < _HIGH:
        yield f"no light is higher than {highest:.0f}°: pictures under higher lights are guesses"
    if lowest > _LOW:
        yield f"no light is lower than {lowest:.0f}°: pictures under lower lights are guesses"
    for below, above in pairwise(heights):
        if above - below > _WIDEST_STEP:
            yield f"no light is between {below:.0f}° and {above:.0f}° high: pictures under lights there are guesses"


def _arcs(lights: NDArray[np.float64]) -> Iterator[str]:
    """What is missing around the object."""
    around = lights[lights[:, 2] < np.sin(np.radians(_NEAR_THE_TOP))]
    azimuths = np.sort(np.degrees(np.arctan2(around[:, 1], around[:, 0])) % 360)
    for start, end in zip(azimuths, np.append(azimuths[1:], azimuths[:1] + 360)):
        if end - start > _WIDEST_ARC:
            yield (
                f"the lights leave out {end - start:.0f}° of azimuth, from {round(start) % 360}° to "
                f"{round(end) % 360}°, counted from the right of the picture over its top: pictures under lights from "
                "there are guesses"
            )
