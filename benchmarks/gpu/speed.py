"""How fast one light is drawn on this machine's GPU, beside the same network as others would run it.

    python -m benchmarks.gpu.speed            # from a checkout; fastrti need not be installed, torch and Triton must be

`pip install cupy-cuda12x` adds the hand-written CUDA kernel to the contenders.

Correctness first: every kind of decoder and precision on fresh random numbers against float64; a wrong picture ends
the run before anything is timed. Then microseconds a picture and gigapixels a second of every contender, error beside
speed, and for fastrti the share of its bound (bounds.py) with the copy bandwidth and matrix rate measured in the
same run; and what surrounds the pixels (calls.py).

What the newest run in results/ had no time for comes first. Everything is kept in
results/relight_gpu_<device>_<date>.json. A contender that cannot run, or for which --seconds no longer suffice, is a
row with its reason. Without a GPU the whole path is rehearsed under Triton's interpreter on small pictures:
TRITON_INTERPRET=1 python -m benchmarks.gpu.speed --megapixels 0.002. Its times mean nothing.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from itertools import product
from math import isqrt
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from benchmarks.common import checkout  # noqa: F401  # before what imports fastrti
from benchmarks.common.machine import slug
from benchmarks.common.reports import newest, read_report
from benchmarks.common.subjects import DECODERS, LIGHT, random_object
from benchmarks.gpu.bounds import CHIPS, Chip, bound, row_of
from benchmarks.gpu.calls import calls
from benchmarks.gpu.correctness import correctness, errors
from benchmarks.gpu.device import description
from benchmarks.gpu.peers import CONTENDERS, FUSED_GRAPH, OURS, Stage, fused, prepared, stage
from benchmarks.gpu.report import SUBJECTS, tables
from benchmarks.gpu.timing import Budget, copy_gb_per_s, matrix_tflops, sweeps_us
from fastrti.kernels.reference import relight_network
from fastrti.kernels.triton.cuda_driver import why_not
from fastrti.kernels.triton.tile_arithmetic import INTERPRETED

RESULTS = Path(__file__).parents[1] / "results"
COMPILED = tuple(name for name in CONTENDERS if "compile" in name)
QUICK_S, COMPILE_S = 8.0, 60.0
"""Seconds a group of contenders takes, generously: so much must be left of the budget."""
BAND = 32
"""Rows at the top and at the bottom whose bytes are compared: float64 on the host is too slow for all."""

Row = dict[str, Any]


def main() -> int:
    """The command; 1 where a picture is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=540, help="to stay within, compilation included; default 540")
    parser.add_argument("--megapixels", type=float, nargs="+", default=[12, 2, 100], help="the first is the main one")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FOLDER", help="default: benchmarks/results")
    arguments = parser.parse_args()
    reason = None if INTERPRETED.value else why_not()
    if reason is not None:
        parser.error(f"{reason}; TRITON_INTERPRET=1 rehearses this on the CPU")
    before = None if INTERPRETED.value else read_report(newest("relight_gpu"))
    device = torch.device("cpu" if INTERPRETED.value else "cuda:0")
    report = measured(arguments.megapixels, Budget(arguments.seconds), device, before)
    target = arguments.results / f"relight_gpu_{slug(report['device'])}_{report['date']}.json"
    target.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    print(tables(report), f"\nWritten to {target}", sep="\n")
    return 0 if all(row["passed"] for row in report["correctness"]) else 1


