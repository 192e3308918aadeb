"""How fast one light is drawn on the CPU: one group = one network and number of threads, all contenders side by side.

    python -m pytest benchmarks/bench_relight.py --benchmark-json=FILE && python benchmarks/report.py FILE

pytest-benchmark times one test after the other, so a disturbance would fall on one contender alone. Each group runs in
SWEEPS instead: every contender draws a few pictures, then all again. `report.py` takes the median over the sweeps, and
keeps their spread and the machine's load. A picture more than one level off is a failure, whoever drew it.
"""

import os
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import torch
from contenders import CONTENDERS, Contender, Picture
from subjects import DECODERS, subject

SWEEPS = 3
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
ROWS = [
    (name, threads, sweep, contender)
    for name in DECODERS
    for threads in sorted({1, CORES})
    for sweep in range(SWEEPS)
    for contender in CONTENDERS
]


@pytest.mark.parametrize(("name", "threads", "sweep", "contender"), ROWS)
def test_relight(benchmark: Any, name: str, threads: int, sweep: int, contender: str) -> None:
    torch.set_num_threads(threads)
    prepared = _prepared(name, threads, contender)
    benchmark.group = f"{name}, {threads} thread{'s' if threads > 1 else ''}"
    picture = benchmark.pedantic(prepared.draw, rounds=prepared.rounds)
    levels, share = _error(picture, subject(name).reference)
    benchmark.extra_info.update(
        network=subject(name).relightable.decoder.label,
        pixels=picture.size // 3,
        runs=prepared.runs,
        max_levels=levels,
        differing_bytes=share,
    )
    if benchmark.enabled:
        benchmark.extra_info["mpx_per_s"] = picture.size / 3e6 / benchmark.stats.stats.median
    assert levels <= 1


@lru_cache(maxsize=len(CONTENDERS))  # the contenders of one group, kept over its sweeps
def _prepared(name: str, threads: int, contender: str) -> Contender:
    prepared = CONTENDERS[contender](subject(name).relightable, threads)
    prepared.draw()  # first touch of its memory
    return prepared


def _error(picture: Picture, reference: Picture) -> tuple[int, float]:
    """The largest difference in levels, and the share of the bytes that differ."""
    difference = np.maximum(picture, reference) - np.minimum(picture, reference)
    return int(difference.max()), float(np.mean(difference > 0))
