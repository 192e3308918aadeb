"""Hooks of pytest-benchmark: what a run says about the machine, and which tables it prints."""

import os
from importlib.metadata import version
from typing import Any

from bench_relight import CORES

PACKAGES = ("fastrti", "numpy", "torch", "onnxruntime")
LOAD_BEFORE = os.getloadavg()[0]


def pytest_benchmark_update_machine_info(machine_info: dict[str, Any]) -> None:
    """Adds the cores this process may use, versions, and the load average; after the run it includes our threads."""
    machine_info["cores"] = CORES
    machine_info["versions"] = {name: version(name) for name in PACKAGES}
    machine_info["load_average"] = {"before": LOAD_BEFORE, "after": os.getloadavg()[0]}


def pytest_benchmark_group_stats() -> list[Any]:
    """No table: a row a sweep is not what a reader wants, `report.py` prints one of the medians."""
    return []
