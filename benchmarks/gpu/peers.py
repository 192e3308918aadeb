"""Who draws on a GPU: fastrti's fused kernel, and the same network as others would run it.

Every peer but the natural form gets for free what it cannot find itself: light and dequantisation folded into the
weights, planes as rows. A peer that cannot run here raises `Unavailable` with the reason, which becomes its row.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

import torch
from torch import Tensor

from benchmarks.common.folded import to_levels, torch_network
from benchmarks.common.natural_form import natural_form
from benchmarks.common.subjects import LIGHT
from benchmarks.gpu.by_hand import ByHand
from fastrti.kernels.kernel import Light
from fastrti.kernels.triton.kernel import TritonKernel
from fastrti.lazy import lazy
from fastrti.lights import unit_light
from fastrti.objects.relightable import Relightable

Draw = Callable[[], Tensor]
"""Draws the picture under `subjects.LIGHT`, (P, 3) or (H, W, 3) uint8 on the device; the only thing measured."""


class Unavailable(Exception):
    """Why a peer has no figure here."""


@dataclass(frozen=True)
class Stage:
    """One object, ready for every contender.

    Attributes:
        relightable: the object.
        planes: (K, P) uint8 on the device.
    """

    relightable: Relightable
    planes: Tensor

    @lazy
    def kernel(self) -> TritonKernel:
        """The fused kernel, with planes of its own."""
        return TritonKernel(self.relightable, device=self.planes.device)

    @property
    def on_gpu(self) -> bool:
        """Whether this is a CUDA device, not the CPU of a rehearsal."""
        return self.planes.is_cuda


def direction(light: tuple[float, float]) -> Light:
    """A unit vector as kernels take it."""
    x, y, z = unit_light(light).tolist()
    return x, y, z


def stage(relightable: Relightable, device: torch.device) -> Stage:
    """Uploads the planes for the peers; the fused kernel keeps its own."""
    return Stage(relightable, torch.from_numpy(relightable.planes).flatten(1).to(device))


def fused(stage: Stage) -> Draw:
    """The product: one call a frame, light and folding on the host included."""
    kernel, light = stage.kernel, direction(LIGHT)
    out = kernel.empty((stage.relightable.height, stage.relightable.width, 3))

    def draw() -> Tensor:
        kernel.relight(light, out, 0, 0)
        return out

    return draw


def fused_graph(stage: Stage, precision: str) -> Draw:
    """The product as a viewer runs it: the frame captured once, a replay with a light for each picture."""
    kernel = (
        stage.kernel if precision == "auto" else TritonKernel(stage.relightable, None, precision, stage.planes.device)
    )
    graph = kernel.graph(kernel.empty((1, stage.relightable.height, stage.relightable.width, 3)), 0, 0)
    light = direction(LIGHT)
    return lambda: graph.replay(light)[0]


def eager_natural(stage: Stage) -> Draw:
    """The decoder as a module on the whole picture: dequantise, evaluate, clamp, round; float32."""
    relightable, device = stage.relightable, stage.planes.device
    stored = stage.planes.T.contiguous()  # (P, K)
    low, high = (torch.from_numpy(bound).float().to(device) for bound in (relightable.minimum, relightable.maximum))
    light = torch.from_numpy(unit_light(LIGHT)).float().to(device)
    module = natural_form(relightable.decoder).to(device)

    @torch.inference_mode()
    def draw() -> Tensor:
        z = stored.float() / 255 * (high - low) + low
        return (module(z, light).clamp(0, 1) * 255).round().to(torch.uint8)

    return draw


def eager_folded(stage: Stage, dtype: torch.dtype) -> Draw:
    """PyTorch used well."""
    network = torch_network(to_levels(stage.relightable.frame_network(LIGHT)), stage.planes.device, dtype)
    return torch.inference_mode()(lambda: network(stage.planes))


def compiled(stage: Stage, dtype: torch.dtype) -> Draw:
    """`eager_folded` through torch.compile, which tries its own Triton kernels and CUDA graphs."""
    if not stage.on_gpu:
        raise Unavailable("torch.compile's max-autotune is measured on a GPU only")
    torch.compiler.reset()  # the code of the network before would count towards the limit of recompilations
    network = torch_network(to_levels(stage.relightable.frame_network(LIGHT)), stage.planes.device, dtype)
    program = torch.compile(network, mode="max-autotune", dynamic=False, fullgraph=True)
    return torch.inference_mode()(lambda: program(stage.planes))


def compiled_natural(stage: Stage) -> Draw:
    """`eager_natural` through torch.compile: what a user gets who compiles the decoder and folds nothing."""
    if not stage.on_gpu:
        raise Unavailable("torch.compile's max-autotune is measured on a GPU only")
    torch.compiler.reset()
    program: Draw = torch.compile(eager_natural(stage), mode="max-autotune", dynamic=False)
    return program


def graph_of_eager(stage: Stage, dtype: torch.dtype) -> Draw:
    """`eager_folded`, recorded once and replayed: no launch costs anything."""
    if not stage.on_gpu:
        raise Unavailable("CUDA graphs need a GPU")
    return captured(eager_folded(stage, dtype))


def by_hand(stage: Stage, half: bool) -> Draw:
    """A hand-written CUDA kernel, see by_hand.cu."""
    if not stage.on_gpu:
        raise Unavailable("CUDA kernels need a GPU")
    if find_spec("cupy") is None:
        raise Unavailable("CuPy is not installed (`pip install cupy-cuda12x`)")
    network = ByHand(to_levels(stage.relightable.frame_network(LIGHT)), half)
    out = torch.empty((stage.planes.shape[1], 3), dtype=torch.uint8, device=stage.planes.device)
    return lambda: network(stage.planes, out)


def captured(draw: Draw) -> Draw:
    """A CUDA graph of a draw; its picture is the same memory every time."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):  # a first draw outside the graph, as capturing asks
        draw()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        picture = draw()

    def replay() -> Tensor:
        graph.replay()
        return picture

    return replay


