"""What surrounds the pixels: a call's cost on the host, batches, and the way to the host's memory."""

from collections.abc import Callable, Iterator
from math import isqrt
from typing import Any

import numpy as np
import torch
from torch import Tensor

from benchmarks.common.subjects import LIGHT, light_conditioned, random_object
from benchmarks.gpu.correctness import errors
from benchmarks.gpu.peers import direction
from benchmarks.gpu.timing import host_us, median_us
from fastrti.kernels.triton.kernel import TritonKernel

SMALL_SIDE = 256
"""Of a picture whose pixels take no time to speak of: what is left is the call."""
BATCHES = (8, 32)
MOST_BATCH_PIXELS = 12_000_000 * 32

Row = dict[str, Any]


def calls(megapixels: list[float], device: torch.device) -> Iterator[Row]:
    """Rows of the default student."""
    side = SMALL_SIDE if device.type == "cuda" else 16
    small = _kernel(side, device)
    out, light = small.empty((side, side, 3)), direction(LIGHT)
    yield {
        "what": f"one call, {side}²: on the host",
        "us": host_us(lambda: small.relight(light, out, 0, 0), device),
    }
    yield {
        "what": f"one call, {side}²: in a row",
        "us": median_us(lambda: small.relight(light, out, 0, 0), device),
    }
    graph = small.graph(out[None], 0, 0)
    yield {"what": f"one replay, {side}²: on the host", "us": host_us(lambda: graph.replay(light), device)}
    yield {"what": f"one replay, {side}²: in a row", "us": median_us(lambda: graph.replay(light), device)}
    for size in megapixels:
        yield from _at(size, device)


def _at(megapixels: float, device: torch.device) -> Iterator[Row]:
    side = isqrt(round(megapixels * 1e6)) // 4 * 4
    kernel = _kernel(side, device)
    out, light = kernel.empty((side, side, 3)), direction(LIGHT)
    host = torch.empty(out.shape, dtype=torch.uint8, pin_memory=device.type == "cuda")
    graph = kernel.graph(out[None], 0, 0)

    def fetched() -> None:
        graph.replay(light)
        host.copy_(out, non_blocking=True)

    start = f"{megapixels:g} MP: "
    yield {"what": start + "one call", "us": median_us(lambda: kernel.relight(light, out, 0, 0), device)}
    yield {"what": start + "one replay", "us": median_us(lambda: graph.replay(light), device)}
    yield {"what": start + "one replay and the copy to the host's pinned memory", "us": median_us(fetched, device)}
    yield {"what": start + "that copy alone", "us": median_us(lambda: host.copy_(out, non_blocking=True), device)}
    for count in BATCHES:
        what = f"{start}a picture of relight_batch({count})"
        if count * side**2 > MOST_BATCH_PIXELS:
            yield {"what": what, "reason": "more memory than a batch is meant for"}
        else:
            yield {"what": what, **_batch(kernel, count, side, device)}


def _batch(kernel: TritonKernel, count: int, side: int, device: torch.device) -> Row:
    """Microseconds a picture, and how far its pictures are from those of single calls."""
    lights = [direction(((i + 1) / (count + 1) - 0.5, 0.3)) for i in range(count)]
    pictures = kernel.empty((count, side, side, 3)).fill_(99)
    draw: Callable[[], None] = lambda: kernel.relight_batch(lights, pictures, 0, 0)  # noqa: E731
    draw()
    single = kernel.empty((side, side, 3))
    kernel.relight(lights[-1], single, 0, 0)
    levels, differing = errors(_numpy(pictures[-1]), _numpy(single))
    return {"us": median_us(draw, device) / count, "max_levels_from_single": levels, "differing_bytes": differing}


def _numpy(picture: Tensor) -> Any:
    return picture.cpu().numpy()


def _kernel(side: int, device: torch.device) -> TritonKernel:
    rng = np.random.default_rng(0)
    return TritonKernel(random_object(light_conditioned(rng), (side, side), rng), device=device)
