"""Tables and plot of bytes on the wire for docs/quality.md, from the rows of wire.py."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean

from benchmarks.common.markdown import table
from benchmarks.common.rows import read_rows
from benchmarks.quality.wire import FILE, PLANES, PRESET, Row, fit_name
from benchmarks.quality.wire_forms import AS_RELIGHT, CODECS, LOSSES, LOSSLESS, OWN, RELIGHT, with_loss

MAIN = fit_name(PRESET, PLANES)
CURVE = (6, 9, 12, 18)
"""Planes of the curve."""

RELIGHT_FORM = next(iter(AS_RELIGHT))


class Rows:
    """The rows of a file.

    Args:
        file: as wire.py writes it.

    Attributes:
        scenes: their names.
    """

    def __init__(self, file: Path = FILE) -> None:
        self.rows = read_rows(file, Row)
        self.scenes = [*dict.fromkeys(row.scene for row in self.rows)]
        self._found = {(row.scene, row.fit, row.form): row for row in self.rows}

    def of(self, fit: str, form: str, scenes: Sequence[str]) -> list[Row]:
        """One row for each scene; empty where a scene has none."""
        found = [self._found.get((scene, fit, form)) for scene in scenes]
        return [] if None in found else [row for row in found if row is not None]

    def with_curve(self) -> list[str]:
        """The scenes that were fitted with every number of planes."""
        every = [(fit_name(PRESET, planes), form) for planes in CURVE for form in OWN]
        return [scene for scene in self.scenes if all(self.of(*each, [scene]) for each in every)]


def section(file: Path = FILE) -> str:
    """What stands in docs/quality.md."""
    rows = Rows(file)
    short = [scene.removeprefix("realrti/") for scene in rows.scenes]
    listed = [(MAIN, form, form) for form in (*OWN, *CODECS)] + [(fit, RELIGHT_FORM, fit) for fit in RELIGHT]
    weights = [[name, *_weights(rows, fit, form)] for fit, form, name in listed if rows.of(fit, form, rows.scenes)]
    leads = [[fit, *_leads(rows, fit)] for fit in RELIGHT if rows.of(fit, RELIGHT_FORM, rows.scenes)]
    return "\n\n".join(
        [
            table(["bytes per pixel, dB", *short, "mean", "mean, with info.json"], weights),
            "How far fastrti is above each folder of Relight, where it takes no more bytes than the folder:",
            table(["dB", *short, "mean"], leads),
            *_curve(rows),
        ]
    )


def _weights(rows: Rows, fit: str, form: str) -> Iterator[str]:
    """Bytes, and PSNR or the change of it: of each scene, of all, and with the files besides planes."""
    found, lossless = rows.of(fit, form, rows.scenes), rows.of(MAIN, LOSSLESS, rows.scenes)
    absolute = fit in RELIGHT or form == LOSSLESS
    shown = [row.psnr if absolute else row.psnr - best.psnr for row, best in zip(found, lossless)]
    sizes = [row.planes for row in found]
    for size, decibels in [*zip(sizes, shown), (mean(sizes), mean(shown))]:
        yield f"{size:.2f}, {decibels:{'' if absolute else '+'}.2f}"
    yield f"{mean(row.files for row in found):.2f}"


def _leads(rows: Rows, fit: str) -> Iterator[str]:
    """The lead over a folder of each scene, and the mean lead."""
    leads = []
    for theirs in rows.of(fit, RELIGHT_FORM, rows.scenes):
        ours = best_within(rows.rows, theirs.scene, theirs.planes)
        leads.append(ours.psnr - theirs.psnr)
    yield from (f"{lead:+.2f}" for lead in [*leads, mean(leads)])


def best_within(rows: Sequence[Row], scene: str, planes: float) -> Row:
    """fastrti's object of a scene that takes at most so many bytes of planes per pixel. Which one, is decided without
    the scored photographs: the one with the highest PSNR that the objects know themselves."""
    return max((row for row in rows if row.scene == scene and row.form in OWN and row.planes <= planes), key=_known)


def _known(row: Row) -> float:
    return row.known


def _curve(rows: Rows) -> Iterator[str]:
    """The same for other numbers of planes, where they were measured."""
    scenes = rows.with_curve()
    if not scenes:
        return
    names = ", ".join(scene.removeprefix("realrti/") for scene in scenes)
    yield f"Objects of more and of fewer planes. Each cell is a mean over {names}:"
    lines = []
    for planes in CURVE:
        found = [rows.of(fit_name(PRESET, planes), form, scenes) for form in OWN]
        lines.append([str(planes), *(f"{mean(r.planes for r in each):.2f}, {_mean(each):.2f}" for each in found)])
    yield table(["bytes per pixel in memory", *(f"{form}: bytes on the wire, dB" for form in OWN)], lines)


def _mean(found: Sequence[Row]) -> float:
    return mean(row.psnr for row in found)


def plot(rows: Rows, target: Path) -> None:
    """Draws mean PSNR against bytes in memory and on the wire to a PNG file, over the scenes of the curve."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.axes import Axes

    scenes = rows.with_curve()
    figure, (memory, wire) = pyplot.subplots(
        1, 2, figsize=(12, 5), dpi=110, layout="constrained", sharey=True, width_ratios=(2, 3)
    )

    def line(axes: Axes, points: list[list[Row]], by: str, **style: object) -> None:
        known = [found for found in points if found]
        x = [mean(getattr(row, by) for row in found) for found in known]
        axes.plot(x, [_mean(found) for found in known], **style)  # type: ignore[arg-type]

    lossless = [rows.of(fit_name(PRESET, planes), LOSSLESS, scenes) for planes in CURVE]
    line(memory, lossless, "memory", color="#1a8f3c", marker="*", markersize=11)
    greens = matplotlib.colormaps["Greens"]
    for number, planes in enumerate(CURVE):
        forms = [LOSSLESS, *map(with_loss, LOSSES)]
        own = [rows.of(fit_name(PRESET, planes), form, scenes) for form in forms]
        line(
            wire,
            own,
            "planes",
            color=greens(0.4 + 0.18 * number),
            marker="*",
            label=f"fastrti, {planes} planes: PNG, JPEG",
        )
    for codec, style in {"JPEG": "--", "WebP": ":"}.items():
        coded = [rows.of(MAIN, form, scenes) for form in CODECS if form.startswith(codec)]
        line(
            wire,
            coded,
            "planes",
            color="#5b4fc4",
            linestyle=style,
            marker="o",
            markersize=4,
            label=f"{codec} of the 9 planes as they are",
        )
    others = iter(matplotlib.colormaps["tab10"].colors)  # type: ignore[attr-defined]  # of a ListedColormap
    for fit in RELIGHT:
        folders = [rows.of(fit, form, scenes) for form in AS_RELIGHT]
        style = {"color": next(others), "marker": "s", "markersize": 5}
        line(wire, folders, "planes", label=f"{fit}: JPEG", linewidth=1, **style)
        line(memory, folders[:1], "memory", **style)
    marks = {memory: ("in memory", (6, 9, 12, 18, 27, 48)), wire: ("on the wire", (0.3, 0.5, 1, 2, 3, 5, 10))}
    for axes, (where, ticks) in marks.items():
        axes.set_xscale("log")
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        axes.set_xlabel(f"bytes per pixel {where}")
        axes.grid(alpha=0.2)
        axes.spines[["top", "right"]].set_visible(False)
    memory.set_ylabel(f"PSNR in dB, mean of the test lights of {len(scenes)} scenes")
    handles, labels = wire.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", frameon=False, fontsize=8)
    figure.savefig(target)
    pyplot.close(figure)
