"""Fits a 12-megapixel collection of 49 photographs and, for comparison, a megapixel cut out of it.

    python benchmarks/large_fit.py FOLDER [--size 4000x3000] [--preset default] [--student lc16x16]

FOLDER is rendered if it is not there (12 megapixels: 240 MB of JPEG). Each fit is a process of its own, whose seconds
(reading the photographs apart) and peak memory are printed; then the PSNR at the Test lights: of the whole, of the
crop of it, and of the crop's own fit.
"""

import argparse
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from large_picture import peak_bytes
from machine import CORES, load
from numpy.typing import NDArray

from fastrti import Mlic, Renderer, fit
from fastrti.metrics import psnr
from fastrti.synth import render_collection

PARTS = ("whole", "crop")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", default="4000x3000", metavar="WIDTHxHEIGHT")
    parser.add_argument("--preset", default="default")
    parser.add_argument("--student", default="lc16x16")
    parser.add_argument("--planes", type=int, default=9)
    parser.add_argument("--steps", type=int, help="instead of the preset's")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=PARTS, help="do this fit in this process")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    if not (options.folder / "Dome").exists():
        render_collection(options.folder, width, height)
    if options.only:
        settings = {name: vars(options)[name] for name in ("student", "planes", "preset", "steps", "seed")}
        print(json.dumps(fit_one(options.folder, options.only, settings)))
        return
    print(f"{options.size}, {CORES} cores, load {load()}")
    for part in PARTS:
        command = [sys.executable, __file__, *sys.argv[1:], "--only", part]
        said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(f"{part}: {said}", flush=True)
    test = Mlic.load(options.folder / "Test")
    top, left, rows, columns = crop_of(test.height, test.width)
    inside = (slice(None), slice(top, top + rows), slice(left, left + columns))
    whole, crop = (_pictures(options.folder / part, test) for part in PARTS)
    for name, pictures, photographs in (
        ("whole", whole, test.photographs),
        ("the crop of the whole", whole[inside], test.photographs[inside]),
        ("the crop's own fit", crop, test.photographs[inside]),
    ):
        print(f"{name}: {np.mean([psnr(*pair) for pair in zip(pictures, photographs)]):.2f} dB on test photographs")


def _pictures(folder: Path, test: Mlic) -> NDArray[np.uint8]:  # (L, H, W, 3)
    renderer = Renderer(folder)
    return np.stack([renderer.relight(light) for light in test.lights])


def crop_of(height: int, width: int) -> tuple[int, int, int, int]:
    """Top, left, height and width of a central piece with a twelfth of the pixels."""
    rows, columns = round(height / 12**0.5), round(width / 12**0.5)
    return (height - rows) // 2, (width - columns) // 2, rows, columns


def fit_one(folder: Path, part: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Fits, saves to folder/part and says what it took."""
    started = time.perf_counter()
    mlic = Mlic.load(folder / "Dome")
    if part == "crop":
        top, left, rows, columns = crop_of(mlic.height, mlic.width)
        piece = (slice(None), slice(top, top + rows), slice(left, left + columns))
        mlic = replace(mlic, photographs=mlic.photographs[piece].copy())
    read = time.perf_counter()
    fitted = fit(mlic, progress=False, **settings)
    done = time.perf_counter()
    fitted.save(folder / part)
    peak = peak_bytes()
    return {
        "megapixels": round(mlic.height * mlic.width / 1e6, 2),
        "seconds_reading": round(read - started, 1),
        "seconds_fitting": round(done - read, 1),
        "peak_gib": None if peak is None else round(peak / 2**30, 2),
        "psnr_of_photographs": fitted.training["psnr"],
    }


if __name__ == "__main__":
    main()
