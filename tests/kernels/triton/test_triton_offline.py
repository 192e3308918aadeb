"""The Triton kernels compiled for GPUs this machine does not have: what is promised holds, whatever Triton compiles.

Counts of instructions are no promise; `python -m benchmarks.gpu.offline --record` writes them to a report.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("triton", reason="Triton is published for Linux only")

pytestmark = pytest.mark.xdist_group("offline")

ROOT = Path(__file__).parents[3]
REPORT = ROOT / "benchmarks" / "results" / "triton_offline.json"

# Bytes for each program: CUDA programming guide, table 30; gfx942's local data share.
LARGEST_SHARED = dict.fromkeys(("sm_86", "sm_89", "sm_120"), 99 * 1024) | {
    "sm_80": 163 * 1024,
    "sm_90": 227 * 1024,
    "sm_100": 227 * 1024,
    "gfx942": 64 * 1024,
}

# For each thread: of 65,536 in a multiprocessor they leave room for ten, eight and twelve warps. A gfx942 has twice
# as many, and fewer where a program of several waves shares them.
MOST_REGISTERS = {"fp16": 204, "fp16 hi/lo": 255, "fp32": 168}
MOST_REGISTERS_GFX942 = 512

Row = dict[str, Any]


@pytest.fixture(
    scope="module",
    params=[("sm_90", "--only", "DisK"), pytest.param((), marks=pytest.mark.deep)],
    ids=["one network", "all"],
)
def rows(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    """The variants, compiled by the Triton that is installed: of a network of two layers with ELU, and all of them."""
    environment = os.environ | {
        "TRITON_CACHE_DIR": str(tmp_path_factory.mktemp("cache")),
        "PYTHONIOENCODING": "utf-8",
    }
    command = [sys.executable, "-m", "benchmarks.gpu.offline", *request.param]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert run.returncode == 0, run.stderr
    return [json.loads(line) for line in run.stdout.splitlines()]


def drawing(rows: list[Row]) -> list[Row]:
    """The rows of the kernel that draws the pixels."""
    chosen = [row for row in rows if row["kernel"] == "relight_tiles"]
    assert {row["precision"] for row in chosen} == MOST_REGISTERS.keys()
    return chosen


def test_the_loop_over_pixels_spills_nothing(rows: list[Row]) -> None:
    for row in drawing(rows):
        assert row["loop_spills"] == 0, row


def test_every_program_finds_its_shared_memory(rows: list[Row]) -> None:
    for row in rows:
        assert row["shared"] <= LARGEST_SHARED[row["target"]], row


def test_registers_stay_within_their_budget(rows: list[Row]) -> None:
    for row in drawing(rows):
        budget = MOST_REGISTERS_GFX942 if row["target"] == "gfx942" else MOST_REGISTERS[row["precision"]]
        assert 0 < row["registers"] <= budget, row


def test_halves_are_multiplied_by_tensor_cores_and_float32_is_not(rows: list[Row]) -> None:
    for row in drawing(rows):
        if row["target"] != "gfx942":  # where eight columns alone are summed by dot products
            assert (row["tensor"] > 0) == (row["precision"] != "fp32"), row


def test_planes_are_read_four_pixels_at_a_time(rows: list[Row]) -> None:
    for row in drawing(rows):
        assert row["loads"] and "8" not in row["loads"], row


def test_elu_runs_on_the_unit_of_exp(rows: list[Row]) -> None:
    for row in drawing(rows):
        assert (row["mufu"] > 0) or " elu" not in row["network"], row


def test_the_report_has_every_target() -> None:
    recorded = json.loads(REPORT.read_text())
    assert {row["target"] for row in recorded["rows"]} == LARGEST_SHARED.keys()
