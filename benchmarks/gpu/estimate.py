"""How fast a variant of the kernel should be on an H200: from its compiled code, and two constants fitted to a run.

A warp that draws a turn of the loop takes T = a·N + c clocks, for its N instructions: a clocks for each, and c for what
it waits for once a turn. A scheduler has w warps, as many as the registers allow. So it draws w·P/T pixels per clock,
P pixels per warp and turn, and never more than the bound of `bounds.py`.

`calibration` fits a and c to the rows of a results file by least squares of the relative error of a picture's time.
`python -m benchmarks.gpu.estimate` prints the fit beside the measurements.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.gpu.bounds import CHIPS, SCHEDULERS, WARP, Chip, Row, bound, row_of

MEASURED = Path(__file__).parents[1] / "results" / "relight_gpu_nvidia-h200_2026-11-27.json"
CONTENDERS = {"fastrti, CUDA graph": "fp16 hi/lo", "fastrti, CUDA graph, fp16": "fp16"}
"""The measured contenders that launch little else than the pixels, and their precision."""
MEGAPIXELS = 12
REGISTERS, MOST_WARPS, STEP = 65536, 64, 8
"""Of a multiprocessor; registers of a thread are given in steps."""


@dataclass(frozen=True)
class Fit:
    """Clocks of a warp: of an instruction, and of a turn beside them."""

    instruction: float
    turn: float


def resident(row: Row) -> int:
    """Warps that a multiprocessor holds."""
    registers = -(-row["registers"] // STEP) * STEP
    programs = min(REGISTERS // (registers * WARP * row["warps"]), MOST_WARPS // row["warps"])
    return int(programs * row["warps"])


def estimate(row: Row, chip: Chip, fit: Fit) -> float:
    """Gigapixels a second."""
    rate = _pixels_per_clock(row, chip) / (fit.instruction * row["instructions"] + fit.turn)
    return min(rate, bound(row, chip)[0])


def _pixels_per_clock(row: Row, chip: Chip) -> float:
    """Gigapixels a second if a turn took one clock."""
    return chip.multiprocessors * chip.clock_ghz * resident(row) * row["pixels"] / row["warps"]


def measured() -> list[tuple[Row, float]]:
    """The compiled rows that were measured, and their gigapixels a second."""
    found = []
    for each in json.loads(MEASURED.read_text())["speed"]:
        if each["contender"] in CONTENDERS and each["megapixels"] == MEGAPIXELS and "us" in each:
            row = row_of(each["network"], CONTENDERS[each["contender"]], CHIPS["H200 SXM"].target)
            found.append((row, each["gpx_per_s"]))
    return found


def calibration() -> Fit:
    """The constants that fit all measured rows best, each row with the same weight."""
    rows, speeds = zip(*measured())
    scale = np.array(speeds) / [_pixels_per_clock(row, CHIPS["H200 SXM"]) for row in rows]
    design = np.array([(row["instructions"], 1.0) for row in rows]) * scale[:, None]
    instruction, turn = np.linalg.lstsq(design, np.ones(len(rows)), rcond=None)[0]
    return Fit(float(instruction), float(turn))


if __name__ == "__main__":
    fitted = calibration()
    print(f"{fitted.instruction:.2f} clocks per instruction, {fitted.turn:.0f} clocks per turn\n")
    print("| network | precision | warps per scheduler | measured, Gpx/s | fitted |\n|---|---|---|---|---|")
    for each, speed in measured():
        name, warps = f"{each['network']} | {each['precision']}", resident(each) / SCHEDULERS
        print(f"| {name} | {warps:.2f} | {speed:.1f} | {estimate(each, CHIPS['H200 SXM'], fitted):.1f} |")
