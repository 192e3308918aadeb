"""A large capture: time and memory of `fastrti lights` and `fastrti check` on 49 photographs of 12 megapixels."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.common.commands import used_by
from benchmarks.common.markdown import table
from fastrti.synth import Settings, write_capture

TEXT = """## Large captures

Time and memory of the commands on the machine that measured all of this, with two cores. The load is that of other
programs beside them: at a load of 2 a command has about half of the machine."""

SEEDS = {"lights": range(1), "check": range(1)}
SETTINGS = Settings(
    4000, 3000, lights=49, tablet=0.6, spheres=((400.0, 2600.0, 200.0), (3600.0, 400.0, 220.0)), clutter=6, noise=0.003
)
_COMMANDS = {"lights": ["lights", "{folder}", "-o", "{folder}/found.lp"], "check": ["check", "{folder}"]}


def measure(case: str, seed: int, data: Path | None = None) -> dict[str, Any]:
    """Seconds of the clock and of all cores, GiB of memory at most, and the load of the machine beside it."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "capture"
        write_capture(folder, SETTINGS)
        if case == "lights":
            (folder / "dirs.lp").unlink()
        return measured([part.format(folder=folder) for part in _COMMANDS[case]])


def measured(arguments: list[str]) -> dict[str, Any]:
    """What a command of fastrti takes."""
    load = os.getloadavg()[0]
    used = used_by(*arguments)
    if used.exit_code not in (0, 1):
        raise SystemExit(f"expected fastrti {arguments[0]} to end well, got the exit code {used.exit_code}")
    return {
        "seconds": round(used.seconds, 1),
        "cpu_seconds": round(used.cpu_seconds, 1),
        "gib": round(used.peak_bytes / 2**30, 2),
        "cores": os.cpu_count(),
        "load": round(load, 1),
    }


def section(rows: Sequence[Any]) -> str:
    """A row a command."""
    columns = {
        "seconds": "seconds",
        "cpu_seconds": "seconds of all cores",
        "gib": "GiB of memory",
        "load": "load beside it",
    }
    lines = [[f"`fastrti {row.case}`", *(f"{row.numbers[name]:g}" for name in columns)] for row in rows]
    return table(["49 photographs of 12 megapixels", *columns.values()], lines)
