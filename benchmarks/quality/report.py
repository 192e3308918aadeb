"""Turns what scores.py measured into Markdown tables and a plot.

    python -m benchmarks.quality.report [--results FOLDER]

A method stands in the tables of all scenes once it has a result on each, in the panel's with what it has.
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, median

from benchmarks.common.markdown import table
from benchmarks.quality.results import RESULTS, Result, read_results
from benchmarks.quality.scenes import COLLECTIONS, PANEL
from benchmarks.quality.scores import METHODS

RINGS = (20, 40, 60, 80)  # elevations of SynthRTI's test lights in degrees

LABELS = {
    "ptm": "PTM, 6 terms",
    "hsh9": "HSH, 9 terms",
    "hsh16": "HSH, 16 terms",
    "pca9-rbf": "9 principal components, RBF",
    "interpolator": "interpolator (teacher)",
    "neural": "NeuralRTI teacher, 50-50",
    "neural, as published": "the same, trained as published",
    "direct20": "NeuralRTI 20-20, direct",
    "disk20": "DisK student 20-20",
    "disk10": "DisK student 10-10",
    "light-conditioned, direct": "light-conditioned, no teacher",
    "light-conditioned, neural teacher": "light-conditioned, neural teacher",
    "750 steps, one expert": "fastrti `quick --experts 1 --steps 750`",
    "quick, one expert": "fastrti `quick --experts 1`",
    "default, one expert": "fastrti `default --experts 1`",
    "quick": "**fastrti** `quick`",
    "default": "**fastrti** `default`",
}
OURS = {
    "750 steps, one expert": "#7fcf98",
    "quick, one expert": "#4caf6e",
    "default, one expert": "#1a8f3c",
    "quick": "#d98200",
    "default": "#a34a00",
}
"""The presets with and without experts, and the colours of their stars in the plot."""


class Results:
    """Results by method and scene; a method's seeds are averaged."""

    def __init__(self, results: Sequence[Result]):
        self.runs: dict[str, dict[str, list[Result]]] = defaultdict(lambda: defaultdict(list))
        for run in results:
            self.runs[run.method][run.scene].append(run)
        self.methods = [method for method in METHODS if method in self.runs]
        self.scenes = sorted({scene for method in self.methods for scene in self.runs[method]})

    def value(self, method: str, scene: str, metric: str = "psnr") -> float:
        """The mean over seeds."""
        return float(mean(getattr(run, metric) for run in self.runs[method][scene]))

    def mean(self, method: str, scenes: Sequence[str], metric: str = "psnr") -> float:
        """The mean over scenes of the means over seeds."""
        return mean(self.value(method, scene, metric) for scene in scenes)

    def at(self, method: str, scenes: Sequence[str], elevation: float) -> float:
        """Mean PSNR over scenes at the test lights within 10° of an elevation."""
        return mean(
            mean(
                psnr
                for run in self.runs[method][scene]
                for psnr, of_light in zip(run.light_psnrs, run.light_elevations)
                if abs(of_light - elevation) < 10
            )
            for scene in scenes
        )

    def seconds(self, method: str, scenes: Sequence[str]) -> float:
        """Median seconds of training."""
        return median(run.training_seconds for scene in scenes for run in self.runs[method][scene])

    def size(self, method: str) -> str:
        """Bytes and multiply-adds per pixel, as text; of the first scene where photographs decide them."""
        run = self.runs[method][min(self.runs[method])][0]
        return f"{run.bytes_per_pixel}, {run.multiply_adds:,}"

    def complete(self, scenes: Sequence[str]) -> list[str]:
        """The methods with a result on every one of the scenes."""
        return [method for method in self.methods if all(scene in self.runs[method] for scene in scenes)]


def all_scenes(results: Results) -> str:
    """Means of the three collections: PSNR, SSIM and CIEDE2000; then the worst scene, and wins over HSH16."""
    parts = _collections(results)
    rows = []
    for method in results.complete(results.scenes):
        cells = [LABELS[method], results.size(method)]
        for scenes in parts.values():
            values = [results.mean(method, scenes, metric) for metric in ("psnr", "ssim", "ciede2000")]
            cells.append(f"{values[0]:.2f}, {values[1]:.3f}, {values[2]:.2f}")
        worst = min(results.scenes, key=lambda scene: results.value(method, scene))
        wins = sum(results.value(method, s) > results.value("hsh16", s) for s in results.scenes)
        cells += [
            f"{results.value(method, worst):.2f} ({worst.removeprefix('realrti/')})",
            "" if method == "hsh16" else f"{wins} of {len(results.scenes)}",
            f"{results.seconds(method, results.scenes):.0f}",
        ]
        rows.append(cells)
    counted = [f"{name}, {len(scenes)} scenes" for name, scenes in parts.items()]
    header = [
        "dB, SSIM, CIEDE2000",
        "bytes, multiply-adds per pixel",
        *counted,
        "worst, dB",
        "above HSH16",
        "training, s",
    ]
    return table(header, rows)


