"""Time on a device: medians of batches between two events, a budget of seconds, and the two rates that bound us.

On the CPU, where the benchmark is only rehearsed, the clock is the host's and the sizes are small.
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import torch

BATCH_S = 5e-3
"""A batch is as many pictures as take this long: an event is good to about half a microsecond."""
SWEEPS = 5
COPY_BYTES = 1 << 30
MATRIX_SIDE = 8192


class Budget:
    """Seconds a run may take; what no longer fits says so in its row."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = perf_counter() + seconds

    def allows(self, seconds: float) -> bool:
        """Whether that much is left."""
        return perf_counter() + seconds <= self._end

    @property
    def used_up(self) -> str:
        """The reason of a row without a figure."""
        return f"the budget of {self.seconds:.0f} s was used up"


def sweeps_us(draws: dict[str, Callable[[], Any]], device: torch.device) -> dict[str, list[float]]:
    """Microseconds a picture, SWEEPS times for each; they take turns, so that a disturbance falls on all of them."""
    batches = {name: _batch(draw, device) for name, draw in draws.items()}
    times: dict[str, list[float]] = {name: [] for name in draws}
    for _ in range(SWEEPS if device.type == "cuda" else 1):
        for name, draw in draws.items():
            times[name].append(_elapsed_s(draw, batches[name], device) / batches[name] * 1e6)
    return times


def median_us(draw: Callable[[], Any], device: torch.device) -> float:
    """The median of SWEEPS batches of one draw."""
    return median(sweeps_us({"": draw}, device)[""])


def host_us(draw: Callable[[], Any], device: torch.device, count: int = 200) -> float:
    """Microseconds of the host a call takes to return, the device idle before each."""
    times = []
    for _ in range(count if device.type == "cuda" else 2):
        _synchronize(device)
        start = perf_counter()
        draw()
        times.append(perf_counter() - start)
    return median(times) * 1e6


def _batch(draw: Callable[[], Any], device: torch.device) -> int:
    if device.type == "cpu":
        return 1
    draw()
    single = _elapsed_s(draw, 3, device) / 3
    return max(3, min(1000, round(BATCH_S / single)))


def _elapsed_s(draw: Callable[[], Any], count: int, device: torch.device) -> float:
    if device.type == "cpu":
        start = perf_counter()
        for _ in range(count):
            draw()
        return perf_counter() - start
    first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    first.record()
    for _ in range(count):
        draw()
    last.record()
    last.synchronize()
    return first.elapsed_time(last) / 1e3


def _synchronize(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def copy_gb_per_s(device: torch.device) -> float:
    """Bytes read and written a second by the device's own copy of a buffer far larger than its caches, in GB/s."""
    size = COPY_BYTES if device.type == "cuda" else 1 << 20
    source = torch.randint(0, 256, (size,), dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return 2 * size / median_us(lambda: target.copy_(source), device) / 1e3


def matrix_tflops(device: torch.device) -> float:
    """Floating-point operations a second of a large product of float16 matrices of random numbers, in TFLOP/s."""
    side = MATRIX_SIDE if device.type == "cuda" else 64
    a, b = (torch.randn((side, side), device=device).half() for _ in range(2))
    return 2 * side**3 / median_us(lambda: a @ b, device) / 1e6
