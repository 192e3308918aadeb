import numpy as np
import pytest

from fastrti.capture.predictions import predict
from fastrti.capture.samples import reduced, sample_pixels
from fastrti.photographs.mlic import Mlic
from fastrti.srgb import srgb_encode
from fastrti.synth import dome_lights

LIGHTS = dome_lights(30)


def matt(pixels: int = 500) -> np.ndarray:
    """Matt surfaces without shadows, (N, P, 3) encoded."""
    rng = np.random.default_rng(0)
    normals = rng.normal(size=(pixels, 3)) * 0.3 + [0, 0, 1]
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    shading = 0.1 + 0.4 * (LIGHTS @ normals.T).clip(0)
    return srgb_encode(shading[:, :, None] * rng.uniform(0.3, 1, (pixels, 3))).astype(np.float32)


def test_a_photograph_is_predicted_from_the_others() -> None:
    values = matt()
    predictor = predict(values, LIGHTS)
    assert not predictor.weights.diagonal().any()
    assert np.abs(predictor(values) - values).mean() < 0.01
    assert predictor.shares.sum() == pytest.approx(1)
    assert predictor(values[:, :7, 0]).shape == (30, 7)


def test_bad_photographs_do_not_spoil_the_predictions_of_others() -> None:
    values = matt()
    clean = predict(values, LIGHTS)
    assert not clean.left_out.any()
    bad = values.copy()
    bad[[3, 20]] = bad[[20, 3]]  # swapped
    bad[11] = 0  # no flash
    predictor = predict(bad, LIGHTS)
    assert set(np.flatnonzero(predictor.left_out)) == {3, 11, 20}
    assert predictor.surprises[[3, 11, 20]].min() > 4 * np.delete(predictor.surprises, [3, 11, 20]).max()
    good = ~predictor.left_out
    assert predictor.errors[good].mean() < 1.5 * clean.errors[good].mean()
    assert np.abs(predictor(bad)[11] - values[11]).mean() < 0.03  # what the flash would have shown


def test_predictions_at_another_light() -> None:
    values = matt()
    predictor = predict(values, LIGHTS)
    weights = predictor.at(5, LIGHTS[[5, 6]])
    assert weights.shape == (2, 30)
    assert not weights[:, 5].any()
    np.testing.assert_allclose(weights[0], predictor.weights[5], atol=1e-3)


def test_samples_are_of_the_object_and_know_what_is_clipped() -> None:
    photographs = np.random.default_rng(0).integers(0, 255, (4, 40, 50, 3), np.uint8)
    photographs[2, 10, 20, 1] = 255
    mask = np.zeros((40, 50), bool)
    mask[8:32, 10:40] = True
    mlic = Mlic(photographs, LIGHTS[:4], tuple("abcd"), mask)
    few, every = sample_pixels(mlic, 100), sample_pixels(mlic)
    assert few.values.shape == (4, 100, 3)
    assert mask[few.rows, few.columns].all()
    assert every.values.shape == (4, mask.sum(), 3)
    np.testing.assert_array_equal(every.values[1], mlic.encoded(photographs[1][mask]))
    assert np.argwhere(every.clipped).tolist() == [[2, np.flatnonzero((every.rows == 10) & (every.columns == 20))[0]]]


def test_reduced_photographs_are_mean_light() -> None:
    photographs = np.zeros((2, 41, 50, 3), np.uint16)
    photographs[:, ::2] = 65535
    mask = np.ones((41, 50), bool)
    mask[0, 7] = False
    small = reduced(Mlic(photographs, LIGHTS[:2], tuple("ab"), mask), most=520)
    assert (small.factor, small.values.shape) == (2, (2, 20, 25, 3))
    np.testing.assert_allclose(small.values, srgb_encode(np.array(0.5)), atol=1e-6)
    assert small.clipped.all()
    assert np.argwhere(~small.mask).tolist() == [[0, 3]]
    whole = Mlic(photographs, LIGHTS[:2], tuple("ab"), mask, "linear")
    np.testing.assert_allclose(reduced(whole).values, whole.encoded(photographs), atol=1e-6)
