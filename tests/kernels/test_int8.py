"""Int8 on the CPU: every instruction set draws, bit for bit, what quantise_int8.h says of the integers it is given."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from networks import LIGHT, NetworkCase, network_cases, random_network, random_planes, relightable_of
from numpy.typing import NDArray

from fastrti import BackendError, Relightable, Renderer
from fastrti.kernels.cpu import CpuKernel, available_isas
from fastrti.lights import unit_light
from fastrti.objects.frame_network import MAX_WEIGHT, FrameNetwork
from fastrti.srgb import to_bytes
from fastrti.training.int8 import evaluate_int8

Picture = NDArray[np.uint8]
Integers = NDArray[np.int64]

UNIT_LIGHT: tuple[float, float, float] = tuple(unit_light(LIGHT).tolist())
CASES = {case.name: case for case in network_cases(5, 333)}
FITTING = [
    name
    for name, case in CASES.items()
    if not case.network.base_colour and (case.network.activation == "relu" or not case.network.hidden)
]
ISAS = available_isas()
INT16_MIN, INT16_MAX, INT32_MAX = -(2**15), 2**15 - 1, 2**31 - 1


def drawn(relightable: Relightable, **options: Any) -> Picture:
    picture = np.empty((relightable.height, relightable.width, 3), np.uint8)
    CpuKernel(relightable, precision="int8", **options).relight(UNIT_LIGHT, picture)
    return picture


def quantised(relightable: Relightable) -> Any:
    integers: Any = CpuKernel(relightable)._object.quantise_int8(*UNIT_LIGHT)
    return integers


def specified(integers: Any, planes: Picture) -> Picture:
    """The arithmetic of csrc/rounding/quantise_int8.h in numpy; asserts that nothing leaves its range on the way."""
    layers, weights, high, low, bias, output_shift = integers
    v = h = planes.reshape(len(planes), -1).astype(np.int64)
    for w, b, shift in layers:
        sums = within_32_bits(w.astype(np.int64) @ h + b[:, None])
        t = sums >> shift[:, None]
        assert t.min() >= INT16_MIN
        assert t.max() <= 255, "cut off"
        h = np.maximum(t, 0)
    sums = high.astype(np.int64) @ v
    if layers:
        sums = sums + weights.astype(np.int64) @ h
    within_32_bits(sums)
    level = within_32_bits(128 * sums + low.astype(np.int64) @ v + bias[:, None]) >> output_shift
    return np.clip(level, 0, 255).astype(np.uint8).T.reshape(*planes.shape[1:], 3)


def within_32_bits(sums: Integers) -> Integers:
    assert np.abs(sums).max() <= INT32_MAX
    return sums


def every_matrix(integers: Any) -> list[Integers]:
    layers, weights, high, low, _, _ = integers
    return [matrix.astype(np.int64) for matrix in (*(layer[0] for layer in layers), weights, high, low)]


def worst_pair_sum(matrix: Integers) -> int:
    """The largest sum, of either sign, of two neighbouring products with bytes: what vpmaddubsw holds in 16 bits."""
    pairs = np.pad(matrix, ((0, 0), (0, matrix.shape[1] % 2))).reshape(len(matrix), -1, 2)
    return int(max(255 * np.maximum(pairs, 0).sum(2).max(initial=0), 255 * np.maximum(-pairs, 0).sum(2).max(initial=0)))


def extreme_inputs(network: FrameNetwork) -> Picture:
    """(K, 1, N) bytes that bring each unit of the first layer, and each colour's skip, to either end of its sum."""
    rows = network.weights[0] if network.skip is None else np.vstack([network.weights[0], network.skip])
    ends = [np.where(sign * rows > 0, 255, 0) for sign in (1, -1)]
    planes: Picture = np.ascontiguousarray(np.vstack(ends).T[:, None, :], np.uint8)
    return planes


@pytest.mark.parametrize("name", FITTING)
@pytest.mark.parametrize("isa", ISAS)
def test_every_isa_draws_the_specification(isa: str, name: str) -> None:
    relightable = relightable_of(CASES[name])
    expected = specified(quantised(relightable), relightable.planes)
    for threads in (1, 2):
        assert np.array_equal(drawn(relightable, isa=isa, threads=threads), expected)


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("width", (1, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 129))
def test_crops_masks_and_alpha(isa: str, width: int) -> None:
    case = CASES["9-16-16-3-relu-skip"]
    mask = np.random.default_rng(width).random((5, 333)) < 0.8
    whole = drawn(relightable_of(case)) * mask[..., None]
    crop = np.empty((3, width, 4), np.uint8)
    CpuKernel(relightable_of(case, mask), precision="int8", isa=isa).relight(UNIT_LIGHT, crop, 1, 5)
    assert np.array_equal(crop[..., :3], whole[1:4, 5 : 5 + width])
    assert np.array_equal(crop[..., 3], 255 * mask[1:4, 5 : 5 + width])


