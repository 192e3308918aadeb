"""Finds glossy spheres: circles whose outline shows, of which each photograph shows one highlight, and whose lights
explain how the rest of the picture is shaded. What fails is no sphere: no sphere is better than a wrong one.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.spheres.circles import CLEAR_EDGES, Circle, find_circles
from fastrti.capture.spheres.highlights import Highlights, find_highlights
from fastrti.capture.spheres.outline import refined
from fastrti.capture.spheres.shading import Blocks, block_light, explained
from fastrti.capture.spheres.shadow import lit_side
from fastrti.capture.spheres.sphere_view import Floats
from fastrti.capture.spheres.survey import Survey, sampled

SMALLEST = 13.5  # radius, in pixels of the survey

_OUTLINE = 0.45  # the share of a circle with edges
_SEEN = 0.35  # the share of photographs with a highlight: of a first guess …
HIGHLIGHTS, _LEAST = 0.7, 5  # … and of a sphere, and how many at least
_WEAK_OUTLINE, _MORE_HIGHLIGHTS = 0.65, 0.82  # an outline that shows less needs more of them
_SHADOW, _UNTESTED_SHADOW = 0.15, -0.02  # of `shadow.lit_side`: balls have 0.7 and more, rings −0.2 and less
_EXPLAINED = 0.5  # of the changes of brightness
_NEARLY, _NEARLY_CLEAR = 0.04, 0.1  # explained less than the best: as good; of circles with clear edges
_UNTESTED_HIGHLIGHTS, _UNTESTED_OUTLINE = 0.85, 0.8  # where nothing else is lit
_SAME_SPOT = 1.5  # pixels
_MISS, _FAINT_MISS, _CONVERGE = 5.0, 15.0, 60.0  # degrees between rays of two spheres: out of their plane, and in it
_FAINT = 12.0  # of an outline: the reflected horizon may be clearer, so that more places are tried
_HORIZON = 2**0.5  # the reflected horizon is a circle inside the outline, so much smaller
_CROSS = ((0, 0), (0.1, 0), (-0.1, 0), (0, 0.1), (0, -0.1))  # of the radius
_SPOT_SIDE = 128  # pixels, enough to see whether there is one highlight


@dataclass(frozen=True, eq=False)
class Candidate:
    """A circle that may be a sphere.

    Attributes:
        circle: its outline in the unfolded picture of the survey.
        outline: how clearly the outline shows, see `outline.refined`.
        highlights: in pixels of the survey.
        explained: see `shading.explained`; None where that cannot be said.
    """

    circle: Circle
    outline: float
    highlights: Highlights
    explained: float | None = None

    @property
    def accepted(self) -> bool:
        """Whether it is a sphere."""
        seen, found = self.highlights.share, int(self.highlights.found.sum())
        if self.circle.radius < SMALLEST or found < _LEAST or self.circle.edge < _OUTLINE:
            return False
        if self.explained is None:
            return seen >= _UNTESTED_HIGHLIGHTS and self.circle.edge >= _UNTESTED_OUTLINE
        needed = HIGHLIGHTS if self.circle.edge >= _WEAK_OUTLINE else _MORE_HIGHLIGHTS
        return seen >= needed and self.explained >= _EXPLAINED


def find_spheres(survey: Survey) -> tuple[list[Candidate], list[Candidate]]:
    """The spheres in photographs, the best first, and the best candidates that are none."""
    unfolded = survey.view.unfolded_picture(survey.channels)
    circles = [
        circle for circle in find_circles(list(np.moveaxis(unfolded, 2, 0)), SMALLEST) if circle.edge >= _OUTLINE
    ]
    guesses = [Candidate(circle, 0, _highlights(survey, circle)) for circle in circles]
    guesses = [guess for guess in guesses if guess.highlights.share >= _SEEN and guess.highlights.found.sum() >= _LEAST]
    blocks = block_light(survey.greys)
    best = [_best(_variants(survey, group), survey, blocks) for group in _groups(guesses)]
    best.sort(key=lambda candidate: (candidate.accepted, candidate.explained or 0), reverse=True)
    spheres: list[Candidate] = []
    others: list[Candidate] = []
    for candidate in best:
        fits = (
            candidate.accepted
            and _shadowed(survey, candidate)
            and _apart(candidate, spheres)
            and _agrees(survey, candidate, spheres)
        )
        (spheres if fits else others).append(candidate)
    rest = sorted(
        (Candidate(circle, 0, _highlights(survey, circle)) for circle in circles[:4]), key=lambda c: -c.circle.edge
    )
    return spheres, others or rest


def _highlights(survey: Survey, circle: Circle) -> Highlights:
    return find_highlights(survey.greys, *survey.view.seen(circle), _SPOT_SIDE)


def _groups(guesses: Iterable[Candidate]) -> list[list[Candidate]]:
    """Guesses of one sphere: they share their highlights."""
    groups: list[list[Candidate]] = []
    for guess in sorted(guesses, key=lambda guess: -guess.highlights.share):
        group = next((group for group in groups if _same_spots(group[0], guess)), None)
        if group is None:
            groups.append([guess])
        else:
            group.append(guess)
    return groups


def _same_spots(first: Candidate, second: Candidate) -> bool:
    both = first.highlights.found & second.highlights.found
    if both.sum() < 3:
        return False
    apart = np.linalg.norm(first.highlights.points[both] - second.highlights.points[both], axis=1)
    limit = max(_SAME_SPOT, 0.06 * max(first.circle.radius, second.circle.radius))
    return bool(np.median(apart) < limit)


def _variants(survey: Survey, group: Sequence[Candidate]) -> list[Candidate]:
    """The outlines that a group of guesses may stand for."""

    def picture(points: Floats) -> Floats:
        return sampled(survey.channels, survey.view.folded(points))

    variants: list[Candidate] = []

    def add(start: Circle, spread: float, reach: float, clear: bool = False) -> None:
        # the strongest edge is that of the outline or lies a little inside, around the same middle
        smallest = 0.99 if clear else 1 - spread
        circle, _ = refined(picture, start, (smallest, 1 + spread), reach)
        circle, outline = refined(picture, circle, (1 - spread / 2, 1 + spread / 2), reach / 2)
        if not _differ(circle, start):  # a small circle has few samples, so that its edge points tell more
            circle = replace(circle, edge=max(circle.edge, start.edge))
        if all(_differ(circle, other.circle) for other in variants):
            variants.append(Candidate(circle, outline, _highlights(survey, circle)))

    for guess in group:
        if guess.circle.edge >= CLEAR_EDGES:
            add(guess.circle, 0.05, 0.015, clear=True)
        else:
            add(guess.circle, 0.12, 0.1)
        add(guess.circle.scaled_radius(_HORIZON), 0.12, 0.1)
    clearest = max((variant.outline for variant in variants if variant.highlights.share >= _SEEN), default=_FAINT)
    if clearest < _FAINT:
        for larger, size, (x, y) in itertools.product((1.0, _HORIZON), (0.93, 1.07), _CROSS):
            first, r = group[0].circle, group[0].circle.radius * larger
            add(Circle(first.x + x * r, first.y + y * r, r * size, 0.0), 0.05, 0.06)
    return variants


def _differ(circle: Circle, other: Circle) -> bool:
    apart = np.hypot(circle.x - other.x, circle.y - other.y)
    return bool(apart > 1 + 0.03 * circle.radius or abs(circle.radius - other.radius) > 0.5 + 0.04 * circle.radius)


def _best(variants: Sequence[Candidate], survey: Survey, blocks: Blocks) -> Candidate:
    """The variant whose lights explain the picture best; of those that explain it as well, the clearest outline."""
    most = max(variant.highlights.share for variant in variants)
    common = np.logical_and.reduce(
        [variant.highlights.found for variant in variants if variant.highlights.share >= most - 0.2]
    )
    judged = []
    for variant in variants:
        used = common if common.sum() >= _LEAST else variant.highlights.found
        disc = survey.view.seen(variant.circle)
        share = explained(blocks, used, rays(survey, variant)[1], disc)
        judged.append(Candidate(variant.circle, variant.outline, variant.highlights, share))
    top = max(-1.0 if variant.explained is None else variant.explained for variant in judged)
    near = [
        v
        for v in judged
        if v.explained is None or v.explained >= top - (_NEARLY_CLEAR if v.circle.edge >= CLEAR_EDGES else _NEARLY)
    ]
    usual = [variant for variant in near if variant.highlights.share >= most - 0.2] or near
    return max(usual, key=lambda variant: (variant.circle.edge >= CLEAR_EDGES, variant.outline))


def rays(survey: Survey, candidate: Candidate) -> tuple[Floats, Floats]:
    """Where the lights are, as one sphere says: points on it, (N, 3), and directions, (N, 3)."""
    ball = survey.view.ball(candidate.circle)
    return ball.reflected(survey.view, candidate.highlights.points)


def _shadowed(survey: Survey, candidate: Candidate) -> bool:
    """Whether the shadow is on the other side than the highlight, where there is light to show it."""
    least = _UNTESTED_SHADOW if candidate.explained is None else _SHADOW
    return lit_side(survey, candidate.circle, candidate.highlights) > least


def _apart(candidate: Candidate, spheres: Sequence[Candidate]) -> bool:
    """Whether a sphere is another than those found."""
    circle = candidate.circle
    return all(
        np.hypot(circle.x - other.circle.x, circle.y - other.circle.y) > 0.6 * (circle.radius + other.circle.radius)
        for other in spheres
    )


def _agrees(survey: Survey, candidate: Candidate, spheres: Sequence[Candidate]) -> bool:
    """Whether a sphere sees the lights where those found see them: the rays of a photograph meet, near or far away."""
    for other in spheres:
        both: NDArray[np.bool_] = candidate.highlights.found & other.highlights.found
        if both.sum() < 3:
            continue
        (start, first), (end, second) = rays(survey, other), rays(survey, candidate)
        apart = (end - start).mean(0)
        plane = np.cross(apart, first[both])
        plane /= np.maximum(np.linalg.norm(plane, axis=1, keepdims=True), 1e-9)
        miss = np.degrees(np.arcsin(np.clip(np.abs((plane * second[both]).sum(1)), 0, 1)))
        along = apart / np.linalg.norm(apart)
        converge = np.degrees(
            np.arccos(np.clip(second[both] @ along, -1, 1)) - np.arccos(np.clip(first[both] @ along, -1, 1))
        )
        most = _FAINT_MISS if min(candidate.outline, other.outline) < _FAINT else _MISS
        if np.median(miss) > most or not -most < np.median(converge) < _CONVERGE:
            return False
    return True
