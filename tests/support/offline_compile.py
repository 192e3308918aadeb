"""Compiles the Triton kernels for GPUs this machine does not have, and counts what each variant costs them.

    python tests/support/offline_compile.py --record                      # rewrites the report in benchmarks/results
    python tests/support/offline_compile.py sm_90 gfx942 --only default   # prints such rows, one JSON object a line

The table is a report: a test holds the kernels to promises, whatever Triton compiles them, and to no number of it.
ptxas and cuobjdump come in Triton's wheel. A row says, for one kernel, network and target:

    registers, shared, stack, spills   registers a thread; bytes; bytes; instructions that touch local memory
                                       (gfx942: VGPRs, and registers spilled, as its metadata says)

and for `relight_tiles`, which draws the pixels,

    pixels, warps                      of one turn of its loop, and of the program that takes it
    loop_spills                        of its instructions, those that touch local memory
    instructions                       a warp executes in a turn (the longest loop of the machine code); among them
    tensor, mufu                       matrix instructions; those of the unit that exp runs on
    loads, stores                      of global memory, by their bits
    multiply_adds                      on matrix units, padding included
    bytes                              of global memory a pixel must move: planes, mask and picture

benchmarks/gpu/bounds.py turns these into pixels a second. A batch of lights is the same `relight_tiles` on a wider
grid; the other kernels compute a frame's parameters from its light, once a picture.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any

os.environ["TRITON_INTERPRET"] = "0"  # Triton reads it at import

import networks
import numpy as np
import torch
import triton
from triton.backends import nvidia
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from fastrti.kernels.triton.device_light_network import DeviceLightNetwork, NetworkShape
from fastrti.kernels.triton.error_bound import PRECISIONS
from fastrti.kernels.triton.kernel import launch_constants
from fastrti.kernels.triton.light_kernels import light_features, light_layer
from fastrti.kernels.triton.relight_tiles import relight_tiles
from fastrti.kernels.triton.round_network import round_network
from fastrti.kernels.triton.tuning import built_in
from fastrti.objects.frame_network import Activation, FrameNetwork

CUOBJDUMP = Path(nvidia.__file__).parent / "bin" / "cuobjdump"
TABLE = Path(__file__).parents[2] / "benchmarks" / "results" / "triton_offline.json"

TARGETS = {
    **{f"sm_{number}": GPUTarget("cuda", number, 32) for number in (80, 86, 89, 90, 100, 120)},
    "gfx942": GPUTarget("hip", "gfx942", 64),
}
FEWER_TARGETS = ("sm_80", "sm_90", "sm_120")
"""For networks whose figures nobody quotes: that nothing spills is all we ask."""

SHAPES: dict[str, tuple[int, tuple[int, ...], Activation, bool, bool]] = {
    "default student 9-16-16-3 relu, skip": (9, (16, 16), "relu", True, False),
    "DisK student 9-20-20-3 elu": (9, (20, 20), "elu", False, False),
    "teacher 9-50-50-3 elu": (9, (50, 50), "elu", False, False),
    "plain 9-8-8-3 elu": (9, (8, 8), "elu", False, False),
    "PTM 18-3": (18, (), "relu", False, False),
    "one layer 9-16-3 relu, skip": (9, (16,), "relu", True, False),
    "widest 48-64-64-3 elu, skip": (48, (64, 64), "elu", True, False),
    "widest 48-64-64-3 relu, skip": (48, (64, 64), "relu", True, False),
    "HSH 48-3": (48, (), "relu", False, False),
    "LRGB 9-3, base colour": (9, (), "relu", False, True),
}
"""Planes, hidden widths, activation, skip, base colour."""
QUOTED = tuple(SHAPES)[:5]

Row = dict[str, Any]


@dataclass(frozen=True)
class Variant:
    """One kernel to compile: what it is for, and what it draws.

    Attributes:
        kernel: "relight_tiles", or one of those that turn the light into its parameters.
        network: in SHAPES.
        precision: of the object.
        channels: of the picture.
        masked: whether the object has a mask.
    """

    kernel: str
    network: str
    precision: str
    channels: int = 3
    masked: bool = False

    def compile_for(self, target: str) -> Any:
        """As `TritonKernel` has it compiled there."""
        shape = network(*SHAPES[self.network])
        if self.kernel == "relight_tiles":
            constants = self.tile_constants(target)
            kinds = {"planes": "*i32", "mask": "*i32", "out": "*u8", "promised": "*i32", "vectors": "*fp32"}
            kinds |= {"matrices": "*fp32" if self.precision == "fp32" else "*fp16"}
            kinds |= {"tiles_per_row": "i32", "tiles": "i32"}
            return compiled_for(target, relight_tiles, kinds, constants, default="i64")
        decoder, device = networks.constant(shape), torch.device("cpu")
        light_network = DeviceLightNetwork(decoder.light_network, *RANGES, self.precision, True, device)
        if self.kernel == "round_network":
            kinds = {name: "*fp32" for name in ("vectors", "exact_vectors", "exact_matrices")}
            kinds |= {"matrices": "*fp16", "promised": "*i32"}
            return compiled_for(target, round_network, kinds, light_network.constants())
        if self.kernel == "light_layer":
            sizes = {
                "INPUTS": LIGHT_WIDTH,
                "OUTPUTS": light_network.shape.parameters,
                "BLOCK_INPUTS": 64,
                "BLOCK_OUTPUTS": 16,
            }
            return compiled_for(target, light_layer, {}, {**sizes, "SILU": True, "num_warps": 8, **EXACT_SUMS})
        monomials = {"KIND": "monomials", "COUNT": LIGHT_FEATURES, "SIDE": 4, "BLOCK": 256, **EXACT_SUMS}
        return compiled_for(target, light_features, {"exponents": "*i32"}, monomials)

    def tile_constants(self, target: str) -> dict[str, Any]:
        """`relight_tiles`' constants and Triton's options."""
        shape = NetworkShape.of(network(*SHAPES[self.network]))
        switches = {"MASKED": self.masked, "CHANNELS": self.channels, "PROMISED": 1, "PTX": target.startswith("sm_")}
        return launch_constants(shape, self.precision, built_in(shape, self.precision)) | switches


LIGHT_WIDTH, LIGHT_FEATURES = 32, 4  # of the default student's light network
RANGES = (np.zeros(9), np.ones(9))
EXACT_SUMS = {"enable_fp_fusion": False}


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
            yield Variant("round_network", default, precision), target
    for target in TARGETS:
        yield Variant("light_layer", default, "fp16"), target
        yield Variant("light_features", default, "fp16"), target


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


def network(planes: int, hidden: tuple[int, ...], activation: Activation, skip: bool, base: bool) -> FrameNetwork:
    """A network of that shape, all zeros."""
    widths = (planes, *hidden, 3)
    return FrameNetwork(
        tuple(np.zeros((b, a), np.float32) for a, b in pairwise(widths)),
        tuple(np.zeros(b, np.float32) for b in widths[1:]),
        activation,
        np.zeros((3, planes), np.float32) if skip else None,
        base,
    )


def row(variant: Variant, target: str) -> Row:
    """One line of the table."""
    kernel = variant.compile_for(target)
    text = machine_code(kernel, target)
    costs = {**vars(variant), "target": target, **resources(kernel, target, text)}
    if variant.kernel != "relight_tiles":
        return costs
    constants = variant.tile_constants(target)
    parts = 4 if constants["PIXELS"] == 2 else 1  # a turn draws all pixels of its words, or one of each
    turn = {"pixels": parts * constants["ROWS"], "warps": constants["num_warps"]}
    products = 0 if variant.precision == "fp32" else multiply_adds(kernel.asm["ttir"])
    moved = constants["K"] + variant.masked + variant.channels
    return costs | turn | loop_costs(longest_loop(text, target)) | {"multiply_adds": products, "bytes": moved}


def multiply_adds(ttir: str) -> int:
    """Rows · columns · depth of all matrix products of Triton's own code."""
    shapes = re.findall(r"tt\.dot .*: tensor<(\d+)x(\d+)xf\d+> \* tensor<\d+x(\d+)xf\d+>", ttir)
    return sum(prod(map(int, shape)) for shape in shapes)


