"""How fast the CPU renderer is beside its peers and beside what the machine can do at most; all in one run.

    python -m benchmarks.cpu.speed [--groups TEXT …] [--without TEXT …] [--results FOLDER]

The contenders of a group take turns (sweeps.py). Groups: each network of subjects.py with one thread and with all
cores; the calls of a viewer; a large picture. Writes FOLDER/cpu_<processor>_<date>.json: device, cores, versions,
commit, load, and in each group a row a contender; one that cannot run here has a row that says why. report.py turns it
into tables.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from itertools import cycle
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.common import machine
from benchmarks.common.subjects import DECODERS, LIGHT, subject
from benchmarks.cpu.contenders import CONTENDERS, Factory, fused, what_runs
from benchmarks.cpu.sweeps import Contender, timed
from fastrti import Renderer, save
from fastrti.errors import BackendError
from fastrti.lights import light_from_angles
from fastrti.objects.relightable import Relightable

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "results"

STUDENT = "lc16x16"
"""The default student: the object of the groups about calls and sizes."""

REGION = (0, 0, 64, 64)
BATCH = 8
NEW_LIGHTS = [light_from_angles(azimuth, 45) for azimuth in range(360)]

TILE = 512
"""Pixels of a side of the object that the large picture is tiled from."""

Group = dict[str, Any]
Row = dict[str, Any]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", nargs="+", default=[""], metavar="TEXT", help="only those whose name has a TEXT")
    parser.add_argument("--without", nargs="+", default=[], metavar="TEXT", help="no contender whose name has a TEXT")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FOLDER")
    arguments = parser.parse_args()
    contenders = {
        name: make for name, make in CONTENDERS.items() if not any(text in name for text in arguments.without)
    }
    report = machine.description()
    report["groups"] = []
    arguments.results.mkdir(parents=True, exist_ok=True)
    target = arguments.results / f"cpu_{machine.slug(report['device'])}_{report['date']}.json"
    for name, group in _groups(contenders).items():
        if any(text in name for text in arguments.groups):
            report["groups"].append(_run(name, group))
            report["load_average"]["after"] = machine.load()
            target.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"Written to {target}")


def _groups(contenders: Mapping[str, Factory]) -> dict[str, Callable[[], Group]]:
    groups: dict[str, Callable[[], Group]] = {
        f"{network}, {machine.count(threads, 'thread')}": partial(network_group, network, threads, contenders)
        for network in DECODERS
        for threads in sorted({1, machine.CORES})
    }
    return groups | {"calls, 1 thread": call_group, "sizes, 1 thread": size_group}


def _run(name: str, group: Callable[[], Group]) -> Group:
    print(name, end=" … ", flush=True)
    start = perf_counter()
    done = {"group": name, **group()}
    print(f"{perf_counter() - start:.0f} s", flush=True)
    return done


def network_group(name: str, threads: int, contenders: Mapping[str, Factory]) -> Group:
    """One network, one picture, every contender; with several threads, fastrti with one thread too."""
    torch.set_num_threads(threads)
    relightable = subject(name).relightable
    network = relightable.frame_network(LIGHT)
    makers = {title: partial(make, relightable, threads) for title, make in contenders.items()}
    if threads > 1:
        makers["fastrti, 1 thread"] = partial(fused, relightable, 1)
    return {
        "network": relightable.decoder.label,
        "multiply_adds": network.multiply_adds,
        "hidden": network.hidden,
        "threads": threads,
        "rows": measured_rows(makers, subject(name).reference),
    }


def call_group() -> Group:
    """The calls of a viewer: whole pictures, a region under the same light and under new ones, a batch."""
    relightable = subject(STUDENT).relightable
    renderer = Renderer(relightable, backend="cpu", threads=1)
    pixels = relightable.height * relightable.width
    out = np.empty((BATCH, relightable.height, relightable.width, 3), np.uint8)
    corner = np.empty((*REGION[2:], 3), np.uint8)
    lights, batch = cycle(NEW_LIGHTS), NEW_LIGHTS[::45]
    runs = what_runs(renderer)
    makers = {
        "whole picture": lambda: Contender(lambda: renderer.relight(LIGHT, out=out[0]), pixels, runs),
        "whole picture, new memory": lambda: Contender(lambda: renderer.relight(LIGHT), pixels, runs),
        f"batch of {BATCH} lights": lambda: Contender(
            lambda: renderer.relight_batch(batch, out=out), BATCH * pixels, runs
        ),
        "64×64 region, same light": lambda: Contender(
            lambda: renderer.relight(LIGHT, out=corner, region=REGION), corner.size // 3, runs
        ),
        "64×64 region, new light": lambda: Contender(
            lambda: renderer.relight(next(lights), out=corner, region=REGION), corner.size // 3, runs
        ),
    }
    rows = measured_rows(makers, subject(STUDENT).reference)
    return {"network": relightable.decoder.label, "threads": 1, "rows": rows}


def size_group() -> Group:
    """A picture of 24 times the pixels beside the usual one, in a process of its own that tells its peak memory."""
    relightable = subject(STUDENT).relightable
    planes = relightable.planes[:, :TILE, :TILE]
    with tempfile.TemporaryDirectory() as folder:
        save(Relightable(planes, relightable.minimum, relightable.maximum, relightable.decoder), folder)
        command = [sys.executable, "-m", "benchmarks.cpu.large_picture", folder, str(relightable.height)]
        done = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    measured: Group = json.loads(done.stdout)
    return {"network": relightable.decoder.label, "threads": 1, **measured}


def measured_rows(makers: Mapping[str, Callable[[], Contender]], reference: NDArray[np.uint8]) -> list[Row]:
    """A row each, in their order: measured, or with the reason `not_run`.

    Args:
        makers: by name, what prepares a contender; it raises where that cannot run here.
        reference: the exact picture, (H, W, 3) uint8; a contender that draws one of this size has its error measured.
    """
    ready, rows = {}, {}
    for title, make in makers.items():
        try:
            ready[title] = make()
            rows[title] = _error(ready[title].draw(), reference)  # also the first touch of its memory
        except ModuleNotFoundError as error:
            rows[title] = {"not_run": f"{error.name} is not installed"}
        except (BackendError, NotImplementedError) as error:
            rows[title] = {"not_run": str(error)}
        except Exception as error:  # of another library: its row says so, the others are measured all the same
            ready.pop(title, None)
            first_line = (str(error).strip().splitlines() or [""])[0]
            rows[title] = {"not_run": f"failed: {type(error).__name__}: {first_line}"}
    measured = timed(ready)
    return [{"contender": title, **measured.get(title, {}), **row} for title, row in rows.items()]


def _error(picture: object, reference: NDArray[np.uint8]) -> Row:
    """The largest difference in levels, and how many bytes in a million differ; of a whole picture."""
    if not isinstance(picture, np.ndarray) or picture.shape != reference.shape:
        return {}
    difference = np.maximum(picture, reference) - np.minimum(picture, reference)
    return {"max_levels": int(difference.max()), "differ_per_million": round(1e6 * float(np.mean(difference > 0)), 1)}


if __name__ == "__main__":
    main()
