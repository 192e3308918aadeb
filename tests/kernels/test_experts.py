"""Several experts in every backend: each pixel is what its expert alone would draw."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from objects import EXPERT_KINDS, composed, expert_of, experts

from fastrti.errors import ArgumentError
from fastrti.kernels.cpu import CpuKernel, available_isas
from fastrti.kernels.reference import relight_reference
from fastrti.lights import unit_light
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
    assert (" of 3 experts" in kernel.label) == (len(set(drawn_in)) > 1)


def test_the_module_refuses_labels_that_name_nobody():
    several = experts(KIND)
    object.__setattr__(several, "labels", np.full((5, 4), 3, np.uint8))
    with pytest.raises(ArgumentError, match="labels that are numbers of experts"):
        CpuKernel(several)
