"""Times contenders side by side: each draws for a moment, then all again, so that a disturbance falls on all."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

SWEEPS = 3
TURN_S = float(os.environ.get("FASTRTI_BENCH_TURN_S", 0.15))
"""Seconds a contender draws in each sweep, one picture at least; the test of the benchmarks takes few."""
MOST = 2000
"""Pictures of a turn, at most."""


@dataclass(frozen=True)
class Contender:
    """Ready to be timed.

    Attributes:
        draw: draws the picture, or does the work of one; the only thing measured.
        pixels: how many pixels a call of `draw` is worth.
        runs: what was chosen for it, e.g. "avx512, 1 thread" or "chunks of 4096".
    """

    draw: Callable[[], Any]
    pixels: int
    runs: str = ""


def timed(contenders: Mapping[str, Contender]) -> dict[str, dict[str, Any]]:
    """Measures them in SWEEPS sweeps, after one call each that touches their memory for the first time.

    Returns:
        For each, by name: `runs`, `calls` measured, `pixels` of a call, the median, fastest and slowest call in
        microseconds, and the median megapixels a second.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for contender in contenders.values():
        contender.draw()
    for _ in range(SWEEPS):
        for name, contender in contenders.items():
            seconds[name] += _turn(contender.draw)
    return {name: _summary(contender, seconds[name]) for name, contender in contenders.items()}


def _turn(draw: Callable[[], Any]) -> list[float]:
    seconds: list[float] = []
    end = perf_counter() + TURN_S
    while len(seconds) < MOST and (not seconds or perf_counter() < end):
        start = perf_counter()
        draw()
        seconds.append(perf_counter() - start)
    return seconds


def _summary(contender: Contender, seconds: list[float]) -> dict[str, Any]:
    microseconds = [round(1e6 * value, 2) for value in (median(seconds), min(seconds), max(seconds))]
    return {
        "runs": contender.runs,
        "calls": len(seconds),
        "pixels": contender.pixels,
        **dict(zip(("median_us", "fastest_us", "slowest_us"), microseconds)),
        "mpx_per_s": float(f"{contender.pixels / 1e6 / median(seconds):.4g}"),
    }
