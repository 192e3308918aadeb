"""`check`: every planted fault is named with its number, and nothing else is."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from small_captures import LIGHTS, linear_pictures, photographed, shifted, smoothed

from fastrti import Mlic
from fastrti.capture.checks.check import check, noted
from fastrti.capture.checks.findings import KINDS
from fastrti.capture.checks.overview import overview_of
from fastrti.capture.checks.report_text import as_json, as_text
from fastrti.capture.checks.single_checks import blur_findings
from fastrti.lights import light_from_angles
from fastrti.photographs.notes import Doubt

PICTURES = linear_pictures()
BAD = 11  # the photograph that is spoiled, in the ring at 30°


def found(mlic):
    return [(finding.kind, finding.photographs) for finding in check(mlic).findings]


def spoiled(change):
    pictures, lights = PICTURES.copy(), LIGHTS.copy()
    change(pictures, lights)
    return photographed(pictures, lights)


def no_flash(pictures, lights):
    pictures[BAD] = 0.2 * pictures.min(0) + 0.005


def darker(pictures, lights):
    pictures[BAD] /= 2**0.7


def redder(pictures, lights):
    pictures[BAD] *= [1.2, 1, 1 / 1.2]


def moved(pictures, lights):
    pictures[BAD] = shifted(pictures[BAD], 2, -1)


def wrong_light(pictures, lights):
    lights[BAD] = light_from_angles(50, 60)


def swapped(pictures, lights):
    lights[[2, BAD]] = lights[[BAD, 2]]


def copied(pictures, lights):
    pictures[BAD] = pictures[2]


def blurred(pictures, lights):
    pictures[BAD] = smoothed(pictures[BAD])


def overexposed(pictures, lights):
    pictures[BAD] *= 4


ONE, TWO = (f"p{BAD}.png",), ("p02.png", f"p{BAD}.png")


def test_a_good_capture_has_no_findings() -> None:
    mlic = photographed(PICTURES)
    assert found(mlic) == []
    assert as_text(check(mlic)) == "nothing found in 25 photographs"


@pytest.mark.parametrize(
    ("change", "kind", "names", "number"),
    [
        (darker, "exposure", ONE, -0.7),
        (redder, "colour", ONE, 2 * np.log2(1.2)),
        (moved, "shift", ONE, 5**0.5),
        (copied, "duplicate", TWO, None),
        (blurred, "blur", ONE, None),
        (no_flash, "no flash", ONE, None),
        (swapped, "wrong light", TWO, float(np.degrees(np.arccos(LIGHTS[2] @ LIGHTS[BAD])))),
    ],
)
def test_a_planted_fault_is_the_only_finding(change, kind, names, number) -> None:
    findings = check(spoiled(change)).findings
    assert [(finding.kind, finding.photographs) for finding in findings] == [(kind, names)]
    if number is not None:
        assert findings[0].number == pytest.approx(number, rel=0.15)


def test_a_shift_says_where_to() -> None:
    (finding,) = check(spoiled(moved)).findings
    assert "to the right" in finding.sentence and finding.sentence.endswith("up")


def test_a_wrong_light_says_which_light_it_agrees_with() -> None:
    (finding,) = check(spoiled(wrong_light)).findings
    truth = np.degrees(np.arccos(LIGHTS[BAD] @ light_from_angles(50, 60)))
    assert finding.kind == "wrong light" and finding.number == pytest.approx(truth, abs=12)
    assert "the list has its light at azimuth 50° and elevation 60°" in finding.sentence


def test_white_pixels_are_counted_on_the_object_alone() -> None:
    mlic = spoiled(overexposed)
    assert ("clipping", ONE) in found(mlic)
    white = (mlic.photographs[BAD] >= 254).any(2)
    dark = Mlic(mlic.photographs, mlic.lights, mlic.names, mask=~white)
    assert "clipping" not in [kind for kind, _ in found(dark)]


def test_two_photographs_of_one_light_are_no_duplicates() -> None:
    twice = np.concatenate([PICTURES, PICTURES[3:4]])
    assert found(photographed(twice, np.concatenate([LIGHTS, LIGHTS[3:4]]))) == []


def test_lights_have_the_sentences_of_a_fit() -> None:
    ring = np.array([light_from_angles(360 * turn / 12, 40) for turn in range(12)])
    kinds = [
        (finding.kind, finding.photographs) for finding in check(photographed(linear_pictures(ring), ring)).findings
    ]
    assert kinds == [("one ring", ())]


def test_few_photographs_are_checked_for_what_they_tell_alone() -> None:
    report = check(photographed(PICTURES[:4], LIGHTS[:4]))
    assert report.judged is None and "few lights" in [finding.kind for finding in report.findings]


def test_a_fit_notes_what_is_bad_at_once() -> None:
    (note,) = noted(spoiled(no_flash)).notes
    assert isinstance(note, Doubt) and note.startswith(f"no flash in p{BAD}.png: it has ")
    assert noted(photographed(PICTURES)).notes == ()


def test_json_and_text_are_views_of_the_same_findings() -> None:
    report = check(spoiled(moved))
    facts, text = json.loads(as_json(report)), as_text(report)
    (finding,) = report.findings
    assert facts["findings"] == [
        {**asdict(finding), "photographs": list(ONE), "number": pytest.approx(finding.number, 1e-3)}
    ]
    for part in (finding.sentence, finding.why, finding.what_to_do, *finding.photographs):
        assert part in text
    assert facts["measures"][BAD]["shift"] == pytest.approx(finding.number, abs=0.01)
    assert {kind.name for kind in KINDS} >= {finding.kind}


def test_blur_shows_between_the_finest_octaves_where_coarser_detail_differs_with_the_light() -> None:
    overview = overview_of(photographed(PICTURES))
    detail = np.tile([12.0, 12.0, 14.0, 14.0, 18.0], (len(overview), 1))
    detail[:, 2:4] *= np.exp(np.linspace(-0.3, 0.3, len(overview)))[:, None]
    detail[BAD, :2] *= [0.4, 0.65]
    found_blurred = list(blur_findings(replace(overview, detail=detail), set()))
    assert [finding.photographs for finding in found_blurred] == [ONE]
    assert found_blurred[0].number == pytest.approx(0.65 / 0.4, rel=0.02)
