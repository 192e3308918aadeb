"""Turns pytest-benchmark's file into a small one to keep and a Markdown table to quote.

    python benchmarks/report.py FILE [--results FOLDER]

Writes FOLDER/relight_cpu_<processor>_<date>.json: device, cores, versions, commit, load, and for each group and
contender a row with the median over all sweeps.
"""

import argparse
import json
import re
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

RESULTS = Path(__file__).parent / "results"

Row = dict[str, Any]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="what --benchmark-json wrote")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FOLDER", help="default: benchmarks/results")
    arguments = parser.parse_args()
    report = summary(json.loads(arguments.file.read_text()))
    device = re.sub(r"[^a-z0-9]+", "-", report["device"].lower()).strip("-")
    target = arguments.results / f"relight_cpu_{device}_{report['date']}.json"
    target.write_text(json.dumps(report, indent=1) + "\n")
    print(table(report))
    print(f"\nWritten to {target}")


def summary(recorded: dict[str, Any]) -> dict[str, Any]:
    """What is kept of pytest-benchmark's file."""
    machine, commit = recorded["machine_info"], recorded["commit_info"]
    return {
        "device": machine["cpu"].get("brand_raw", machine["machine"]),
        "cores": machine["cores"],
        "date": recorded["datetime"][:10],
        "commit": commit.get("id", "unknown") + (", uncommitted changes" if commit.get("dirty") else ""),
        "versions": {"python": machine["python_version"], **machine["versions"]},
        "load_average": machine["load_average"],
        "rows": _rows(recorded["benchmarks"]),
    }


def table(report: dict[str, Any]) -> str:
    """Megapixels a second and error of every contender, a line a group."""
    contenders = list(dict.fromkeys(row["contender"] for row in report["rows"]))
    levels = max(row["max_levels"] for row in report["rows"])
    lines = [
        f"{report['device']}, {report['cores']} core{'s' if report['cores'] > 1 else ''}, {report['date']}: megapixels "
        "a second (bytes in a million that differ from the float64 reference, "
        f"by {levels} level{'s' if levels != 1 else ''} at most)",
        "",
        "| network | threads | " + " | ".join(contenders) + " |",
        "|---|---|" + "---|" * len(contenders),
    ]
    for (network, threads), group in groupby(report["rows"], key=lambda row: (row["network"], row["threads"])):
        cells = {row["contender"]: f"{row['mpx_per_s']:.3g} ({row['differing_bytes'] * 1e6:.3g})" for row in group}
        lines.append(f"| {network} | {threads} | " + " | ".join(cells.get(name, "–") for name in contenders) + " |")
    return "\n".join(lines)


def _rows(benchmarks: list[dict[str, Any]]) -> list[Row]:
    """One row a group and contender, its sweeps put together; in the order they ran."""
    sweeps: dict[tuple[str, int, str], list[dict[str, Any]]] = {}
    for benchmark in benchmarks:
        params = benchmark["params"]
        sweeps.setdefault((params["name"], params["threads"], params["contender"]), []).append(benchmark)
    return [_row(threads, contender, parts) for (_, threads, contender), parts in sweeps.items()]


def _row(threads: int, contender: str, parts: list[dict[str, Any]]) -> Row:
    times = [seconds for part in parts for seconds in part["stats"]["data"]]
    info = parts[0]["extra_info"]
    return {
        "group": parts[0]["group"],
        "network": info["network"],
        "threads": threads,
        "contender": contender,
        "runs": info["runs"],
        "pictures": len(times),
        "median_ms": round(1e3 * median(times), 3),
        "fastest_ms": round(1e3 * min(times), 3),
        "slowest_ms": round(1e3 * max(times), 3),
        "mpx_per_s": round(info["pixels"] / 1e6 / median(times), 2),
        "max_levels": max(part["extra_info"]["max_levels"] for part in parts),
        "differing_bytes": round(info["differing_bytes"], 6),
    }


if __name__ == "__main__":
    main()
