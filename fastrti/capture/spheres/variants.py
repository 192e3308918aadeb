"""The outlines that a circle in the photographs may stand for.

A circle is the outline of a ball, or it lies a little inside of the outline, or it is the horizon that a polished ball
reflects. The rim of such a ball looks like the table behind it, so that its outline hardly shows, but the horizon does.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fastrti.capture.spheres.circles import CLEAR_EDGES, Circle
from fastrti.capture.spheres.highlights import Highlights, find_highlights
from fastrti.capture.spheres.horizon import refined_by_horizon
from fastrti.capture.spheres.outline import refined
from fastrti.capture.spheres.sphere_view import Floats
from fastrti.capture.spheres.survey import Survey, sampled

SEEN = 0.35  # the share of photographs with a highlight of a first guess

_LIKELY = 0.6  # the same where it is worth to try more places
_FAINT = 12.0  # of an outline: more places are tried
_HORIZON = 2**0.5  # the reflected horizon is a circle inside the outline, so much smaller
_CROSS = ((0, 0), (0.1, 0), (-0.1, 0), (0, 0.1), (0, -0.1))  # of the radius
_SPOT_SIDE, _GUESS_SIDE = 128, 64  # pixels, enough to see whether there is one highlight


@dataclass(frozen=True, eq=False)
class Variant:
    """A circle that may be the outline of a sphere.

    Attributes:
        circle: in the unfolded picture of the survey; its `edge` is that of what was seen.
        outline: how clearly the outline or the horizon shows, see `outline.refined`.
        highlights: in pixels of the survey.
        mirroring: what was seen is not the outline, but the horizon that the sphere reflects.
    """

    circle: Circle
    outline: float
    highlights: Highlights
    mirroring: bool = False


def guess(survey: Survey, circle: Circle, mirroring: bool = False) -> Variant:
    """A circle as it was found, with its highlights as a small picture shows them."""
    return _variant(survey, circle, 0.0, mirroring, _GUESS_SIDE)


def _variant(survey: Survey, circle: Circle, outline: float, mirroring: bool, side: int = _SPOT_SIDE) -> Variant:
    highlights = find_highlights(survey.greys, *survey.view.seen(circle), side)
    return Variant(circle, outline, highlights, mirroring)


def variants(survey: Survey, group: Sequence[Variant]) -> list[Variant]:
    """The outlines that a group of guesses may stand for."""

    def picture(points: Floats) -> Floats:
        return sampled(survey.channels, survey.view.folded(points))

    def usual(points: Floats) -> Floats:
        return sampled(survey.usual[..., None], survey.view.folded(points))

    found: list[Variant] = []

    def add(start: Circle, spread: float, reach: float, clear: bool = False) -> None:
        # the strongest edge is that of the outline or lies a little inside, around the same middle
        smallest = 0.99 if clear else 1 - spread
        circle, _ = refined(picture, start, (smallest, 1 + spread), reach)
        circle, outline = refined(picture, circle, (1 - spread / 2, 1 + spread / 2), reach / 2)
        if not _differ(circle, start):  # a small circle has few samples, so that its edge points tell more
            circle = replace(circle, edge=max(circle.edge, start.edge))
        if all(_differ(circle, other.circle) for other in found if not other.mirroring):
            found.append(_variant(survey, circle, outline, False))

    for first in group:
        if first.mirroring:
            circle, clear = refined_by_horizon(survey.view, usual, first.circle, 0.04)
            found.append(_variant(survey, circle, clear, True))
            continue
        if first.circle.edge >= CLEAR_EDGES:
            add(first.circle, 0.05, 0.015, clear=True)
        else:
            add(first.circle, 0.12, 0.1)
        add(first.circle.scaled_radius(_HORIZON), 0.12, 0.1)
    likely = [other for other in found if other.highlights.share >= _LIKELY]
    if likely and max(other.outline for other in likely) < _FAINT and not any(map(_clear_horizon, likely)):
        for larger, size, (x, y) in itertools.product((1.0, _HORIZON), (0.93, 1.07), _CROSS):
            circle, r = group[0].circle, group[0].circle.radius * larger
            add(Circle(circle.x + x * r, circle.y + y * r, r * size, 0.0), 0.05, 0.06)
    return found


def _clear_horizon(variant: Variant) -> bool:
    return variant.mirroring and variant.circle.edge >= CLEAR_EDGES


def _differ(circle: Circle, other: Circle) -> bool:
    apart = np.hypot(circle.x - other.x, circle.y - other.y)
    return bool(apart > 1 + 0.03 * circle.radius or abs(circle.radius - other.radius) > 0.5 + 0.04 * circle.radius)
