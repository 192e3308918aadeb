"""The horizon that a polished ball reflects: a nearly round curve, which tells the outline where that hardly shows.

A ball on a large table reflects the table outside of the curve, and what is above the table inside. The rim looks like
the table behind it.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from fastrti.capture.spheres.circles import Circle
from fastrti.capture.spheres.outline import refined
from fastrti.capture.spheres.sphere_view import Floats, View
from fastrti.capture.spheres.survey import DARK

_POINTS = 64  # of the curve
_OUTSIDE = 1.15  # of the curve's radius: where the reflected table shows how bright it is
_ROUNDS = 6  # until curve and outline, normals and view agree


def mirroring(view: View, horizon: Circle) -> Circle:
    """The outline of the sphere whose horizon is seen as a circle. Both are in the unfolded picture."""
    circle = Circle(horizon.x, horizon.y, horizon.radius * 2**0.5, horizon.edge)
    for _ in range(_ROUNDS):
        now = _fitted(_curve(view, circle))
        grown = circle.radius * horizon.radius / now.radius
        circle = replace(circle, x=circle.x + horizon.x - now.x, y=circle.y + horizon.y - now.y, radius=grown)
    return circle


def refined_by_horizon(
    view: View, usual: Callable[[Floats], Floats], outline: Circle, slack: float
) -> tuple[Circle, float]:
    """The outline near one whose horizon explains the picture best, and how clearly that shows, see `outline.refined`.

    Args:
        view: the camera.
        usual: `survey.usual_light` at points (…, 2) of the unfolded picture → (…, 1). Logarithms would move the edge
            of a dark disc inwards, since a pixel that is half bright has nearly the logarithm of a bright one.
        outline: in the unfolded picture; its `edge` is the horizon's.
        slack: how far off the horizon may be, as a share of its radius.
    """
    curve = _curve(view, outline)
    start = _fitted(curve)
    middle = np.array([start.x, start.y])
    angles = np.arctan2(*(curve - middle).T[::-1])
    beyond = np.linalg.norm(curve - middle, axis=1) - start.radius

    level = max(float(usual(middle + _OUTSIDE * (curve - middle)).mean()), DARK)

    def rounded(points: Floats) -> Floats:
        """The picture, in which the curve is a circle."""
        offset = points - middle
        away = np.interp(np.arctan2(offset[..., 1], offset[..., 0]), angles, beyond, period=2 * np.pi)
        return usual(points + offset * (away / np.maximum(np.linalg.norm(offset, axis=-1), 1e-9))[..., None]) / level

    better, _ = refined(rounded, start, (1 - slack, 1 + slack), slack)
    better, clear = refined(rounded, better, (1 - slack / 2, 1 + slack / 2), slack / 2)
    return mirroring(view, replace(better, edge=max(better.edge, outline.edge))), clear


def _curve(view: View, outline: Circle) -> Floats:
    """Where a sphere of this outline shows the horizon: (64, 2) points of the unfolded picture."""
    ball = view.ball(outline)
    angles = np.arange(_POINTS) * (2 * np.pi / _POINTS)
    mirrored = np.stack([np.cos(angles), np.sin(angles), np.zeros(_POINTS)], axis=-1)
    towards: Floats = np.broadcast_to([0.0, 0.0, 1.0], mirrored.shape)
    pixels = np.zeros((_POINTS, 2))
    for _ in range(_ROUNDS):
        half = towards + mirrored
        met = np.array(ball.centre) + ball.radius * half / np.linalg.norm(half, axis=-1, keepdims=True)
        pixels = view.pixels(met)
        towards = view.rays(pixels)[1]
    return view.unfolded(pixels)


def _fitted(points: Floats) -> Circle:
    """The circle through points (P, 2): x² + y² = 2ax + 2by + c by least squares."""
    middle = points.mean(0)
    terms = np.column_stack([2 * (points - middle), np.ones(len(points))])
    a, b, c = np.linalg.lstsq(terms, ((points - middle) ** 2).sum(1), rcond=None)[0]
    return Circle(float(middle[0] + a), float(middle[1] + b), math.sqrt(c + a**2 + b**2))
