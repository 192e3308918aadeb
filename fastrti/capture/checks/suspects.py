"""Accuses photographs that are not what the others predict, the clearest first, and judges the rest without them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.checks.explanations import Exposed, Moved, Relit, as_exposure, as_other_light, as_shift
from fastrti.capture.checks.findings import COLOUR, EXPOSURE, LIGHT, SHIFT, Finding, Kind, finding
from fastrti.capture.checks.overview import Overview
from fastrti.capture.predictions import Values, predict
from fastrti.capture.shifts import find_shifts, told_shifts

_FEWEST = 9  # photographs that predict one another
_MOST = 0.3  # of the photographs are accused
_SURPRISING = 1.3  # times the error to expect
_EXPLAINS = 0.95  # of the error may be left by a shift or an exposure
_RELIT, _RELIT_EASILY = 0.72, 0.5  # of a surprising error, and of another, may be left by another light
_ALIKE = 0.7  # of the weight of the heaviest charge: what is accused at once
_PIXELS = 1 << 14  # of the object that exposures and lights are compared at
_DENSE = 25.0  # degrees to the next lights, up to which predictions tell a third of a stop
_HIGH = 25.0  # degrees; under lower lights, badly predicted shadows look like a shift along them
_AS_HIGH = 6  # photographs under lights of like elevation
_NEAR = 20.0  # degrees, within which a light that was found is the one of the list


@dataclass(frozen=True, eq=False)
class Verdict:
    """How a photograph compares with its prediction.

    Attributes:
        exposed: as an exposure.
        moved: as a shift, in pixels of the overview.
        relit: as another light; None where the error is no larger than is to be expected.
        surprise: its error, relative to what is to be expected.
    """

    exposed: Exposed
    moved: Moved
    relit: Relit | None
    surprise: float


@dataclass(frozen=True, eq=False)
class Judged:
    """All photographs that were judged.

    Attributes:
        verdicts: of each, by index.
        accused: the kind of what is wrong with the photographs that are not as predicted, by index.
        predicted: (h, w, 3) of each, from the photographs that nobody accuses, by index.
    """

    verdicts: dict[int, Verdict]
    accused: dict[int, Kind]
    predicted: dict[int, Values]


def judge(overview: Overview, left_out: set[int]) -> Judged | None:
    """Judges all photographs but those that are left out; None where they are too few to predict one another.

    Args:
        overview: a capture with lights.
        left_out: photographs that predict nothing, such as those without a flash. They are predicted all the same.
    """
    assert overview.lights is not None
    judged = [index for index in range(len(overview)) if index not in left_out]
    if len(judged) < _FEWEST:
        return None
    values, shifts = sample(overview.on_object), _shifts(overview)
    accused: dict[int, Kind] = {}
    while True:
        trial = _Trial(overview, values, shifts, left_out | set(accused))
        verdicts = _without_trend({index: trial.verdict(index) for index in judged}, overview.lights)
        charges = {index: trial.charge(index, verdict) for index, verdict in verdicts.items()}
        fresh = {index: charge for index, charge in charges.items() if charge and index not in accused}
        if not fresh or len(accused) + 1 > _MOST * len(judged):
            break
        least = _ALIKE * max(charge.weight for charge in fresh.values())
        worst = sorted((index for index in fresh if fresh[index].weight >= least), key=lambda i: -fresh[i].weight)
        accused |= {index: fresh[index].kind for index in worst[: int(_MOST * len(judged)) - len(accused)]}
    still = {index: charge.kind for index, charge in charges.items() if charge}
    return Judged(verdicts, still, dict(enumerate(trial.predicted)))


def _shifts(overview: Overview) -> NDArray[np.float64]:
    """How far the photographs are shifted, (N, 2) pixels of the overview; most are not."""
    assert overview.lights is not None
    mask = np.ones(overview.pictures.shape[1:3], bool) if overview.mask is None else overview.mask
    grey = overview.pictures.mean(3)
    shifts = told_shifts(find_shifts(grey, mask), grey, mask, overview.lights)
    still: NDArray[np.float64] = shifts - np.median(shifts, axis=0)
    return still


def _without_trend(verdicts: dict[int, Verdict], lights: NDArray[np.float64]) -> dict[int, Verdict]:
    """Verdicts whose stops have no smooth function of the elevation: that is an error of predictions, not exposure."""
    indices = np.array(list(verdicts), np.intp)
    stops = np.array([verdict.exposed.stops for verdict in verdicts.values()])
    changed = {}
    for place, (index, verdict) in enumerate(verdicts.items()):
        higher = np.abs(lights[indices, 2] - lights[index, 2])
        higher[place] = np.inf
        trend = float(np.median(stops[np.argsort(higher, kind="stable")[:_AS_HIGH]]))
        changed[index] = replace(verdict, exposed=replace(verdict.exposed, stops=verdict.exposed.stops - trend))
    return changed


@dataclass(frozen=True)
class _Charge:
    """What a photograph is accused of, and how much of its surprising error that explains."""

    kind: Kind
    weight: float


class _Trial:
    """Verdicts on all photographs while some of them predict nothing."""

    def __init__(self, overview: Overview, values: Values, shifts: NDArray[np.float64], silent: set[int]):
        assert overview.lights is not None
        self.pictures, self.values, self.shifts = overview.pictures, values, shifts
        left_out = np.array([index in silent for index in range(len(overview))])
        self.predictor = predict(values, overview.lights, left_out=left_out)
        self.predicted = self.predictor(overview.pictures)
        self.shadows = np.maximum(np.tan(np.radians(_HIGH)) * _cotangents(overview.lights), 1)
        self.distance = np.maximum(_to_neighbours(overview.lights, ~left_out) / _DENSE, 1)

    def verdict(self, index: int) -> Verdict:
        surprise = float(self.predictor.surprises[index])
        expected = self.predictor.weights[index] @ self.values.reshape(len(self.values), -1)
        return Verdict(
            as_exposure(self.values[index], expected.reshape(-1, 3)),
            as_shift(self.pictures[index], self.predicted[index], self.shifts[index]),
            as_other_light(index, self.values, self.predictor) if surprise > 1 else None,
            surprise,
        )

    def charge(self, index: int, verdict: Verdict) -> _Charge | None:
        """The explanation that leaves least of the error, if any explains it."""
        exposed, moved, relit = verdict.exposed, verdict.moved, verdict.relit
        allowed = _RELIT if verdict.surprise > _SURPRISING else _RELIT_EASILY
        possible = []
        if abs(exposed.stops) > EXPOSURE.threshold * self.distance[index] and exposed.left < _EXPLAINS:
            possible.append(_Charge(EXPOSURE, verdict.surprise * (1 - exposed.left)))
        if moved.pixels > SHIFT.threshold * self.shadows[index] and moved.left < _EXPLAINS:
            possible.append(_Charge(SHIFT, verdict.surprise * (1 - moved.left)))
        if relit is not None and relit.degrees > LIGHT.threshold and relit.left < allowed:
            possible.append(_Charge(LIGHT, verdict.surprise * (1 - relit.left)))
        if not possible and abs(exposed.colour) > COLOUR.threshold * self.distance[index]:
            possible.append(_Charge(COLOUR, 0.01 * abs(exposed.colour)))
        return max(possible, key=lambda charge: charge.weight, default=None)


def _cotangents(lights: NDArray[np.float64]) -> NDArray[np.float64]:
    """How long the shadows of a light are, relative to the heights that cast them, (N,)."""
    lengths: NDArray[np.float64] = np.hypot(lights[:, 0], lights[:, 1]) / np.maximum(lights[:, 2], 0.02)
    return lengths


def _to_neighbours(lights: NDArray[np.float64], speaking: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The mean angle from each light to the next three that predict it, in degrees."""
    angles = np.degrees(np.arccos(np.clip(lights @ lights.T, -1, 1)))
    angles[:, ~speaking] = np.inf
    np.fill_diagonal(angles, np.inf)
    means: NDArray[np.float64] = np.sort(angles, axis=1)[:, :3].mean(1)
    return means


