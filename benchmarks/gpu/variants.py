"""Other ways to launch the kernel of the pixels, side by side: are they right, how fast, and what was compiled.

    python -m benchmarks.gpu.variants                     # on a machine with a GPU: at most ten minutes
    python -m benchmarks.gpu.variants --networks DisK     # without one: compiled for an H200, and an estimate

A variant changes the built-in launch: how many independent tiles a warp has under way, whether the loads of the next
tile are issued early, whether a word's pixels are drawn side by side. First every variant's picture is compared with
float64 where there is a GPU; a wrong one is not timed. Then the pixels of 12 megapixels are timed. Every row has the
counts of offline.py and the estimate of estimate.py, and all rows are written to results/variants_<device>_<date>.json.
Without a GPU nothing is measured, which the rows say, and the compilation takes half an hour of a core.
"""

import os

os.environ["TRITON_INTERPRET"] = "0"  # Triton reads it at import

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from datetime import date
from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.common import checkout  # noqa: F401  # before what imports fastrti
from benchmarks.common.machine import slug
from benchmarks.common.subjects import DECODERS, LIGHT, random_object
from benchmarks.gpu.bounds import CHIPS, WARP
from benchmarks.gpu.correctness import drawn_errors
from benchmarks.gpu.estimate import calibration, estimate
from benchmarks.gpu.offline import SHAPES, Variant, row
from benchmarks.gpu.peers import direction
from benchmarks.gpu.report import SUBJECTS
from benchmarks.gpu.timing import Budget
from fastrti.kernels.reference import relight_reference
from fastrti.kernels.triton.cuda_driver import why_not
from fastrti.kernels.triton.error_bound import Precision
from fastrti.kernels.triton.kernel import TritonKernel
from fastrti.kernels.triton.tuning import Launch, built_in

RESULTS = Path(__file__).parents[1] / "results"
NETWORKS = {name: SUBJECTS[name] for name in ("lc16x16", "disk20", "teacher50", "plain8")}
PRECISIONS: tuple[Precision, ...] = ("fp16 hi/lo", "fp16")
VARIANTS: dict[str, Callable[[Launch], Launch]] = {
    "built in": lambda launch: launch,
    "twice the independent tiles per warp": lambda launch: replace(launch, rows=2 * launch.rows),
    "half the independent tiles per warp": lambda launch: replace(launch, rows=max(16, launch.rows // 2)),
    "loads of the next tile early": lambda launch: replace(launch, stages=2),
    "half the tiles, loads early": lambda launch: replace(launch, rows=max(16, launch.rows // 2), stages=2),
    "the other number of pixels side by side": lambda launch: replace(launch, pixels=3 - launch.pixels),
}
HEADINGS = (
    *("network", "precision", "variant", "registers", "loop spills", "instructions per pixel"),
    *("estimate, Gpx/s", "Gpx/s", "levels off", "no figure because"),
)
LARGE = 12e6
SMALL = (211, 307)
"""Pixels that are timed, and the size of the picture that is compared."""
VARIANT_S = 30.0
"""Seconds a variant takes at most, its compilation included."""

Row = dict[str, Any]


def planned(networks: str) -> Iterator[tuple[str, Precision, str, Launch]]:
    """What is compiled and measured: the subject, precision, variant and launch; none twice."""
    for subject, network in NETWORKS.items():
        for precision in PRECISIONS if network.startswith(networks) else ():
            seen: list[Launch] = []
            for name, change in VARIANTS.items():
                launch = change(built_in(SHAPES[network], precision))
                if launch not in seen:
                    seen.append(launch)
                    yield subject, precision, name, launch


def compiled(subject: str, precision: Precision, name: str, launch: Launch) -> Row:
    """A row of what an H200 would run, and its estimate."""
    network, chip = NETWORKS[subject], CHIPS["H200 SXM"]
    counts = row(Variant("relight_tiles", network, precision), chip.target, launch)
    wanted = ("registers", "spills", "loop_spills", "shared", "instructions", "tensor", "mufu", "pixels", "warps")
    return {
        "network": network,
        "precision": precision,
        "variant": name,
        "launch": asdict(launch),
        **{key: counts[key] for key in wanted},
        "instructions_per_pixel": WARP * counts["instructions"] * counts["warps"] / counts["pixels"],
        "estimate_gpx_per_s": round(estimate(counts, chip, calibration()), 1),
    }


def measured(subject: str, precision: Precision, launch: Launch, device: torch.device) -> Row:
    """The error in levels and, of a right picture, the speed."""
    rng = np.random.default_rng(0)
    small = random_object(DECODERS[subject](rng), SMALL, rng)
    light = direction(LIGHT)
    kernel = TritonKernel(small, precision=precision, device=device)
    kernel.tune(launch)
    levels, differing = drawn_errors(kernel, light, relight_reference(small, light))
    found = {"max_levels": levels, "differing_bytes": differing}
    if precision != "fp16" and levels > 1:  # halves promise no level here
        return found | {"reason": "the picture is wrong"}
    side = isqrt(int(LARGE)) // 4 * 4
    large = TritonKernel(random_object(small.decoder, (side, side), rng), precision=precision, device=device)
    us = large.microseconds(launch)
    if us is None:
        return found | {"reason": "this GPU cannot run it"}
    return found | {"us": us, "gpx_per_s": side**2 / us / 1e3}


def rows(networks: str, budget: Budget, missing: str | None) -> Iterator[Row]:
    """All rows; `missing` says why there is no GPU."""
    for subject, precision, name, launch in planned(networks):
        if missing is not None:
            yield compiled(subject, precision, name, launch) | {"reason": missing}
        elif not budget.allows(VARIANT_S):
            yield {"network": NETWORKS[subject], "precision": precision, "variant": name, "reason": budget.used_up}
        else:
            on_device = measured(subject, precision, launch, torch.device("cuda:0"))
            yield compiled(subject, precision, name, launch) | on_device


def line(each: Row) -> str:
    """A row of the printed table."""
    cells = [each["network"], each["precision"], each["variant"]]
    keys = ("registers", "loop_spills", "instructions_per_pixel", "estimate_gpx_per_s", "gpx_per_s", "max_levels")
    cells += [f"{each[key]:.4g}" if key in each else "–" for key in keys]
    return "| " + " | ".join([*cells, each.get("reason", "")]) + " |"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", default="", help="those whose name starts so")
    parser.add_argument("--seconds", type=float, default=560, help="to stay within on a GPU; default 560")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FOLDER", help="default: benchmarks/results")
    arguments = parser.parse_args()
    missing = why_not()
    device = "no GPU, compiled for an H200" if missing else torch.cuda.get_device_name(0)
    print(f"| {' | '.join(HEADINGS)} |\n|{'---|' * len(HEADINGS)}")
    found = []
    for each in rows(arguments.networks, Budget(arguments.seconds), missing):
        found.append(each)
        print(line(each), flush=True)
    target = arguments.results / f"variants_{slug(device)}_{date.today()}.json"
    target.write_text(json.dumps({"device": device, "rows": found}, indent=1, ensure_ascii=False) + "\n")
    print(f"\nWritten to {target}")


if __name__ == "__main__":
    main()
