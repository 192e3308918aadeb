"""Whether the surroundings of a circle are shadowed as those of a ball.

A ball throws its shadow away from the light, and its highlight is on the side of the light. In a ring, the wall that
shines is the far one: light and highlight are on opposite sides.
"""

import numpy as np

from fastrti.capture.spheres.circles import Circle
from fastrti.capture.spheres.highlights import Highlights
from fastrti.capture.spheres.survey import LIGHT, Survey

_SECTORS = 24
_RADII = (1.08, 1.2, 1.35, 1.5)  # of the radius
_DARK = 3e-3  # of full light


def lit_side(survey: Survey, circle: Circle, highlights: Highlights) -> float:
    """How much brighter it is beside a circle on the side of the highlight than on the other side: a mean logarithm.

    What is the same in all photographs is taken off. It is above 0 for a ball, and about 0 where nothing is lit.

    Args:
        survey: the photographs.
        circle: in the unfolded picture of the survey.
        highlights: in pixels of the survey.
    """
    angles = np.arange(_SECTORS) * (2 * np.pi / _SECTORS)
    around = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    points = np.array([circle.x, circle.y]) + circle.radius * np.multiply.outer(np.array(_RADII), around)
    places = survey.view.folded(points)
    h, w = survey.greys.shape[1:]
    inside = ((places >= 0) & (places < (w, h))).all(-1)
    columns, rows = (np.clip(places[..., axis].astype(np.intp), 0, side - 1) for axis, side in ((0, w), (1, h)))
    light = np.log(LIGHT[survey.greys[:, rows, columns]] + _DARK) * inside
    sectors = light.sum(1) / np.maximum(inside.sum(0), 1)  # (N, S)
    found = highlights.found
    changes = sectors[found] - sectors[found].mean(0)
    changes -= changes.mean(1, keepdims=True)
    x, y, radius = survey.view.seen(circle)
    offset = (highlights.points[found] - np.array([x, y])) / radius
    return float((changes * (offset @ around.T)).mean() / np.maximum((offset**2).mean(), 1e-6))
