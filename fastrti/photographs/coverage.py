"""What the photographed lights cover: which photographs share a light, and where there is no light."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fastrti.photographs.hold_out import Indices

_SAME = 1.0  # degrees; two lights that are each known to a third of this
RING = 2.0  # degrees of elevation, to either side
LOWEST, HIGHEST = 35.0, 60.0  # degrees of elevation; domes have lights below and above
WIDEST_STEP = 28.0  # degrees of elevation without a light; rings of domes are 10° to 25° apart
WIDEST_ARC = 100.0  # degrees of azimuth without a light
_NEAR_THE_TOP = 80.0  # degrees of elevation; above it an azimuth says nothing
FEW = 9  # lights; HSH of the second order has as many terms
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


@dataclass(frozen=True)
class LightGap:
    """Something that the photographed lights cannot show.

    Attributes:
        kind: "one light", "few lights", "one ring", "no high light", "no low light", "gap in elevation" or
            "gap in azimuth".
        number: how many lights there are of the first two kinds; else degrees.
        sentence: the same for a person.
    """

    kind: str
    number: float
    sentence: str


def light_notes(lights: NDArray[np.float64]) -> list[str]:
    """The sentences of `light_gaps`; none for an ordinary dome."""
    return [gap.sentence for gap in light_gaps(lights)]


def light_gaps(lights: NDArray[np.float64]) -> list[LightGap]:
    """Each thing that the photographed lights cannot show; none for an ordinary dome.

    Args:
        lights: (N, 3) unit vectors, of the photographs that an object is fitted to.
    """
    different = lights[different_lights(lights)]
    count = len(different)
    if count == 1:
        sentence = f"all {len(lights)} photographs have one light: the object looks the same under every light"
        return [LightGap("one light", 1, sentence)]
    few = (
        f"the photographs have only {count} different lights: pictures under other lights are guesses, "
        "which the PSNR on photographed lights does not measure"
    )
    gaps = [LightGap("few lights", count, few)] if count < FEW else []
    return gaps if count < _VERY_FEW else [*gaps, *_heights(different), *_arcs(different)]


def _heights(lights: NDArray[np.float64]) -> Iterator[LightGap]:
    """What is missing above, below and between the lights."""
    heights = np.sort(np.degrees(np.arcsin(lights[:, 2].clip(-1, 1))))
    lowest, highest = float(heights[0]), float(heights[-1])
    if highest - lowest <= 2 * RING:
        middle = (lowest + highest) / 2
        sentence = (
            f"all lights lie within {RING:.0f}° of one elevation, {middle:.0f}°: "
            "pictures under higher and lower lights are guesses"
        )
        yield LightGap("one ring", highest - lowest, sentence)
        return
    if highest < HIGHEST:
        sentence = f"no light is higher than {highest:.0f}°: pictures under higher lights are guesses"
        yield LightGap("no high light", highest, sentence)
    if lowest > LOWEST:
        sentence = f"no light is lower than {lowest:.0f}°: pictures under lower lights are guesses"
        yield LightGap("no low light", lowest, sentence)
    for below, above in pairwise(heights):
        if above - below > WIDEST_STEP:
            sentence = (
                f"no light is between {below:.0f}° and {above:.0f}° high: pictures under lights there are guesses"
            )
            yield LightGap("gap in elevation", float(above - below), sentence)


def _arcs(lights: NDArray[np.float64]) -> Iterator[LightGap]:
    """What is missing around the object."""
    around = lights[lights[:, 2] < np.sin(np.radians(_NEAR_THE_TOP))]
    azimuths = np.sort(np.degrees(np.arctan2(around[:, 1], around[:, 0])) % 360)
    for start, end in zip(azimuths, np.append(azimuths[1:], azimuths[:1] + 360)):
        if end - start > WIDEST_ARC:
            sentence = (
                f"the lights leave out {end - start:.0f}° of azimuth, from {round(start) % 360}° to "
                f"{round(end) % 360}°, counted from the right of the picture over its top: pictures under lights from "
                "there are guesses"
            )
            yield LightGap("gap in azimuth", float(end - start), sentence)