FUSED, FUSED_GRAPH, FUSED_FP16 = "fastrti", "fastrti, CUDA graph", "fastrti, CUDA graph, fp16"
OURS = {FUSED: "auto", FUSED_GRAPH: "auto", FUSED_FP16: "fp16"}
"""fastrti's own contenders and their precision; fp16 is drawn whether or not it promises a level."""

CONTENDERS: dict[str, Callable[[Stage], Draw]] = {
    FUSED: fused,
    FUSED_GRAPH: partial(fused_graph, precision="auto"),
    FUSED_FP16: partial(fused_graph, precision="fp16"),
    "CUDA by hand, fp32": partial(by_hand, half=False),
    "CUDA by hand, half2": partial(by_hand, half=True),
    "CUDA graph of eager, fp16": partial(graph_of_eager, dtype=torch.float16),
    "torch eager, folded, fp16": partial(eager_folded, dtype=torch.float16),
    "torch eager, folded, fp32": partial(eager_folded, dtype=torch.float32),
    "torch eager, natural form": eager_natural,
    "torch.compile max-autotune, fp16": partial(compiled, dtype=torch.float16),
    "torch.compile max-autotune, fp32": partial(compiled, dtype=torch.float32),
    "torch.compile max-autotune, natural form": compiled_natural,
}
"""In the order they run: what is quick to prepare first, so that a short budget drops the compilations."""


def prepared(name: str, stage: Stage) -> Draw | str:
    """A contender after its first draw, or why there is none."""
    try:
        draw = CONTENDERS[name](stage)
        draw()
    except Unavailable as reason:
        return str(reason)
    except Exception as error:  # a peer's own failure, whatever it is, is a row and not the end of the run
        if name in OURS:
            raise
        return f"{type(error).__name__}: {_first_line(error)}"
    return draw


def _first_line(error: Any) -> str:
    return next(iter(str(error).splitlines()), "")[:200]
