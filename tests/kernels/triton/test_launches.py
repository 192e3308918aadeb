"""A picture is two launches, and what is launched after the first time is what Triton itself would launch."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import networks
import pytest
from objects import experts, relightable

torch = pytest.importorskip("torch")
pytest.importorskip("triton", reason="Triton is published for Linux only")

from fastrti.kernels.triton.kernel import TritonKernel  # noqa: E402
from fastrti.kernels.triton.tile_arithmetic import INTERPRETED  # noqa: E402
from fastrti.objects.relightable import Relightable  # noqa: E402

ROOT = Path(__file__).parents[3]
LIGHTS = [(0.6, 0.0, 0.8), (0.0, 0.6, 0.8), (0.0, 0.0, 1.0)]


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the kernels that the interpreter launches."""
    if not INTERPRETED.value:
        pytest.skip("launches are counted in Triton's interpreter")
    from triton.runtime.interpreter import GridExecutor

    names: list[str] = []
    call = GridExecutor.__call__

    def counted(self: Any, *arguments: Any, **options: Any) -> Any:
        names.append(self.fn.__name__)
        return call(self, *arguments, **options)

    monkeypatch.setattr(GridExecutor, "__call__", counted)
    return names


DRAWN = {name: relightable(name) for name in ("ptm", "rbf", "light-mlp-relu-skip")}
DRAWN["experts"] = experts("ptm-base", 2)
DRAWN["means"] = replace(DRAWN["experts"], decoder=replace(DRAWN["experts"].decoder, shares=[[0.5, 0.5]]))


@pytest.mark.parametrize("precision", ["auto", "fp16", "fp32"])
@pytest.mark.parametrize("drawn", DRAWN.values(), ids=DRAWN)
def test_every_picture_is_two_launches(drawn: Relightable, precision: str, launched: list[str]) -> None:
    kernel = TritonKernel(drawn, precision=precision)
    picture, batch = kernel.empty((3, 4, 3)), kernel.empty((3, 2, 3, 4))
    graph = kernel.graph(kernel.empty((2, 2, 3, 3)), 1, 0)
    launched.clear()
    draws: list[Callable[[], Any]] = [
        lambda: kernel.relight(LIGHTS[0], picture, 0, 0),
        lambda: kernel.relight_batch(LIGHTS, batch, 1, 1),
        lambda: graph.replay(*LIGHTS[:2]),
    ]
    for draw in draws:
        draw()
        assert launched == ["prepare_frames", "relight_tiles"]
        launched.clear()


def test_a_light_is_the_same_from_the_call_and_from_the_buffer() -> None:
    """To the bit: the call hands its three numbers over as integers."""
    case = next(case for case in networks.network_cases(1, 1) if case.name == "9-16-16-3-relu-skip")
    light_network = TritonKernel(networks.relightable_of(case)).light_network
    given, stored = light_network.buffers(1), light_network.buffers(1)
    light = (-0.1, 1e-300, 0.9949874371066199)
    stored.lights.copy_(torch.tensor([light], dtype=torch.float64))
    light_network.compute(given, 0, light)
    light_network.compute(stored, 0)
    for name in ("steps", "vectors", "matrices", "bounds"):
        assert torch.equal(getattr(given, name), getattr(stored, name)), name


PROGRAM = """
import tempfile, numpy as np, torch
from pathlib import Path
from benchmarks.gpu import host_time
from fastrti.kernels.triton.launcher import Launcher

stub = host_time.StubDriver(Path(tempfile.mkdtemp()))
subject = host_time.renderer("ptm")
kernel = subject._kernel
stub.remember(17, 14)
whole = torch.empty((256, 256, 3), dtype=torch.uint8)
apart = torch.empty((100, 260, 4), dtype=torch.uint8)[:, 3:203]
batch = torch.empty((3, 256, 256, 3), dtype=torch.uint8)
draws = [
    lambda: subject.relight((0.3, -0.4), out=whole),
    lambda: subject.relight((0.0, 0.0), out=apart, region=(7, 9, 100, 200)),
    lambda: subject.relight_batch([(0, 0), (0.5, 0), (0, 0.5)], out=batch),
]

def launched(draw):
    # Grids and arguments, of which `given` and `height` have four bytes.
    found = stub.launched(draw)
    return [(grid, tuple(word & 0xFFFFFFFF if at == four else word for at, word in enumerate(words)))
            for (grid, words), four in zip(found, (13, 12))]

for draw in draws:
    draw()
prepared = [launched(draw) for draw in draws]
launchers = [kernel.light_network._launch, *kernel._draw_tiles.values()]
for number, draw in enumerate(draws):
    for launcher in launchers:
        launcher._compiled = None  # so that Triton itself looks at the arguments again
    by_triton = launched(draw)
    assert len(by_triton) == 2 and by_triton == prepared[number], (number, by_triton, prepared[number])
(_, lit), (grid, drawn) = prepared[0]
given = np.array(lit[14:17], np.uint64).view(np.float64)
assert lit[13] == 1 and np.abs(given - (0.3, -0.4, 0.75**0.5)).max() < 1e-15, lit
assert drawn[6] == whole.data_ptr() and grid[0] == 1 and prepared[2][1][0][0] == 3
print("the same")
"""


@pytest.mark.deep  # a compiler of C and Triton's compiler
def test_a_prepared_launch_is_triton_s_own(tmp_path: Path) -> None:
    environment = os.environ | {"TRITON_INTERPRET": "0", "TRITON_CACHE_DIR": str(tmp_path / "cache")}
    run = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "the same\n"
