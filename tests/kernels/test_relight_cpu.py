"""The CPU kernel against the specification: every instruction set × every network × every odd size."""

import math
import os
import platform
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from networks import LIGHT, NetworkCase, light_conditioned, network_cases, random_network, random_planes, relightable_of
from numpy.typing import NDArray

from fastrti.errors import ArgumentError, BackendError
from fastrti.kernels import cpu as relight_cpu
from fastrti.kernels.cpu import CpuKernel, available_isas
from fastrti.kernels.reference import relight_network
from fastrti.lights import unit_light
from fastrti.objects.frame_network import MAX_WEIGHT, Activation, FrameNetwork
from fastrti.objects.relightable import Relightable

Picture = NDArray[np.uint8]

UNIT_LIGHT: tuple[float, float, float] = tuple(unit_light(LIGHT).tolist())

TOLERANCE = 1  # levels of 255 in float32, every ISA; integers promise a bound of their own
HEIGHT, WIDTH = 3, 1030
SIZES = (1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 1000)  # around every tile and vector
CASES = {case.name: case for case in network_cases(HEIGHT, WIDTH)}
ISAS = available_isas()
BEYOND_INTEGERS = ("ptm-base", "wide-elu")  # see tests/test_quantise.py
DRAWN = [("fp32", name) for name in CASES] + [("int16", name) for name in CASES if name not in BEYOND_INTEGERS]
PRECISIONS = ("fp32", "int16")


def exact(case: NetworkCase, mask: NDArray[np.bool_] | None = None) -> Picture:
    return relight_network(case.network, case.planes, mask)


@pytest.fixture(scope="module")
def pictures() -> dict[str, Picture]:
    return {name: exact(case) for name, case in CASES.items()}


def kernel_of(case: NetworkCase, mask: NDArray[np.bool_] | None = None, **options: Any) -> CpuKernel:
    return CpuKernel(relightable_of(case, mask), **options)


def kernel_for(network: FrameNetwork, planes: Picture, **options: Any) -> CpuKernel:
    return kernel_of(NetworkCase("", network, planes), **options)


def draw(
    kernel: CpuKernel,
    top: int,
    left: int,
    height: int,
    width: int,
    light: tuple[float, float, float] = UNIT_LIGHT,
    channels: int = 3,
) -> Picture:
    """Draws twice into poisoned memory; asserts that every byte of the region is written and none beside it."""
    results = []
    for poison in (0x00, 0xA5):
        memory = np.full((height + 2, channels * width + 7), poison, np.uint8)  # a guard around each row
        out = memory[1:-1, 2 : 2 + channels * width].reshape(height, width, channels)
        assert np.shares_memory(out, memory)
        kernel.relight(light, out, top, left)
        results.append(out.copy())
        out[:] = poison
        assert (memory == poison).all(), "wrote outside the region"
    assert (results[0] == results[1]).all(), "left pixels unwritten"
    return results[0]


def tolerance(kernel: CpuKernel) -> int:
    precision, bound = kernel.drawn_in(UNIT_LIGHT)
    return TOLERANCE if precision == "fp32" else math.ceil(bound)


def levels_apart(a: Picture, b: Picture) -> int:
    return int(np.abs(a.astype(np.int16) - b).max())


def unit(planes: int) -> NDArray[np.float64]:
    return np.ones(planes)


def relu_network(planes: int = 9, hidden: tuple[int, ...] = (16, 16), seed: int = 5) -> FrameNetwork:
    network = random_network(np.random.default_rng(seed), planes, hidden, "relu", True)
    return network.folded(-unit(planes), unit(planes))


@pytest.mark.parametrize(("precision", "name"), DRAWN)
@pytest.mark.parametrize("isa", ISAS)
def test_matches_reference(isa: str, precision: str, name: str, pictures: dict[str, Picture]) -> None:
    case = CASES[name]
    kernel = kernel_of(case, threads=2, precision=precision, isa=isa)
    whole = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    kernel.relight(UNIT_LIGHT, whole)
    assert levels_apart(whole, pictures[name]) <= tolerance(kernel)
    for width in SIZES:
        crop = draw(kernel, 1, 5, 2, width)
        assert (crop == whole[1:3, 5 : 5 + width]).all(), f"width {width}: crop of the relight ≠ relight of the crop"


@pytest.mark.parametrize("name", sorted({name for precision, name in DRAWN if precision == "int16"}))
def test_integers_are_the_same_on_every_isa(name: str) -> None:
    pictures = [draw(kernel_of(CASES[name], precision="int16", isa=isa), 0, 0, HEIGHT, WIDTH) for isa in ISAS]
    assert all((picture == pictures[0]).all() for picture in pictures)


