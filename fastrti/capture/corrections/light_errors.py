"""Light errors: the light that a photograph seems to be taken under, as the others tell.

The others predict a photograph under any light. The light under which they predict it best is where its light seems to
be. Wrong lights of the others spoil predictions, so all lights are moved a little, again and again.

Predictions are smoother than photographs, which moves all lights in one direction. So what is a smooth function of the
light is taken out of the moves. A turn of the whole dome cannot be seen.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.corrections.exposures import smooth_terms
from fastrti.capture.predictions import Predictor, predict
from fastrti.capture.samples import sample_pixels
from fastrti.photographs.checks import Samples
from fastrti.photographs.corrections import Correction
from fastrti.photographs.coverage import different_lights
from fastrti.photographs.mlic import Mlic
from fastrti.progress import counted

Array = NDArray[np.float64]

LEAST_LIGHTS = 12
"""Fewer lights do not tell where one of them is."""

LEAST_ERROR = 2.0
"""Degrees, on average: smaller moves are left alone. Right lights seem to be off by 1° to 1.6°."""

_PIXELS = 1000
_ROUNDS = 5
_EXPECTED = np.radians(3.0)  # error of a light
_INDEPENDENT = 100  # values that tell as much as all of them, because neighbours err alike
_STEP = np.radians(1.0)  # between lights whose predictions tell a slope
_DAMPING = 0.7
_MOST_AT_ONCE = np.radians(3.0)


def refined_lights(mlic: Mlic, out: Samples | None = None) -> Mlic:
    """The collection with its lights where the photographs say, or itself where they are there.

    Args:
        mlic: the photographs.
        out: not used, because photographs stay as they are; see `fastrti.capture.corrections.correct`.
    """
    if len(different_lights(mlic.lights)) < LEAST_LIGHTS:
        return mlic
    lights = estimate_lights(mlic)
    moves = np.degrees(np.arccos((lights * mlic.lights).sum(1).clip(-1, 1)))
    if moves.mean() < LEAST_ERROR:
        return mlic
    furthest = int(moves.argmax())
    sentence = (
        f"light directions were moved by {moves.mean():.1f}° on average to where the photographs agree best, "
        f"that of {mlic.names[furthest]} the most, by {moves[furthest]:.1f}°"
    )
    numbers = {name: [round(float(part), 4) for part in light] for name, light in zip(mlic.names, lights)}
    correction = Correction("lights", sentence, {"directions": numbers})
    return replace(mlic, lights=lights, corrections=(*mlic.corrections, correction))


def estimate_lights(mlic: Mlic) -> Array:
    """The lights under which all photographs agree best.

    Returns:
        (N, 3) unit vectors.
    """
    sample = sample_pixels(mlic, _PIXELS)
    values = sample.values.reshape(len(mlic), -1)
    usable = ~np.repeat(sample.clipped, 3, axis=1)
    lights = mlic.lights
    for _ in counted(range(_ROUNDS), "comparing lights"):
        predictor = predict(values, lights)
        lights = np.stack(
            [
                light + _DAMPING * _step(predictor, values, usable, index, measured)
                for index, (light, measured) in enumerate(zip(lights, mlic.lights))
            ]
        )
        lights /= np.linalg.norm(lights, axis=1, keepdims=True)
    moves = lights - mlic.lights
    smooth, _ = np.linalg.qr(smooth_terms(mlic.lights))
    lights = mlic.lights + moves - smooth @ (smooth.T @ moves)
    refined: Array = lights / np.linalg.norm(lights, axis=1, keepdims=True)
    return refined


def _step(
    predictor: Predictor,
    values: NDArray[np.float32],
    usable: NDArray[np.bool_],
    index: int,
    measured: Array,
) -> Array:
    """Where to move the light of a photograph, (3,), at right angles to it."""
    light = predictor.lights[index]
    axis = np.eye(3)[np.abs(light).argmin()]
    across = np.cross(light, axis) / np.linalg.norm(np.cross(light, axis))
    tangents = np.stack([across, np.cross(light, across)])
    around = np.concatenate([light[None], light + _STEP * tangents, light - _STEP * tangents])
    around /= np.linalg.norm(around, axis=1, keepdims=True)
    predicted = (predictor.at(index, around) @ values).astype(np.float64)  # (5, V)
    slopes = (predicted[1:3] - predicted[3:5]) / (2 * _STEP)
    difference = values[index] - predicted[0]
    offset = tangents @ (measured - light)
    step = np.zeros(2)
    for _ in range(4):
        left = difference - step @ slopes
        spread = 1.48 * np.median(np.abs(left)) + 1e-4
        robust = usable[index] / (1 + (left / (2 * spread)) ** 2)
        scale = _INDEPENDENT / len(difference) * (_EXPECTED / spread) ** 2
        normal = scale * (slopes * robust) @ slopes.T + np.eye(2)
        step = np.linalg.solve(normal, scale * (slopes * robust) @ difference + offset)
    step *= min(1, _MOST_AT_ONCE / (np.linalg.norm(step) + 1e-12))
    moved: Array = step @ tangents
    return moved
