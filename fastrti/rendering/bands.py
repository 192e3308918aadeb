"""An object under many lights, some rows at a time: what every estimate of its surface looks at."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from fastrti.lights import light_from_angles, raised_to_horizon
from fastrti.progress import counted
from fastrti.rendering.renderer import Renderer

BAND_PIXELS = 1 << 18  # drawn under all lights at once: 40 MB of pictures
RING_ELEVATIONS_DEG = (15, 30, 45, 60, 75)
RING_LIGHTS = 10
MAX_LIGHTS = 64


def drawn_bands(
    renderer: Renderer, lights: NDArray[np.float64], what: str
) -> Iterator[tuple[slice, NDArray[np.uint8]]]:
    """Rows of the picture, and their pictures (L, rows, W, 3) under all lights, which the next step overwrites.

    Args:
        renderer: the object's.
        lights: (L, 3) unit vectors.
        what: is being done, for who waits.
    """
    height, width = renderer.relightable.height, renderer.relightable.width
    rows = max(1, BAND_PIXELS // width)
    pictures = None
    for top in counted(range(0, height, rows), what):
        count = min(rows, height - top)
        out = pictures if count == rows else None
        pictures = renderer.relight_batch(list(lights), out=out, region=(top, 0, count, width))
        yield slice(top, top + count), renderer.to_host(pictures)


def many_lights(photographed: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """At most MAX_LIGHTS of the photographed directions, or rings of lights."""
    if photographed is not None:
        chosen = np.linspace(0, len(photographed) - 1, min(len(photographed), MAX_LIGHTS)).round().astype(int)
        return np.array([raised_to_horizon(light) for light in photographed[chosen]])
    step = 360 / RING_LIGHTS
    return np.array(
        [
            light_from_angles(step * (number + ring % 2 / 2), elevation)
            for ring, elevation in enumerate(RING_ELEVATIONS_DEG)
            for number in range(RING_LIGHTS)
        ]
    )