@pytest.mark.parametrize("name", BEYOND_INTEGERS)
def test_networks_beyond_integers_are_drawn_in_float32(name: str) -> None:
    assert kernel_of(CASES[name]).drawn_in(UNIT_LIGHT) == ("fp32", math.inf)
    with pytest.raises(BackendError, match="expected a network that 16-bit integers can draw"):
        kernel_of(CASES[name], precision="int16")


@pytest.mark.parametrize("isa", ISAS)
def test_auto_takes_integers_that_promise_less_than_a_level(isa: str) -> None:
    for name in CASES:
        precision, bound = kernel_of(CASES[name], isa=isa).drawn_in(UNIT_LIGHT)
        assert precision == ("int16" if bound < 1 else "fp32"), name


@pytest.mark.parametrize("width", SIZES)
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("isa", ISAS)
def test_matches_reference_at_every_size(isa: str, precision: str, width: int) -> None:
    rng = np.random.default_rng(width)
    case = NetworkCase("", relu_network(), random_planes(rng, 9, (3, width)))
    kernel = kernel_of(case, precision=precision, isa=isa)
    assert levels_apart(draw(kernel, 0, 0, 3, width), exact(case)) <= tolerance(kernel)


@pytest.mark.parametrize("planes", (1, 3, 9, 12, 18, 48))
@pytest.mark.parametrize("width", (1, 3, 5, 6, 7, 8, 11, 13, 16, 20, 33, 50, 64))
def test_matches_reference_at_every_width(planes: int, width: int) -> None:
    rng = np.random.default_rng([planes, width])
    pixels = random_planes(rng, planes, (5, 77))
    shapes: tuple[tuple[tuple[int, ...], Activation], ...] = (
        ((width,), "relu"),
        ((width, 65 - width), "elu"),
        ((65 - width, width), "relu"),
    )
    for hidden, activation in shapes:
        network = random_network(rng, planes, hidden, activation, skip=width % 2 == 0)
        case = NetworkCase("", network.folded(-unit(planes), unit(planes)), pixels)
        # One unit of one plane may be dead: `spread` then multiplies what is left beyond integers.
        for isa, precision in product(ISAS, PRECISIONS if width > 1 else ["fp32"]):
            kernel = kernel_of(case, precision=precision, isa=isa)
            apart = levels_apart(draw(kernel, 0, 0, 5, 77), exact(case))
            assert apart <= tolerance(kernel), (isa, precision, hidden)


SOME_DRAWN = [drawn for drawn in DRAWN if drawn[1] in ("9-16-16-3-relu-skip", "9-50-50-3-elu", "ptm", "ptm-base")]


@pytest.mark.parametrize(("precision", "name"), SOME_DRAWN)
@pytest.mark.parametrize("isa", ISAS)
def test_mask_paints_black(isa: str, precision: str, name: str) -> None:
    case = CASES[name]
    mask = np.random.default_rng(0).random((HEIGHT, WIDTH)) < 0.6
    mask[1, 100:700] = False  # whole tiles
    kernel = kernel_of(case, mask, precision=precision, isa=isa)
    picture = draw(kernel, 0, 0, HEIGHT, WIDTH)
    assert (picture[~mask] == 0).all()
    assert levels_apart(picture, exact(case, mask)) <= tolerance(kernel)
    assert (draw(kernel, 1, 99, 2, 100) == picture[1:3, 99:199]).all()


@pytest.mark.parametrize("isa", ISAS)
def test_linear_networks_skip_only_zero_weights(isa: str) -> None:
    """Planes that reach no channel, one, two or all, over several runs of pixels asked for ahead and several chunks."""
    rng = np.random.default_rng(6)
    planes = random_planes(rng, 17, (1, 140_001))
    weight = random_network(rng, 17, (), "relu", False).weights[0]
    weight[:, :16] *= (np.arange(16) >> np.arange(3)[:, None]) & 1  # every subset of the channels, twice
    network = FrameNetwork((weight,), (np.zeros(3, np.float32),)).folded(-unit(17), unit(17))
    mask = (np.arange(140_001) % 5000 < 4000)[None]
    expected = exact(NetworkCase("", network, planes), mask)
    for threads in (1, 3):
        kernel = kernel_of(NetworkCase("", network, planes), mask, threads=threads, isa=isa)
        assert levels_apart(draw(kernel, 0, 0, 1, 140_001), expected) <= TOLERANCE


