"""The benchmarks run and their report reads well, on a picture of a few thousand pixels; no speed is judged here."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

for _module in ("onnx", "onnxruntime", "pytest_benchmark"):
    pytest.importorskip(_module)

ROOT = Path(__file__).parents[1]
SMALL = {"FASTRTI_BENCH_PIXELS": "5000"}


def test_every_contender_draws_every_network_within_one_level(tmp_path: Path) -> None:
    report, table = run_and_report("not compile", tmp_path)
    groups = {row["group"] for row in report["rows"]}
    assert {"lc16x16, 1 thread", "disk20, 1 thread", "teacher50, 1 thread", "ptm, 1 thread"} <= groups
    assert len(report["rows"]) == 4 * len(groups)
    assert all(row["max_levels"] <= 1 and row["mpx_per_s"] > 0 for row in report["rows"])
    assert {"device", "cores", "date", "commit", "versions", "load_average"} <= report.keys()
    assert len(table.splitlines()) == 4 + len(groups)
    assert "| light-conditioned 9→16→16→3 ReLU, skip | 1 | " in table


@pytest.mark.deep  # the first compilation of a machine takes half a minute
def test_torch_compile_draws_within_one_level(tmp_path: Path) -> None:
    report, _ = run_and_report("lc16x16-1 and compile", tmp_path)
    assert [row["max_levels"] <= 1 for row in report["rows"]] == [True]


def run_and_report(selected: str, folder: Path) -> tuple[dict, str]:
    """What `report.py` keeps and prints of a run of the selected rows."""
    recorded = folder / "recorded.json"
    command = ["-m", "pytest", "benchmarks/bench_relight.py", "-q", "-k", selected, f"--benchmark-json={recorded}"]
    python(*command)
    printed = python("benchmarks/report.py", str(recorded), "--results", str(folder))
    (kept,) = folder.glob("relight_cpu_*.json")
    return json.loads(kept.read_text()), printed.split("\n\nWritten to")[0]


def python(*arguments: str) -> str:
    """Runs Python in the root of the repository; what it printed."""
    environment = os.environ | SMALL | {"PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
