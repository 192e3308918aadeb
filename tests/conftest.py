"""Fixtures of all tests; the Triton kernel runs in Triton's interpreter unless a GPU run asks otherwise."""

import os
from pathlib import Path

import pytest

# Triton reads it at import: kernels are interpreted on CPU tensors, so that their mathematics is tested without a GPU.
os.environ.setdefault("TRITON_INTERPRET", "1")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real collections and files, beside the checkout of the developers only: their licences forbid shipping them."""
    data = SHARED / "data"
    if not data.is_dir():
        pytest.skip("needs the developers' collection of real photographs, which cannot be shipped")
    return data
