"""Training for int8: what `fit(..., int8=True)` makes, promises and refuses."""

import numpy as np
import pytest
import torch
from networks import light_conditioned, random_planes
from small_fits import collection, quick

from fastrti import ArgumentError, load, save
from fastrti.kernels.reference import evaluate_network
from fastrti.scoring.sampled import mean_psnr
from fastrti.training.int8 import Int8Autoencoder, evaluate_int8
from fastrti.training.networks import Autoencoder, Encoder, LightConditionedDecoder

LIGHT = (0.3, -0.2)
STEPS = 60


@pytest.fixture(scope="module")
def mlic():
    return collection()


@pytest.fixture(scope="module")
def fitted(mlic):
    return quick(mlic, steps=STEPS, hold_out=4, int8=True)


def test_fit_for_int8_changes_the_decoder_alone(mlic, fitted):
    plain = quick(mlic, steps=STEPS, hold_out=4)
    assert np.array_equal(plain.planes, fitted.planes)
    assert np.array_equal(plain.maximum, fitted.maximum)
    weights = [relightable.frame_network(LIGHT).weights[0] for relightable in (plain, fitted)]
    assert not np.array_equal(*weights)
    assert plain.int8_loss_db is None


def test_the_promise_is_the_loss_on_held_out_lights(mlic, fitted):
    held_out = np.flatnonzero(np.isin(mlic.names, fitted.training["held_out"]))
    assert len(held_out) == 4
    exact, int8 = mean_psnr(fitted, mlic, held_out), mean_psnr(fitted, mlic, held_out, evaluate=evaluate_int8)
    assert exact != int8
    assert fitted.training["int8_psnr"] == round(int8, 3)
    assert fitted.int8_loss_db == pytest.approx(exact - int8, abs=2e-3)
    assert abs(fitted.int8_loss_db) < 0.5


def test_training_for_int8_repeats_and_resumes(mlic, fitted, tmp_path):
    again = quick(mlic, steps=STEPS, hold_out=4, int8=True, checkpoint=tmp_path / "fit.pt")
    resumed = quick(mlic, steps=STEPS, hold_out=4, int8=True, checkpoint=tmp_path / "fit.pt")
    for other in (again, resumed):
        assert np.array_equal(other.frame_network(LIGHT).weights[0], fitted.frame_network(LIGHT).weights[0])
        assert other.int8_loss_db == fitted.int8_loss_db


@pytest.mark.parametrize("student", ["disk20", "direct20", "neural", "lc16x16-elu"])
def test_fit_for_int8_refuses_other_students(mlic, student):
    with pytest.raises(ArgumentError, match="light-conditioned ReLU student to train for int8, got"):
        quick(mlic, student=student, int8=True)


def test_the_promise_is_saved(fitted, tmp_path):
    save(fitted, tmp_path / "object")
    assert load(tmp_path / "object").int8_loss_db == fitted.int8_loss_db


def test_int8_is_close_to_the_exact_colours():
    rng = np.random.default_rng(3)
    network = light_conditioned(rng).frame_network(LIGHT).folded(-np.ones(9), np.ones(9))
    planes = random_planes(rng, 9, (1, 4096)).reshape(9, -1)
    exact, int8 = evaluate_network(network, planes), evaluate_int8(network, planes)
    spread = exact.std()
    assert 0 < np.sqrt(np.mean((int8 - exact) ** 2)) < 0.03 * spread


def test_training_forward_draws_what_is_stored():
    """In float64, the loop sees the very bytes that the saved object has in int8."""
    torch.manual_seed(0)
    trained = Autoencoder(Encoder(5, 6, layers=3, width=150), LightConditionedDecoder(6, (10, 7))).double()
    samples, light = torch.rand(5, 3, 200, dtype=torch.float64), torch.tensor([[0.3, -0.2, 0.9327379053]]).double()
    latents = trained.encoder(samples).detach().T
    minimum, maximum = latents.amin(1), latents.amax(1)
    drawn = Int8Autoencoder(trained, minimum, maximum)(samples, light)[0]
    planes = ((latents - minimum[:, None]) / (maximum - minimum)[:, None] * 255).round().to(torch.uint8)
    parameters = [p[0].detach().double().numpy() for p in trained.decoder.frame_parameters(light)]
    network = _Folded(parameters, minimum.numpy(), (maximum - minimum).numpy() / 255)
    assert np.array_equal(
        np.round(255 * drawn.detach().numpy()), np.round(255 * evaluate_int8(network, planes.numpy()))
    )


class _Folded:
    """A FrameNetwork's arrays in float64, without the rounding to float32 that the stored one has."""

    def __init__(self, parameters, minimum, step):
        w1, b1, w2, b2, w3, b3, skip = parameters
        self.weights = (w1 * step, w2, w3)
        self.biases = (b1 + w1 @ minimum, b2, b3 + skip @ minimum)
        self.skip = skip * step


def test_straight_through_gradients_reach_every_layer():
    torch.manual_seed(0)
    trained = Autoencoder(Encoder(5, 6, layers=3, width=150), LightConditionedDecoder(6, (10, 7)))
    network = Int8Autoencoder(trained, torch.full((6,), -2.0), torch.full((6,), 2.0))
    network(torch.rand(5, 3, 64), torch.tensor([[0.0, 0.0, 1.0], [0.6, 0.0, 0.8]])).square().mean().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in network.decoder.parameters())
    assert all(parameter.grad is None for parameter in network.encoder.parameters())
