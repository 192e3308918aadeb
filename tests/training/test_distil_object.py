"""Twins: objects distilled into another student without their photographs."""

import functools
from dataclasses import replace

import numpy as np
import pytest
from objects import DECODERS

from fastrti import ArgumentError, Relightable, Renderer, load, save
from fastrti.cli import main
from fastrti.objects.decoders import LightMlpDecoder, MlpDecoder
from fastrti.objects.experts import Experts
from fastrti.scoring.metrics import psnr
from fastrti.training import distil_object as module
from fastrti.training.distil_object import distil_object

HEIGHT, WIDTH = 24, 32
STEPS = 150


@pytest.fixture(scope="module")
def original() -> Relightable:
    """A PTM of a smooth relief, with a mask and provenance."""
    row, column = np.mgrid[0:HEIGHT, 0:WIDTH] / 5.0
    slopes = np.stack([np.sin(column) * np.cos(row), np.sin(row + column / 2)])
    terms = np.stack([0 * row - 0.1, 0 * row - 0.1, 0 * row, 0.3 * slopes[0], 0.3 * slopes[1], 0.5 + 0.1 * np.cos(row)])
    coefficients = np.repeat(terms, 3, axis=0)
    planes = np.rint((coefficients + 1) * 127.5).astype(np.uint8)
    mask = column + row > 2
    return Relightable(
        planes, -np.ones(18), np.ones(18), DECODERS["ptm"], mask, np.array([[0, 0, 1.0]]), 0.25, "Relief", "Ada", "CC0"
    )


@pytest.mark.parametrize(("student", "kind"), [("disk8", MlpDecoder), ("lc8x8-elu", LightMlpDecoder)])
def test_a_distilled_object_looks_like_its_original(original: Relightable, student: str, kind: type) -> None:
    made = distil_object(original, student, steps=STEPS, progress=False)
    assert isinstance(made.decoder, kind) and made.decoder.hidden == (8, 8)
    drawn, wanted = Renderer(made), Renderer(original)
    light = (0.31, -0.42)  # none of the training's
    blind = psnr(wanted.relight((0, 0)), wanted.relight(light), original.mask)
    assert psnr(drawn.relight(light), wanted.relight(light), original.mask) > blind + 3  # it follows the light
    held_out = module.distillation_lights()[1]
    scores = [psnr(drawn.relight(light), wanted.relight(light), original.mask) for light in held_out]
    assert made.training["psnr"] == pytest.approx(np.mean(scores), abs=0.05)


@pytest.mark.parametrize("alone", [True, False])
def test_experts_teach_what_they_draw_alone(original: Relightable, monkeypatch, alone: bool) -> None:
    """Not the hundreds of means that there may be, unless there is nothing else."""
    labels = np.full((HEIGHT, WIDTH), 2, np.uint8)
    labels[:, :9] = 0 if alone else 3
    several = replace(
        original, decoder=Experts((original.decoder,) * 2, np.array([[0.5, 0.5], [0.25, 0.75]])), labels=labels
    )
    taught = []
    monkeypatch.setattr(
        module, "_Original", lambda *given: taught.append(given) or (lambda s, p, lights: s[: len(lights)])
    )
    made = distil_object(several, "disk8", steps=2, progress=False)
    (teacher, samples), learned = taught[0], original.mask & (labels < 2) if alone else original.mask
    assert len(teacher.frame_networks((0, 0))) == (2 if alone else 4)
    assert np.array_equal(np.stack([samples.rows, samples.columns]), np.nonzero(learned))
    assert np.array_equal(made.mask, original.mask)
    assert made.planes[:, original.mask & (labels == 2)].any()  # encoded nevertheless


def test_no_light_is_both_learned_from_and_scored() -> None:
    shown, held_out = module.distillation_lights()
    assert (len(shown), len(held_out)) == (32, 8)
    assert (shown @ held_out.T).max() < np.cos(np.radians(2))
    assert held_out[:, 2].min() < 0.4 < 0.9 < held_out[:, 2].max()  # low and high ones


def test_a_distilled_object_keeps_what_describes_the_object(original: Relightable) -> None:
    made = distil_object(original, "disk8", steps=2, progress=False)
    for name in ("mask", "lights", "mm_per_pixel", "title", "creator", "rights"):
        assert np.array_equal(getattr(made, name), getattr(original, name)), name
    assert made.training["distilled_from"] == original.decoder.label


def test_the_seed_decides_the_twin(original: Relightable) -> None:
    one, same, other = (
        distil_object(original, "disk8", steps=3, seed=seed, progress=False).planes for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def test_convert_distils_and_says_what_it_cost(original: Relightable, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(module, "distil_object", functools.partial(distil_object, steps=5, progress=False))
    save(original, tmp_path / "relief")
    assert main(["convert", str(tmp_path / "relief"), "-o", str(tmp_path / "twin"), "--student", "lc8x8-elu"]) == 0
    said = capsys.readouterr().out
    made = load(tmp_path / "twin")
    assert f"{made.training['psnr']:.1f} dB from pictures of the original under held-out lights" in said
    assert main(["export", str(tmp_path / "twin"), "--to", "openlime", str(tmp_path / "site")]) == 0


def test_an_unknown_student_is_refused(original: Relightable) -> None:
    with pytest.raises(ArgumentError, match="'disk20'"):
        distil_object(original, "resnet", progress=False)


def test_a_distilled_object_is_no_ptm_file(original: Relightable, tmp_path, capsys) -> None:
    save(original, tmp_path / "relief")
    assert main(["convert", str(tmp_path / "relief"), "-o", str(tmp_path / "twin.ptm"), "--student", "disk20"]) == 1
    assert "expected --student with an object folder as output" in capsys.readouterr().err