@pytest.mark.parametrize("masked", (False, True))
@pytest.mark.parametrize("isa", ISAS)
def test_rgba_is_rgb_and_alpha(isa: str, masked: bool) -> None:
    for precision, name in SOME_DRAWN:
        case = CASES[name]
        mask = np.random.default_rng(0).random((HEIGHT, WIDTH)) < 0.6 if masked else np.ones((HEIGHT, WIDTH), bool)
        mask[1, 5:200] &= not masked  # whole tiles
        kernel = kernel_of(case, mask if masked else None, threads=2, precision=precision, isa=isa)
        for width in SIZES:
            rgba = draw(kernel, 1, 5, 2, width, channels=4)
            assert (rgba[..., :3] == draw(kernel, 1, 5, 2, width)).all(), (precision, name, width)
            assert (rgba[..., 3] == 255 * mask[1:3, 5 : 5 + width]).all(), (precision, name, width)


@pytest.mark.parametrize("isa", ISAS)
def test_elu_is_good_to_two_millionths(isa: str) -> None:
    """One output level is 2e-6 of ELU here, over windows of t from 0 to where e^t vanishes in float32."""
    planes = np.arange(256, dtype=np.uint8).reshape(1, 1, 256)
    for low in np.linspace(-18, 0, 73):
        span = 4e-4 * np.exp(-low) if low > -8 else 1.0  # t runs over [low − span, low], ELU over some 200 levels
        slope, gain = np.float32(-span / 255), np.float32(1 / 255 / 2e-6)
        middle = np.expm1(low - span / 2)
        network = FrameNetwork(
            (np.array([[slope]], np.float32), np.full((3, 1), gain)),
            (np.array([low], np.float32), np.full(3, 0.5 - float(gain) * middle, np.float32)),
            "elu",
        )
        case = NetworkCase("", network, planes)
        assert (
            levels_apart(draw(kernel_for(network, planes, precision="fp32", isa=isa), 0, 0, 1, 256), exact(case))
            <= TOLERANCE
        ), low


@pytest.mark.parametrize("isa", ISAS)
def test_elu_keeps_tiny_activations(isa: str) -> None:
    """elu(t) = t for |t| ≤ 1e-7, where a sum e^t + (−1) would have no digit left."""
    planes = np.arange(256, dtype=np.uint8).reshape(1, 1, 256)
    network = FrameNetwork(
        (np.array([[-1e-7 / 255]], np.float32), np.full((3, 1), -1e7, np.float32)),
        (np.zeros(1, np.float32), np.zeros(3, np.float32)),
        "elu",
    )
    picture = draw(kernel_for(network, planes, precision="fp32", isa=isa), 0, 0, 1, 256)
    assert levels_apart(picture, exact(NetworkCase("", network, planes))) <= TOLERANCE
    assert picture[0, 255, 0] == 255


@pytest.mark.parametrize("name", ("9-16-16-3-relu-skip", "9-16-16-3-elu-skip", "hsh16"))
@pytest.mark.parametrize("isa", ISAS)
def test_largest_weights_saturate(isa: str, name: str) -> None:
    """Sums of 1e9 · 1e9 · 1e9 stay below float32's 3e38, so no NaN can arise: a positive output is white."""
    network = CASES[name].network
    largest = FrameNetwork(
        tuple(np.full_like(weight, MAX_WEIGHT) for weight in network.weights),
        tuple(np.full_like(bias, MAX_WEIGHT) for bias in network.biases),
        network.activation,
        None if network.skip is None else np.full_like(network.skip, MAX_WEIGHT),
    )
    kernel = kernel_for(largest, CASES[name].planes, precision="fp32", isa=isa)
    assert (draw(kernel, 0, 0, HEIGHT, WIDTH) == 255).all()
    negative = replace(largest, weights=(*largest.weights[:-1], -largest.weights[-1]), skip=None)
    lit = CASES[name].planes.any(axis=0)  # a hidden unit, or an input, is above 0 and outweighs the bias
    kernel = kernel_for(negative, CASES[name].planes, precision="fp32", isa=isa)
    assert (draw(kernel, 0, 0, HEIGHT, WIDTH)[lit] == 0).all()


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("size", ((211, 333), (2, 40_001), (70_000, 1)))
def test_thread_count_changes_no_bit(isa: str, precision: str, size: tuple[int, int]) -> None:
    height, width = size
    planes = random_planes(np.random.default_rng(1), 9, size)
    network = relu_network()
    whole, part = [], []
    for threads in (1, 2, 3, 7, 64):
        kernel = kernel_for(network, planes, threads=threads, precision=precision, isa=isa)
        whole.append(draw(kernel, 0, 0, height, width))
        part.append(draw(kernel, height // 3, width // 5, height // 2, width - width // 5))
    assert all((picture == whole[0]).all() for picture in whole)
    assert all((picture == part[0]).all() for picture in part)
    assert levels_apart(whole[0], exact(NetworkCase("", network, planes))) <= tolerance(kernel)


def test_draws_into_reversed_rows() -> None:
    planes = random_planes(np.random.default_rng(2), 9, (5, 33))
    upright, reversed_rows = np.empty((2, 5, 33, 3), np.uint8)
    kernel = kernel_for(relu_network(), planes)
    kernel.relight(UNIT_LIGHT, upright)
    kernel.relight(UNIT_LIGHT, reversed_rows[::-1])
    assert (upright == reversed_rows[::-1]).all()


def test_concurrent_callers_get_the_same_bytes() -> None:
    planes = random_planes(np.random.default_rng(3), 9, (300, 301))
    ones = np.ones(9)
    decoder = light_conditioned(np.random.default_rng(3))
    kernel = CpuKernel(Relightable(planes, -ones, ones, decoder), threads=3)
    lights = [(float(x), float(y), float(z)) for x, y, z in map(unit_light, np.linspace((-0.7, 0.5), (0.8, 0.1), 8))]
    alone = [draw(kernel, 0, 0, 300, 301, light) for light in lights]
    assert not (alone[0] == alone[1]).all()
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda light: draw(kernel, 0, 0, 300, 301, light), lights * 4))
    assert all((a == b).all() for a, b in zip(alone * 4, together))


