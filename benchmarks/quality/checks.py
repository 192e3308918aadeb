"""What `fastrti check` finds in captures that were spoiled on purpose, and in good ones: `report()`.

The thresholds were chosen on the seeds below 10,000. The report has others.
"""

import json
import sys
from collections import Counter
from typing import Any

from benchmarks.quality.spoiled import KINDS, Planted, clean, spoiled
from fastrti.capture.check import check
from fastrti.photographs.mlic import Mlic

FIRST_SEED = 10_000


def report(captures: int = 100, good: int = 20, first_seed: int = FIRST_SEED) -> dict[str, Any]:
    """Checks spoiled captures, each kind of fault in turn, and good ones.

    Args:
        captures: how many are spoiled.
        good: how many are not.
        first_seed: of the first capture.

    Returns:
        For each kind how many were planted and named; how many good photographs there were and were accused, in the
        spoiled captures and in the good ones; and each miss and each wrong accusation by its seed.
    """
    planted_kinds: Counter[str] = Counter()
    named_kinds: Counter[str] = Counter()
    photographs, accused, wrong = [0, 0], [0, 0], []
    for number in range(captures + good):
        kind = KINDS[number % len(KINDS)] if number < captures else "nothing"
        mlic, planted = _capture(first_seed + number, kind)
        named, others = _outcome(mlic, planted)
        if number < captures:
            planted_kinds[kind] += 1
            named_kinds[kind] += named
        where = int(number >= captures)
        photographs[where] += len(mlic) - len(planted.photographs)
        accused[where] += len(others)
        if not named or others:
            wrong.append({"seed": first_seed + number, "kind": kind, "named": named, "accused": sorted(others)})
    return {
        "planted": dict(planted_kinds),
        "named": {kind: named_kinds[kind] for kind in planted_kinds},
        "good_photographs": {"spoiled captures": photographs[0], "good captures": photographs[1]},
        "accused": {"spoiled captures": accused[0], "good captures": accused[1]},
        "wrong": wrong,
    }


def _capture(seed: int, kind: str) -> tuple[Mlic, Planted]:
    return (clean(seed), Planted(kind, frozenset())) if kind == "nothing" else spoiled(seed, kind)


def _outcome(mlic: Mlic, planted: Planted) -> tuple[bool, set[str]]:
    """Whether what was planted is named, and the findings on photographs that are good: "kind name"."""
    findings = check(mlic).findings
    bad = {mlic.names[index] for index in planted.photographs}
    named = {name for finding in findings if finding.kind == planted.kind for name in finding.photographs}
    of_lights = planted.kind in {finding.kind for finding in findings} or planted.kind == "nothing"
    others = {f"{one.kind} {name}" for one in findings for name in one.photographs if name not in bad}
    return (bad <= named if bad else of_lights), others


if __name__ == "__main__":
    print(json.dumps(report(*map(int, sys.argv[1:])), indent=1))
