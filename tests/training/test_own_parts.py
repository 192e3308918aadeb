"""A student, a teacher and a loss of one's own, and the examples of the documents."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from small_fits import HEIGHT, LIGHTS, WIDTH, collection, quick

from fastrti import ArgumentError, Mlic, Preset, Renderer, TrainingError, fit
from fastrti.lights import light_from_angles
from fastrti.photographs.hold_out import spread_lights
from fastrti.scoring.sampled import mean_psnr
from fastrti.training import fitting
from fastrti.training.loop import root_mean_square
from fastrti.training.networks import Autoencoder, Encoder, LightConditionedDecoder, PlainDecoder
from fastrti.training.students import parse_student

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.fixture(scope="module")
def mlic() -> Mlic:
    return collection()


def example(name):
    """A file of docs/examples as a module."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def plain(photographs, planes):
    return Autoencoder(Encoder(photographs, planes), PlainDecoder(planes, (12,), "relu"))


def like_lc16x16(photographs, planes):
    return Autoencoder(Encoder(photographs, planes), LightConditionedDecoder(planes, (16, 16)))


def says(value):
    return lambda samples, pixels, lights: torch.full((len(lights), 3, len(pixels)), value).to(samples)


@pytest.mark.parametrize("name", ["own_student", "own_teacher"])
def test_an_example_is_short(name):
    assert len((EXAMPLES / f"{name}.py").read_text(encoding="utf-8").splitlines()) <= 25


def test_the_object_draws_what_the_example_computes(mlic, monkeypatch):
    own, stored = example("own_student"), []
    to_decoder = own.OneLayer.to_decoder
    monkeypatch.setattr(own.OneLayer, "to_decoder", lambda module: stored.append(module) or to_decoder(module))
    fitted = quick(mlic, student=own.student)
    trained = stored[-1]
    assert fitted.decoder.label == "plain 9→24→3 ReLU"
    span = (fitted.maximum - fitted.minimum)[:, None, None] / 255
    latents = fitted.minimum[:, None, None] + fitted.planes * span
    lights = np.stack([light_from_angles(azimuth, 50) for azimuth in (0, 130, 260)])
    with torch.no_grad():
        colours = trained(torch.from_numpy(latents.reshape(9, -1).T).float(), torch.from_numpy(lights).float())
    computed = 255 * colours.clamp(0, 1).reshape(3, 3, HEIGHT, WIDTH).permute(0, 2, 3, 1).numpy()
    drawn = Renderer(fitted, backend="reference").relight_batch(lights)
    assert computed.std() > 10 and np.abs(drawn - computed).max() < 0.51


def test_the_examples_learn_together(mlic):
    taught = example("own_teacher")
    parts = {"teacher": taught.linear_teacher(mlic), "loss": taught.absolute}
    preset = Preset(300, pixels=512, photographed_lights=8, new_lights=4, learning_rate=1.2e-2)
    fitted = fit(mlic, student=example("own_student").student, preset=preset, progress=False, **parts)
    errors = np.square(mlic.photographs - mlic.photographs.mean(0)).mean((1, 2, 3))  # of one picture for all lights
    blind = np.mean(10 * np.log10(255**2 / errors))
    assert fitted.training["psnr"] > blind + 3


def test_an_own_student_like_a_named_one_is_that_one(mlic):
    own, named = quick(mlic, steps=5, student=like_lc16x16), quick(mlic, steps=5, student="lc16x16")
    assert np.array_equal(own.planes, named.planes) and own.training["psnr"] == named.training["psnr"]
    assert own.training["student"].endswith("like_lc16x16") and own.training["trained"] == own.training["student"]


def test_an_own_student_learns_from_the_teacher_that_is_asked_for(mlic):
    assert quick(mlic, steps=3, student=plain).training["teacher"] == "interpolator"
    assert quick(mlic, steps=3, student=plain, teacher="none").training["teacher"] == "none"
    with pytest.raises(ArgumentError, match=r"expected a teacher .*plain"):
        quick(mlic, steps=3, student=plain, teacher="oracle")


def test_the_number_of_planes_reaches_an_own_student(mlic):
    assert quick(mlic, steps=2, student=plain, planes=5).planes.shape == (5, HEIGHT, WIDTH)