def test_releases_the_gil() -> None:
    planes = np.zeros((48, 1000, 1000), np.uint8)
    kernel = kernel_for(relu_network(48, (64, 64)), planes, threads=1, isa="baseline")
    out = np.empty((1000, 1000, 3), np.uint8)
    thread = threading.Thread(target=kernel.relight, args=(UNIT_LIGHT, out))
    thread.start()
    turns = 0
    while thread.is_alive():
        time.sleep(0.001)
        turns += 1
    assert turns > 20, "this thread stood still while the kernel drew"


def test_threads_sleep_when_nothing_is_drawn() -> None:
    """They wait for the next picture awake, but only for 0.2 ms."""
    planes = random_planes(np.random.default_rng(4), 9, (200, 301))
    draw(kernel_for(relu_network(), planes, threads=4), 0, 0, 200, 301)
    time.sleep(0.05)
    before = time.process_time()
    time.sleep(0.4)
    assert time.process_time() - before < 0.04


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_works_in_a_forked_child() -> None:
    planes = random_planes(np.random.default_rng(4), 9, (200, 301))
    kernel = kernel_for(relu_network(), planes, threads=4)
    expected = draw(kernel, 0, 0, 200, 301)  # the parent's workers exist now
    child = os.fork()
    if child == 0:
        picture = np.empty_like(expected)
        kernel.relight(UNIT_LIGHT, picture)
        os._exit(0 if (picture == expected).all() else 1)
    assert _exit_code(child, timeout_s=20) == 0


def _exit_code(child: int, timeout_s: float) -> int | None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return None


OBJECT = relightable_of(NetworkCase("", relu_network(), np.zeros((9, 20, 30), np.uint8)))


