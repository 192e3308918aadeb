"""Who draws: fastrti's fused CPU kernel, PyTorch as a user writes it, the peers at their best, the machine's ceilings.

Every contender gets the same object and light, a number of threads and no mask. The peers are given what they cannot
find themselves, see peers.py.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np
import torch

from benchmarks.common.natural_form import natural_form
from benchmarks.common.subjects import LIGHT
from benchmarks.cpu import ceilings
from benchmarks.cpu.peers import PEERS, Picture, pixel_major
from benchmarks.cpu.sweeps import Contender
from fastrti import Renderer
from fastrti.errors import BackendError
from fastrti.kernels.cpu import ISA_VARIABLE, PRECISIONS, available_isas
from fastrti.lights import unit_light
from fastrti.objects.relightable import Relightable

Factory = Callable[[Relightable, int], Contender]


def fused(relightable: Relightable, threads: int, precision: str = "auto", isa: str | None = None) -> Contender:
    """The product: light, folding and pixels inside the measured time, the picture's memory reused.

    Raises:
        BackendError: the machine or the kernel lacks the precision or instruction set.
    """
    with forced_isa(isa or available_isas()[0]):
        renderer = Renderer(relightable, backend="cpu", threads=threads, precision=precision)
    out = np.empty((relightable.height, relightable.width, 3), np.uint8)
    renderer.relight(LIGHT, out=out)  # what the kernel says of itself may follow from the light
    return Contender(lambda: renderer.relight(LIGHT, out=out), out.size // 3, what_runs(renderer))


NARROW = {"AVX-VNNI": ("avxvnni", "avxvnni-evex"), "AVX2": ("avx2",)}
"""Instruction sets of 256 bits by their rows' names; the second form of one is for processors that lack the first."""


def narrow_isa(name: str) -> str:
    """The instruction set of a row that is not the fastest here.

    Raises:
        BackendError: it is what `fused` runs already, or the machine has none.
    """
    isa = next((isa for isa in NARROW[name] if isa in available_isas()), NARROW[name][0])
    if available_isas()[0] == isa:
        raise BackendError(f"the rows above run {isa} already")
    return isa


def fused_narrow(relightable: Relightable, threads: int, name: str, precision: str = "auto") -> Contender:
    """The product as on a machine with AVX2, or with AVX-VNNI too, but without AVX-512.

    Raises:
        BackendError: this is what `fused` runs already, or the machine has none.
    """
    return fused(relightable, threads, precision, narrow_isa(name))


def narrow_ceiling(relightable: Relightable, threads: int, name: str, precision: str) -> Contender:
    """The multiply-adds of the instruction set that `fused_narrow` runs."""
    return ceilings.multiply_adds(relightable, threads, narrow_isa(name), precision)


def eager_natural(relightable: Relightable, threads: int) -> Contender:
    """The decoder as a module on the whole picture: dequantise, evaluate, clamp, round."""
    stored = torch.from_numpy(pixel_major(relightable))  # (P, K)
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

    return Contender(draw, len(stored), "whole picture")


def best_ceiling(relightable: Relightable, threads: int, precision: str) -> Contender:
    """The multiply-adds of the instruction set that `fused` runs."""
    return ceilings.multiply_adds(relightable, threads, available_isas()[0], precision)


CONTENDERS: dict[str, Factory] = {
    "ceiling memory": ceilings.memory,
    **{f"ceiling {name}": partial(best_ceiling, precision=name) for name in PRECISIONS},
    **{
        f"ceiling {name} {precision}": partial(narrow_ceiling, name=name, precision=precision)
        for name in NARROW
        for precision in PRECISIONS
    },
    "fastrti": fused,
    **{f"fastrti {name}": partial(fused, precision=name) for name in PRECISIONS},
    **{f"fastrti {name}": partial(fused_narrow, name=name) for name in NARROW},
    **{
        f"fastrti {name} {precision}": partial(fused_narrow, name=name, precision=precision)
        for name in NARROW
        for precision in PRECISIONS
    },
    "torch eager, natural form": eager_natural,
    **PEERS,
}
"""By name. `ceiling X` is what `fastrti X` is measured against."""


def what_runs(renderer: Renderer) -> str:
    """What the renderer says of its kernel, e.g. "avx512, 1 thread"."""
    line = next(line for line in repr(renderer).splitlines() if "backend: " in line)
    return line.partition("(")[2].removesuffix(")")


@contextmanager
def forced_isa(isa: str) -> Iterator[None]:
    """Renderers made inside run an instruction set."""
    before = os.environ.get(ISA_VARIABLE)
    os.environ[ISA_VARIABLE] = isa
    try:
        yield
    finally:
        if before is None:
            del os.environ[ISA_VARIABLE]
        else:
            os.environ[ISA_VARIABLE] = before
