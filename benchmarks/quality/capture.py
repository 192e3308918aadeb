"""What fastrti makes of captures as cameras take them, against the truth of rendered ones.

    python -m benchmarks.quality.capture [lights near faults checks large] [--data SYNTHRTI] [--cases "near, corrected"]

A group has cases, and a case has seeds. Every result is a row of results/capture/<group>.csv. Rows that are there stay:
delete a file to measure its group again. `benchmarks.documents` puts the tables into docs/capture/measured.md.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.common.rows import append_row, read_rows
from benchmarks.quality import capture_checks, capture_faults, capture_large, capture_lights, capture_near

RESULTS = Path(__file__).parents[1] / "results" / "capture"

Numbers = dict[str, Any]


@dataclass(frozen=True)
class Row:
    """One measured capture.

    Attributes:
        case: what was measured.
        seed: of the capture.
        numbers: what came out, by name.
    """

    case: str
    seed: int
    numbers: Numbers


@dataclass(frozen=True)
class Group:
    """Measurements with one table.

    Attributes:
        text: what stands above its table, with a heading.
        seeds: of each case.
        measure: one case with one seed; None where the data are not there.
        section: the table of the rows, in Markdown.
    """

    text: str
    seeds: dict[str, range]
    measure: Callable[[str, int, Path | None], Numbers]
    section: Callable[[Sequence[Row]], str]


GROUPS = {
    name: Group(module.TEXT, module.SEEDS, module.measure, module.section)
    for name, module in {
        "lights": capture_lights,
        "near": capture_near,
        "faults": capture_faults,
        "checks": capture_checks,
        "large": capture_large,
    }.items()
}


def rows_of(group: str) -> list[Row]:
    """What was measured of a group."""
    return read_rows(RESULTS / f"{group}.csv", Row)


def section() -> str:
    """What stands in docs/capture/measured.md: the tables of all groups that were measured."""
    tables = {name: group.section(rows) for name, group in GROUPS.items() if (rows := rows_of(name))}
    return "\n\n".join(f"{GROUPS[name].text}\n\n{table}" for name, table in tables.items())


def missing(group: str, cases: Sequence[str]) -> Iterator[tuple[str, int]]:
    """The cases and seeds without a row; of all cases where none is named."""
    there = {(row.case, row.seed) for row in rows_of(group)}
    for case, seeds in GROUPS[group].seeds.items():
        if not cases or case in cases:
            yield from ((case, seed) for seed in seeds if (case, seed) not in there)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", choices=[[], *GROUPS], help="default: all")
    parser.add_argument("--cases", nargs="+", default=[], help="of the groups; default: all")
    parser.add_argument("--data", type=Path, help="the folder of SynthRTI, which `faults` needs")
    options = parser.parse_args()
    for group in options.groups or GROUPS:
        for case, seed in missing(group, options.cases):
            numbers = GROUPS[group].measure(case, seed, options.data)
            append_row(RESULTS / f"{group}.csv", Row(case, seed, numbers))
            print(group, case, seed, numbers, flush=True)
    print(section())


if __name__ == "__main__":
    main()
