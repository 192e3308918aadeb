"""`fastrti view`: the command; tests/sharing/local/ has its server."""

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from objects import relightable

from fastrti import save


@pytest.fixture
def vase(tmp_path: Path) -> str:
    save(relightable("ptm", 7, 9), tmp_path / "vase")
    return str(tmp_path / "vase")


# Background jobs of a shell inherit an ignored SIGINT, and Python then leaves it ignored.
INTERRUPTIBLE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from fastrti.cli import main
sys.exit(main())
"""


def test_view_serves_until_it_is_interrupted(vase: str) -> None:
    command = [sys.executable, "-c", INTERRUPTIBLE, "view", vase, "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address, *_ = process.stdout.readline().split()
        with urllib.request.urlopen(f"{address}object/info.json", timeout=20) as answer:
            body = answer.read()
        assert json.loads(body)["width"] == 9
        process.send_signal(signal.SIGINT)
        try:
            assert process.communicate(timeout=60)[1] == ""
        finally:
            process.kill()
    assert process.returncode == 0
