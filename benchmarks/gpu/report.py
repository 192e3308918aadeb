"""Turns what speed.py measured on a GPU into Markdown tables.

    python -m benchmarks.gpu.report [FILE]

FILE is by default the newest of benchmarks/results/.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.common.markdown import table
from benchmarks.common.reports import named, newest, read_report

SUBJECTS = {
    "lc16x16": "default student 9-16-16-3 relu, skip",
    "disk20": "DisK student 9-20-20-3 elu",
    "teacher50": "teacher 9-50-50-3 elu",
    "plain8": "plain 9-8-8-3 elu",
    "ptm": "PTM 18-3",
}
"""Networks by their names in subjects.py and in the table of compiled kernels; the first is the default student."""

Row = dict[str, Any]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?", help="what speed.py wrote")
    print(tables(read_report(parser.parse_args().file or newest("relight_gpu"))))


def row_of(report: dict[str, Any], network: str, megapixels: float, contender: str) -> Row:
    """The first row of a contender; empty where it did not run."""
    wanted = {"network": network, "megapixels": megapixels, "contender": contender}
    return next((row for row in report["speed"] if wanted.items() <= row.items() and "us" in row), {})


def section(file: Path) -> str:
    """What stands in docs/speed.md: a table per size, a line per contender, and what surrounds the pixels."""
    report = read_report(file)
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    parts = [f"{report['device']}, {report['date']}, {versions} ({named(file)})."]
    parts += [_size(report, megapixels) for megapixels in dict.fromkeys(row["megapixels"] for row in report["speed"])]
    parts += ["\n".join(_further_off(report)), "\n".join(_not_run(report)), _calls(report)]
    return "\n\n".join(part for part in parts if part)


def _size(report: dict[str, Any], megapixels: float) -> str:
    rows = [row for row in report["speed"] if row["megapixels"] == megapixels and "us" in row]
    networks = list(dict.fromkeys(row["network"] for row in rows))
    lines = []
    for contender in dict.fromkeys(row["contender"] for row in rows):
        found = [row_of(report, network, megapixels, contender) for network in networks]
        lines.append([contender, *(_microseconds(row) for row in found)])
    return table([f"µs per picture of {megapixels:g} megapixels (Gpx/s)", *networks], lines)


def _microseconds(row: Row) -> str:
    return f"{row['us']:,.0f} ({row['gpx_per_s']:.3g})" if row else "–"


def _further_off(report: dict[str, Any]) -> Iterator[str]:
    off = [row for row in report["speed"] if row.get("max_levels", 0) > 1]
    names = dict.fromkeys(f"{row['contender']} ({row['network']}: {row['max_levels']} levels)" for row in off)
    yield "Every picture is within one level of float64" + (f", except: {'; '.join(names)}." if names else ".")


def _not_run(report: dict[str, Any]) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for row in report["speed"]:
        if "reason" in row:
            reasons.setdefault(row["reason"], []).append(f"{row['network']} at {row['megapixels']:g} megapixels")
    for reason, places in reasons.items():
        yield f"Some contenders have no figure, because {reason}: {'; '.join(dict.fromkeys(places))}."


def _calls(report: dict[str, Any]) -> str:
    rows = [[row["what"], _number(row)] for row in report["calls"]]
    return table(["what surrounds the pixels, default student", "µs"], rows)


def tables(report: dict[str, Any]) -> str:
    """What a reader wants first, in Markdown."""
    wrong = [row for row in report["correctness"] if not row["passed"]]
    lines = [
        f"{report['device']}, {report['date']}, commit {report['commit']}: "
        f"{len(report['correctness'])} pictures compared with float64, {len(wrong)} wrong",
        *(f"- WRONG: {row}" for row in wrong),
    ]
    if report["speed"]:
        lines += [
            f"copy {report['copy_gb_per_s']:.0f} GB/s, float16 matrices {report['matrix_tflops']:.0f} TFLOP/s",
            "",
            "| network | MP | contender | µs a picture | Gpx/s | levels off (bytes in a million) | of the bound |",
            "|---|---|---|---|---|---|---|",
            *map(_speed_line, report["speed"]),
            "",
            "| what | µs |",
            "|---|---|",
            *(f"| {row['what']} | {_number(row)} |" for row in report["calls"]),
        ]
    return "\n".join(lines)


def _speed_line(row: Row) -> str:
    start = f"| {row['network']} | {row['megapixels']:g} | {row['contender']} | "
    if "reason" in row:
        return start + f"– | – | {row['reason']} | |"
    off = f"{row['max_levels']} ({row['differing_bytes'] * 1e6:.3g})"
    part = f"{100 * row['share']:.0f} % ({row['bound_by']})" if "share" in row else ""
    return start + f"{row['us']:.1f} | {row['gpx_per_s']:.3g} | {off} | {part} |"


def _number(row: Row) -> str:
    return f"– ({row['reason']})" if "reason" in row else f"{row['us']:.1f}"


if __name__ == "__main__":
    main()
