"""What the machine can do at most, as contenders: a picture's multiply-adds on registers alone, or its bytes alone.

`ceilings.cpp` is compiled at run time, so that the rates are those of this machine in this run. A renderer's share of a
ceiling is the ratio of their megapixels a second.
"""

import ctypes
import platform
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common.subjects import LIGHT
from benchmarks.cpu.sweeps import TURN_S, Contender
from fastrti.errors import BackendError
from fastrti.objects.relightable import Relightable

SOURCE = Path(__file__).with_name("ceilings.cpp")
LEAST = 1e11 * TURN_S
"""Multiply-adds of a call: tens of milliseconds, so that starting threads does not count."""


def multiply_adds(relightable: Relightable, threads: int, isa: str, precision: str) -> Contender:
    """The multiply-adds of the object's pictures in the instructions of an instruction set and precision.

    Raises:
        BackendError: the machine lacks those instructions, or what it takes to measure them.
    """
    library = _library()
    pixels = relightable.height * relightable.width
    each = pixels * relightable.frame_network(LIGHT).multiply_adds
    pictures = max(1, round(LEAST / each))
    arguments = (isa.encode(), precision.encode(), ctypes.c_double(pictures * each), threads)
    if not library.multiply_adds(*arguments):
        raise BackendError(f"this machine has no {precision} multiply-adds of {isa}")
    return Contender(lambda: library.multiply_adds(*arguments), pictures * pixels, f"{isa} {precision}")


def memory(relightable: Relightable, threads: int) -> Contender:
    """The bytes of a picture: three planes a term are read and RGB written, in the order of the memory.

    Raises:
        BackendError: the number of planes is no multiple of three, or what it takes to measure is missing.
    """
    planes, library = relightable.planes, _library()
    if len(planes) % 3:
        raise BackendError(f"the stream of ceilings.cpp reads three planes a term, not {len(planes)} planes")
    blocks = relightable.height * relightable.width // 64
    out = np.zeros(192 * blocks, np.uint8)

    def draw() -> None:
        library.stream(planes.ctypes, out.ctypes, ctypes.c_size_t(blocks), len(planes) // 3, threads)

    return Contender(draw, 64 * blocks, "reads and writes alone")


@lru_cache(maxsize=1)
def _library() -> Any:
    if platform.machine().lower() not in ("x86_64", "amd64"):
        raise BackendError(f"ceilings.cpp measures x86-64 alone, not {platform.machine()}")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "ceilings.so"
        command = ["g++", "-O2", "-std=c++17", "-fPIC", "-shared", "-pthread", str(SOURCE), "-o", str(target)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except OSError as error:
            raise BackendError(f"ceilings.cpp needs g++, which could not be started here ({error})") from None
        return ctypes.CDLL(str(target))
