"""Compiles the Triton kernel for GPUs this machine does not have, and reports what each variant costs them.

    TRITON_INTERPRET=0 python tests/offline_compile.py 80 90 120        # compute capabilities ×10

ptxas and cuobjdump come in Triton's wheel. One JSON object a line: the variant, the target, registers a thread, bytes
of stack frame, instructions that touch local memory (spills), bytes of shared memory, instructions a thread executes
for a tile, how many of them are matrix instructions, and loads of 16 bytes.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import triton
from triton.backends import nvidia
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from fastrti.frame_network import Activation, FrameNetwork
from fastrti.kernels.precision import PRECISIONS
from fastrti.kernels.relight_tiles import relight_tiles
from fastrti.kernels.relight_triton import launch_constants

CUOBJDUMP = Path(nvidia.__file__).parent / "bin" / "cuobjdump"

SHAPES: dict[str, tuple[int, tuple[int, ...], Activation, bool, bool]] = {
    "default student 9-16-16-3 relu, skip": (9, (16, 16), "relu", True, False),
    "DisK student 9-20-20-3 elu": (9, (20, 20), "elu", False, False),
    "teacher 9-50-50-3 elu": (9, (50, 50), "elu", False, False),
    "one layer 9-16-3 relu, skip": (9, (16,), "relu", True, False),
    "widest 48-64-64-3 elu, skip": (48, (64, 64), "elu", True, False),
    "widest 48-64-64-3 relu, skip": (48, (64, 64), "relu", True, False),
    "PTM 18-3": (18, (), "relu", False, False),
    "HSH 48-3": (48, (), "relu", False, False),
    "LRGB 9-3, base colour": (9, (), "relu", False, True),
}
"""Planes, hidden widths, activation, skip, base colour."""


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


def compile_for(capability: int, constants: dict[str, Any]) -> Any:
    """The kernel for one target, as `TritonKernel.relight` would have it compiled there."""
    constants = dict(constants)
    options = {name: constants.pop(name) for name in ("num_warps", "enable_fp_fusion")}
    matrices = "*fp32" if constants["PRECISION"] == "fp32" else "*fp16"
    pointers = {"planes": "*u8", "mask": "*u8", "out": "*u8", "vectors": "*fp32", "matrices": matrices}
    wide = ("origin", "row_stride", "plane_stride", "out_row_stride", "columns")
    signature = pointers | dict.fromkeys(wide, "i64") | {"tiles_per_row": "i32", "tiles": "i32"}
    aligned = {(number,): [["tt.divisibility", 16]] for number, name in enumerate(pointers) if name != "out"}
    source = ASTSource(relight_tiles, signature | dict.fromkeys(constants, "constexpr"), constants, aligned)
    return triton.compile(source, target=GPUTarget("cuda", capability, 32), options=options)


def measure(kernel: Any) -> dict[str, int]:
    """Registers, stack, spills, shared memory and instructions of a compiled kernel."""
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(kernel.asm["cubin"])
        file.flush()
        usage, listing = (
            subprocess.run([CUOBJDUMP, option, file.name], capture_output=True, text=True, check=True).stdout
            for option in ("-res-usage", "-sass")
        )
    registers, stack = (int(re.search(rf"{name}:(\d+)", usage)[1]) for name in ("REG", "STACK"))  # type: ignore[index]
    instructions = re.findall(r"^\s+/\*([0-9a-f]+)\*/\s+(?:@!?U?P\w+\s+)?([A-Z][A-Z0-9]+)(.*)", listing, re.M)
    loop = tile_loop(instructions)
    return {
        "registers": registers,
        "stack": stack,
        "spills": sum(operation in ("LDL", "STL") for _, operation, _ in instructions),
        "shared": kernel.metadata.shared,
        "loop": len(loop),
        "tensor": sum(operation in ("HMMA", "HGMMA") for operation in loop),
        "wide": sum(operation == "LDG" and ".128" in operands for _, operation, operands in instructions),
    }


def tile_loop(instructions: list[tuple[str, str, str]]) -> list[str]:
    """The operations of the longest loop: from the target of a backward branch to the branch."""
    loops = [
        (int(target[1], 16), int(address, 16))
        for address, operation, operands in instructions
        if operation == "BRA"
        and (target := re.search(r"0x([0-9a-f]+)", operands))
        and int(target[1], 16) < int(address, 16)
    ]
    first, last = max(loops, key=lambda span: span[1] - span[0])
    return [operation for address, operation, _ in instructions if first <= int(address, 16) <= last]


def report(capabilities: list[int]) -> Iterator[dict[str, Any]]:
    """One row a variant and target, masked and aligned; for the default student also without a mask, then neither."""
    for name, shape in SHAPES.items():
        for precision in PRECISIONS:
            constants = launch_constants(network(*shape), precision)
            for masked, aligned in ((True, True), (False, True), (False, False))[
                : 3 if name.startswith("default") else 1
            ]:
                switches = {"MASKED": masked, "ALIGNED": aligned}
                for capability in capabilities:
                    row = {"variant": name, "precision": precision, "capability": capability, **switches}
                    pixels = {"pixels": constants["BLOCK"], "threads": 32 * constants["num_warps"]}
                    yield row | pixels | measure(compile_for(capability, constants | switches))


if __name__ == "__main__":
    for row in report([int(argument) for argument in sys.argv[1:]]):
        print(json.dumps(row), flush=True)
