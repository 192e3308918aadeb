"""The light rings of SynthRTI: `Dome` to train on, `Test` between its rings to score on."""

import numpy as np
from numpy.typing import NDArray

from fastrti.lights import light_from_angles

# (elevation in degrees, share of the lights); 48 in SynthRTI, and one overhead.
_DOME_RINGS = ((10, 18), (30, 12), (50, 10), (70, 8))
_OVERHEAD = np.array([[0.0, 0.0, 1.0]])
# (elevation, lights, azimuth of the first), in degrees.
_TEST_RINGS = ((20, 8, 45.0), (40, 4, 22.5), (60, 4, -22.5), (80, 4, -45.0))


def dome_lights(count: int = 49) -> NDArray[np.float64]:
    """Training lights on rings at 10°, 30°, 50° and 70° elevation and one overhead, SynthRTI's own for 49.

    Args:
        count: N ≥ 1; the rings share N − 1 lights as they share 48.

    Returns:
        (N, 3) unit vectors, ring by ring from below, clockwise from the top of the picture.
    """
    sizes = _shared(count - 1, np.array([share for _, share in _DOME_RINGS]))
    rings = [_ring(elevation, size, 90 - 360 / max(size, 1)) for (elevation, _), size in zip(_DOME_RINGS, sizes)]
    return np.concatenate([*rings, _OVERHEAD])


def _shared(count: int, shares: NDArray[np.int_]) -> NDArray[np.int_]:
    """Whole numbers in proportion to the shares that sum to count (largest remainders)."""
    exact = count * shares / shares.sum()
    sizes: NDArray[np.int_] = np.floor(exact).astype(int)
    largest = np.argsort(sizes - exact, kind="stable")[: count - sizes.sum()]
    sizes[largest] += 1
    return sizes


def _ring(elevation_deg: float, size: int, first_azimuth_deg: float) -> NDArray[np.float64]:
    """Lights clockwise around one ring, (size, 3)."""
    azimuths = [first_azimuth_deg - 360 * i / size for i in range(size)]
    return np.array([light_from_angles(azimuth, elevation_deg) for azimuth in azimuths]).reshape(-1, 3)


TEST_LIGHTS = np.concatenate([_ring(elevation, size, first) for elevation, size, first in _TEST_RINGS])
