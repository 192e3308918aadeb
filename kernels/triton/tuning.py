"""How the GPU kernel is launched, by architecture and network shape: the built-in table, and the user's own.

Nothing is measured inside `relight`. `fastrti tune` measures candidates for an object's network on this machine's GPU,
once, and keeps the fastest in a JSON file in the user's cache folder, which comes before the built-in table.
"""

import json
import math
import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

from fastrti.errors import ObjectError
from fastrti.files import read_file, replace_file
from fastrti.kernels.triton.error_bound import Precision
from fastrti.kernels.triton.network_shape import NetworkShape

Capability = tuple[int, int]

MAX_BYTES = 1 << 20
VERSION = 1  # of the file; raised when a kernel changes so much that older measurements mislead


@dataclass(frozen=True)
class Launch:
    """How `relight_tiles` is launched.

    Attributes:
        rows: words of four pixels in a tile, a power of two from 16.
        warps: of a program, a power of two.
        pixels: of a word drawn side by side, 2 or 1.
        stages: of the software pipeline, 1 for none.
        programs: on a multiprocessor.
    """

    rows: int
    warps: int
    pixels: int
    stages: int
    programs: int

    def constants(self, shape: NetworkShape, precision: Precision) -> dict[str, Any]:
        """What `relight_tiles` is compiled for to draw networks of this shape: its constants, and Triton's options."""
        inputs, first, second = shape.padded
        return {
            "K": shape.planes,
            "K_PADDED": inputs,
            "D1": first,
            "D2": second,
            "ELU": shape.activation == "elu",
            "SKIP": shape.skip_apart,
            "BASE": shape.base_colour,
            "PRECISION": precision,
            "PIXELS": self.pixels,
            "ROWS": self.rows,
            "STAGES": self.stages,
            "num_warps": self.warps,
            "enable_fp_fusion": True,  # the default, until it changes in Triton 3.10
        }


# By the widest layer, padded, and precision. Tiles, warps and pixels: of what spills no registers on any architecture
# the fewest instructions a pixel. Programs: two or three times those an H200 has registers for, so that those which
# wait take the place of those which are done; one or two fewer than fit cost up to 20 %. fp32's are not measured.
_TABLE: dict[int, dict[Precision, Launch]] = {
    16: {"fp16": Launch(64, 2, 2, 1, 20), "fp16 hi/lo": Launch(32, 1, 2, 1, 24), "fp32": Launch(64, 4, 1, 1, 10)},
    32: {"fp16": Launch(16, 1, 2, 1, 32), "fp16 hi/lo": Launch(16, 1, 2, 1, 24), "fp32": Launch(16, 4, 1, 1, 12)},
    64: {"fp16": Launch(64, 4, 1, 1, 6), "fp16 hi/lo": Launch(64, 4, 1, 1, 6), "fp32": Launch(16, 4, 1, 1, 8)},
}


def built_in(shape: NetworkShape, precision: Precision) -> Launch:
    """What the table says."""
    return _TABLE[max(shape.padded)][precision]


def candidates(shape: NetworkShape, precision: Precision) -> Iterator[Launch]:
    """What `fastrti tune` measures, the built-in first."""
    first = built_in(shape, precision)
    yield first
    rows_and_warps = [(16, 1), (32, 1), (32, 2), (64, 2), (64, 4), (128, 4), (128, 8)]
    if precision == "fp32":
        rows_and_warps = [(16, 4), (32, 4), (16, 8), (32, 8)]
    for (rows, warps), pixels, stages, programs in product(rows_and_warps, (1, 2), (1, 2), (2, 4, 8, 12, 16, 24)):
        candidate = Launch(rows, warps, pixels, stages, programs)
        if candidate != first and 8 <= programs * warps <= 48:
            yield candidate


def cache_file() -> Path:
    """The user's table; FASTRTI_CACHE or XDG_CACHE_HOME moves it."""
    root = os.environ.get("FASTRTI_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "fastrti"
    )
    return Path(root) / "tuning.json"


class TuningTable:
    """The user's measurements: (capability, shape, precision) → the fastest launch.

    Args:
        path: the JSON file; it need not exist. A damaged one, or one of another version, is ignored with a warning,
            and replaced by the next `add`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: dict[str, Launch] = {}
        try:
            if path.exists():
                self._entries = _parsed(read_file(path, MAX_BYTES, "measurements").decode("utf-8"))
        except (ObjectError, OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            warnings.warn(
                f"{path}: expected measurements of `fastrti tune`, version {VERSION}, "
                f"got {type(error).__name__} ({error}): the file is ignored, run `fastrti tune OBJECT` to replace it",
                stacklevel=2,
            )

    def launch(self, capability: Capability, shape: NetworkShape, precision: Precision) -> Launch:
        """The measured launch, or the built-in one."""
        return self._entries.get(_key(capability, shape, precision)) or built_in(shape, precision)

    def add(self, capability: Capability, shape: NetworkShape, precision: Precision, launch: Launch) -> None:
        """Keeps a measurement, in the file too.

        Raises:
            ObjectError: the file cannot be written.
        """
        self._entries[_key(capability, shape, precision)] = launch
        entries = {key: asdict(value) for key, value in sorted(self._entries.items())}
        replace_file(self._path, json.dumps({"version": VERSION, "launches": entries}, indent=2).encode())


def _parsed(text: str) -> dict[str, Launch]:
    """Raises what Python raises over a file that is not as `TuningTable.add` writes it."""
    stored = json.loads(text)
    if stored["version"] != VERSION:
        raise ValueError(f"version {stored['version']!r}")
    return {key: _checked(entry) for key, entry in stored["launches"].items()}


def _key(capability: Capability, shape: NetworkShape, precision: Precision) -> str:
    widths = "-".join(map(str, (shape.planes, *shape.hidden, 3)))
    switches = ", skip" * shape.skip + ", base" * shape.base_colour
    return f"sm_{capability[0]}{capability[1]}, {widths} {shape.activation}{switches}, {precision}"


def _checked(entry: dict[str, Any]) -> Launch:
    """Raises ValueError, TypeError or KeyError unless the numbers are ones the kernel can be compiled for."""
    launch = Launch(**entry)
    ranges = {"rows": (16, 256), "warps": (1, 16), "pixels": (1, 2), "stages": (1, 4), "programs": (1, 32)}
    for name, (low, high) in ranges.items():
        value = getattr(launch, name)
        if type(value) is not int or not low <= value <= high:
            raise ValueError(f"{name} {value!r}")
    if launch.rows & (launch.rows - 1) or launch.warps & (launch.warps - 1):
        raise ValueError(f"rows {launch.rows} and warps {launch.warps}, not powers of two")
    return launch


def ever_faster(
    launches: Iterator[Launch], microseconds: Callable[[Launch], float | None]
) -> Iterator[tuple[Launch, float]]:
    """Each launch that is faster than all before it, with its time; the last is the fastest.

    Args:
        launches: at least one that can be measured.
        microseconds: measures one; None where it cannot be compiled or run.
    """
    best = math.inf
    for launch in launches:
        time = microseconds(launch)
        if time is not None and time < best:
            best = time
            yield launch, time
