"""What goes wrong in a capture: drawn once for all photographs, then done to each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastrti.synth.camera import Floats
from fastrti.synth.filters import blurred, cropped
from fastrti.synth.relief import Field
from fastrti.synth.settings import Settings

_LEAST_WRONG = 20.0  # degrees
_BLUR = 2.5  # pixels
_OVEREXPOSED = 2.0  # stops
_ELECTRONS = 20_000  # of white: shot noise is their square root


@dataclass(frozen=True, eq=False)
class Faults:
    """What is wrong with which photograph; see `Truth`, which has the same names."""

    gains: Floats
    shifts: Floats
    listed: Floats
    no_flash: tuple[int, ...]
    wrong_lights: tuple[int, ...]
    swapped_lights: tuple[tuple[int, int], ...]
    overexposed: tuple[int, ...]
    blurred: tuple[int, ...]
    duplicates: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, settings: Settings, lights: Floats) -> "Faults":
        """Draws what the settings ask for. No photograph has two faults of single photographs."""
        rng = np.random.default_rng((settings.seed, 13))
        count = settings.count
        angle, far = rng.uniform(0, 2 * np.pi, count), settings.shift * np.sqrt(rng.uniform(0, 1, count))
        gains = rng.uniform(-settings.exposure_jitter, settings.exposure_jitter, count)
        listed = lights + rng.normal(0, np.radians(settings.light_error) / 2**0.5, lights.shape)
        pairs = [(i, i + 1) for i in rng.permutation(count - 1)] if settings.duplicates else []
        duplicates: list[tuple[int, int]] = []
        for first, second in pairs:
            if len(duplicates) < settings.duplicates and not {first, second} & {i for pair in duplicates for i in pair}:
                duplicates.append((int(first), int(second)))
        busy = {i for pair in duplicates for i in pair}
        free = iter([int(i) for i in rng.permutation(count) if i not in busy])
        single = {
            name: tuple(sorted(next(free) for _ in range(getattr(settings, name))))
            for name in ("no_flash", "wrong_lights", "overexposed", "blurred")
        }
        swapped = tuple((next(free), next(free)) for _ in range(settings.swapped_lights))
        for first, second in swapped:
            listed[[first, second]] = listed[[second, first]]
        for row in single["wrong_lights"]:
            listed[row] = _another(lights[row], rng)
        gains[list(single["overexposed"])] = _OVEREXPOSED
        listed[:, 2] = np.maximum(listed[:, 2], 0.01)
        return cls(
            gains=gains,
            shifts=np.stack([far * np.cos(angle), far * np.sin(angle)], axis=1),
            listed=listed / np.linalg.norm(listed, axis=1, keepdims=True),
            swapped_lights=swapped,
            duplicates=tuple(duplicates),
            **single,
        )


def _another(light: Floats, rng: np.random.Generator) -> Floats:
    """A direction above the table, 20° or more from a light."""
    while True:
        other = rng.normal(size=3)
        other[2] = abs(other[2])
        other /= np.linalg.norm(other)
        if other @ light < np.cos(np.radians(_LEAST_WRONG)) and other[2] > 0.1:
            return other


def photographed(
    picture: NDArray[np.float32],
    number: int,
    faults: Faults,
    settings: Settings,
    margin: int,
) -> NDArray[np.float32]:
    """What the camera records of a linear picture with a margin: moved, out of focus, too bright, noisy.

    Args:
        picture: (H + 2·margin, W + 2·margin, 3) linear light.
        number: of the photograph.
        faults: what goes wrong.
        settings: of the capture.
        margin: pixels around the picture.

    Returns:
        (H, W, 3) linear light, 0 or more.
    """
    rng = np.random.default_rng((settings.seed, 14, number))
    right, down = faults.shifts[number]
    height, width = picture.shape[0] - 2 * margin, picture.shape[1] - 2 * margin
    seen = cropped(picture, margin - down, margin - right, height, width)
    if number in faults.blurred:
        seen = blurred(seen, _BLUR)
    seen = seen * np.float32(2.0 ** faults.gains[number])
    if settings.vignetting:
        seen *= light_left(width, height, settings.vignetting)[..., None]
    if settings.noise:
        deviation = np.sqrt(settings.noise**2 + np.maximum(seen, 0) / _ELECTRONS)
        seen = seen + deviation * rng.standard_normal(seen.shape, np.float32)
    recorded: NDArray[np.float32] = np.maximum(seen, 0).astype(np.float32)
    return recorded


def light_left(width: int, height: int, vignetting: float) -> Field:
    """The share of light (H, W) that a lens with this vignetting lets through; its axis is a little off the middle."""
    x = (np.arange(width) + 0.5) / width - 0.47
    y = ((np.arange(height) + 0.5) - 0.52 * height) / width
    squared = x**2 + (y**2)[:, None]
    left: Field = (1 - vignetting * squared / squared.max()).astype(np.float32)
    return left
