"""The benchmarks run and their report reads well, on a picture of a few thousand pixels; no speed is judged here."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
SMALL = {"FASTRTI_BENCH_PIXELS": "5000", "FASTRTI_BENCH_TURN_S": "0.001"}
EXACT = {"fastrti", "fastrti fp32", "torch eager, natural form", "ONNX Runtime", "OpenVINO f32", "JAX"}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run of some groups wrote."""
    folder = tmp_path_factory.mktemp("results")
    groups = ["lc16x16, 1", "hsh16, 1", "calls", "sizes"]
    python("-m", "benchmarks.cpu.speed", "--groups", *groups, "--without", "compile", "--results", str(folder))
    (file,) = folder.glob("cpu_*.json")
    return file


def test_every_contender_has_a_row_and_what_promises_it_is_within_one_level(recorded: Path) -> None:
    report = json.loads(recorded.read_text())
    assert {"device", "cores", "date", "commit", "versions", "load_average"} <= report.keys()
    groups = {group["group"]: group for group in report["groups"]}
    assert {"lc16x16, 1 thread", "hsh16, 1 thread", "calls, 1 thread", "sizes, 1 thread"} <= groups.keys()
    rows = {row["contender"]: row for row in groups["lc16x16, 1 thread"]["rows"]}
    assert rows.keys() >= EXACT | {"ceiling int16", "fastrti int16", "fastrti int8", "fastrti AVX2 int16"}
    for row in rows.values():
        assert ("not_run" in row) != (row.get("mpx_per_s", 0) > 0)
        assert not row.get("not_run", "").startswith("failed"), row
    assert all(row["max_levels"] <= 1 for name, row in rows.items() if name in EXACT and "not_run" not in row)


def test_a_large_picture_costs_little_beside_its_planes(recorded: Path) -> None:
    (group,) = (group for group in json.loads(recorded.read_text())["groups"] if group["group"].startswith("sizes"))
    small, large = group["rows"]
    assert large["pixels"] == 24 * small["pixels"]
    memory = group["memory"]
    assert memory["planes_bytes"] == 9 * large["pixels"] and memory["picture_bytes"] == 3 * large["pixels"]
    assert memory["peak_bytes"] is None or 0 < memory["peak_bytes"] - 12 * large["pixels"] < 64 * 2**20


def test_the_report_shows_speeds_shares_and_targets(recorded: Path) -> None:
    printed = python("-m", "benchmarks.cpu.report", str(recorded))
    assert "| Mpx/s, 1 thread | light-conditioned 9→16→16→3 ReLU, skip | HSH 16 terms |" in printed
    assert "| fastrti fp32 | " in printed and "| share of the ceiling | " in printed
    assert "| int16, share of its ceiling | ≥ 78 % | " in printed


