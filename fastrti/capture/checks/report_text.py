"""The views of a report for a terminal and for programs."""

import json
from typing import Any

from fastrti.capture.checks.check import Report
from fastrti.capture.checks.findings import KINDS


def as_text(report: Report) -> str:
    """The findings, one after the other, and what to do about each kind once."""
    lines = [summary(report)]
    for kind in KINDS:
        found = [finding for finding in report.findings if finding.kind == kind.name]
        if not found:
            continue
        lines += ["", f"{kind.name}:"]
        lines += [
            f"  {', '.join(finding.photographs)}: {finding.sentence}"
            if finding.photographs
            else f"  {finding.sentence}"
            for finding in found
        ]
        lines += [f"  threshold: {kind.threshold:.3g} {kind.unit}; {kind.why}", f"  what to do: {kind.what_to_do}"]
    return "\n".join(lines)


def summary(report: Report) -> str:
    """One sentence."""
    count, photographs = len(report.findings), len(report.overview)
    if not count:
        return f"nothing found in {photographs} photographs"
    accused = {name for finding in report.findings for name in finding.photographs}
    return f"{count} finding{'s' * (count > 1)} in {photographs} photographs, on {len(accused)} of them"


def as_json(report: Report) -> str:
    """The findings, and what was measured of every photograph."""
    overview = report.overview
    facts = {
        "photographs": len(overview),
        "height": overview.shape[0],
        "width": overview.shape[1],
        "compared_at": 1 / overview.factor,
        "lights": None if overview.lights is None else overview.lights.round(6).tolist(),
        "notes": list(overview.notes),
        "findings": [finding.to_json() for finding in report.findings],
        "measures": [measures(report, index) for index in range(len(overview))],
    }
    return json.dumps(facts)


def measures(report: Report, index: int) -> dict[str, Any]:
    """What was measured of one photograph; what was not measured is None.

    Keys are name, white (share of the object), sharpness (finest detail over coarser detail), and, against the
    prediction, exposure (stops), colour (stops), shift (pixels) and surprise (times the usual error).
    """
    overview = report.overview
    verdict = None if report.judged is None else report.judged.verdicts.get(index)
    fine, coarse = overview.detail[index, 0], overview.detail[index, 2]
    return {
        "name": overview.names[index],
        "white": round(float(overview.white[index]), 4),
        "sharpness": round(float(fine / max(coarse, 1e-6)), 3),
        "exposure": None if verdict is None else round(verdict.exposed.stops, 3),
        "colour": None if verdict is None else round(verdict.exposed.colour, 3),
        "shift": None if verdict is None else round(overview.factor * verdict.moved.pixels, 2),
        "surprise": None if verdict is None else round(verdict.surprise, 2),
    }
