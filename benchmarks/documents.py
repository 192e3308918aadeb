"""Puts what was measured into the documents: the tables between their comments, and the plots.

    python -m benchmarks.documents

Every table of README.md and docs/ that a benchmark measured stands between <!-- NAME: begin --> and <!-- NAME: end -->.
It is made from benchmarks/results/ alone: nothing is measured here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.common.markdown import table
from benchmarks.common.reports import newest, read_report
from benchmarks.common.rows import read_rows
from benchmarks.cpu.report import section as cpu_section
from benchmarks.cpu.targets import STUDENT, Measured
from benchmarks.gpu.report import SUBJECTS, row_of
from benchmarks.gpu.report import section as gpu_section
from benchmarks.quality.capture import section as capture_section
from benchmarks.quality.int8 import section as int8_section
from benchmarks.quality.maps import section as maps_section
from benchmarks.quality.report import Results, short
from benchmarks.quality.report import plot as plot_quality
from benchmarks.quality.report import section as quality_section
from benchmarks.quality.results import read_results
from benchmarks.quality.trials import RESULTS as TRIALS
from benchmarks.quality.trials import Trial
from benchmarks.quality.trials import table as trials_table
from benchmarks.quality.wire_report import Rows as WireRows
from benchmarks.quality.wire_report import plot as plot_wire
from benchmarks.quality.wire_report import section as wire_section

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"

CPU_NETWORKS = {STUDENT: "default student", "disk20": "DisK student", "ptm": "PTM"}
GPU_NETWORKS = {STUDENT: "default student", "disk20": "DisK student"}
GPU_MEGAPIXELS = 12
CONTENDERS = {
    "**fastrti**": ("fastrti", "fastrti, CUDA graph"),
    "CUDA by hand, float32": ("", "CUDA by hand, fp32"),
    "OpenVINO, float32": ("OpenVINO f32", ""),
    "JAX": ("JAX", ""),
    "ONNX Runtime": ("ONNX Runtime", ""),
    "torch.compile, float32": ("torch.compile, folded, chunked", "torch.compile max-autotune, fp32"),
    "PyTorch as one writes it": ("torch eager, natural form", "torch eager, natural form"),
}
"""The rows of the README's table of speed, and their names in the results of the CPU and of the GPU."""


@dataclass(frozen=True)
class Part:
    """A generated part of a document.

    Attributes:
        document: relative to the root.
        name: of its two comments.
        make: writes it, in Markdown.
    """

    document: str
    name: str
    make: Callable[[], str]

    def split(self) -> tuple[str, str, str]:
        """The document up to the part, the part, and the rest.

        Raises:
            SystemExit: the comments are not there.
        """
        begin, end = f"<!-- {self.name}: begin -->\n", f"\n<!-- {self.name}: end -->"
        before, found, rest = (ROOT / self.document).read_text(encoding="utf-8").partition(begin)
        inside, closed, after = rest.partition(end)
        if not found or not closed:
            raise SystemExit(f"expected {begin.strip()} and {end.strip()} in {self.document}, got a text without them")
        return before + begin, inside, end + after

    def put(self, text: str) -> None:
        """Replaces it."""
        before, _, after = self.split()
        (ROOT / self.document).write_text(before + text + after, encoding="utf-8")


PARTS = (
    Part("README.md", "quality", lambda: short(Results(read_results()))),
    Part("README.md", "speed", lambda: speed()),
    Part("docs/quality.md", "quality", lambda: quality_section(Results(read_results()))),
    Part("docs/quality.md", "wire", wire_section),
    Part("docs/capture/measured.md", "capture", capture_section),
    Part("docs/maps.md", "maps", maps_section),
    Part("docs/speed.md", "cpu-benchmark", lambda: cpu_section(newest("cpu"))),
    Part("docs/speed.md", "gpu-benchmark", lambda: gpu_section(newest("relight_gpu"))),
    Part("docs/speed.md", "int8", int8_section),
    Part("docs/experiments.md", "trials", lambda: trials_table(read_rows(TRIALS, Trial))),
)


def main() -> None:
    """The command."""
    for part in PARTS:
        part.put(part.make())
        print(f"{part.document}: {part.name}")
    try:
        from benchmarks.cpu.plot import plot as plot_cpu

        plot_cpu(Measured(read_report(newest("cpu"))), PICTURES / "cpu_speed.png")
        plot_quality(Results(read_results()), PICTURES / "quality.png")
        plot_wire(WireRows(), PICTURES / "wire.png")
    except ModuleNotFoundError as error:
        raise SystemExit(
            f"expected Matplotlib for the plots, got no {error.name}: the tables are written, "
            "for the plots run pip install '.[bench]' and this again"
        ) from None


def stale() -> Iterator[str]:
    """The parts that are not what the results say."""
    for part in PARTS:
        if part.split()[1] != part.make():
            yield f"{part.document}: {part.name}"


def speed() -> str:
    """Megapixels per second of the CPU and the GPU, one table."""
    cpu, gpu = Measured(read_report(newest("cpu"))), read_report(newest("relight_gpu"))
    rows = []
    for label, (on_cpu, on_gpu) in CONTENDERS.items():
        speeds = [cpu.speed(on_cpu, f"{network}, 1 thread") for network in CPU_NETWORKS]
        found = [row_of(gpu, SUBJECTS[network], GPU_MEGAPIXELS, on_gpu) for network in GPU_NETWORKS]
        speeds += [1e3 * row["gpx_per_s"] if "gpx_per_s" in row else None for row in found]
        rows.append([label, *("–" if value is None else _three_digits(value) for value in speeds)])
    header = ["megapixels per second", *(f"CPU: {name}" for name in CPU_NETWORKS.values())]
    header += [f"GPU: {name}" for name in GPU_NETWORKS.values()]
    origin = (
        f"CPU: one thread of an {cpu.report['device']}, {cpu.report['date']}. "
        f"GPU: an {gpu['device']}, {gpu['date']}, pictures of {GPU_MEGAPIXELS} megapixels."
    )
    return f"{table(header, rows)}\n\n{origin}"


def _three_digits(value: float) -> str:
    return f"{float(f'{value:.3g}'):,g}"


if __name__ == "__main__":
    main()