@pytest.mark.parametrize("hidden", [(1,), (7,), (8, 8), (5, 64), (64, 3), (20, 20), (64, 64)])
@pytest.mark.parametrize("planes", (1, 4, 9, 11, 48))
def test_every_shape_within_its_ranges(planes: int, hidden: tuple[int, ...]) -> None:
    rng = np.random.default_rng([planes, *hidden])
    for skip in (False, True):
        plain = random_network(rng, planes, hidden, "relu", skip).folded(-np.ones(planes), np.ones(planes))
        pixels = np.concatenate([random_planes(rng, planes, (1, 70)), extreme_inputs(plain)], axis=2)
        relightable = relightable_of(NetworkCase("", plain, pixels))
        integers = quantised(relightable)
        assert max(map(worst_pair_sum, every_matrix(integers))) <= INT16_MAX
        expected = specified(integers, pixels)
        for isa in ISAS:
            assert np.array_equal(drawn(relightable, isa=isa), expected)


@pytest.mark.parametrize("gain", (0.0, 1e-30, 1e-6, 1e3, 1e9))
def test_extreme_weights_stay_within_their_ranges(gain: float) -> None:
    rng = np.random.default_rng(1)
    plain = random_network(rng, 9, (16, 16), "relu", True)
    grown = [np.clip(w * gain, -MAX_WEIGHT, MAX_WEIGHT).astype(np.float32) for w in (*plain.weights, plain.skip)]
    biased = (plain.biases[0] * np.float32(1e8), *plain.biases[1:])
    for network in (
        replace(plain, weights=tuple(grown[:3])),
        replace(plain, weights=(*plain.weights[:2], grown[2]), skip=grown[3]),
        replace(plain, weights=(plain.weights[0], *grown[1:3]), biases=biased),
    ):
        relightable = relightable_of(NetworkCase("", network, extreme_inputs(network)))
        integers = quantised(relightable)
        assert max(map(worst_pair_sum, every_matrix(integers))) <= INT16_MAX
        expected = specified(integers, relightable.planes)
        for isa in ISAS:
            assert np.array_equal(drawn(relightable, isa=isa), expected)


def test_largest_pairs_do_not_saturate() -> None:
    """Two neighbouring weights of one sign share what vpmaddubsw can hold: 64 and 64, never 127 and 127."""
    ones = np.ones((1, 4), np.float32)
    network = FrameNetwork((ones, np.ones((3, 1), np.float32)), (np.zeros(1, np.float32), np.zeros(3, np.float32)))
    relightable = relightable_of(NetworkCase("", network, np.full((4, 1, 64), 255, np.uint8)))
    (weights, _, _), *_ = quantised(relightable)[0]
    assert weights.tolist() == [[64] * 4]
    assert {drawn(relightable, isa=isa).tobytes() for isa in ISAS} == {bytes([255]) * 192}


@pytest.mark.parametrize("name", [name for name in FITTING if CASES[name].network.hidden])
def test_training_sees_what_the_kernels_draw(name: str) -> None:
    case = CASES[name]
    relightable = relightable_of(case)
    colours = evaluate_int8(relightable.frame_network(LIGHT), case.planes.reshape(len(case.planes), -1))
    assert np.array_equal(to_bytes(colours).T.reshape(drawn(relightable).shape), drawn(relightable))


@pytest.mark.parametrize("name", ["ptm-base", "9-16-16-3-elu-skip"])
def test_refuses_what_bytes_cannot_draw(name: str) -> None:
    with pytest.raises(BackendError, match="8-bit integers can draw, got ELU or a base colour"):
        CpuKernel(relightable_of(CASES[name]), precision="int8")


@pytest.mark.parametrize(("loss", "expected"), [(None, False), (0.101, False), (0.1, True), (0.0, True), (-0.02, True)])
def test_auto_takes_int8_on_a_promise_alone(loss: float | None, expected: bool) -> None:
    relightable = relightable_of(CASES["9-16-16-3-relu-skip"])
    relightable = replace(relightable, int8_loss_db=loss)
    fast = {"avx512vnni", "avxvnni", "avxvnni-evex", "avx2", "neon-i8mm"}
    for isa in ISAS:
        precision, _ = CpuKernel(relightable, isa=isa).drawn_in(UNIT_LIGHT)
        assert (precision == "int8") == (expected and isa in fast)
    for precision in ("fp32", "int16"):
        assert CpuKernel(relightable, precision=precision).drawn_in(UNIT_LIGHT)[0] == precision


def test_a_promise_on_what_bytes_cannot_draw_is_not_taken() -> None:
    relightable = relightable_of(CASES["9-16-16-3-elu-skip"])
    relightable = replace(relightable, int8_loss_db=0.0)
    assert CpuKernel(relightable).drawn_in(UNIT_LIGHT)[0] != "int8"


def test_the_renderer_says_int8_and_what_it_costs() -> None:
    relightable = relightable_of(CASES["9-16-16-3-relu-skip"])
    assert "int8: its loss was not measured" in repr(Renderer(relightable, backend="cpu", precision="int8"))
    relightable = replace(relightable, int8_loss_db=0.034)
    assert "int8: it costs 0.034 dB" in repr(Renderer(relightable, backend="cpu", precision="int8"))
