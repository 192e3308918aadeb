"""Which photographs are kept out of a fit, so that it can be scored on lights it did not see."""

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import TrainingError

Indices = NDArray[np.intp]


def spread_lights(lights: NDArray[np.float64], count: int) -> Indices:
    """Chooses lights to hold out, spread over the dome: every (N/count)-th in the order of elevation, then azimuth.

    Args:
        lights: (N, 3).
        count: how many, 0 to N − 2.

    Returns:
        (count,) indices in ascending order; the same for the same lights.

    Raises:
        TrainingError: there is one light, or count is negative or leaves fewer than two to fit to.
    """
    if len(lights) < 2:
        raise TrainingError("expected photographs under two lights or more to fit to, got one: add photographs")
    if not 0 <= count <= len(lights) - 2:
        raise TrainingError(
            f"expected to hold out 0 to {len(lights) - 2} of {len(lights)} photographs, got {count}: "
            "leave at least two to fit to"
        )
    elevation = np.round(np.degrees(np.arcsin(np.clip(lights[:, 2], -1, 1))))
    azimuth = np.arctan2(lights[:, 1], lights[:, 0])
    order = np.lexsort((azimuth, elevation))
    places = ((np.arange(count) + 0.5) * len(lights) / max(count, 1)).astype(np.intp)
    chosen: Indices = np.sort(order[places])
    return chosen
