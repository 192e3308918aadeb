"""Fixtures of all tests; the Triton kernel runs in Triton's interpreter unless a GPU run asks otherwise."""

import importlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from viewer.browser import Browser, chromium_programs

# Triton reads it at import: kernels are interpreted on CPU tensors, so that their mathematics is tested without a GPU.
os.environ.setdefault("TRITON_INTERPRET", "1")

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


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