Instruction = tuple[int, str, str]
"""Address, operation with its suffixes, operands."""


def machine_code(kernel: Any, target: str) -> str:
    """A kernel's disassembly; gfx942's begins as its compiler wrote it, metadata behind it."""
    if target.startswith("gfx"):
        text: str = kernel.asm["amdgcn"]
        return text
    return cuobjdump(kernel, "-sass")


def cuobjdump(kernel: Any, option: str) -> str:
    """What cuobjdump prints of a kernel."""
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(kernel.asm["cubin"])
        file.flush()
        return subprocess.run([CUOBJDUMP, option, file.name], capture_output=True, text=True, check=True).stdout


def resources(kernel: Any, target: str, text: str) -> Row:
    """Registers, shared memory, stack frame and spills."""
    if target.startswith("gfx"):
        registers, stack = (
            _number(r"\.vgpr_count:\s*(\d+)", text),
            _number(r"\.private_segment_fixed_size:\s*(\d+)", text),
        )
        spills = _number(r"\.vgpr_spill_count:\s*(\d+)", text) + _number(r"\.sgpr_spill_count:\s*(\d+)", text)
    else:
        usage = cuobjdump(kernel, "-res-usage")
        registers, stack = _number(r"REG:(\d+)", usage), _number(r"STACK:(\d+)", usage)
        spills = sum(operation.startswith(("LDL", "STL")) for _, operation, _ in nvidia_code(text))
    return {"registers": registers, "shared": kernel.metadata.shared, "stack": stack, "spills": spills}