def sample(values: Values) -> Values:
    """Some pixels of all photographs, (N, P, 3), at even distances."""
    return np.ascontiguousarray(values[:, :: max(1, values.shape[1] // _PIXELS)])


def suspect_findings(overview: Overview, judged: Judged) -> Iterator[Finding]:
    """A finding for each photograph that is accused; one for each pair of swapped lights."""
    assert overview.lights is not None
    names, paired = overview.names, dict(_swapped(overview, judged))
    for index, kind in sorted(judged.accused.items()):
        verdict, name = judged.verdicts[index], (names[index],)
        if kind is EXPOSURE:
            stops = verdict.exposed.stops
            word = "brighter" if stops > 0 else "darker"
            yield finding(kind, name, stops, f"it is {abs(stops):.2f} stops {word} than the others predict")
        elif kind is COLOUR:
            colour = verdict.exposed.colour
            word = "redder" if colour > 0 else "bluer"
            yield finding(kind, name, colour, f"it is {abs(colour):.2f} stops {word} than the others predict")
        elif kind is SHIFT:
            right, down = (overview.factor * by for by in (verdict.moved.right, verdict.moved.down))
            sides = "right" if right > 0 else "left", "down" if down > 0 else "up"
            where = f"{abs(right):.1f} to the {sides[0]}, {abs(down):.1f} {sides[1]}"
            pixels = overview.factor * verdict.moved.pixels
            yield finding(kind, name, pixels, f"it is shifted by {pixels:.1f} pixels: {where}")
        elif index in paired:
            if index < paired[index]:
                yield _swap(overview, index, paired[index])
        elif verdict.relit is not None:
            degrees = verdict.relit.degrees
            listed, best = (_place(light) for light in (overview.lights[index], verdict.relit.light))
            sentence = f"the list has its light at {listed}, but it agrees with one at {best}, {degrees:.0f}° away"
            yield finding(kind, name, degrees, sentence)


def _swapped(overview: Overview, judged: Judged) -> Iterator[tuple[int, int]]:
    """Both ways: accused photographs that each agree with the light that the list gives the other."""
    assert overview.lights is not None
    wrong = {index: judged.verdicts[index].relit for index, kind in judged.accused.items() if kind is LIGHT}
    near = {
        (index, other): relit is not None and _degrees(relit.light, overview.lights[other]) < _NEAR
        for index, relit in wrong.items()
        for other in wrong
    }
    for one, other in near:
        if one != other and near[one, other] and near[other, one]:
            yield one, other


def _swap(overview: Overview, one: int, other: int) -> Finding:
    assert overview.lights is not None
    degrees = _degrees(overview.lights[one], overview.lights[other])
    sentence = f"each agrees with the light of the other, {degrees:.0f}° away: their rows in the list are swapped"
    return finding(LIGHT, (overview.names[one], overview.names[other]), degrees, sentence)


def _degrees(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float(np.degrees(np.arccos(np.clip(one @ other, -1, 1))))


def _place(light: NDArray[np.float64]) -> str:
    azimuth, elevation = np.degrees([np.arctan2(light[1], light[0]), np.arcsin(np.clip(light[2], -1, 1))])
    return f"azimuth {azimuth % 360:.0f}° and elevation {elevation:.0f}°"
