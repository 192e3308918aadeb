"""Who draws: fastrti's fused CPU kernel, PyTorch as a user writes it, and the peers at their best.

Every contender gets the same object and light, float32, a number of threads and no mask; it returns a whole picture.
The three peers are given what they cannot find themselves: light and dequantisation folded into the weights outside the
measured time, the planes in the layout that suits them, and the fastest of CHUNKS.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import onnxruntime
import torch
from folded import to_levels, torch_network
from natural_form import natural_form
from numpy.typing import NDArray
from onnx_model import onnx_model
from subjects import LIGHT
from torch import Tensor

from fastrti import Renderer
from fastrti.kernels.relight_cpu import CpuKernel
from fastrti.lights import unit_light
from fastrti.relightable import Relightable

Picture = NDArray[np.uint8]

CHUNKS = (4096, 16384)
"""Pixels at once. On Zen 5 every peer was fastest at one of these, among 1 k to 64 k and the whole picture."""

TRIAL = 1 << 18
"""Pixels drawn to choose a chunk."""


@dataclass(frozen=True)
class Contender:
    """Ready to be timed.

    Attributes:
        draw: draws the picture, (H, W, 3) uint8; the only thing measured.
        runs: what was chosen for it, e.g. "avx512, 1 thread" or "chunks of 4096".
        rounds: pictures a sweep; more where they are quick.
    """

    draw: Callable[[], Picture]
    runs: str
    rounds: int


def fused(relightable: Relightable, threads: int) -> Contender:
    """The product: light, folding and pixels inside the measured time, the picture's memory reused."""
    renderer = Renderer(relightable, backend="cpu", threads=threads)
    out = np.empty((relightable.height, relightable.width, 3), np.uint8)
    label = CpuKernel(relightable, threads=threads).label
    return Contender(lambda: renderer.relight(LIGHT, out=out), label, rounds=5)


def eager_natural(relightable: Relightable, threads: int) -> Contender:
    """The decoder as a module on the whole picture: dequantise, evaluate, clamp, round."""
    stored = torch.from_numpy(_pixel_major(relightable))  # (P, K)
    low, high = (torch.from_numpy(bound).float() for bound in (relightable.minimum, relightable.maximum))
    light = torch.from_numpy(unit_light(LIGHT)).float()
    module = natural_form(relightable.decoder)
    shape = (relightable.height, relightable.width, 3)

    @torch.inference_mode()
    def draw() -> Picture:
        z = stored.float() / 255 * (high - low) + low
        y = module(z, light).clamp(0, 1)
        picture: Picture = (y * 255).round().to(torch.uint8).view(shape).numpy()
        return picture

    return Contender(draw, "whole picture", rounds=1)


def eager_folded(relightable: Relightable, threads: int) -> Contender:
    """The same library used well: folded, in cache-sized chunks, in place, planes as rows."""
    return _torch_chunks(relightable, torch_network(to_levels(relightable.frame_network(LIGHT))))


def compiled_folded(relightable: Relightable, threads: int) -> Contender:
    """`eager_folded` through torch.compile, each chunk's shape a constant."""
    torch._dynamo.reset()  # the code of the network before would count towards the limit of recompilations
    network = torch_network(to_levels(relightable.frame_network(LIGHT)))
    compiled = torch.compile(network, dynamic=False, fullgraph=True, options={"cpp.threads": threads})
    return _torch_chunks(relightable, compiled)


def onnx_folded(relightable: Relightable, threads: int) -> Contender:
    """ONNX Runtime on the folded network, pixels as rows."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    model = onnx_model(to_levels(relightable.frame_network(LIGHT)))
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    pixels = _pixel_major(relightable)  # (P, K)
    out = np.empty((relightable.height, relightable.width, 3), np.uint8)
    rows = out.reshape(-1, 3)

    def draw(start: int, stop: int) -> None:
        rows[start:stop] = session.run(None, {"bytes": pixels[start:stop]})[0]

    return _best_chunk(draw, out)


CONTENDERS: dict[str, Callable[[Relightable, int], Contender]] = {
    "fastrti": fused,
    "torch eager, natural form": eager_natural,
    "torch eager, folded, chunked": eager_folded,
    "torch.compile, folded, chunked": compiled_folded,
    "ONNX Runtime, folded, chunked": onnx_folded,
}


def _torch_chunks(relightable: Relightable, network: Callable[[Tensor], Tensor]) -> Contender:
    planes = torch.from_numpy(relightable.planes).flatten(1)  # (K, P)
    out = np.empty((relightable.height, relightable.width, 3), np.uint8)
    rows = torch.from_numpy(out).view(-1, 3)

    @torch.inference_mode()
    def draw(start: int, stop: int) -> None:
        rows[start:stop] = network(planes[:, start:stop])

    return _best_chunk(draw, out)


def _best_chunk(draw: Callable[[int, int], None], out: Picture) -> Contender:
    """The contender whose `draw` writes the pixels start … stop of `out`, in the fastest chunks."""
    pixels = out.shape[0] * out.shape[1]
    chunk = min(CHUNKS, key=lambda size: _trial_s(draw, size, min(pixels, TRIAL)))

    def whole() -> Picture:
        _chunks(draw, chunk, pixels)
        return out

    return Contender(whole, f"chunks of {chunk}", rounds=2)


def _trial_s(draw: Callable[[int, int], None], chunk: int, pixels: int) -> float:
    seconds = []
    for _ in range(3):  # the first one compiles and allocates
        start = perf_counter()
        _chunks(draw, chunk, pixels)
        seconds.append(perf_counter() - start)
    return min(seconds[1:])


def _chunks(draw: Callable[[int, int], None], chunk: int, pixels: int) -> None:
    for start in range(0, pixels, chunk):
        draw(start, min(start + chunk, pixels))


def _pixel_major(relightable: Relightable) -> Picture:
    return np.ascontiguousarray(relightable.planes.reshape(len(relightable.planes), -1).T)
