"""Turns what speed.py measured on the CPU into Markdown tables.

    python -m benchmarks.cpu.report [FILE]

FILE is by default the newest of benchmarks/results/.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.common.reports import named, newest, read_report
from benchmarks.cpu.targets import Measured, targets


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, nargs="?", help="what speed.py wrote")
    measured = Measured(read_report(parser.parse_args().file or newest("cpu")))
    for threads in sorted({group["threads"] for group in measured.networks()}):
        print(speeds(measured, threads), end="\n\n")
    print(shares(measured), targets(measured), sep="\n\n")


def section(file: Path) -> str:
    """What stands in docs/speed.md."""
    measured = Measured(read_report(file))
    report = measured.report
    origin = f"{report['device']}, {report['cores']} cores, {report['date']} ({named(file)})."
    image = "![Megapixels per second of every contender, by network](pictures/cpu_speed.png)"
    return "\n\n".join([origin, speeds(measured, 1), image, shares(measured)])


def speeds(measured: Measured, threads: int) -> str:
    """Megapixels a second and error: a line a contender, a column a network; then why some did not run."""
    groups = [group for group in measured.networks() if group["threads"] == threads]
    names = [name for name in dict.fromkeys(row["contender"] for group in groups for row in group["rows"])]
    names = [name for name in names if not name.startswith("ceiling")]
    title = f"Mpx/s, {threads} thread{'s' if threads > 1 else ''}"
    lines = [_cells([title, *(group["network"] for group in groups)]), "|---" * (len(groups) + 1) + "|"]
    for name in names:
        lines.append(_cells([name, *(_speed(measured.row(group["group"], name)) for group in groups)]))
    reasons = {
        f"{row['contender']}: {row['not_run']}"
        for group in groups
        for row in group["rows"]
        if row["contender"] in names and "not_run" in row
    }
    return "\n".join(lines) + ("\n\nNot run: " + "; ".join(sorted(reasons)) + "." if reasons else "")


def shares(measured: Measured) -> str:
    """How near to the machine's ceiling each kernel is with one thread, and what the other cores bring."""
    groups = [group for group in measured.networks() if group["threads"] == 1]
    names = [row["contender"] for row in groups[0]["rows"] if row["contender"].startswith("ceiling ")] if groups else []
    lines = [_cells(["share of the ceiling", *(group["network"] for group in groups)])]
    lines.append("|---" * (len(groups) + 1) + "|")
    kernels = [name.replace("ceiling", "fastrti") for name in names if name != "ceiling memory"]
    for kernel in kernels:
        lines.append(_cells([kernel, *(_percent(measured.share(group, kernel)) for group in groups)]))
    cores = measured.report["cores"]
    scaling = [measured.scaling(group["group"].partition(",")[0]) for group in groups]
    if cores > 1:
        lines.append(_cells([f"1 → {cores} threads", *(_times(value) for value in scaling)]))
    return "\n".join(lines)


def _speed(row: dict[str, Any]) -> str:
    if "not_run" in row:
        return "not installed" if row["not_run"].endswith("is not installed") else "–"
    if "mpx_per_s" not in row:
        return "–"
    speed = row["mpx_per_s"]
    return f"{speed:{'.0f' if speed >= 100 else '.3g'}} ({row['max_levels']}; {row['differ_per_million'] / 1e4:.2g} %)"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.0f} %"


def _times(value: float | None) -> str:
    return "–" if value is None else f"×{value:.2f}"


def _cells(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
