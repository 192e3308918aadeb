"""`check`: what is wrong with a capture, while the object is still on the table."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fastrti.capture.checks.findings import NO_LIGHTS, Finding, finding, finding_of_gap, notes_of
from fastrti.capture.checks.overview import Overview, overview_of, overview_of_files
from fastrti.capture.checks.single_checks import (
    alike,
    blur_findings,
    clipping_findings,
    duplicate_findings,
    no_flash_findings,
    without_flash,
)
from fastrti.capture.checks.suspects import Judged, judge, sample, suspect_findings
from fastrti.capture.predictions import predict
from fastrti.photographs.checks import Transfer
from fastrti.photographs.collection_files import find_photographs
from fastrti.photographs.coverage import light_gaps
from fastrti.photographs.matching import Match
from fastrti.photographs.mlic import Mlic
from fastrti.photographs.notes import Doubt
from fastrti.srgb import srgb_decode

_FEWEST_PIXELS = 256  # of a picture whose detail and shadows say something


@dataclass(frozen=True, eq=False)
class Report:
    """What a check found. Text, JSON and page are views of it.

    Attributes:
        overview: the photographs at a reduced size.
        judged: how each compares with its prediction; None without lights, or where they are too few.
        findings: in the order of photographs, those of the lights last.
    """

    overview: Overview
    judged: Judged | None
    findings: tuple[Finding, ...]


def check(
    source: Mlic | str | os.PathLike[str],
    lp: str | os.PathLike[str] | None = None,
    transfer: Transfer | None = None,
    match: Match | None = None,
    max_pixels: int | None = None,
) -> Report:
    """Checks every photograph against what all the others predict, and the lights for what they leave out.

    Args:
        source: a collection, or the folder of photographs, which are read one by one. A folder without a list of lights
            is checked for all that needs none.
        lp: the list of lights, as of `Mlic.load`; for a folder only, like all that follow.
        transfer: how samples encode light.
        match: what rows and photographs are matched by.
        max_pixels: as of `Mlic.load`.

    Raises:
        CollectionError: photographs or a list that cannot be read.
    """
    if isinstance(source, Mlic):
        return report_of(overview_of(source))
    files = find_photographs(Path(source), None if lp is None else Path(lp), transfer, match, max_pixels)
    return report_of(overview_of_files(files))


def report_of(overview: Overview) -> Report:
    """The report of what was seen."""
    dark, copies = _bad_at_once(overview)
    findings = [*no_flash_findings(overview, dark), *duplicate_findings(overview, copies)]
    judged = None
    if overview.lights is not None:
        judged = judge(overview, set(dark) | _worse_copies(overview, set(dark), copies))
        findings += [] if judged is None else suspect_findings(overview, judged)
    findings += [*blur_findings(overview, set(dark)), *clipping_findings(overview)]
    places = {name: place for place, name in enumerate(overview.names)}
    findings.sort(key=lambda found: places[found.photographs[0]])
    return Report(overview, judged, (*findings, *_of_lights(overview, dark)))


def noted(mlic: Mlic) -> Mlic:
    """The collection with a `Doubt` for each kind of fault that is found at once, as `fit` does before it starts.

    These are no flash, duplicates, blur and white pixels. `check` takes longer and finds more. Pictures of fewer than
    256 pixels tell nothing.
    """
    if mlic.height * mlic.width < _FEWEST_PIXELS:
        return mlic
    overview = overview_of(mlic, quick=True)
    dark, copies = _bad_at_once(overview)
    findings = [
        *no_flash_findings(overview, dark),
        *duplicate_findings(overview, copies),
        *blur_findings(overview, set(dark)),
        *clipping_findings(overview),
    ]
    return replace(mlic, notes=(*mlic.notes, *map(Doubt, notes_of(findings))))


def _bad_at_once(overview: Overview) -> tuple[dict[int, float], dict[tuple[int, int], float]]:
    """The photographs without a flash, and the pairs of others that are alike."""
    expected = None
    if overview.lights is not None and len(overview) > 2:
        values = sample(overview.on_object)
        predicted = predict(values, overview.lights)(values)
        expected = srgb_decode(np.clip(predicted, 0, 1)).mean((1, 2)).astype(np.float64)
    dark = without_flash(overview, expected)
    return dark, {pair: number for pair, number in alike(overview).items() if not set(pair) & set(dark)}


def _worse_copies(overview: Overview, dark: set[int], pairs: dict[tuple[int, int], float]) -> set[int]:
    """Of each pair the photograph that fits its light worse, by what all photographs outside of pairs predict."""
    assert overview.lights is not None
    copies = {index for pair in pairs for index in pair}
    if not copies or len(overview) - len(copies | dark) < 2:
        return copies
    left_out = np.array([index in copies | dark for index in range(len(overview))])
    errors = predict(sample(overview.on_object), overview.lights, left_out=left_out).errors
    return {max(pair, key=lambda index: errors[index]) for pair in pairs}


def _of_lights(overview: Overview, dark: dict[int, float]) -> list[Finding]:
    if overview.lights is None:
        return [finding(NO_LIGHTS, (), 0, "no list of lights was found, so only photographs alone were checked")]
    lit = np.array([index not in dark for index in range(len(overview))])
    return [finding_of_gap(gap) for gap in light_gaps(overview.lights[lit])]
