"""Fixtures of all tests; where the Triton kernel runs; what a run cost, beside what else the machine did."""

import importlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from viewer.browser import Browser, chromium_programs

# Triton reads it at import: kernels are interpreted on CPU tensors, so that their mathematics is tested without a GPU.
# `make test-gpu` sets it to 0.
os.environ.setdefault("TRITON_INTERPRET", "1")

STARTED = time.perf_counter()

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


def pytest_configure(config: pytest.Config) -> None:
    """A run that is meant for a GPU ends where there is none: skipped tests would look like success."""
    if os.environ["TRITON_INTERPRET"] == "0":
        from fastrti.kernels.backends import BACKENDS

        reason = BACKENDS["triton"].why_not()
        if reason is not None:
            pytest.exit(f"expected a GPU for these tests, got a machine where triton cannot run: {reason}", 1)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Wall time beside CPU time: a run of few seconds of CPU for each second of wall time was slowed by other work."""
    wall, cpu = time.perf_counter() - STARTED, sum(os.times()[:4])
    load = f", load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores" if hasattr(os, "getloadavg") else ""
    terminalreporter.write_line(f"{wall:.0f} s on the clock, {cpu:.0f} s of CPU ({cpu / wall:.0%} of a core{load})")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real collections and files, beside the checkout of the developers only: their licences forbid shipping them."""
    data = SHARED / "data"
    if not data.is_dir():
        pytest.skip("needs the developers' collection of real photographs, which cannot be shipped")
    return data


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium, or a skip where there is none."""
    programs = chromium_programs()
    if programs is None:
        pytest.skip("needs chromium and chromedriver (Debian: apt install chromium chromium-driver)")
    with Browser(*programs) as window:
        yield window


@pytest.fixture
def benchmark_module(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """Imports a module of benchmarks/, which is not installed: "cpu.speed"."""
    monkeypatch.syspath_prepend(str(ROOT))
    return lambda name: importlib.import_module(f"benchmarks.{name}")