@pytest.mark.parametrize(
    ("make", "message"),
    (
        (lambda: CpuKernel(OBJECT, threads=0), "expected threads from 1"),
        (lambda: CpuKernel(OBJECT, threads=True), "expected threads from 1"),
        (lambda: CpuKernel(OBJECT, threads=1025), "expected threads from 1"),
        (lambda: CpuKernel(OBJECT, threads=1.5), "expected threads from 1"),  # type: ignore[arg-type]
    ),
)
def test_kernel_rejects_bad_thread_counts(make: Callable[[], CpuKernel], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        make()


def _frozen() -> Picture:
    out = np.empty((20, 30, 3), np.uint8)
    out.flags.writeable = False
    return out


@pytest.mark.parametrize(
    ("out", "message"),
    (
        (np.empty((20, 30), np.uint8), "expected a writable out"),
        (np.empty((20, 30, 2), np.uint8), "expected a writable out"),
        (np.empty((20, 30, 5), np.uint8), "expected a writable out"),
        (np.empty((20, 30, 3), np.int8), "expected a writable out"),
        (_frozen(), "expected a writable out"),
        (np.empty((20, 60, 3), np.uint8)[:, ::2], "contiguous pixels"),
        (np.empty((20, 30, 3), np.uint8)[:, :, ::-1], "contiguous pixels"),
        (np.empty((20, 30, 3), np.uint8)[:, ::-1], "contiguous pixels"),
        (np.lib.stride_tricks.as_strided(np.empty(3000, np.uint8), (20, 30, 3), (0, 3, 1)), "do not overlap"),
        (np.lib.stride_tricks.as_strided(np.empty(3000, np.uint8), (20, 30, 3), (89, 3, 1)), "do not overlap"),
        (np.lib.stride_tricks.as_strided(np.empty(3000, np.uint8), (20, 30, 4), (119, 4, 1)), "do not overlap"),
        (np.empty((20, 60, 4), np.uint8)[:, ::2], "contiguous pixels"),
        (np.empty((21, 30, 3), np.uint8), "expected a region inside 20 x 30"),
        (np.empty((20, 31, 3), np.uint8), "expected a region inside 20 x 30"),
    ),
)
def test_relight_rejects_bad_buffers(out: Picture, message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        CpuKernel(OBJECT).relight(UNIT_LIGHT, out)


@pytest.mark.parametrize(("top", "left"), ((-1, 0), (0, -1), (11, 0), (0, 21), (2**40, 0), (0, -(2**40))))
def test_relight_rejects_regions_outside(top: int, left: int) -> None:
    with pytest.raises(ArgumentError, match="expected a region inside"):
        CpuKernel(OBJECT).relight(UNIT_LIGHT, np.empty((10, 10, 3), np.uint8), top, left)


def test_unknown_isa_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BackendError, match=r"expected isa to be one of .*baseline on this machine, got 'mmx'"):
        CpuKernel(OBJECT, isa="mmx")
    monkeypatch.setenv("FASTRTI_ISA", "avx1024")
    with pytest.raises(BackendError, match=r"expected FASTRTI_ISA to be one of .*, got 'avx1024'"):
        CpuKernel(OBJECT)


def test_environment_forces_the_isa(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTRTI_ISA", "baseline")
    assert CpuKernel(OBJECT, threads=2).label == "baseline, 2 threads, fp32"
    assert CpuKernel(OBJECT, isa=ISAS[0]).isa == ISAS[0]
    monkeypatch.delenv("FASTRTI_ISA")
    assert CpuKernel(OBJECT).isa == ISAS[0]


def test_missing_extension_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert relight_cpu.why_not() is None
    monkeypatch.setattr(relight_cpu, "_cpu", None)
    reason = relight_cpu.why_not()
    assert reason is not None and "pip install -e ." in reason
    with pytest.raises(BackendError, match="the cpu backend cannot run here"):
        CpuKernel(OBJECT)


INTEGER_ISAS = [isa for isa in ISAS if isa == "avx512vnni"]
"""Where "auto" weighs int16 for a ReLU network."""


@pytest.mark.skipif(not INTEGER_ISAS, reason="needs a processor with AVX-512 VNNI")
def test_the_label_says_which_precision_runs_under_the_last_light_and_why() -> None:
    rng = np.random.default_rng(6)
    decoder = light_conditioned(rng)
    original = Relightable(random_planes(rng, 9, (4, 5)), -np.ones(9), np.ones(9), decoder)
    kernel = CpuKernel(original, threads=1, isa=INTEGER_ISAS[0])
    for light in (None, (0.6, 0.0, 0.8), (0.0, -0.8, 0.6)):
        if light is not None:
            kernel.relight(light, np.empty((4, 5, 3), np.uint8))
        precision, bound = kernel.drawn_in(light or (0.0, 0.0, 1.0))
        promise = "int16: its bound promises less than" if bound < 1 else "fp32: int16 promises only"
        reason = f"{promise} {np.ceil(100 * bound) / 100:g}"
        assert precision == reason[:5].rstrip(":")
        assert kernel.label == f"avx512vnni, 1 thread, {reason} levels"


@pytest.mark.skipif(platform.machine() != "x86_64" or not Path("/proc/cpuinfo").exists(), reason="needs x86-64 Linux")
def test_the_instruction_sets_are_those_the_system_names() -> None:
    line = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags"))
    flags = set(line.split())
    wanted = {"avx2": {"avx2", "fma"}, "avx512": {"avx512f", "avx512bw", "avx512dq", "avx512vl", "fma"}}
    wanted["avx512vnni"] = wanted["avxvnni-evex"] = wanted["avx512"] | {"avx512_vnni"}
    wanted["avxvnni"] = {"avx2", "avx_vnni", "fma"}
    assert set(available_isas()) == {name for name, needs in wanted.items() if needs <= flags} | {"baseline"}
