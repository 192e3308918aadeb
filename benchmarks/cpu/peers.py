"""The libraries a user would reach for, at their best on the same network.

Each is given for free what it cannot find itself: light and dequantisation folded into the weights outside the measured
time, the layout of planes that suits it, and the fastest of its CHUNKS. Chunks are all of one size, so that what
compiles compiles once; the last one overlaps the one before. A library is imported where it is used: one that is not
installed is the row of its contender alone.
"""

import os
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.common.folded import to_levels, torch_network
from benchmarks.common.subjects import LIGHT
from benchmarks.cpu.sweeps import Contender
from fastrti.objects.frame_network import FrameNetwork
from fastrti.objects.relightable import Relightable

Picture = NDArray[np.uint8]
DrawChunk = Callable[[int], Any]
"""From the first pixel of a chunk to its colours, (chunk, 3) uint8."""

CHUNKS = (4096, 16384, 65536)
"""Pixels at once. On Zen 5 every peer was fastest at one of these, among 1 k to 256 k and the whole picture."""

COMPILED_CHUNKS = CHUNKS[:2]
"""For torch.compile, which takes seconds for each."""

TRIAL = 1 << 18
"""Pixels drawn to choose a chunk, a multiple of each."""


def eager_folded(relightable: Relightable, threads: int) -> Contender:
    """PyTorch eager, in place, planes as rows."""
    return _torch_chunks(relightable, torch_network(_levels(relightable)))


def compiled_folded(relightable: Relightable, threads: int) -> Contender:
    """`eager_folded` through torch.compile, each chunk's shape a constant."""
    torch.compiler.reset()  # the code of the network before would count towards the limit of recompilations
    network = torch_network(_levels(relightable))
    # One compile thread: its pool of workers would be forked, which JAX's threads may deadlock.
    options = {"cpp.threads": threads, "compile_threads": 1}
    compiled = torch.compile(network, dynamic=False, fullgraph=True, options=options)
    return _torch_chunks(relightable, compiled, COMPILED_CHUNKS)


def onnx_runtime(relightable: Relightable, threads: int) -> Contender:
    """ONNX Runtime, pixels as rows."""
    import onnxruntime

    from benchmarks.cpu.onnx_model import onnx_model

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    model = onnx_model(_levels(relightable), "rows")
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    pixels = pixel_major(relightable)

    def prepare(chunk: int) -> DrawChunk:
        return lambda start: session.run(None, {"bytes": pixels[start : start + chunk]})[0]

    return _best_chunk(relightable, prepare)


def openvino(relightable: Relightable, threads: int, precision: str) -> Contender:
    """OpenVINO, the layers as convolutions over planes: 1.4 times as fast as matrix products over rows."""
    from openvino import Core

    from benchmarks.cpu.onnx_model import onnx_model

    core, model = Core(), onnx_model(_levels(relightable), "planes")
    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": precision,
        "PERFORMANCE_HINT": "LATENCY",
    }

    def prepare(chunk: int) -> DrawChunk:
        graph = core.read_model(model)
        graph.reshape([1, len(relightable.planes), chunk])
        request = core.compile_model(graph, "CPU", settings).create_infer_request()
        blocks = _blocks(relightable, chunk)
        return lambda start: request.infer({0: blocks[start][None]}, share_inputs=True, share_outputs=True)[0][0]

    return _best_chunk(relightable, prepare)


def jax_jit(relightable: Relightable, threads: int) -> Contender:
    """JAX, jit on the CPU, planes as rows: 2.8 times as fast as pixels as rows."""
    os.environ["NPROC"] = str(threads)  # XLA sizes its thread pool by it when a backend starts, hence a new one
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    import jax
    from jax.extend.backend import clear_backends

    clear_backends()
    network = jax.jit(_jax_network(_levels(relightable)))

    def prepare(chunk: int) -> DrawChunk:
        blocks = {start: jax.device_put(block) for start, block in _blocks(relightable, chunk).items()}
        return lambda start: np.asarray(network(blocks[start]))

    return _best_chunk(relightable, prepare)


