"""Fits a 12-megapixel collection of 49 photographs and, for comparison, two megapixels cut out of it.

    python -m benchmarks.quality.large_fit FOLDER [--size 4000x3000] [--preset default] [--experts auto]

FOLDER is rendered if it is not there (12 megapixels: 240 MB of JPEG). Its eight stripes of materials run from top to
bottom, so of the two pieces the square shows some of them and the strip, as wide as the picture, shows all. Each fit is
a process of its own, whose seconds (reading the photographs apart) and peak memory are printed; then the PSNR at the
Test lights: of the whole, and on each piece that of the whole's fit and of the piece's own. Where the whole has several
experts, the steps across their borders are compared with those of the photographs, see `benchmarks.quality.experts`,
and FOLDER/worst.png shows the place where they exceed those most.
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
from numpy.typing import NDArray
from PIL import Image

from benchmarks.common.machine import CORES, peak_bytes
from benchmarks.common.machine import load as busy
from benchmarks.quality.experts import steps_across, worst_place
from fastrti import Mlic, Renderer, fit, load, save
from fastrti.scoring.metrics import psnr
from fastrti.synth import render_collection

PARTS = {"whole": (1.0, 1.0), "square": (12**-0.5, 12**-0.5), "strip": (1 / 12, 1.0)}
"""What is fitted: its shares of the picture's height and width."""

Piece = tuple[slice, slice, slice]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--size", default="4000x3000", metavar="WIDTHxHEIGHT")
    parser.add_argument("--preset", default="default")
    parser.add_argument("--experts", type=lambda text: text if text == "auto" else int(text), default="auto")
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
        settings = {name: vars(options)[name] for name in ("student", "planes", "preset", "experts", "steps", "seed")}
        print(json.dumps(fit_one(options.folder, options.only, settings)))
        return
    print(f"{options.size}, {CORES} cores, load {busy()}")
    for part in PARTS:
        command = [sys.executable, "-m", "benchmarks.quality.large_fit", *sys.argv[1:], "--only", part]
        said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        print(f"{part}: {said}", flush=True)
    test = Mlic.load(options.folder / "Test")
    whole = _pictures(options.folder / "whole", test)
    print(f"the whole: {_mean_psnr(whole, test.photographs):.2f} dB on test photographs")
    labels = load(options.folder / "whole").labels
    if labels is not None:
        excess = steps_across(whole, labels) / steps_across(test.photographs, labels) - 1
        print(f"steps across borders of experts, compared with those of the photographs: {100 * excess:+.1f} %")
        Image.fromarray(worst_place(whole, test.photographs, labels)).save(options.folder / "worst.png")
    for part in [part for part in PARTS if part != "whole"]:
        piece = piece_of(part, test.height, test.width)
        own, photographs = _pictures(options.folder / part, test), test.photographs[piece]
        of_whole, of_own = _mean_psnr(whole[piece], photographs), _mean_psnr(own, photographs)
        print(f"the {part}: {of_whole:.2f} dB of the whole's fit, {of_own:.2f} of its own")


def _mean_psnr(pictures: NDArray[np.uint8], photographs: NDArray[np.uint8]) -> float:
    return float(np.mean([psnr(*pair) for pair in zip(pictures, photographs)]))


def _pictures(folder: Path, test: Mlic) -> NDArray[np.uint8]:  # (L, H, W, 3)
    renderer = Renderer(folder)
    return np.stack([renderer.relight(light) for light in test.lights])


def piece_of(part: str, height: int, width: int) -> Piece:
    """Where a part lies in photographs (N, H, W, 3): in the middle of them."""
    middle = []
    for size, share in zip((height, width), PARTS[part]):
        kept = round(size * share)
        middle.append(slice((size - kept) // 2, (size - kept) // 2 + kept))
    return slice(None), middle[0], middle[1]


def fit_one(folder: Path, part: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Fits, saves to folder/part and says what it took."""
    started = time.perf_counter()
    mlic = Mlic.load(folder / "Dome")
    if part != "whole":
        piece = piece_of(part, mlic.height, mlic.width)
        mlic = replace(mlic, photographs=mlic.photographs[piece].copy())
    read = time.perf_counter()
    fitted = fit(mlic, progress=False, **settings)
    done = time.perf_counter()
    save(fitted, folder / part)
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
