"""Drawing a gigapixel from a pack: memory, time per new light, and equality with a part that is held in memory.

    python -m benchmarks.cpu.gigapixel OBJECT --file gigapixel.rti.tif -o benchmarks/results/gigapixel.json

OBJECT is repeated to 32768 × 32768 pixels, packed, and drawn at every scale in windows of 4096 × 2160 pixels. Packing
and drawing run in processes of their own, so that each has its own peak of memory. A file that exists is not packed
again. Tiles repeat, so each is compressed once: `pack_mb_per_cpu_second` is measured on tiles that are compressed anew.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from benchmarks.common.machine import peak_bytes
from fastrti import Renderer, load, object_info
from fastrti.formats.pack import TILE, Picture, write_pack, writing
from fastrti.formats.pack.layout import levels
from fastrti.formats.pack.tiles import Tile, packed
from fastrti.json_fields import json_text
from fastrti.objects.scales import FACTORS

SIDE = 1 << 15
VIEW = (2160, 4096)
LIGHTS = [(0.1 * k - 0.5, 0.3) for k in range(11)]


def main() -> None:
    """Packs and draws in processes of their own, and writes what they say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("object", metavar="OBJECT")
    parser.add_argument("--file", type=Path, required=True, help="the pack to make and to draw")
    parser.add_argument("--only", choices=("pack", "draw"), help=argparse.SUPPRESS)
    parser.add_argument("-o", "--output", type=Path, help="JSON file to write")
    parsed = parser.parse_args()
    if parsed.only:
        print(json.dumps(_pack(parsed.object, parsed.file) if parsed.only == "pack" else _draw(parsed)))
        return
    steps = ["draw"] if parsed.file.exists() else ["pack", "draw"]
    command = [sys.executable, "-m", "benchmarks.cpu.gigapixel", parsed.object, "--file", str(parsed.file), "--only"]
    done = {}
    for step in steps:
        ran = subprocess.run([*command, step], check=True, stdout=subprocess.PIPE)
        done[step] = json.loads(ran.stdout)
    done["machine"] = {"processor": platform.processor() or platform.machine(), "cores": len(os.sched_getaffinity(0))}
    text = json.dumps(done, indent=1) + "\n"
    print(text)
    if parsed.output:
        parsed.output.write_text(text, encoding="utf-8")


def _pack(source: str, file: Path) -> dict[str, object]:
    found = load(source)
    height, width = (length // TILE * TILE for length in (found.height, found.width))
    planes = np.ascontiguousarray(found.planes[:, :height, :width].transpose(1, 2, 0))

    def read(row: int, column: int) -> Tile:
        top, left = row * TILE % height, column * TILE % width
        return planes[top : top + TILE, left : left + TILE]

    info = object_info(replace(found, mask=None, normals=None, annotations=())) | {"width": SIDE, "height": SIDE}
    started = time.process_time()
    packed(planes[:TILE, :TILE])
    rate = TILE * TILE * planes.shape[2] / (time.process_time() - started) / 1e6
    kept = lru_cache(lambda data, shape: packed(np.frombuffer(data, np.uint8).reshape(shape)))
    writing.packed = lambda tile: kept(tile.tobytes(), tile.shape)
    started = time.process_time()
    write_pack(file, json_text(info), b"", Picture(levels(SIDE, SIDE, planes.shape[2]), False, read))
    return {
        "pixels": SIDE * SIDE,
        "bytes": file.stat().st_size,
        "pack_mb_per_cpu_second": round(rate, 1),
        "cpu_seconds_with_repeated_tiles": round(time.process_time() - started),
        **_usage(),
    }


def _draw(parsed: argparse.Namespace) -> dict[str, object]:
    started = time.perf_counter()
    renderer = Renderer(parsed.file, "cpu")
    opened = time.perf_counter() - started
    rows = []
    for factor in FACTORS:
        at = renderer.at(1 / factor)
        height, width = min(VIEW[0], at.height), min(VIEW[1], at.width)
        region = ((at.height - height) // 3, (at.width - width) // 3, height, width)
        out = np.empty((height, width, 3), np.uint8)
        started, cpu = time.perf_counter(), time.process_time()
        at.relight((0, 0), out=out, region=region)
        first, first_cpu = time.perf_counter() - started, time.process_time() - cpu
        times, cpu = [], time.process_time()
        for light in LIGHTS:
            started = time.perf_counter()
            at.relight(light, out=out, region=region)
            times.append(time.perf_counter() - started)
        rows.append(
            {
                "scale": f"1/{factor}",
                "pixels": height * width,
                "first_ms": round(1000 * first),
                "first_cpu_ms": round(1000 * first_cpu),
                "median_ms": round(1000 * float(np.median(times)), 1),
                "least_ms": round(1000 * min(times), 1),
                "cpu_ms": round(1000 * (time.process_time() - cpu) / len(LIGHTS), 1),
            }
        )
    usage = _usage()  # before the whole object is read
    return {
        "opened_ms": round(1000 * opened),
        "views": rows,
        **usage,
        "levels_from_whole": _difference(parsed, renderer),
    }


def _difference(parsed: argparse.Namespace, renderer: Renderer) -> int:
    """The largest difference between the pack and the object in memory, over a part of the repeated object."""
    found = replace(load(parsed.object), mask=None)
    height, width = (length // TILE * TILE for length in (found.height, found.width))
    whole = Renderer(found, "cpu")
    top, left = (SIDE // 2 // length * length for length in (height, width))
    drawn = renderer.relight((0.3, -0.4), region=(top, left, height, width)).astype(np.int16)
    wanted = whole.relight((0.3, -0.4), region=(0, 0, height, width))
    return int(np.abs(drawn - wanted).max())


def _usage() -> dict[str, object]:
    peak = peak_bytes()
    return {"peak_mib": None if peak is None else peak >> 20, "load": os.getloadavg()[0]}


if __name__ == "__main__":
    main()
