import numpy as np
import pytest
import torch

from fastrti import Mlic
from fastrti.lights import light_from_angles
from fastrti.training import interpolator
from fastrti.training.interpolator import Interpolator
from fastrti.training.linear_interpolators import LinearInterpolators
from fastrti.training.samples import Photographs
from fastrti.training.settings import InterpolatorSettings


def dome(*rings):
    """The lights of rings of (elevation in degrees, how many)."""
    return np.stack(
        [
            light_from_angles(azimuth + elevation, elevation)
            for elevation, count in rings
            for azimuth in np.arange(count) * 360 / count
        ]
    )


DOME = dome((15, 10), (40, 8), (65, 6))
STEPS = 100
"""Of the correction's training: a tenth of what a fit may take."""

BETWEEN = np.stack([light_from_angles(20, 30), light_from_angles(140, 50), light_from_angles(260, 70)])


def collection(values, lights=DOME, mask=None):
    """`values` (N, H, W) in [0, 1], as grey 8-bit photographs."""
    photographs = np.repeat(np.rint(values * 255).astype(np.uint8)[..., None], 3, axis=3)
    return Mlic(photographs, lights, tuple(f"{i}.png" for i in range(len(lights))), mask)


def interpolate(mlic, lights, chosen=None, settings=None, steps=STEPS):
    """The interpolated pictures, (L, H, W, 3)."""
    chosen = np.arange(len(mlic)) if chosen is None else chosen
    photographs = Photographs(mlic, chosen, torch.device("cpu"))
    rows, columns = (index.ravel() for index in np.indices((mlic.height, mlic.width)))
    teacher = Interpolator(photographs, most_steps=steps, settings=settings)
    shares = teacher.shares_of(torch.from_numpy(rows), torch.from_numpy(columns))
    pictures = teacher(photographs.read(rows, columns), shares, torch.from_numpy(lights))
    return pictures.transpose(1, 2).reshape(len(lights), mlic.height, mlic.width, 3).numpy()


def smooth_field(lights, height, width):
    """(L, H, W) in [0, 1]: a degree-2 polynomial of the light whose coefficients vary over the picture."""
    row, column = np.mgrid[0:height, 0:width] / max(height, width)
    x, y, z = (axis[:, None, None] for axis in lights.T)
    return 0.35 + 0.2 * z * row + 0.15 * x * column - 0.1 * y * row + 0.15 * x * y


def test_smooth_fields_are_reproduced_between_the_lights():
    # 13 × 22 is square in neither pixels nor cells
    pictures = interpolate(collection(smooth_field(DOME, 13, 22)), BETWEEN)
    truth = smooth_field(BETWEEN, 13, 22)[..., None]
    assert np.abs(pictures - truth).max() < 1.5 / 255  # the photographs themselves are rounded by 0.5


def test_leave_one_out_equals_leaving_one_out():
    values = np.random.default_rng(0).random(len(DOME))
    residuals = LinearInterpolators(DOME, InterpolatorSettings()).leave_one_out()[0] @ values  # (M, N)
    for left_out in range(len(DOME)):
        others = np.delete(np.arange(len(DOME)), left_out)
        predicted = (
            LinearInterpolators(DOME[others], InterpolatorSettings()).at(DOME[left_out : left_out + 1])[0][:, 0]
            @ values[others]
        )
        assert residuals[:, left_out] == pytest.approx(values[left_out] - predicted, abs=1e-6)


def test_methods_are_as_uncertain_of_a_photograph_left_out_as_of_a_new_light_there():
    _, variances = LinearInterpolators(DOME, InterpolatorSettings()).leave_one_out()
    for left_out in range(len(DOME)):
        others = np.delete(DOME, left_out, axis=0)
        _, as_new = LinearInterpolators(others, InterpolatorSettings()).at(DOME[left_out : left_out + 1])
        assert variances[:, left_out] == pytest.approx(as_new[:, 0], rel=1e-6)


def test_every_method_has_weights_of_the_photographed_lights():
    methods = LinearInterpolators(DOME, InterpolatorSettings())
    assert methods.at(BETWEEN)[0].shape == (len(methods.leave_one_out()[0]), 3, len(DOME))


def test_shares_are_a_mix():
    mlic = collection(np.random.default_rng(1).random((len(DOME), 9, 9)))
    shares = Interpolator(Photographs(mlic, np.arange(len(mlic)), torch.device("cpu")), most_steps=1).shares
    assert (shares >= 0).all()
    assert torch.allclose(shares.sum(0), torch.ones(shares.shape[1:]), atol=1e-5)


def test_a_highlight_is_interpolated_better_than_by_a_polynomial():
    lobe = np.stack([np.exp(-((DOME - light_from_angles(90, 65)) ** 2).sum(1) / 0.2)] * 64, axis=1).reshape(-1, 8, 8)
    truth = np.exp(-((BETWEEN - light_from_angles(90, 65)) ** 2).sum(1) / 0.2)
    pictures = interpolate(collection(lobe), BETWEEN, steps=1000)
    polynomial = LinearInterpolators(DOME, InterpolatorSettings()).at(BETWEEN)[0][2] @ lobe[:, 0, 0]
    assert np.abs(pictures[:, 4, 4, 0] - truth).mean() < 0.5 * np.abs(polynomial - truth).mean()


