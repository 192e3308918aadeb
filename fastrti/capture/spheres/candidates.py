"""Finds glossy spheres: circles whose outline or horizon shows, of which each photograph shows one highlight, and whose
lights explain how the rest of the picture is shaded. What fails is no sphere: no sphere is better than a wrong one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.spheres.circles import CLEAR_EDGES, Circle, find_circles
from fastrti.capture.spheres.horizon import mirroring
from fastrti.capture.spheres.shading import Blocks, block_light, explained
from fastrti.capture.spheres.shadow import lit_side
from fastrti.capture.spheres.sphere_view import Floats
from fastrti.capture.spheres.survey import DARK, Survey
from fastrti.capture.spheres.variants import SEEN, Variant, guess, variants

SMALLEST = 13.5  # radius, in pixels of the survey
_SMALLEST_HORIZON = 9.5  # of the horizon in the smallest sphere

_OUTLINE = 0.45  # the share of a circle with edges
_MIRRORED = 0.5  # the same of a reflected horizon
HIGHLIGHTS, _LEAST = 0.7, 5  # the share of photographs with a highlight, and how many at least
_WEAK_OUTLINE, _MORE_HIGHLIGHTS = 0.65, 0.82  # an outline that shows less needs more of them
_SHADOW, _UNTESTED_SHADOW = 0.15, -0.02  # of `shadow.lit_side`: balls have 0.7 and more, rings −0.2 and less
_EXPLAINED, _EXPLAINED_BESIDE = 0.5, 0.3  # of the changes of brightness; less where other spheres see the same lights
_NEARLY, _NEARLY_CLEAR = 0.04, 0.1  # explained less than the best: as good; of circles with clear edges
_UNTESTED_HIGHLIGHTS, _UNTESTED_OUTLINE = 0.85, 0.8  # where nothing else is lit
_SAME_SPOT = 1.5  # pixels
_CONFIRMED = 0.03  # of the radius: between an outline and what the horizon says about it
_MISS, _FAINT_MISS, _CONVERGE = 5.0, 15.0, 60.0  # degrees between rays of two spheres: out of their plane, and in it
_FAINT = 12.0  # of an outline


V = TypeVar("V", bound=Variant)


@dataclass(frozen=True, eq=False)
class Candidate(Variant):
    """A circle that may be a sphere.

    Attributes:
        explained: see `shading.explained`; None where that cannot be said.
    """

    explained: float | None = None

    def accepted(self, beside: bool) -> bool:
        """Whether it is a sphere; it may be `beside` others, with whose lights it must agree then."""
        edge, seen, found = self.circle.edge, self.highlights.share, int(self.highlights.found.sum())
        if self.circle.radius < SMALLEST or found < _LEAST or edge < _OUTLINE:
            return False
        if self.explained is None:
            return not self.mirroring and seen >= _UNTESTED_HIGHLIGHTS and edge >= _UNTESTED_OUTLINE
        needed = HIGHLIGHTS if edge >= _WEAK_OUTLINE else _MORE_HIGHLIGHTS
        clear = edge >= CLEAR_EDGES and seen >= _MORE_HIGHLIGHTS
        return seen >= needed and self.explained >= (_EXPLAINED_BESIDE if beside and clear else _EXPLAINED)


def find_spheres(survey: Survey) -> tuple[list[Candidate], list[Candidate]]:
    """The spheres in photographs, the best first, and the best candidates that are none."""
    unfolded = survey.view.unfolded_picture(np.dstack([survey.channels, np.log(survey.usual + DARK)]))
    *layers, usual = np.moveaxis(unfolded, 2, 0)
    circles = [circle for circle in find_circles(layers, SMALLEST) if circle.edge >= _OUTLINE]
    horizons = [circle for circle in find_circles([usual], _SMALLEST_HORIZON) if circle.edge >= _MIRRORED]
    guesses = [guess(survey, circle) for circle in [*circles, *horizons]]
    guesses += [guess(survey, mirroring(survey.view, circle), mirroring=True) for circle in horizons]
    likely = [g for g in guesses if g.highlights.share >= SEEN and g.highlights.found.sum() >= _LEAST]
    blocks = block_light(survey.greys)
    judged = [_judged(variants(survey, group), survey, blocks) for group in _groups(likely)]
    judged.sort(key=lambda group: (best_of(group).accepted(False), best_of(group).explained or 0), reverse=True)
    spheres: list[Candidate] = []
    others: list[Candidate] = []
    for group in judged:
        candidate = best_of(group)
        if (
            candidate.accepted(bool(spheres))
            and _shadowed(survey, candidate)
            and _apart(candidate, spheres)
            and _agrees(survey, candidate, spheres)
        ):
            spheres.append(candidate)
        else:  # what does not explain the picture cannot choose between outlines
            others.append(max(_usual(group), key=lambda variant: (not variant.mirroring, variant.outline)))
    rest = [Candidate(g.circle, 0, g.highlights) for g in guesses[:4]]
    return spheres, sorted(others, key=lambda other: -other.outline) or rest


def _groups(guesses: Iterable[Variant]) -> list[list[Variant]]:
    """Guesses of one sphere: they share their highlights."""
    groups: list[list[Variant]] = []
    for variant in sorted(guesses, key=lambda variant: -variant.highlights.share):
        group = next((group for group in groups if _same_spots(group[0], variant)), None)
        if group is None:
            groups.append([variant])
        else:
            group.append(variant)
    return groups


def _same_spots(first: Variant, second: Variant) -> bool:
    both = first.highlights.found & second.highlights.found
    if both.sum() < 3:
        return False
    apart = np.linalg.norm(first.highlights.points[both] - second.highlights.points[both], axis=1)
    limit = max(_SAME_SPOT, 0.06 * max(first.circle.radius, second.circle.radius))
    return bool(np.median(apart) < limit)


def _judged(variants: Sequence[Variant], survey: Survey, blocks: Blocks) -> list[Candidate]:
    """Variants of one sphere with what their lights explain: in photographs in which all show a highlight."""
    common = np.logical_and.reduce([variant.highlights.found for variant in _usual(variants)])
    judged = []
    for variant in variants:
        used = common if common.sum() >= _LEAST else variant.highlights.found
        disc = survey.view.seen(variant.circle)
        share = explained(blocks, used, rays(survey, variant)[1], disc)
        judged.append(Candidate(variant.circle, variant.outline, variant.highlights, variant.mirroring, share))
    return judged


def _usual(variants: Sequence[V]) -> list[V]:
    """Those with highlights in nearly as many photographs as the best."""
    most = max(variant.highlights.share for variant in variants)
    return [variant for variant in variants if variant.highlights.share >= most - 0.2]


def best_of(judged: Sequence[Candidate]) -> Candidate:
    """The variant whose lights explain the picture best; of those that explain it as well, the clearest outline."""
    usual = _usual(judged)  # a few highlights explain a few photographs
    top = max(-1.0 if variant.explained is None else variant.explained for variant in usual)
    near = [
        v
        for v in usual
        if v.explained is None or v.explained >= top - (_NEARLY_CLEAR if v.circle.edge >= CLEAR_EDGES else _NEARLY)
    ]
    if top == -1.0:  # nothing tells an outline from a horizon
        near = [variant for variant in near if not variant.mirroring] or near
    best = max(near, key=lambda variant: (variant.circle.edge >= CLEAR_EDGES, variant.outline))
    # an outline and a horizon that tell of one sphere confirm each other; the horizon has no dim rim
    confirming = [v for v in judged if v.mirroring and not best.mirroring and _one(v.circle, best.circle)]
    return max(confirming, key=lambda variant: variant.outline, default=best)


def _one(circle: Circle, other: Circle) -> bool:
    apart = max(np.hypot(circle.x - other.x, circle.y - other.y), abs(circle.radius - other.radius))
    return bool(apart < 1 + _CONFIRMED * circle.radius)


def rays(survey: Survey, candidate: Variant) -> tuple[Floats, Floats]:
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
