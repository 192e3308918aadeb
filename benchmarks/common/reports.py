"""Which report a table is made from."""

import json
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parents[1] / "results"


def newest(kind: str) -> Path:
    """The file results/KIND_<device>_<date>.json of the latest date.

    Raises:
        SystemExit: there is none.
    """
    files = sorted(RESULTS.glob(f"{kind}_*.json"), key=lambda file: file.stem.rpartition("_")[2])
    if not files:
        raise SystemExit(f"expected a file {kind}_*.json in {RESULTS}, got none: run the benchmark first")
    return files[-1]


def read_report(file: Path) -> dict[str, Any]:
    """What a benchmark wrote."""
    report: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return report


def named(file: Path) -> str:
    """A file's name as documents show it."""
    return f"`benchmarks/results/{file.name}`"
