"""The plot of docs/speed.md: megapixels per second of each contender over the networks, one thread, logarithmic."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.axes import Axes

from benchmarks.cpu.targets import Measured

STYLES = {
    "fastrti int8": ("#0b5d1e", "-"),
    "fastrti int16": ("#1a8f3c", "-"),
    "fastrti fp32": ("#7bc47f", "-"),
    "fastrti AVX2": ("#1a8f3c", ":"),
    "OpenVINO bf16": ("#5b4fc4", "-"),
    "OpenVINO f32": ("#a49be0", "-"),
    "JAX": ("#d2691e", "-"),
    "ONNX Runtime": ("#c9a227", "-"),
    "torch.compile, folded, chunked": ("#b22222", "-"),
    "torch eager, folded, chunked": ("#e57373", "-"),
    "torch eager, natural form": ("#888888", "-"),
    "ceiling int16": ("#000000", "--"),
}
"""Colour and line of what is shown."""


def plot(measured: Measured, target: Path) -> None:
    """Draws the networks with hidden layers to a PNG file."""
    groups = [group for group in measured.networks() if group["threads"] == 1 and group["hidden"]]
    figure, axes = pyplot.subplots(figsize=(9, 5.2), dpi=110, layout="constrained")
    for name in STYLES:
        _line(axes, name, [measured.speed(name, group["group"]) for group in groups])
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xticks(range(len(groups)), [group["network"].replace(" ", "\n", 1) for group in groups], fontsize=8)
    axes.set_ylabel("megapixels per second, one thread")
    axes.grid(axis="y", which="both", alpha=0.2)
    axes.spines[["top", "right"]].set_visible(False)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles, labels, loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize=8)
    figure.savefig(target)
    pyplot.close(figure)


def _line(axes: Axes, name: str, speeds: list[float | None]) -> None:
    colour, line = STYLES[name]
    x = range(len(speeds))
    y = [float("nan") if speed is None else speed for speed in speeds]
    if any(speed is not None for speed in speeds):
        marker = "_" if name.startswith("ceiling") else "o"
        axes.plot(x, y, line, color=colour, marker=marker, markersize=4, label=name)
