"""How fast the Triton kernel can be on a GPU at best, from what the compiler made of it.

    python -m benchmarks.gpu.bounds                  # the default student on every chip, then every network on an H200

Four units work on a picture at once, and none can be faster than its own share of the work. In pixels a second, where
a program of W warps executes N instructions a warp for P pixels:

    memory    bandwidth / (planes + channels)                         every plane and the picture pass once
    tensor    matrix rate / (2 · multiply-adds a pixel, padding included)
    issue     4 · SMs · clock · P / (N · W)                           4 schedulers an SM, one instruction a clock each
    mufu      16 · SMs · clock · P / (32 · W · M)                     M of the N use the unit of exp, 16 lanes an SM

The bound is the smallest. It knows no latency, no launch and no clock that falls under load: what is measured is a
share of it. N, W, P and M come from results/triton_offline.json, a report that
`python -m benchmarks.gpu.offline --record` writes. Lanes and schedulers: CUDA C++ Programming Guide, "Throughput
of Native Arithmetic Instructions".
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[1] / "results" / "triton_offline.json"
SCHEDULERS = 4
EXP_LANES = 16
WARP = 32

Row = dict[str, Any]


@dataclass(frozen=True)
class Chip:
    """A GPU's rates.

    Attributes:
        target: what the kernel is compiled for.
        multiprocessors: SMs.
        clock_ghz: of the SMs, boost.
        bandwidth_gb: GB/s of device memory.
        matrix_tflops: dense float16 with float32 accumulation.
    """

    target: str
    multiprocessors: int
    clock_ghz: float
    bandwidth_gb: float
    matrix_tflops: float


CHIPS = {
    "A100 SXM 80 GB": Chip("sm_80", 108, 1.41, 2039, 312),
    "RTX 3090": Chip("sm_86", 82, 1.695, 936, 71),
    "RTX 4090": Chip("sm_89", 128, 2.52, 1008, 165.2),
    "H100 SXM": Chip("sm_90", 132, 1.98, 3350, 989.4),
    "H200 SXM": Chip("sm_90", 132, 1.98, 4800, 989.4),
    "B200": Chip("sm_100", 148, 1.965, 8000, 2250),
    "RTX 5090": Chip("sm_120", 170, 2.407, 1792, 209.5),
}
"""Published figures: NVIDIA's data sheets of A100, H100, H200 and B200 and its GA102, Ada and RTX Blackwell white
papers; clocks of Hopper and B200 are the highest that `nvidia-smi` lets them have, data sheets leave them out."""


def rows(table: Path = TABLE) -> list[Row]:
    """The compiled variants, one a target."""
    found: list[Row] = json.loads(table.read_text())["rows"]
    return found


PLAIN = {"kernel": "relight_tiles", "channels": 3, "masked": False, "experts": 1}
"""The variant that draws RGB of one decoder, without a mask."""


def row_of(network: str, precision: str, target: str) -> Row:
    """The plain variant of a network."""
    wanted = {"network": network, "precision": precision, "target": target, **PLAIN}
    return next(row for row in rows() if wanted.items() <= row.items())


def bounds(row: Row, chip: Chip) -> dict[str, float]:
    """Gigapixels a second each unit allows."""
    warp_clocks = chip.multiprocessors * chip.clock_ghz * row["pixels"] / row["warps"]
    flops = 2 * row["multiply_adds"] / row["pixels"]
    return {
        "memory": chip.bandwidth_gb / row["bytes"],
        "tensor": 1e3 * chip.matrix_tflops / flops if flops else inf,
        "issue": SCHEDULERS * warp_clocks / row["instructions"],
        "mufu": EXP_LANES * warp_clocks / (WARP * row["mufu"]) if row["mufu"] else inf,
    }


def bound(row: Row, chip: Chip) -> tuple[float, str]:
    """The smallest of `bounds`, and whose it is."""
    found = bounds(row, chip)
    unit = min(found, key=lambda name: found[name])
    return found[unit], unit


def report() -> Iterator[str]:
    """Two Markdown tables."""
    yield "| default student on | precision | registers | a warp's instructions | Gpx/s at most |" + _limits_heading()
    for name, chip in CHIPS.items():
        for precision in ("fp16", "fp16 hi/lo"):
            yield _line(name, row_of("default student 9-16-16-3 relu, skip", precision, chip.target), chip)
    yield ""
    yield "| on an H200 | precision | registers | a warp's instructions | Gpx/s at most |" + _limits_heading()
    chip = CHIPS["H200 SXM"]
    for row in rows():
        if row["target"] == chip.target and PLAIN.items() <= row.items():
            yield _line(row["network"], row, chip)


def _limits_heading() -> str:
    return " memory | tensor | issue | mufu |\n|" + "---|" * 9


def _line(name: str, row: Row, chip: Chip) -> str:
    value, unit = bound(row, chip)
    cells = " | ".join("–" if limit == inf else f"{limit:.0f}" for limit in bounds(row, chip).values())
    size = f"{row['instructions']} × {row['warps']} for {row['pixels']} px"
    return f"| {name} | {row['precision']} | {row['registers']} | {size} | **{value:.0f}** ({unit}) | {cells} |"


if __name__ == "__main__":
    print("\n".join(report()))
