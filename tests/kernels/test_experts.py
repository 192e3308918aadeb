"""Several experts in every backend: each pixel is what its expert alone would draw."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from int16_networks import object_of
from networks import numbers_of
from objects import EXPERT_KINDS, composed, expert_of, experts

from fastrti.errors import ArgumentError
from fastrti.kernels.cpu import CpuKernel, available_isas
from fastrti.kernels.reference import relight_network, relight_reference
from fastrti.lights import unit_light
from fastrti.objects.frame_network import mean_network
from fastrti.rendering.renderer import Renderer

ISAS = available_isas()
UNIT_LIGHT = tuple(unit_light((0.3, -0.5, 0.8)).tolist())
KIND = "light-mlp-relu-skip"


def draw(kernel, shape, top=0, left=0):
    out = np.zeros(shape, np.uint8)
    kernel.relight(UNIT_LIGHT, out, top, left)
    return out


@pytest.mark.parametrize("name", EXPERT_KINDS)
def test_reference(name):
    several = experts(name, 4, 6, 30, masked=True)
    pictures = [relight_reference(expert_of(several, number), UNIT_LIGHT) for number in range(4)]
    assert np.array_equal(relight_reference(several, UNIT_LIGHT), composed(several, pictures))
    own = Renderer(several, backend="reference").relight(UNIT_LIGHT, region=(1, 3, 4, 20))
    assert np.array_equal(own, composed(several, pictures)[1:5, 3:23])


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("precision", ["fp32", "int16", "int8"])
@pytest.mark.parametrize("name", EXPERT_KINDS)
def test_cpu_is_exact(name, precision, isa):
    several = experts(name, 5, 13, 301)
    elu = name in ("light-mlp-elu", "openlime-few-experts")
    if (name == "ptm-base" and precision != "fp32") or (elu and precision == "int8"):
        pytest.skip("these integers do not draw it")
    masked = replace(several, mask=np.random.default_rng(0).random((13, 301)) < 0.4)
    for drawn, channels in product((several, masked), (3, 4)):
        alone = [CpuKernel(expert_of(drawn, number), 1, precision, isa) for number in range(5)]
        expected = composed(drawn, [draw(kernel, (13, 301, channels)) for kernel in alone])
        kernel = CpuKernel(drawn, 2, precision, isa)
        assert np.array_equal(draw(kernel, (13, 301, channels)), expected)
        assert np.array_equal(draw(kernel, (9, 200, channels), 2, 77), expected[2:11, 77:277])


@pytest.mark.parametrize("size", [(1, 1), (1, 65), (64, 1), (257, 300)])
def test_labels_of_any_map(size):
    """Noise, and as many experts as there may be; chunks of several threads."""
    rng = np.random.default_rng(size)
    several = replace(experts(KIND, 64, *size), labels=rng.integers(0, 64, size, np.uint8))
    for precision in ("fp32", "int16"):
        alone = [CpuKernel(expert_of(several, number), 1, precision) for number in range(64)]
        expected = composed(several, [draw(kernel, (*size, 3)) for kernel in alone])
        assert np.array_equal(draw(CpuKernel(several, 3, precision), (*size, 3)), expected)
    drawn, exact = draw(CpuKernel(several, 3), (*size, 3)), relight_reference(several, UNIT_LIGHT)
    assert np.abs(drawn.astype(int) - exact).max() <= 1


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("precision", ["fp32", "int16"])
def test_runs_of_any_length(precision, isa):
    """Shorter and longer than a tile, over the ends of rows, and cut by regions."""
    rng = np.random.default_rng(5)
    runs = rng.integers(1, 200, 400)
    labels = np.repeat(np.arange(400) % 3, runs)[: 41 * 331].reshape(41, 331).astype(np.uint8)
    several = replace(experts(KIND, 3, 41, 331), labels=labels)
    alone = [CpuKernel(expert_of(several, number), 1, precision, isa) for number in range(3)]
    expected = composed(several, [draw(kernel, (41, 331, 4)) for kernel in alone])
    kernel = CpuKernel(several, 2, precision, isa)
    assert np.array_equal(draw(kernel, (41, 331, 4)), expected)
    regions = [(3, 1, 20, 330), (0, 100, 41, 64), (7, 30, 9, 63), (40, 330, 1, 1), (5, 0, 30, 65)]
    for top, left, height, width in regions:
        part = draw(kernel, (height, width, 4), top, left)
        assert np.array_equal(part, expected[top : top + height, left : left + width])


def test_the_label_has_the_worst_promise():
    several = experts(KIND)
    bounds = [CpuKernel(expert_of(several, n), precision="int16").drawn_in(UNIT_LIGHT)[1] for n in range(3)]
    kernel = CpuKernel(several, 1, "int16")
    assert kernel.drawn_in_each(UNIT_LIGHT) == [("int16", bound) for bound in bounds]
    assert kernel.drawn_in(UNIT_LIGHT) == ("int16", max(bounds))
    draw(kernel, (5, 4, 3))
    assert kernel.label == f"{ISAS[0]}, 1 thread, int16: its bound promises less than {max(bounds):.2g} levels"


def test_experts_may_be_drawn_in_different_precisions():
    several = experts(KIND)
    wild = replace(several.decoders[1], light_biases=tuple(100 * bias for bias in several.decoders[1].light_biases))
    mixed = replace(
        several, decoder=replace(several.decoder, decoders=(several.decoders[0], wild, several.decoders[2]))
    )
    kernel = CpuKernel(mixed, 1, isa=ISAS[0])
    drawn_in = [precision for precision, _ in kernel.drawn_in_each(UNIT_LIGHT)]
    alone = [CpuKernel(expert_of(mixed, number), 1, precision, ISAS[0]) for number, precision in enumerate(drawn_in)]
    assert np.array_equal(draw(kernel, (5, 4, 3)), composed(mixed, [draw(each, (5, 4, 3)) for each in alone]))
    assert all(precision in kernel.label for precision in drawn_in)
    assert (" of 3 labels" in kernel.label) == (len(set(drawn_in)) > 1)


def test_the_module_refuses_labels_that_name_nobody():
    several = experts(KIND)
    object.__setattr__(several, "labels", np.full((5, 4), 3, np.uint8))
    with pytest.raises(ArgumentError, match="labels that name an expert or a mean"):
        CpuKernel(several)


# --- means of experts -------------------------------------------------------------------------------------------------

SHARES = np.array([[0.75, 0.25, 0], [0, 0.5, 0.5], [0.5, 0.25, 0.25]])


def with_means(name, shares, height, width):
    """An object whose labels name experts and means."""
    several = experts(name, shares.shape[1], height, width)
    rng = np.random.default_rng([height, width])
    labels = rng.integers(0, sum(shares.shape), (height, -(-width // 9)), np.uint8).repeat(9, 1)[:, :width]
    return replace(several, decoder=replace(several.decoder, shares=shares), labels=labels)


@pytest.mark.parametrize("name", EXPERT_KINDS)
def test_a_mean_has_the_mean_numbers_of_its_experts(name):
    several = with_means(name, SHARES, 6, 30)
    of_experts = [decoder.frame_network(UNIT_LIGHT) for decoder in several.decoders]
    for number, shares in enumerate(SHARES, start=3):
        wanted = np.average([numbers_of(each) for each in of_experts], axis=0, weights=shares)
        mean = mean_network(of_experts, shares)
        assert np.allclose(numbers_of(mean), wanted, rtol=1e-6, atol=1e-7)
        drawn = several.frame_networks(UNIT_LIGHT)[number]
        assert np.array_equal(numbers_of(drawn), numbers_of(mean.folded(several.minimum, several.maximum)))
    pictures = [relight_network(network, several.planes) for network in several.frame_networks(UNIT_LIGHT)]
    assert np.array_equal(relight_reference(several, UNIT_LIGHT), composed(several, pictures))


@pytest.mark.parametrize("isa", ISAS)
@pytest.mark.parametrize("precision", ["fp32", "int16", "int8"])
def test_cpu_draws_means_exactly(precision, isa):
    several = with_means(KIND, SHARES, 13, 301)
    drawn = draw(CpuKernel(several, 2, precision, isa), (13, 301, 3))
    expected = np.zeros_like(drawn)
    for number, network in enumerate(several.frame_networks(UNIT_LIGHT)):
        picture = np.zeros_like(drawn)
        object_of(network, several.planes, precision=precision, isa=isa).relight(*UNIT_LIGHT, picture, 0, 0)
        expected[several.labels == number] = picture[several.labels == number]
    assert np.array_equal(drawn, expected)


def test_as_many_labels_as_a_byte_names():
    shares = np.linspace(0, 1, 254)
    several = with_means(KIND, np.stack([shares, 1 - shares], axis=1), 37, 300)
    assert several.decoder.label_count == 256 and several.labels.max() > 250
    drawn = draw(CpuKernel(several, 3), (37, 300, 3))
    assert np.abs(drawn.astype(int) - relight_reference(several, UNIT_LIGHT)).max() <= 1


@pytest.mark.parametrize("shares", [[[0.5, 0.4, 0]], [[1.5, -0.5, 0]], [[np.nan, 0.5, 0.5]]])
def test_the_module_refuses_shares_that_are_none(shares):
    several = with_means(KIND, SHARES, 6, 30)
    object.__setattr__(several.decoder, "shares", np.array(shares))
    with pytest.raises(ArgumentError, match="shares of sum 1"):
        CpuKernel(several)
