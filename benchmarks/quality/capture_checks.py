"""Checks: a hundred captures with one planted fault each, and captures without a fault."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.common.markdown import table

CLEAN = "nothing wrong"
TEXT = """## Checks

100 captures in which one thing went wrong, and 20 in which nothing did."""

_PHOTOGRAPHS = (
    "no flash", "exposure", "colour", "shift", "wrong light", "swapped lights", "duplicate", "blur", "clipping",
)  # fmt: skip
_LIGHTS = ("one ring", "gap in azimuth", "too few")
_FIRST = 20_000  # thresholds were chosen on seeds far below
SEEDS = {
    **{kind: range(_FIRST, _FIRST + 9) for kind in _PHOTOGRAPHS},
    **dict(zip(_LIGHTS, (range(_FIRST, _FIRST + count) for count in (7, 6, 6)))),
    CLEAN: range(_FIRST, _FIRST + 20),
}


def measure(case: str, seed: int, data: Path | None = None) -> dict[str, Any]:
    """Whether the planted fault was named, and how many good photographs were accused."""
    from benchmarks.quality.spoiled import clean, spoiled
    from fastrti.capture.checks.check import check

    mlic, planted = (clean(seed), None) if case == CLEAN else spoiled(seed, case)
    spoilt = {mlic.names[index] for index in planted.photographs} if planted else set()
    names: dict[str, set[str]] = {}  # of the photographs, by what they are accused of
    for found in check(mlic).findings:
        names.setdefault(found.kind, set()).update(found.photographs)
    accused = set().union(*names.values()) - spoilt
    named = planted is None or (planted.kind in names and spoilt <= names[planted.kind])
    return {
        "named": named,
        "accused": sorted(accused),
        "good": len(mlic) - len(spoilt),
        "found": sorted(names),
    }


def section(rows: Sequence[Any]) -> str:
    """A row a fault."""
    lines = []
    for case in SEEDS:
        of_case = [row.numbers for row in rows if row.case == case]
        if of_case:
            named = "–" if case == CLEAN else f"{sum(n['named'] for n in of_case)} of {len(of_case)}"
            accused, good = (sum(counts) for counts in zip(*((len(n["accused"]), n["good"]) for n in of_case)))
            lines.append([case, named, f"{accused} of {good}"])
    everything = [row.numbers for row in rows]
    spoilt = [row.numbers for row in rows if row.case != CLEAN]
    accused, good = (sum(counts) for counts in zip(*((len(n["accused"]), n["good"]) for n in everything)))
    total = f"{sum(n['named'] for n in spoilt)} of {len(spoilt)}"
    lines.append(["together", total, f"{accused} of {good}, {100 * accused / max(good, 1):.1f} %"])
    return table(["what was planted", "captures in which it was named", "good photographs accused"], lines)
