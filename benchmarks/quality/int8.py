"""What int8 costs in quality and gains in speed: float, int16 and int8 students of one shape on six scenes.

    python -m benchmarks.quality.int8 SYNTHRTI REALRTI --objects FOLDER [--scenes SCENE …]

Each scene is fitted twice with `--preset quick --experts 1`, without and with training for int8, and both objects are
kept in FOLDER, where the next run finds them. PSNR is of pictures through the Renderer on the scored photographs of
each scene (scenes.py), which no fit sees. Speed is of `relight` into a reused picture of a megapixel on one thread, the
precisions taking turns: the median, and the fastest, which other work disturbs least.
"""

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common.markdown import table
from benchmarks.common.reports import RESULTS
from benchmarks.quality.fits import ONE_NETWORK
from benchmarks.quality.scenes import PANEL, find_scenes
from fastrti import Mlic, Relightable, Renderer, fit, load, save
from fastrti.lights import light_from_angles, raised_to_horizon
from fastrti.scoring.metrics import psnr

FILE = RESULTS / "int8.json"
PRECISIONS = ("fp32", "int16", "int8")
ROUNDS = 40
PIXELS = 1 << 20


def main() -> None:
    """Fits what is missing, scores, times, keeps the rows and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, help="where to look for scenes")
    parser.add_argument("--objects", type=Path, required=True, help="folder of the fitted objects")
    parser.add_argument("--results", type=Path, default=FILE, help="file of the rows")
    parser.add_argument("--scenes", nargs="+", default=PANEL, help="scenes whose names end so (default: the panel)")
    parser.add_argument("--fit", action="store_true", help="fit the objects and stop")
    arguments = parser.parse_args()
    rows = []
    for scene in find_scenes(arguments.folders, arguments.scenes):
        photographs = scene.load_train()
        objects = {int8: _object(arguments.objects / scene.name, photographs, int8) for int8 in (False, True)}
        if not arguments.fit:
            rows.append(_row(scene.name.removeprefix("realrti/"), objects, scene.load_test()))
    if rows:
        arguments.results.write_text(json.dumps(rows, indent=1) + "\n")
        print(section(arguments.results))


def section(file: Path = FILE) -> str:
    """What stands in docs/speed.md."""
    return _table(json.loads(file.read_text()))


def _object(folder: Path, mlic: Mlic, int8: bool) -> Relightable:
    path = folder / ("int8" if int8 else "float")
    if not path.exists():
        save(fit(mlic, **ONE_NETWORK, int8=int8), path)
    return load(path)


def _row(scene: str, objects: dict[bool, Relightable], held_out: Mlic) -> dict[str, Any]:
    plain, trained = objects[False], objects[True]
    speeds = _speeds(trained)
    return {
        "scene": scene,
        "lights": len(held_out),
        "psnr": {precision: _psnr(plain, held_out, precision) for precision in PRECISIONS},
        "psnr_trained_for_int8": {precision: _psnr(trained, held_out, precision) for precision in PRECISIONS},
        "int8_loss_db": trained.int8_loss_db,
        "auto": _runs(trained),
        "mpx_per_s": speeds,
        "seconds": {"float": plain.training["seconds"], "int8": trained.training["seconds"]},
    }


def _psnr(relightable: Relightable, held_out: Mlic, precision: str) -> float:
    renderer = Renderer(relightable, backend="cpu", precision=precision)
    values = [
        psnr(renderer.relight(raised_to_horizon(light)), held_out.picture(index), held_out.mask)
        for index, light in enumerate(held_out.lights)
    ]
    return round(float(np.mean(values)), 3)


def _runs(relightable: Relightable) -> str:
    """What the Renderer says of the arithmetic it chose."""
    return repr(Renderer(relightable, backend="cpu", threads=1)).splitlines()[2].strip()


def _speeds(relightable: Relightable) -> dict[str, dict[str, float]]:
    """Megapixels a second on one thread, by precision."""
    tiles = -(-PIXELS // (relightable.height * relightable.width))
    tiled = Relightable(
        np.tile(relightable.planes, (1, tiles, 1)), relightable.minimum, relightable.maximum, relightable.decoder
    )
    renderers = {p: Renderer(tiled, backend="cpu", threads=1, precision=p) for p in PRECISIONS}
    picture = np.empty((tiled.height, tiled.width, 3), np.uint8)
    seconds: dict[str, list[float]] = {precision: [] for precision in PRECISIONS}
    for turn in range(ROUNDS):
        for precision, renderer in renderers.items():
            started = time.perf_counter()
            renderer.relight(light_from_angles(20 * turn, 45), out=picture)
            seconds[precision].append(time.perf_counter() - started)
    megapixels = tiled.height * tiled.width / 1e6
    return {
        precision: {
            "median": round(megapixels / statistics.median(times), 1),
            "fastest": round(megapixels / min(times), 1),
        }
        for precision, times in seconds.items()
    }


def _table(rows: list[dict[str, Any]]) -> str:
    header = [
        "scene",
        "float student: fp32 / int16 / int8 dB",
        "trained for int8: fp32 / int8 dB",
        "int8 costs dB",
        "promised dB",
        "fp32 / int16 / int8 Mpx/s",
    ]
    lines = []
    for row in rows:
        plain, trained = row["psnr"], row["psnr_trained_for_int8"]
        lines.append(
            [
                row["scene"],
                " / ".join(f"{plain[precision]:.2f}" for precision in PRECISIONS),
                f"{trained['fp32']:.2f} / {trained['int8']:.2f}",
                f"{trained['fp32'] - trained['int8']:.3f}",
                f"{row['int8_loss_db']:.3f}",
                " / ".join(f"{row['mpx_per_s'][precision]['fastest']:.0f}" for precision in PRECISIONS),
            ]
        )
    return table(header, lines)


if __name__ == "__main__":
    main()