def test_masked_out_pixels_change_nothing_inside():
    values = smooth_field(DOME, 24, 24)
    mask = np.zeros((24, 24), bool)
    mask[:, :11] = True
    noisy = np.where(mask, values, np.random.default_rng(2).random(values.shape))
    inside = [interpolate(collection(v, mask=mask), BETWEEN)[:, mask] for v in (values, noisy)]
    assert np.array_equal(*inside)


def test_a_light_below_the_horizon_and_few_lights_are_tolerated():
    lights = np.concatenate([DOME[::5], [[0.999, 0.0, -0.0447]]])
    pictures = interpolate(collection(smooth_field(lights, 6, 5), lights), BETWEEN)
    assert np.isfinite(pictures).all()
    assert np.abs(pictures - smooth_field(BETWEEN, 6, 5)[..., None]).max() < 0.25


def glossy_field(lights, roughness=0.25, diffuse=0.5, height=24, width=24):
    """(L, H, W) in [0, 1]: bumps of one shiny material, whose highlights move as their normals do."""
    slopes = np.random.default_rng(0).normal(0, roughness, (2, height, width))
    normals = np.stack([-slopes[0], -slopes[1], np.ones((height, width))])
    normals /= np.linalg.norm(normals, axis=0)
    half = lights + np.array([0, 0, 1])
    half /= np.linalg.norm(half, axis=1, keepdims=True)
    matte, gloss = (np.clip(np.einsum("li,ihw->lhw", v, normals), 0, 1) for v in (lights, half))
    return diffuse * matte + (1 - diffuse) * gloss**30


def test_the_correction_learned_from_all_pixels_helps_each():
    mlic = collection(glossy_field(DOME))
    hidden = np.arange(1, len(DOME), 5)
    truth = glossy_field(DOME[hidden])[..., None]
    errors = {}
    for taken in (0.0, 0.5):
        settings = InterpolatorSettings(correction_taken=taken)
        pictures = interpolate(mlic, DOME[hidden], np.setdiff1d(np.arange(len(DOME)), hidden), settings)
        errors[taken] = np.square(pictures - truth).mean()
    assert errors[0.5] < 0.9 * errors[0.0]


def test_no_method_spoils_a_ring_that_was_not_photographed():
    """A cubic polynomial predicts glossy photographs well from their ring, and badly where a ring is missing."""
    lights, missing = dome((10, 18), (50, 10), (70, 8), (90, 1)), dome((30, 12))
    photographs, truth = (glossy_field(lights, roughness=0.05, diffuse=0.2) for lights in (lights, missing))
    cubic = LinearInterpolators(lights, InterpolatorSettings()).at(missing)[0][2]  # (12, N)
    errors = [
        np.square(pictures - truth[..., None]).mean() ** 0.5
        for pictures in (
            np.tensordot(cubic, photographs, 1)[..., None],
            interpolate(collection(photographs, lights), missing),
        )
    ]
    assert errors[1] < errors[0] / 3


def test_the_correction_is_the_seeds():
    photographs = Photographs(collection(glossy_field(DOME)), np.arange(len(DOME)), torch.device("cpu"))
    first, again, other = (Interpolator(photographs, seed, 20).correction.last.weight for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_hard_photographs_do_not_drown_the_others():
    values = smooth_field(DOME, 16, 16)
    values[3] = np.random.default_rng(5).random((16, 16))  # a photograph that nothing predicts
    photographs = Photographs(collection(values), np.arange(len(DOME)), torch.device("cpu"))
    teacher = Interpolator(photographs, most_steps=1)
    left_out = torch.from_numpy(teacher.methods.leave_one_out()[0]).float()
    importance = interpolator._importance(left_out, interpolator._Pixels(photographs, torch.Generator()))
    assert importance[3] == importance.min() < 0.01 * importance.max()
    assert importance.mean() == pytest.approx(1)


def test_a_student_trusts_the_teacher_where_photographs_predict_each_other():
    values = smooth_field(DOME, 24, 24)
    values[:, :, 12:] = np.random.default_rng(3).random((len(DOME), 24, 12))
    mlic = collection(values)
    rows, columns = (torch.from_numpy(index.ravel()) for index in np.indices((24, 24)))
    photographs = Photographs(mlic, np.arange(len(mlic)), torch.device("cpu"))
    trust = Interpolator(photographs, most_steps=STEPS).trust_of(rows, columns)
    assert trust.square().mean() == pytest.approx(1, abs=1e-4)
    trust = trust.view(24, 24)
    assert trust[:, :8].min() > 1.5 * trust[:, 16:].max()
