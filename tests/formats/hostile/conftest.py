"""What the tests of damaged and malicious objects share; the helpers are in `hostile`."""

import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from objects import relightable

from fastrti import save


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    """Recorded, not raised: a warning raised inside Pillow would be caught with its errors."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    assert not [str(warning.message) for warning in caught]


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A saved object of the kind the test is parametrised with, PTM by default."""
    target = tmp_path / "object"
    saved = relightable(getattr(request, "param", "ptm-base"), masked=True)
    saved = replace(saved, lights=np.eye(3))
    saved = replace(saved, title="vase")
    saved = replace(saved, mm_per_pixel=0.5)
    saved = replace(saved, training={"seed": 1})
    save(saved, target)
    return target