def test_the_plot_is_drawn(recorded: Path, benchmark_module: Any, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    measured = benchmark_module("cpu.targets").Measured(json.loads(recorded.read_text()))
    benchmark_module("cpu.plot").plot(measured, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").stat().st_size > 1000


def test_targets_are_ratios_of_rows(benchmark_module: Any) -> None:
    printed = benchmark_module("cpu.targets").targets(benchmark_module("cpu.targets").Measured(report()))
    lines = [line.strip("| ").split(" | ") for line in printed.splitlines()[2:]]
    cells = {what: value for what, _, value in lines}
    assert cells["int16, share of its ceiling"] == "80 %"
    assert cells["int16 / torch.compile"] == "10"
    assert cells["int16 / OpenVINO, best precision"] == "4"
    assert cells["int8 / int16"] == "not run"
    assert cells["AVX2 alone, share of its ceiling"] == "75 %"
    assert cells["all cores (2) / one thread"] == "1.95"
    assert cells["ptm, share of the memory's bandwidth"] == "90 %"
    assert cells["64×64 region, same light: µs beyond the pixels"] == "6"
    assert cells["96 megapixels / 4 megapixels, speed"] == "0.95"
    assert cells["96 megapixels: MiB beyond planes and picture"] == "40"


def report() -> dict[str, Any]:
    """A report of round numbers."""
    student = {
        "ceiling int16": 500.0,
        "ceiling AVX2 fp32": 120.0,
        "fastrti int16": 400.0,
        "fastrti AVX2 fp32": 90.0,
        "torch.compile, folded, chunked": 40.0,
        "OpenVINO f32": 80.0,
        "OpenVINO bf16": 100.0,
    }
    sizes = network("sizes, 1 thread", {"4 megapixels": 400.0, "96 megapixels": 380.0})
    planes, picture = 9 * 96 * 10**6, 3 * 96 * 10**6
    sizes["memory"] = {
        "planes_bytes": planes,
        "picture_bytes": picture,
        "peak_bytes": planes + picture + 40 * 2**20,
    }
    calls = [
        {"contender": "whole picture", "pixels": 4_000_000, "median_us": 10_000.0},
        {"contender": "64×64 region, same light", "pixels": 4096, "median_us": 16.24},
    ]
    groups = [
        network("lc16x16, 1 thread", student, hidden=[16, 16]),
        network("lc16x16, 2 threads", {"fastrti": 780.0, "fastrti, 1 thread": 400.0}, hidden=[16, 16]),
        network("ptm, 1 thread", {"ceiling memory": 1000.0, "fastrti": 900.0}, hidden=[]),
        {"group": "calls, 1 thread", "rows": calls},
        sizes,
    ]
    return {"cores": 2, "groups": groups}


def network(name: str, speeds: dict[str, float], **more: Any) -> dict[str, Any]:
    """A group with a row of each speed."""
    rows = [{"contender": contender, "mpx_per_s": speed} for contender, speed in speeds.items()]
    return {"group": name, "rows": rows, **more}


def test_a_contender_that_cannot_run_has_a_row_that_says_why(benchmark_module: Any) -> None:
    def absent() -> None:
        raise ModuleNotFoundError("No module named 'peer'", name="peer")

    def broken() -> None:
        raise RuntimeError("no such operator\nand more")

    rows = benchmark_module("cpu.speed").measured_rows({"a": absent, "b": broken}, np.zeros((1, 1, 3), np.uint8))
    assert rows[0] == {"contender": "a", "not_run": "peer is not installed"}
    assert rows[1]["not_run"] == "failed: RuntimeError: no such operator"


@pytest.mark.parametrize("name", ["onnx", "onnxruntime", "openvino", "jax"])
def test_a_peer_that_is_not_installed_is_a_row(
    name: str, benchmark_module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured_rows, subjects = benchmark_module("cpu.speed").measured_rows, benchmark_module("common.subjects")
    for module in ("peers", "onnx_model"):
        monkeypatch.delitem(sys.modules, f"benchmarks.cpu.{module}", raising=False)
    monkeypatch.setitem(sys.modules, name, None)  # importing it fails from now on
    rng = np.random.default_rng(0)
    relightable = subjects.random_object(subjects.light_conditioned(rng), (9, 13), rng)
    peers = {title: make for title, make in benchmark_module("cpu.peers").PEERS.items() if "compile" not in title}
    rows = measured_rows(
        {title: partial(make, relightable, 1) for title, make in peers.items()}, np.zeros((9, 13, 3), np.uint8)
    )
    assert [row["contender"] for row in rows] == list(peers)
    assert f"{name} is not installed" in {row.get("not_run") for row in rows}
    assert rows[0]["mpx_per_s"] > 0  # PyTorch


@pytest.mark.deep  # the first compilation of a machine takes half a minute
def test_torch_compile_draws_within_one_level(tmp_path: Path) -> None:
    without = ["ceiling", "fastrti", "eager", "ONNX", "OpenVINO", "JAX"]
    groups = ["lc16x16, 1 thread"]
    python("-m", "benchmarks.cpu.speed", "--groups", *groups, "--without", *without, "--results", str(tmp_path))
    (file,) = tmp_path.glob("cpu_*.json")
    (row,) = json.loads(file.read_text())["groups"][0]["rows"]
    assert row["contender"].startswith("torch.compile") and row["max_levels"] <= 1


def test_the_developers_benchmark_compares_contenders_of_a_network() -> None:
    options = ("-k", "lc16x16", "--benchmark-max-time=0.01", "--benchmark-min-rounds=1", "--benchmark-columns=median")
    printed = python("-m", "pytest", "-q", "benchmarks/cpu/compare_commits.py", *options)
    assert "benchmark 'lc16x16: light-conditioned 9→16→16→3 ReLU, skip': 4 tests" in printed


def python(*arguments: str) -> str:
    """Runs Python in the root of the repository; what it printed."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}  # of this process
    environment = own | SMALL | {"PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_parts_of_a_call_add_up(benchmark_module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    overhead = benchmark_module("cpu.call_overhead")
    monkeypatch.setattr(overhead, "CALLS", 2)
    monkeypatch.setattr(overhead, "SWEEPS", 1)
    subjects = benchmark_module("common.subjects")
    rng = np.random.default_rng(0)
    original = subjects.random_object(subjects.light_conditioned(rng), (80, 80), rng)
    took = overhead.timed(overhead.calls(overhead.Renderer(original, "cpu", threads=1)))
    assert len(took) == 7 and all(microseconds > 0 for microseconds in took.values())
    table = dict(overhead.rows(took, pixels=1.5))
    parts = sum(value for name, value in table.items() if name.startswith("  ") and name[2] != " ")
    total = table["same light, beyond the pixels"] + table["  a new light: its network folded, its precision chosen"]
    assert parts == pytest.approx(total)