def nvidia_code(text: str) -> list[Instruction]:
    """The instructions of cuobjdump's listing."""
    found = re.findall(r"^\s+/\*([0-9a-f]+)\*/\s+(?:@!?U?P\w+\s+)?([A-Z][A-Z0-9_.]*)(.*)", text, re.M)
    return [(int(address, 16), operation, operands) for address, operation, operands in found]


def amd_code(text: str) -> tuple[list[Instruction], dict[str, int]]:
    """The instructions of LLVM's listing, numbered, and the numbers its labels stand for."""
    code: list[Instruction] = []
    labels: dict[str, int] = {}
    for line in text.splitlines():
        if label := re.match(r"(\.LBB\w+):", line):
            labels[label[1]] = len(code)
        elif found := re.match(r"\t((?:[vs]|ds|global|buffer|flat|scratch)_\w+)\s*(.*)", line):
            code.append((len(code), found[1], found[2]))
    return code, labels


def longest_loop(text: str, target: str) -> list[str]:
    """The operations from the target of a backward branch to the branch, both included."""
    if target.startswith("gfx"):
        code, labels = amd_code(text)
        jumps = ((at, re.match(r"\.LBB\w+", to)) for at, operation, to in code if "branch" in operation)
        branches = [(labels[to[0]], at) for at, to in jumps if to]
    else:
        code = nvidia_code(text)
        jumps = ((at, re.search(r"0x([0-9a-f]+)", to)) for at, operation, to in code if operation.startswith("BRA"))
        branches = [(int(to[1], 16), at) for at, to in jumps if to]
    first, last = max(((to, at) for to, at in branches if to < at), key=lambda span: span[1] - span[0])
    return [operation for address, operation, _ in code if first <= address <= last]


def loop_costs(loop: list[str]) -> Row:
    """Counts of a loop's operations."""
    return {
        "instructions": len(loop),
        "loop_spills": _count(loop, "LDL", "STL", "scratch_"),
        "tensor": _count(loop, "HMMA", "HGMMA", "UTCHMMA", "v_mfma"),
        "mufu": _count(loop, "MUFU", "v_exp"),
        "loads": _widths(loop, "LDG", r"(?:global|buffer)_load_"),
        "stores": _widths(loop, "STG", r"(?:global|buffer)_store_"),
    }


def _count(loop: list[str], *starts: str) -> int:
    return sum(operation.startswith(starts) for operation in loop)


AMD_BITS = {"dwordx4": 128, "dwordx3": 96, "dwordx2": 64, "dword": 32, "ushort": 16, "short": 16}


def _widths(loop: list[str], nvidia: str, amd: str) -> dict[int, int]:
    """How many operations there are of each number of bits."""
    bits = []
    for operation in loop:
        if operation.startswith(nvidia):
            suffix = re.search(r"\.[US]?(8|16|64|128)\b", operation)
            bits.append(int(suffix[1]) if suffix else 32)
        elif found := re.match(amd + r"(\w+)", operation):
            bits.append(next((size for name, size in AMD_BITS.items() if found[1].startswith(name)), 8))
    return dict(sorted(Counter(bits).items()))


def _number(pattern: str, text: str) -> int:
    match = re.search(pattern, text)
    if match is None:
        raise ValueError(f"expected {pattern} in the compiler's report, got none: has its format changed?")
    return int(match[1])


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
