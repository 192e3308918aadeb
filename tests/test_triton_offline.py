"""The Triton kernel compiled for GPUs this machine does not have: no spill, no stack frame, tensor cores in use."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("triton", reason="Triton is published for Linux only")

LARGEST_SHARED = {80: 163 * 1024, 90: 227 * 1024, 120: 99 * 1024}  # bytes a program: CUDA programming guide, table 30


@pytest.mark.parametrize(
    "capability", [90, pytest.param(80, marks=pytest.mark.deep), pytest.param(120, marks=pytest.mark.deep)]
)
def test_every_variant_compiles_without_spills(capability, tmp_path):
    script = Path(__file__).with_name("offline_compile.py")
    environment = os.environ | {"TRITON_INTERPRET": "0", "TRITON_CACHE_DIR": str(tmp_path)}
    run = subprocess.run([sys.executable, script, str(capability)], env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(rows) == 33
    for row in rows:
        assert row["spills"] == row["stack"] == 0, row
        assert row["shared"] <= LARGEST_SHARED[capability], row
        assert (row["tensor"] == 0) == (row["precision"] == "fp32"), row
        if row["variant"].startswith("default") and row["precision"] != "fp32":
            assert (row["wide"] > 0) == row["ALIGNED"], row
