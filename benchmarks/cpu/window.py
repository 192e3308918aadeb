"""Pictures per second in a window: docs/examples/qt_viewer.py with an object of 12 megapixels, on all cores.

    QT_QPA_PLATFORM=offscreen python -m benchmarks.cpu.window [--size 1920x1080]

Needs PySide6. The light moves for every picture. Each is drawn and painted into the memory of the window, whose way to
the screen is not part of it. Prints one Markdown row for a view of the whole object, one for its middle at full
resolution, and one for what a program costs that draws all 12 megapixels: milliseconds of the clock and of all cores,
median and largest.
"""

import argparse
import math
import runpy
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtWidgets import QApplication

from benchmarks.common import machine
from benchmarks.common.subjects import DECODERS, random_object
from fastrti import Renderer

HEIGHT, WIDTH = 3000, 4000
FRAMES = 60
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "qt_viewer.py"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="1920x1080", help="of the window, width x height")
    width, height = map(int, parser.parse_args().size.split("x"))
    rng = np.random.default_rng(0)
    renderer = Renderer(random_object(DECODERS["lc16x16"](rng), (HEIGHT, WIDTH), rng), backend="cpu")
    _application = QApplication([])
    widget = runpy.run_path(str(EXAMPLE))["RelightWidget"](renderer)
    widget.resize(width, height)
    widget.show()
    whole = np.empty((HEIGHT, WIDTH, 4), np.uint8)

    def frame() -> None:
        widget.relight()
        widget.repaint()

    print("| picture | pixels drawn | ms: median, most | ms of all cores: median | per second |\n|---|---|---|---|---|")
    _measure("the whole object", widget, frame)
    place, size = QPointF(WIDTH - width, HEIGHT - height) / 2, QPointF(width, height)
    widget._shown = QRectF(place, place + size)
    _measure("its middle, pixel for pixel", widget, frame)
    widget._pixels = whole
    _measure("all pixels, not painted", widget, lambda: renderer.relight(widget._light, out=whole))
    print(f"\n{machine.description()['device']}, {machine.CORES} cores, load {machine.load()}")


def _measure(name: str, widget: object, frame: Callable[[], None]) -> None:
    clock, cores = [], []
    for number in range(FRAMES + 5):
        angle = 2 * math.pi * number / FRAMES
        vars(widget)["_light"] = (0.5 * math.cos(angle), 0.5 * math.sin(angle))
        start, spent = perf_counter(), process_time()
        frame()
        clock.append(perf_counter() - start)
        cores.append(process_time() - spent)
    clock, cores = clock[5:], cores[5:]  # the first ones average planes and touch memory
    pixels = math.prod(vars(widget)["_pixels"].shape[:2]) / 1e6
    print(
        f"| {name} | {pixels:.2g} million | {1e3 * median(clock):.1f}, {1e3 * max(clock):.1f} "
        f"| {1e3 * median(cores):.1f} | {1 / median(clock):.0f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