def measured(
    megapixels: list[float], budget: Budget, device: torch.device, before: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The report; without figures where a picture is wrong.

    Args:
        megapixels: of the pictures, the main size first.
        budget: of seconds.
        device: where to draw.
        before: the report of the run before. What it had no time for comes first.
    """
    report = description(device)
    report["correctness"] = list(correctness((211, 307) if device.type == "cuda" else (9, 23), device))
    report["speed"], report["calls"] = [], []
    if not all(row["passed"] for row in report["correctness"]):
        return report
    report["copy_gb_per_s"], report["matrix_tflops"] = copy_gb_per_s(device), matrix_tflops(device)
    chip = Chip(
        report["target"],
        report["multiprocessors"],
        report["clock_ghz"],
        report["copy_gb_per_s"],
        report["matrix_tflops"],
    )
    report["calls"] = list(calls(megapixels, device))
    for name, size, contenders in missing_first(groups(megapixels), before):
        report["speed"] += speed(name, size, contenders, chip, budget, device)
    return report


Group = tuple[str, float, tuple[str, ...]]
"""A network's name in SUBJECTS, megapixels, and contenders."""


def missing_first(groups: Iterable[Group], before: dict[str, Any] | None) -> list[Group]:
    """The same groups; those that the run before had no time for come first."""
    late = {
        (row["network"], row["megapixels"], row["contender"])
        for row in (before or {"speed": []})["speed"]
        if "budget" in row.get("reason", "")
    }
    return sorted(groups, key=lambda group: not any((SUBJECTS[group[0]], group[1], name) in late for name in group[2]))


def groups(megapixels: list[float]) -> Iterator[Group]:
    """Network, size and contenders, the most telling first and compilations as late as that allows."""
    quick = tuple(name for name in CONTENDERS if name not in COMPILED)
    default, *others = SUBJECTS
    main_size, *sizes = megapixels
    yield default, main_size, quick
    yield default, main_size, (FUSED_GRAPH, *COMPILED)
    for size in sizes:
        yield default, size, quick
    for name, size in product(others, megapixels):
        yield name, size, quick
    for name in others:
        yield name, main_size, (FUSED_GRAPH, *COMPILED)
    for size in sizes:
        yield default, size, (FUSED_GRAPH, *COMPILED)


def speed(
    name: str, megapixels: float, contenders: tuple[str, ...], chip: Chip, budget: Budget, device: torch.device
) -> list[Row]:
    """A row a contender, all in turns on one object."""
    group = {"network": SUBJECTS[name], "megapixels": megapixels}
    if not budget.allows(COMPILE_S if COMPILED[0] in contenders else QUICK_S):
        return [{**group, "contender": contender, "reason": budget.used_up} for contender in contenders]
    rng = np.random.default_rng()
    side = isqrt(round(megapixels * 1e6)) // 4 * 4  # by_hand.cu draws four pixels a thread
    prepared_stage = stage(random_object(DECODERS[name](rng), (side, side), rng), device)
    found = {contender: prepared(contender, prepared_stage) for contender in contenders}
    draws = {contender: draw for contender, draw in found.items() if not isinstance(draw, str)}
    times = sweeps_us(draws, device)
    rows = []
    for contender, draw in found.items():
        row: Row = {**group, "contender": contender, "side": side}
        if isinstance(draw, str):
            rows.append(row | {"reason": draw})
            continue
        us = median(times[contender])
        row |= {"us": us, "fastest_us": min(times[contender]), "slowest_us": max(times[contender])}
        row |= {"gpx_per_s": side**2 / us / 1e3} | band_errors(draw().cpu(), prepared_stage)
        rows.append(row | (share(row, prepared_stage, chip) if contender in OURS else {}))
    if device.type == "cuda":
        torch.cuda.empty_cache()
    return rows


def band_errors(picture: torch.Tensor, drawn: Stage) -> Row:
    """The error against float64, in the first and last rows."""
    planes = drawn.relightable.planes
    whole = picture.view(*planes.shape[1:], 3).numpy()
    network = drawn.relightable.frame_network(LIGHT)
    bands = (slice(0, BAND), slice(-BAND, None))
    want, got = (
        np.concatenate(parts)
        for parts in zip(*((relight_network(network, planes[:, band]), whole[band]) for band in bands))
    )
    levels, differing = errors(got, want)
    return {"max_levels": levels, "differing_bytes": differing}


def share(row: Row, drawn: Stage, chip: Chip) -> Row:
    """The bound of the kernel that drew, and how much of it was reached."""
    precision = OURS[row["contender"]]
    if precision == "auto":
        fused(drawn)()  # so that the bounds are this frame's, whoever was measured
        precision = drawn.kernel.precision if drawn.kernel.bounds()[0] < 1 else "fp32"
    if chip.target not in {known.target for known in CHIPS.values()}:
        return {"precision": precision, "bound_gpx_per_s": None, "bound_by": f"no table for {chip.target}"}
    value, unit = bound(row_of(row["network"], precision, chip.target), chip)
    return {"precision": precision, "bound_gpx_per_s": value, "bound_by": unit, "share": row["gpx_per_s"] / value}


if __name__ == "__main__":
    sys.exit(main())
