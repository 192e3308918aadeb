"""Every reader against damaged inputs: the saved ones always, new ones in `make test-deep`.

`FASTRTI_FUZZ_SECONDS=120 python -m pytest tests/fuzz -m deep` attacks each reader for two minutes.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz.choices import Choices, changed_json
from fuzz.run import attack, saved_inputs
from fuzz.targets import TARGETS

SECONDS = os.environ.get("FASTRTI_FUZZ_SECONDS", "20")

every_target = pytest.mark.parametrize("name", TARGETS)


@every_target
def test_saved_inputs_are_read_or_refused(name, tmp_path, shared_folder):
    if name == "checkpoint":
        pytest.importorskip("torch")
    folder = shared_folder / "input"
    folder.mkdir(exist_ok=True)
    inputs = saved_inputs(name)
    assert inputs[0] == b"" and attack(name, b"", folder), "the whole file is read"
    outcomes = {attack(name, data, folder) for data in inputs}
    assert outcomes == {True, False} or name == "tuning"


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the targets keep their whole files."""
    return tmp_path_factory.mktemp("fuzz")


def test_choices_never_end():
    assert [Choices(b"").below(7), Choices(b"\xff").below(7), Choices(b"\1").raw(3)] == [0, 3, b"\1\0\0"]
    assert changed_json(Choices(b""), {"a": [1]}) == {"a": [1]}


@every_target
@pytest.mark.deep
def test_new_inputs_are_read_or_refused(name, tmp_path):
    run = Path(__file__).with_name("run.py")
    command = [sys.executable, "-W", "error", str(run), name, "--seconds", SECONDS, "--failures", str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"TMPDIR": str(tmp_path)})
    assert ran.returncode == 0 and "saved inputs pass" in ran.stdout, ran.stdout + ran.stderr[-2000:]