@pytest.mark.parametrize(
    ("student", "message"),
    [
        (lambda photographs, planes: None, "expected a student that builds an Autoencoder, got NoneType"),
        (lambda photographs, planes: plain(photographs, 4), "expected 9 planes of encoder and decoder, got 4 and 4"),
        (replace(parse_student("lc16x16"), hidden=(8, 8, 8)), "expected 1 to 3 layers"),
        (replace(parse_student("lc16x16"), hidden=(100, 100)), "hidden widths 1–64"),
        (replace(parse_student("lc16x16"), light_widths=(2000,)), "expected light layers up to 1024 wide"),
        (replace(parse_student("lc16x16"), activation="tanh"), "expected activation"),
    ],
    ids=["none", "planes", "layers", "widths", "light network", "activation"],
)
def test_what_no_object_can_store_is_refused_before_the_training(mlic, monkeypatch, student, message):
    monkeypatch.setattr(fitting, "train", None)
    with pytest.raises(ArgumentError, match=message):
        quick(mlic, student=student, teacher="none")


def test_an_own_student_is_not_trained_for_int8(mlic):
    with pytest.raises(ArgumentError, match=r"to train for int8, got .*plain"):
        quick(mlic, student=plain, int8=True)


def test_an_own_teacher_is_asked_at_new_lights_and_sees_what_the_fit_sees(mlic):
    asked = []

    def teacher(samples, pixels, lights):
        asked.append((samples.clone(), pixels.clone(), lights.clone(), torch.is_grad_enabled()))
        return says(0.5)(samples, pixels, lights)

    preset = Preset(3, pixels=50, photographed_lights=4, new_lights=6, lowest_new_light=40.0)
    fit(mlic, preset=preset, teacher=teacher, hold_out=4, progress=False)
    assert len(asked) == 3
    shown = np.setdiff1d(np.arange(len(mlic)), spread_lights(mlic.lights, 4))
    photographs = torch.from_numpy(mlic.photographs[shown].reshape(len(shown), -1, 3)) / 255
    for samples, pixels, lights, gradients in asked:
        assert lights.shape == (6, 3) and samples.shape == (20, 3, 50) and pixels.shape == (50,) and not gradients
        assert lights[:, 2].min() >= np.sin(np.radians(40)) - 1e-6
        torch.testing.assert_close(lights.norm(dim=1), torch.ones(6))
        torch.testing.assert_close(samples, photographs[:, pixels].transpose(1, 2))


@pytest.mark.parametrize("shape", [(8, 1, 2048), (3, 2048), ()])
def test_a_teacher_that_answers_in_another_shape_is_refused(mlic, shape):
    with pytest.raises(ArgumentError, match=r"expected an answer of shape .* = \(8, 3, 2048\) from the teacher, got"):
        quick(mlic, teacher=lambda samples, pixels, lights: torch.zeros(shape))


def test_the_object_comes_to_look_like_what_an_own_teacher_says(mlic):
    fitted = quick(mlic, student="lc8", teacher=says(0.8), alpha=0.0, steps=150)
    grey = Mlic(np.full_like(mlic.photographs, 204), mlic.lights, mlic.names)
    assert mean_psnr(fitted, grey, np.arange(len(mlic))) > 30


def test_an_own_teacher_teaches_a_published_student_at_the_photographed_lights(mlic):
    asked = []

    def teacher(samples, pixels, lights):
        asked.extend(lights)
        return says(0.5)(samples, pixels, lights)

    quick(mlic, student="disk10", teacher=teacher, steps=2)
    photographed = set(map(tuple, torch.from_numpy(LIGHTS).float().tolist()))
    assert {tuple(light.tolist()) for light in asked} <= photographed and len(asked) == 2 * 16


def test_an_own_loss_takes_the_place_of_the_students(mlic):
    calls = []

    def counted(rendered, wanted):
        calls.append((rendered.shape, wanted.shape))
        return root_mean_square(rendered, wanted)

    own, default = quick(mlic, steps=4, loss=counted), quick(mlic, steps=4)
    assert np.array_equal(own.planes, default.planes)
    assert len(calls) == 8 and all(rendered == wanted for rendered, wanted in calls)  # photographs and teacher
    other = quick(mlic, steps=4, loss=lambda rendered, wanted: (rendered - wanted).abs().mean())
    assert not np.array_equal(other.planes, default.planes)


def test_a_loss_that_is_not_finite_is_an_error(mlic):
    with pytest.raises(TrainingError, match="expected a finite loss"):
        quick(mlic, loss=lambda rendered, wanted: rendered.mean() * float("nan"))


@pytest.mark.parametrize("part", ["student", "teacher"])
def test_a_checkpoint_knows_own_parts_by_their_name(mlic, tmp_path, part):
    mine = {"student": plain, "teacher": says(0.5)}[part]
    other = {"student": like_lc16x16, "teacher": root_mean_square}[part]
    quick(mlic, steps=2, checkpoint=tmp_path / "fit.pt", **{part: mine})
    quick(mlic, steps=2, checkpoint=tmp_path / "fit.pt", **{part: mine})
    with pytest.raises(TrainingError, match="other photographs, settings or versions"):
        quick(mlic, steps=2, checkpoint=tmp_path / "fit.pt", **{part: other})
