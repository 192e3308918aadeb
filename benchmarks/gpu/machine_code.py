"""What a compiled Triton kernel costs, read from its machine code: registers, spills, and the loop over pixels."""

import re
import subprocess
import tempfile
from collections import Counter
from math import prod
from pathlib import Path
from typing import Any

from triton.backends import nvidia

CUOBJDUMP = Path(nvidia.__file__).parent / "bin" / "cuobjdump"
"""It comes in Triton's wheel, as ptxas does."""

Row = dict[str, Any]

TENSOR = ("HMMA", "HGMMA", "UTCHMMA", "v_mfma")
"""How matrix instructions begin."""

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


def pixel_loop(text: str, target: str) -> list[str]:
    """The operations of the loop over pixels: from the target of a backward branch to the branch, both included.

    It is the longest loop with matrix instructions. A kernel without them has one precision, and its longest loop.
    """
    if target.startswith("gfx"):
        code, labels = amd_code(text)
        jumps = ((at, re.match(r"\.LBB\w+", to)) for at, operation, to in code if "branch" in operation)
        branches = [(labels[to[0]], at) for at, to in jumps if to]
    else:
        code = nvidia_code(text)
        jumps = ((at, re.search(r"0x([0-9a-f]+)", to)) for at, operation, to in code if operation.startswith("BRA"))
        branches = [(int(to[1], 16), at) for at, to in jumps if to]
    spans = [(to, at) for to, at in branches if to < at]
    loops = [[operation for address, operation, _ in code if first <= address <= last] for first, last in spans]
    return max(loops, key=lambda loop: (_count(loop, *TENSOR) > 0, len(loop)))


def loop_costs(loop: list[str]) -> Row:
    """Counts of a loop's operations."""
    return {
        "instructions": len(loop),
        "loop_spills": _count(loop, "LDL", "STL", "scratch_"),
        "tensor": _count(loop, *TENSOR),
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


def multiply_adds(ttir: str) -> int:
    """Rows · columns · depth of all products of halves in Triton's own code."""
    shapes = re.findall(r"tt\.dot .*: tensor<(\d+)x(\d+)xf16> \* tensor<\d+x(\d+)xf16>", ttir)
    return sum(prod(map(int, shape)) for shape in shapes)
