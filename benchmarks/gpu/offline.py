"""Compiles the Triton kernels for GPUs this machine does not have, and counts what each costs them.

    python -m benchmarks.gpu.offline --record                      # rewrites results/triton_offline.json
    python -m benchmarks.gpu.offline sm_90 gfx942 --only default   # prints such rows, one JSON object a line

The table is a report: a test holds the kernels to promises, whatever Triton compiles them, and to no number of it.
A row says, for one kernel, network and target:

    registers, shared, stack, spills   registers a thread; bytes; bytes; instructions that touch local memory
                                       (gfx942: VGPRs, and registers spilled, as its metadata says)

and for `relight_tiles`, which draws the pixels,

    pixels, warps                      of one turn of its loop, and of the program that takes it
    loop_spills                        of its instructions, those that touch local memory
    instructions                       a warp executes in a turn; among them
    tensor, mufu                       matrix instructions; those of the unit that exp runs on
    loads, stores                      of global memory, by their bits
    multiply_adds                      on matrix units, padding included
    bytes                              of global memory a pixel must move: planes, mask and picture

bounds.py turns these into pixels a second. A batch of lights is the same `relight_tiles` on a wider grid;
`prepare_frames` computes a frame's parameters from its light, once a picture.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

os.environ["TRITON_INTERPRET"] = "0"  # Triton reads it at import

import numpy as np
import torch
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from benchmarks.common import checkout  # noqa: F401  # before what imports fastrti
from benchmarks.gpu.machine_code import Row, loop_costs, machine_code, multiply_adds, pixel_loop, resources
from fastrti.kernels.triton.device_light_network import DeviceLightNetwork
from fastrti.kernels.triton.error_bound import ALL_BYTES, PRECISIONS, Precision
from fastrti.kernels.triton.network_shape import NetworkShape
from fastrti.kernels.triton.prepare_frames import prepare_frames
from fastrti.kernels.triton.relight_tiles import relight_tiles
from fastrti.kernels.triton.tuning import Launch, built_in
from fastrti.objects.light_network import LightNetwork
from fastrti.objects.light_terms import monomials

TABLE = Path(__file__).parents[1] / "results" / "triton_offline.json"

TARGETS = {
    **{f"sm_{number}": GPUTarget("cuda", number, 32) for number in (80, 86, 89, 90, 100, 120)},
    "gfx942": GPUTarget("hip", "gfx942", 64),
}
FEWER_TARGETS = ("sm_80", "sm_90", "sm_120")
"""For networks whose figures nobody quotes: that nothing spills is all we ask."""

SHAPES = {
    "default student 9-16-16-3 relu, skip": NetworkShape(9, (16, 16), "relu", True, False),
    "DisK student 9-20-20-3 elu": NetworkShape(9, (20, 20), "elu", False, False),
    "teacher 9-50-50-3 elu": NetworkShape(9, (50, 50), "elu", False, False),
    "plain 9-8-8-3 elu": NetworkShape(9, (8, 8), "elu", False, False),
    "PTM 18-3": NetworkShape(18, (), "relu", False, False),
    "one layer 9-16-3 relu, skip": NetworkShape(9, (16,), "relu", True, False),
    "widest 48-64-64-3 elu, skip": NetworkShape(48, (64, 64), "elu", True, False),
    "widest 48-64-64-3 relu, skip": NetworkShape(48, (64, 64), "relu", True, False),
    "HSH 48-3": NetworkShape(48, (), "relu", False, False),
    "LRGB 9-3, base colour": NetworkShape(9, (), "relu", False, True),
}
QUOTED = tuple(SHAPES)[:5]
LIGHT_WIDTHS = (32, 32)
"""Of the light network that `prepare_frames` is compiled for: the default student's."""


@dataclass(frozen=True)
class Variant:
    """One kernel to compile: what it is for, and what it draws.

    Attributes:
        kernel: "relight_tiles" or "prepare_frames".
        network: in SHAPES.
        precision: of the object, drawn in float32 where its bound promises nothing.
        channels: of the picture.
        masked: whether the object has a mask.
        experts: of the object.
    """

    kernel: str
    network: str
    precision: Precision
    channels: int = 3
    masked: bool = False
    experts: int = 1

    def compile_for(self, target: str, launch: Launch) -> Any:
        """As `TritonKernel` has it compiled there."""
        if self.kernel == "relight_tiles":
            constants = self.tile_constants(target, launch)
            kinds = {"planes": "*i32", "bounds": "*fp64", "out": "*u8", "height": "i32"}
            kinds |= dict.fromkeys(("vectors", "exact_vectors", "exact_matrices"), "*fp32")
            kinds |= {"matrices": "*fp32" if self.precision == "fp32" else "*fp16"}
            return compiled_for(target, relight_tiles, kinds, constants, default="i64")
        light_network = DeviceLightNetwork(
            [decoder(SHAPES[self.network])], *RANGES, self.precision, True, ALL_BYTES, torch.device("cpu")
        )
        kinds = dict.fromkeys(("vectors", "exact_vectors", "exact_matrices"), "*fp32") | {"matrices": "*fp16"}
        kinds |= {"exponents": "*i32", "given": "i32"} | dict.fromkeys("xyz", "i64")
        return compiled_for(target, prepare_frames, kinds, light_network.constants("monomials"))

    def tile_constants(self, target: str, launch: Launch) -> dict[str, Any]:
        """`relight_tiles`' constants and Triton's options."""
        switches = {"MASKED": self.masked, "LABELS": self.experts, "CHANNELS": self.channels}
        switches |= {"FALLBACK": self.precision != "fp32", "BOXES": 1, "PTX": target.startswith("sm_")}
        return launch.constants(SHAPES[self.network], self.precision) | switches


