"""What a result must say about the machine it was measured on."""

import subprocess
from datetime import date
from typing import Any

import numpy as np
import torch
import triton

from benchmarks.common.machine import commit


def description(device: torch.device) -> dict[str, Any]:
    """Device, its compile target, multiprocessors and clock, driver, versions, commit and date."""
    found = _gpu(device) if device.type == "cuda" else _rehearsal()
    versions = {name: module.__version__ for name, module in {"numpy": np, "torch": torch, "triton": triton}.items()}
    versions["cuda"] = torch.version.cuda
    return {**found, "date": date.today().isoformat(), "commit": commit(), "versions": versions}


def _gpu(device: torch.device) -> dict[str, Any]:
    properties = torch.cuda.get_device_properties(device)
    driver, clock_mhz = _nvidia_smi("driver_version", "clocks.max.sm")
    return {
        "device": properties.name,
        "target": f"sm_{properties.major}{properties.minor}",
        "multiprocessors": properties.multi_processor_count,
        "clock_ghz": float(clock_mhz) / 1e3,
        "driver": driver,
    }


def _rehearsal() -> dict[str, Any]:
    """Numbers of an H200, so that every formula is evaluated; the device's name says that nothing was measured."""
    name = "rehearsal without a GPU"
    return {"device": name, "target": "sm_90", "multiprocessors": 132, "clock_ghz": 1.98, "driver": None}


def _nvidia_smi(*fields: str) -> list[str]:
    command = ["nvidia-smi", f"--query-gpu={','.join(fields)}", "--format=csv,noheader,nounits"]
    first, *_ = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [value.strip() for value in first.split(",")]
