"""An object, and the server that `fastrti view` starts for it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from local_servers import serving
from objects import relightable

from fastrti import save
from fastrti.sharing.local_server import LocalServer


@pytest.fixture
def vase(tmp_path: Path) -> Path:
    save(replace(relightable("ptm", 7, 9), title="Vase"), tmp_path / "vase")
    (tmp_path / "secret").write_text("secret")
    return tmp_path / "vase"


@pytest.fixture
def server(vase: Path, tmp_path: Path) -> Iterator[LocalServer]:
    with serving(vase, tmp_path / "own") as server:
        yield server