RANGES = (np.zeros(9), np.ones(9))


def variants() -> Iterator[tuple[Variant, str]]:
    """Everything in the table: networks × precisions × targets, and for the default student what else it draws."""
    default = QUOTED[0]
    for precision in PRECISIONS:
        for name in SHAPES:
            for target in TARGETS if name in QUOTED else FEWER_TARGETS:
                yield Variant("relight_tiles", name, precision), target
        for target in TARGETS:
            yield Variant("relight_tiles", default, precision, channels=4), target
            yield Variant("relight_tiles", default, precision, masked=True), target
            yield Variant("prepare_frames", default, precision), target
        for target in FEWER_TARGETS:
            yield Variant("relight_tiles", default, precision, experts=4), target
    for name in QUOTED[1:3]:
        for target in FEWER_TARGETS:
            yield Variant("prepare_frames", name, "fp16 hi/lo"), target


def decoder(shape: NetworkShape) -> LightNetwork:
    """A light network that emits networks of that shape, all zeros."""
    exponents = monomials(1)
    widths = (len(exponents), *LIGHT_WIDTHS, shape.parameters)
    return LightNetwork(
        shape.planes,
        shape.hidden,
        shape.activation,
        shape.skip,
        shape.base_colour,
        "monomials",
        tuple(np.zeros((b, a), np.float32) for a, b in pairwise(widths)),
        tuple(np.zeros(b, np.float32) for b in widths[1:]),
        np.array(exponents, np.int32),
    )


def compiled_for(
    target: str, kernel: Any, kinds: dict[str, str], constants: dict[str, Any], default: str = "*fp64"
) -> Any:
    """Compiles a kernel.

    Args:
        target: in TARGETS.
        kernel: the Triton function.
        kinds: the types of its arguments, where they are not `default`.
        constants: its constants and Triton's options.
        default: a type.
    """
    options = {name: constants[name] for name in ("num_warps", "enable_fp_fusion") if name in constants}
    constants = {name: value for name, value in constants.items() if name not in options}
    arguments = {name: kinds.get(name, default) for name in kernel.arg_names if name not in constants}
    pointers = ((number,) for number, name in enumerate(arguments) if arguments[name].startswith("*") and name != "out")
    signature = arguments | dict.fromkeys(constants, "constexpr")
    source = ASTSource(kernel, signature, constants, {at: [["tt.divisibility", 16]] for at in pointers})
    return triton.compile(source, target=TARGETS[target], options=options)


def row(variant: Variant, target: str, launch: Launch | None = None) -> Row:
    """One line of the table; the launch is the built-in one, or another."""
    launch = launch or built_in(SHAPES[variant.network], variant.precision)
    kernel = variant.compile_for(target, launch)
    text = machine_code(kernel, target)
    costs = {**vars(variant), "target": target, **resources(kernel, target, text)}
    if variant.kernel != "relight_tiles":
        return costs
    constants = variant.tile_constants(target, launch)
    parts = 4 if launch.pixels == 2 else 1  # a turn draws all pixels of its words, or one of each
    turn = {"pixels": parts * launch.rows, "warps": launch.warps}
    products = 0 if variant.precision == "fp32" else multiply_adds(kernel.asm["ttir"])
    moved = constants["K"] + variant.masked + (variant.experts > 1) + variant.channels
    return costs | turn | loop_costs(pixel_loop(text, target)) | {"multiply_adds": products, "bytes": moved}


def compiled(wanted: list[tuple[Variant, str]]) -> Iterator[Row]:
    """The rows, compiled by all cores this process may use."""
    with ProcessPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        yield from pool.map(row, *zip(*wanted))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", default=list(TARGETS), help=f"of {', '.join(TARGETS)}; default all")
    parser.add_argument("--only", default="", help="networks whose name starts so")
    parser.add_argument("--record", action="store_true", help=f"write all rows to {TABLE.name}")
    arguments = parser.parse_args()
    if arguments.record:
        lines = ",\n".join(json.dumps(each, ensure_ascii=False) for each in compiled(list(variants())))
        TABLE.write_text(f'{{"triton": "{triton.__version__}", "rows": [\n{lines}\n]}}\n')
        return
    wanted = [
        (variant, target)
        for variant, target in variants()
        if target in arguments.targets and variant.network.startswith(arguments.only)
    ]
    for each in compiled(wanted):
        print(json.dumps(each, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
