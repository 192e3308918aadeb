"""A small relief under many lights, rendered here: matt with soft highlights, known gains, shifts and light errors."""

import numpy as np
from numpy.typing import NDArray

from fastrti.photographs.mlic import Mlic
from fastrti.srgb import srgb_encode
from fastrti.synth import dome_lights


def relief(side: int = 64, lights: int = 40, highlights: float = 0.15, seed: int = 0) -> Mlic:
    """A bumpy coloured plane without cast shadows."""
    return relief_under(dome_lights(lights), side, highlights, seed)


def relief_under(
    lights: NDArray[np.float64],
    side: int = 64,
    highlights: float = 0.15,
    seed: int = 0,
    gains: NDArray[np.float64] | None = None,
    shifts: NDArray[np.float64] | None = None,
) -> Mlic:
    """The same under any lights, of photographs that are brighter by factors and moved right and down by pixels."""
    gains = np.ones(len(lights)) if gains is None else gains
    shifts = np.zeros((len(lights), 2)) if shifts is None else shifts
    rng = np.random.default_rng(seed)
    waves = rng.normal(0, 0.25, (14, 2))
    phases, heights = rng.uniform(0, 2 * np.pi, 14), rng.uniform(0.05, 0.12, 14)
    colour_waves, colour_phases = rng.normal(0, 0.3, (3, 2)), rng.uniform(0, 2 * np.pi, 3)
    photographs = np.empty((len(lights), side, side, 3), np.uint8)
    for index, (light, gain, shift) in enumerate(zip(lights, gains, shifts)):
        down, right = np.mgrid[:side, :side].astype(float)
        right, down = right - shift[0], down - shift[1]
        slope = heights * np.cos(right[..., None] * waves[:, 0] + down[..., None] * waves[:, 1] + phases)
        normal = np.stack(
            [-(slope * waves[:, 0]).sum(-1) * 4, (slope * waves[:, 1]).sum(-1) * 4, np.ones((side, side))], -1
        )
        normal /= np.linalg.norm(normal, axis=2, keepdims=True)
        albedo = 0.45 + 0.25 * np.sin(
            right[..., None] * colour_waves[:, 0] + down[..., None] * colour_waves[:, 1] + colour_phases
        )
        half = (light + np.array([0, 0, 1])) / np.linalg.norm(light + np.array([0, 0, 1]))
        shine = highlights * (normal @ half).clip(0)[..., None] ** 60
        seen = gain * (albedo * (normal @ light).clip(0)[..., None] + 0.01 + shine)
        photographs[index] = np.rint(255 * srgb_encode(seen.clip(0, 1)))
    return Mlic(photographs, lights, tuple(f"p{index:02}.png" for index in range(len(lights))))
