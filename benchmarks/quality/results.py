"""What scores.py measured, in one CSV file per collection."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.common.rows import append_row, read_rows
from benchmarks.quality.scenes import COLLECTIONS

RESULTS = Path(__file__).parents[1] / "results" / "quality"


@dataclass(frozen=True)
class Result:
    """One method on one scene with one seed: a row.

    Attributes:
        scene, method, seed: what was measured.
        psnr, ssim, ciede2000: means over the scored photographs; dB, 0 to 1, ΔE.
        bytes_per_pixel: stored.
        multiply_adds: per pixel and light.
        training_seconds: from photographs in memory to the method's planes or weights.
        light_names, light_elevations: of the scored photographs; degrees above the horizon.
        light_psnrs, light_ssims, light_ciede2000s: the scores of each.
        fit: what the fit says of itself.
        height, width: of the photographs, in pixels.
        photographs: how many were fitted.
        machine, threads, load, torch: what it was measured with.
    """

    scene: str
    method: str
    seed: int
    psnr: float
    ssim: float
    ciede2000: float
    bytes_per_pixel: int
    multiply_adds: int
    training_seconds: float
    light_names: list[str]
    light_elevations: list[float]
    light_psnrs: list[float]
    light_ssims: list[float]
    light_ciede2000s: list[float]
    fit: dict[str, Any]
    height: int
    width: int
    photographs: int
    machine: str
    threads: int
    load: float
    torch: str


def read_results(folder: Path = RESULTS) -> list[Result]:
    """Everything a folder holds."""
    return [result for file in sorted(folder.glob("*.csv")) for result in read_rows(file, Result)]


def keep(result: Result, folder: Path = RESULTS) -> None:
    """Adds a result to its collection's file."""
    first = result.scene.partition("/")[0]
    name = COLLECTIONS.get(first, first).lower().replace(" ", "_")
    append_row(folder / f"{name}.csv", result)