PEERS: dict[str, Callable[[Relightable, int], Contender]] = {
    "torch eager, folded, chunked": eager_folded,
    "torch.compile, folded, chunked": compiled_folded,
    "ONNX Runtime": onnx_runtime,
    "OpenVINO f32": lambda relightable, threads: openvino(relightable, threads, "f32"),
    "OpenVINO bf16": lambda relightable, threads: openvino(relightable, threads, "bf16"),
    "JAX": jax_jit,
}


def pixel_major(relightable: Relightable) -> Picture:
    """The bytes of a pixel side by side, (P, K)."""
    return np.ascontiguousarray(relightable.planes.reshape(len(relightable.planes), -1).T)


def _levels(relightable: Relightable) -> FrameNetwork:
    return to_levels(relightable.frame_network(LIGHT))


def _torch_chunks(
    relightable: Relightable, network: Callable[[Tensor], Tensor], chunks: tuple[int, ...] = CHUNKS
) -> Contender:
    planes = torch.from_numpy(relightable.planes).flatten(1)  # (K, P)

    def prepare(chunk: int) -> DrawChunk:
        return torch.inference_mode()(lambda start: network(planes[:, start : start + chunk]).numpy())

    return _best_chunk(relightable, prepare, chunks)


def _jax_network(network: FrameNetwork) -> Callable[[Any], Any]:
    import jax

    activate = {"relu": jax.nn.relu, "elu": jax.nn.elu}[network.activation]

    def evaluate(stored: Any) -> Any:  # (K, p) uint8 -> (p, 3) uint8
        h = x = stored.astype(np.float32)
        for weight, bias in zip(network.weights[:-1], network.biases[:-1]):
            h = activate(weight @ h + bias[:, None])
        y = network.weights[-1] @ h + network.biases[-1][:, None]
        if network.skip is not None:
            y += network.skip @ x
        return jax.numpy.clip(y, 0, 255).astype(np.uint8).T

    return evaluate


def _blocks(relightable: Relightable, chunk: int) -> dict[int, Picture]:
    """The planes of each chunk side by side, (K, chunk), by its first pixel."""
    planes = relightable.planes.reshape(len(relightable.planes), -1)
    starts = _starts(planes.shape[1], chunk)
    return {start: np.ascontiguousarray(planes[:, start : start + chunk]) for start in starts}


def _best_chunk(
    relightable: Relightable, prepare: Callable[[int], DrawChunk], chunks: tuple[int, ...] = CHUNKS
) -> Contender:
    """The contender that draws in the fastest chunks; `prepare` makes what draws chunks of a size."""
    out = np.empty((relightable.height, relightable.width, 3), np.uint8)
    rows = out.reshape(-1, 3)
    prepared = {size: prepare(size) for size in {min(size, len(rows)) for size in chunks}}
    chunk = min(prepared, key=lambda size: _trial_s(prepared[size], size, len(rows)))
    draw = prepared[chunk]

    def whole() -> Picture:
        for start in _starts(len(rows), chunk):
            rows[start : start + chunk] = draw(start)
        return out

    return Contender(whole, len(rows), f"chunks of {chunk}")


def _trial_s(draw: DrawChunk, chunk: int, pixels: int) -> float:
    """Seconds a pixel over the first TRIAL pixels."""
    starts = _starts(min(pixels, TRIAL), chunk)
    seconds = []
    for _ in range(3):  # the first one compiles and allocates
        begin = perf_counter()
        for start in starts:
            draw(start)
        seconds.append(perf_counter() - begin)
    return min(seconds[1:]) / (len(starts) * chunk)


def _starts(pixels: int, chunk: int) -> list[int]:
    return [min(start, pixels - chunk) for start in range(0, pixels, chunk)]
