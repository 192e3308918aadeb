"""How long a picture keeps the host busy, without a GPU: Triton's own launcher calls a driver that does nothing.

    python -m benchmarks.gpu.host_time

Python and Triton's C code run as they do beside an H200, on kernels compiled for it, and no pixel is drawn. What a GPU
machine adds is left out: two calls of its driver (2–4 µs each), what torch does for a CUDA device and its stream, and
the allocation of a picture where `out` is not given. So these figures are a lower bound. It needs a C compiler.
"""

import ctypes
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from types import SimpleNamespace
from typing import Any

os.environ["TRITON_INTERPRET"] = "0"  # Triton reads it at import

import numpy as np
import torch

from benchmarks.common import checkout  # noqa: F401  # before what imports fastrti
from benchmarks.common.subjects import DECODERS, LIGHT, random_object
from fastrti import Renderer
from fastrti.kernels.backends import BACKENDS
from fastrti.kernels.triton.kernel import TritonKernel

SOURCE = Path(__file__).with_name("stub_driver.c")
SIDE = 256
CALLS, ROUNDS = 500, 9


class StubDriver:
    """A machine with an H200 whose driver does nothing. Making one changes this process for good.

    Args:
        folder: for the compiled driver.
    """

    def __init__(self, folder: Path) -> None:
        library = folder / "libcuda.so.1"
        command = ["cc", "-O1", "-shared", "-fPIC", "-w", "-Wl,-soname,libcuda.so.1", str(SOURCE), "-o", str(library)]
        subprocess.run(command, check=True)
        library.with_suffix("").symlink_to(library)  # older versions of Triton link with this name
        os.environ["TRITON_LIBCUDA_PATH"] = str(folder)
        self._library = ctypes.CDLL(str(library), ctypes.RTLD_GLOBAL)
        self._launches = ctypes.c_int.in_dll(self._library, "launches")
        from triton.backends.nvidia.driver import CudaDriver
        from triton.runtime import driver

        active: Any = CudaDriver()
        active.get_device_capability = lambda device=0: (9, 0)
        active.get_current_device = lambda: 0
        active.get_current_stream = lambda device=0: 0
        driver.set_active(active)
        properties = SimpleNamespace(name="no GPU", multi_processor_count=132, major=9, minor=0)
        torch.cuda.get_device_properties = lambda device=None: properties  # type: ignore[assignment, return-value]
        BACKENDS["triton"] = replace(
            BACKENDS["triton"],
            why_not=lambda: None,
            make=lambda relightable, threads, precision: TritonKernel(
                relightable, threads, precision, torch.device("cpu")
            ),
        )

    def remember(self, prepare: int, draw: int) -> None:
        """Sets how many arguments of the launches of either kernel `launched` tells."""
        (ctypes.c_int * 2).in_dll(self._library, "parameters")[:] = (prepare, draw)

    def launched(self, draw: Callable[[], Any]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
        """The launches of a call: the grid, and the arguments as 8-byte words."""
        self._launches.value = 0
        draw()
        grids = (ctypes.c_uint * 3 * 16).in_dll(self._library, "grids")
        arguments = (ctypes.c_uint64 * 32 * 16).in_dll(self._library, "arguments")
        return [(tuple(grids[i]), tuple(arguments[i])) for i in range(self._launches.value)]


def renderer(name: str) -> Renderer:
    """A small random object of a decoder in `subjects.DECODERS`, on the stub."""
    rng = np.random.default_rng(0)
    return Renderer(random_object(DECODERS[name](rng), (SIDE, SIDE), rng), backend="triton")


def rows() -> Iterator[tuple[str, float, float]]:
    """What is called, and the median microseconds of a call: on the clock, and of the processor."""
    subject = renderer("lc16x16")
    kernel: Any = subject._kernel
    out, batch = torch.empty((SIDE, SIDE, 3), dtype=torch.uint8), torch.empty((8, SIDE, SIDE, 3), dtype=torch.uint8)
    light = (LIGHT[0], LIGHT[1], (1 - LIGHT[0] ** 2 - LIGHT[1] ** 2) ** 0.5)
    half = torch.empty((SIDE // 2, SIDE // 2, 3), dtype=torch.uint8)
    for what, draw in {
        "Renderer.relight(light, out=out)": lambda: subject.relight(LIGHT, out=out),
        "Renderer.relight(light, out=out, region=…)": lambda: subject.relight(
            LIGHT, out=half, region=(3, 5, SIDE // 2, SIDE // 2)
        ),
        "Renderer.relight_batch(8 lights, out=out)": lambda: subject.relight_batch([LIGHT] * 8, out=batch),
        "of it: TritonKernel.relight": lambda: kernel.relight(light, out, 0, 0),
    }.items():
        yield what, *_microseconds(draw)


def _microseconds(draw: Callable[[], Any]) -> tuple[float, float]:
    draw()
    taken = []
    for _ in range(ROUNDS):
        start = perf_counter(), process_time()
        for _ in range(CALLS):
            draw()
        taken.append(((perf_counter() - start[0]) / CALLS * 1e6, (process_time() - start[1]) / CALLS * 1e6))
    wall, processor = zip(*taken)
    return median(wall), median(processor)


def main() -> None:
    """The command."""
    with tempfile.TemporaryDirectory() as folder:
        stub = StubDriver(Path(folder))
        subject, out = renderer("lc16x16"), torch.empty((SIDE, SIDE, 3), dtype=torch.uint8)
        subject.relight(LIGHT, out=out)
        print(f"launches per picture: {len(stub.launched(lambda: subject.relight(LIGHT, out=out)))}")
        print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors; µs per call\n")
        print("| call | on the clock | of the processor |\n|---|---|---|")
        for what, wall, processor in rows():
            print(f"| {what} | {wall:.1f} | {processor:.1f} |")


if __name__ == "__main__":
    main()