def rings(results: Results) -> str:
    """PSNR by the elevation of the test light, over SynthRTI's scenes."""
    scenes = [scene for scene in results.scenes if not scene.startswith("realrti/")]
    rows = [
        [LABELS[method], *(f"{results.at(method, scenes, ring):.2f}" for ring in RINGS)]
        for method in results.complete(results.scenes)
    ]
    return table([f"dB at test lights, {len(scenes)} scenes", *(f"{ring}°" for ring in RINGS)], rows)


def by_scene(results: Results, scenes: Sequence[str]) -> str:
    """PSNR of every method on these scenes, the spread of its seeds in parentheses; means; seconds of training."""
    rows = []
    for method in results.methods:
        found = [scene for scene in scenes if scene in results.runs[method]]
        if not found:
            continue
        cells = []
        for scene in scenes:
            values = [run.psnr for run in results.runs[method].get(scene, [])]
            spread = f" ({max(values) - min(values):.2f})" if len(values) > 1 else ""
            cells.append(f"{mean(values):.2f}{spread}" if values else "–")
        means = ["–"] * 3
        if found == list(scenes):
            digits = {"psnr": 2, "ssim": 3, "ciede2000": 2}
            means = [f"{results.mean(method, scenes, metric):.{d}f}" for metric, d in digits.items()]
        seconds = f"{results.seconds(method, found):.0f}"
        rows.append([LABELS[method], results.size(method), *cells, *means, seconds])
    names = [scene.removeprefix("realrti/") for scene in scenes]
    header = ["dB", "bytes, multiply-adds", *names, "mean", "SSIM", "CIEDE2000", "training, s"]
    return table(header, rows)


def _collections(results: Results) -> dict[str, list[str]]:
    """The scenes by the collection's name."""
    return {name: [s for s in results.scenes if s.startswith(f"{first}/")] for first, name in COLLECTIONS.items()}


def short(results: Results) -> str:
    """What stands in the README: mean PSNR of everything one can save, each preset as it is."""
    parts = _collections(results)
    rows = []
    for method in results.complete(results.scenes):
        if method not in ("interpolator", "quick, one expert", "default, one expert"):
            stored = str(results.runs[method][results.scenes[0]][0].bytes_per_pixel)
            psnrs = [f"{results.mean(method, scenes):.2f}" for scenes in parts.values()]
            rows.append([LABELS[method], stored, *psnrs, f"{results.seconds(method, results.scenes):.0f}"])
    counted = [f"{name}, {len(scenes)} scenes" for name, scenes in parts.items()]
    return table(["mean PSNR on new lights, dB", "bytes per pixel", *counted, "training, s"], rows)


def section(results: Results) -> str:
    """What stands in docs/quality.md."""
    real = [scene for scene in results.scenes if scene.startswith("realrti/")]
    return "\n\n".join(
        [
            all_scenes(results),
            rings(results),
            "The panel, every method; seeds averaged, in parentheses their spread:",
            by_scene(results, PANEL),
            "![PSNR against bytes, multiply-adds and training time](pictures/quality.png)",
            "RealRTI by item:",
            by_scene(results, [scene for scene in real if scene not in PANEL]),
        ]
    )


def plot(results: Results, target: Path) -> None:
    """Draws the panel's mean PSNR against bytes, multiply-adds and seconds of training, to a PNG file."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panes = pyplot.subplots(1, 3, figsize=(12, 4.6), dpi=110, layout="constrained", sharey=True)
    others = iter(matplotlib.colormaps["tab20"].colors)  # type: ignore[attr-defined]  # of a ListedColormap
    for method in results.complete(PANEL):
        run = results.runs[method][PANEL[0]][0]
        ours = OURS.get(method)
        color, marker, size = (ours, "*", 13) if ours else (next(others), "o", 7)
        places = (run.bytes_per_pixel, run.multiply_adds, max(results.seconds(method, PANEL), 0.1))
        for axes, x in zip(panes, places):
            label = LABELS[method].replace("*", "").replace("`", "")
            axes.plot(x, results.mean(method, PANEL), marker, color=color, markersize=size, label=label)
    for axes, name in zip(panes, ("bytes per pixel", "multiply-adds per pixel and light", "seconds of training")):
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.set_xlabel(name)
        axes.grid(which="both", alpha=0.2)
        axes.spines[["top", "right"]].set_visible(False)
    panes[0].set_ylabel("PSNR in dB, mean of the panel's test lights")
    handles, labels = panes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False, fontsize=8)
    figure.savefig(target)
    pyplot.close(figure)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", type=Path, default=RESULTS, help="the folder of the results")
    print(section(Results(read_results(parser.parse_args().results))))


if __name__ == "__main__":
    main()
