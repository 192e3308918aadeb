"""The Triton kernels compiled for GPUs this machine does not have: what they cost is what the table says."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

triton = pytest.importorskip("triton", reason="Triton is published for Linux only")

SCRIPT = Path(__file__).parents[2] / "support" / "offline_compile.py"
TABLE = Path(__file__).parents[3] / "benchmarks" / "results" / "triton_offline.json"
RECORDED = json.loads(TABLE.read_text())
REGENERATE = f"if that is meant, run `python tests/{SCRIPT.name} --record` and look at what changes in {TABLE.name}"

# Bytes a program: CUDA programming guide, table 30; gfx942's local data share.
LARGEST_SHARED = dict.fromkeys(("sm_86", "sm_89", "sm_120"), 99 * 1024) | {
    "sm_80": 163 * 1024,
    "sm_90": 227 * 1024,
    "sm_100": 227 * 1024,
    "gfx942": 64 * 1024,
}


def variant(row):
    return tuple(row[name] for name in ("kernel", "network", "precision", "channels", "masked", "target"))


@pytest.mark.parametrize(
    "arguments", [("sm_90", "--only", "default"), pytest.param((), marks=pytest.mark.deep)], ids=["default", "all"]
)
def test_the_kernels_cost_what_the_table_says(arguments, tmp_path):
    if triton.__version__ != RECORDED["triton"]:
        pytest.skip(f"recorded with Triton {RECORDED['triton']}, this is {triton.__version__}: {REGENERATE}")
    environment = os.environ | {"TRITON_CACHE_DIR": str(tmp_path), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, SCRIPT, *arguments]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert run.returncode == 0, run.stderr
    measured = {variant(row): row for row in map(json.loads, run.stdout.splitlines())}
    assert measured
    recorded = {variant(row): row for row in RECORDED["rows"]}
    wanted = recorded.keys() if not arguments else measured.keys()
    changed = [
        f"{recorded.get(key)}\n→ {measured.get(key)}" for key in wanted if recorded.get(key) != measured.get(key)
    ]
    assert not changed, "\n".join(
        [f"{len(changed)} variants cost something else than recorded; {REGENERATE}", *changed]
    )


def test_no_variant_spills_or_asks_for_more_than_its_target_has():
    assert {row["target"] for row in RECORDED["rows"]} == LARGEST_SHARED.keys()
    for row in RECORDED["rows"]:
        assert row["spills"] == row["stack"] == 0, row
        assert row["shared"] <= LARGEST_SHARED[row["target"]], row


def test_every_variant_uses_matrix_units_and_wide_loads():
    for row in RECORDED["rows"]:
        if row["kernel"] == "relight_tiles":
            if row["target"] != "gfx942":  # where eight columns alone are summed by dot products
                assert (row["tensor"] > 0) == (row["precision"] != "fp32"), row
            assert "8" not in row["loads"], row
            assert (row["mufu"] > 0) or " elu" not in row["network"], row
