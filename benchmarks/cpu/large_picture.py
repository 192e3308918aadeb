"""Draws a picture of about 100 megapixels beside one of 4, in a process of its own whose memory is nothing else.

    python -m benchmarks.cpu.large_picture OBJECT SIDE

OBJECT is tiled to SIDE × SIDE pixels and to 24 times as many. Prints JSON: the rows, and in bytes the large planes, the
large picture and the peak of this process while it had drawn nothing else, the interpreter included.
"""

import json
import sys
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.common.machine import peak_bytes
from benchmarks.cpu.sweeps import Contender, timed
from fastrti import Renderer, load
from fastrti.objects.relightable import Relightable

LIGHT = (0.3217, -0.5438)


def main() -> None:
    """The command."""
    tile, side = load(sys.argv[1]), int(sys.argv[2])
    large = _contender(_tiled(tile, 4 * side, 6 * side))
    picture = large.draw()
    memory = {
        "planes_bytes": len(tile.planes) * large.pixels,
        "picture_bytes": picture.size,
        "peak_bytes": peak_bytes(),
    }
    small = _contender(_tiled(tile, side, side))
    small.draw()
    measured = timed({f"{each.pixels / 1e6:.3g} megapixels": each for each in (small, large)})
    print(json.dumps({"rows": [{"contender": name, **row} for name, row in measured.items()], "memory": memory}))


def _tiled(tile: Relightable, height: int, width: int) -> Relightable:
    planes = np.empty((len(tile.planes), height, width), np.uint8)
    rows, columns = tile.planes.shape[1:]
    for top in range(0, height, rows):
        for left in range(0, width, columns):
            part = planes[:, top : top + rows, left : left + columns]
            part[:] = tile.planes[:, : part.shape[1], : part.shape[2]]
    return replace(tile, planes=planes)


def _contender(relightable: Relightable) -> Contender:
    renderer = Renderer(relightable, backend="cpu", threads=1)
    out = np.empty((relightable.height, relightable.width, 3), np.uint8)

    def draw() -> Any:
        return renderer.relight(LIGHT, out=out)

    return Contender(draw, relightable.height * relightable.width)


if __name__ == "__main__":
    main()
