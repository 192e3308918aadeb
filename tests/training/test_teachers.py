"""The interpolator as a teacher, and the networks that it corrects."""

import numpy as np
import pytest
import torch
from small_fits import LIGHTS, collection

from fastrti.lights import light_from_angles
from fastrti.training.expert_regions import regions
from fastrti.training.interpolator import Interpolator
from fastrti.training.samples import Photographs, PixelSamples
from fastrti.training.teachers import InterpolatorTeacher

SHOWN = torch.from_numpy(LIGHTS).float()
BETWEEN = torch.tensor(np.array([light_from_angles(20, 25), light_from_angles(140, 48), light_from_angles(260, 70)]))


@pytest.fixture(scope="module")
def photographs():
    mlic = collection()
    return Photographs(mlic, np.arange(len(mlic)), torch.device("cpu"))


def pixels_of(photographs, parts=None):
    return PixelSamples(photographs, torch.Generator().manual_seed(0), regions=parts)


def teacher_of(photographs):
    return InterpolatorTeacher(Interpolator(photographs, most_steps=50), pixels_of(photographs), SHOWN)


def highlight(lights, width=0.12):
    """(L, 1, 1) in [0, 1]: a highlight too narrow for an interpolator, at one light direction."""
    peak = torch.from_numpy(light_from_angles(150, 45)).float()
    return 0.5 * torch.exp(-(lights.float() - peak).square().sum(1) / width)[:, None, None]


def smooth(lights):
    """(L, 1, 1): what an interpolator predicts well."""
    return 0.1 + 0.2 * lights.float()[:, 2:, None] + 0.1 * lights.float()[:, :1, None]


def test_what_a_network_misses_is_carried_over_to_new_lights(photographs):
    teacher = teacher_of(photographs)
    pixels = torch.arange(40)
    teacher.samples.values = (255 * (highlight(SHOWN) + smooth(SHOWN)).expand(-1, 3, 1)).round().byte().view(1, -1)
    teacher.samples.values = teacher.samples.values.expand(len(teacher.samples.rows), -1).contiguous()
    shown, wanted = teacher.samples.batch(pixels), highlight(BETWEEN) + smooth(BETWEEN)

    def network(samples, lights):  # knows the highlight and nothing else
        return highlight(lights).expand(-1, 3, samples.shape[2])

    def error(answers):
        return float((answers - wanted).abs().max())

    corrected = error(teacher.corrected(network)(shown, pixels, BETWEEN))
    assert corrected < 0.5 * error(teacher(shown, pixels, BETWEEN))
    assert corrected < 0.5 * error(network(shown, BETWEEN))


def test_a_corrected_network_is_three_parts_the_network_and_one_the_interpolator(photographs):
    teacher, pixels = teacher_of(photographs), torch.arange(40)
    shown = teacher.samples.batch(pixels)
    black = teacher.corrected(lambda samples, lights: samples.new_zeros(len(lights), 3, samples.shape[2]))
    # All of each photograph is missed: ¼ by the interpolator's own, ¾ of ¾ by the correction.
    torch.testing.assert_close(black(shown, pixels, BETWEEN), (1 / 4 + 9 / 16) * teacher(shown, pixels, BETWEEN))


@pytest.mark.parametrize("experts", [1, 3])
def test_every_pixel_is_rendered_in_the_groups_of_its_experts(photographs, experts):
    parts = None if experts == 1 else regions(photographs.mask, experts)
    samples = pixels_of(photographs, parts)
    groups = []

    def darker(shown):
        groups.append(shown.shape[2])
        return shown * 0.5 - 0.1

    rendered = samples.rendered(darker, "rendering")
    everything = torch.arange(len(samples))
    wanted = (samples.batch(everything) * 0.5 - 0.1).clamp(0, 1)
    torch.testing.assert_close(rendered.batch(everything), wanted, atol=0.5 / 255 + 1e-6, rtol=0)
    assert all(group % experts == 0 for group in groups)
    assert torch.equal(samples.batch(everything), pixels_of(photographs, parts).batch(everything))  # left as they were
