from dataclasses import replace

import numpy as np
import pytest
import torch
from small_fits import HEIGHT, LIGHTS, STEPS, WIDTH, collection, quick

from fastrti import ArgumentError, Mlic, TrainingError
from fastrti.kernels.reference import relight_reference
from fastrti.photographs.hold_out import spread_lights
from fastrti.scoring import sampled
from fastrti.scoring.metrics import psnr
from fastrti.scoring.sampled import mean_psnr
from fastrti.training import fitting, interpolator, loop, samples
from fastrti.training.checkpoint import Checkpoint
from fastrti.training.classical import fit_classical
from fastrti.training.fitting import builder, fit, train_anew
from fastrti.training.networks import build
from fastrti.training.samples import PixelSamples
from fastrti.training.settings import PRESETS, InterpolatorSettings, Teacher
from fastrti.training.students import parse_student
from fastrti.training.teachers import InterpolatorTeacher


@pytest.fixture(scope="module")
def mlic():
    return collection()


def changed(mlic, photographs=None, mask=None):
    return Mlic(mlic.photographs if photographs is None else photographs, mlic.lights, mlic.names, mask)


def assert_same(one, other):
    assert np.array_equal(one.planes, other.planes)
    assert np.array_equal(one.minimum, other.minimum)
    assert np.array_equal(one.maximum, other.maximum)
    networks = [relightable.frame_network((0.3, -0.2)) for relightable in (one, other)]
    for a, b in zip(*[(*network.weights, *network.biases) for network in networks]):
        assert np.array_equal(a, b)


def test_a_fit_beats_the_mean_image_and_ptm_at_lights_it_never_saw(mlic):
    held_out = spread_lights(mlic.lights, 4)
    seen = mlic.subset(np.setdiff1d(np.arange(len(mlic)), held_out))
    fitted = fit(mlic, preset="quick", steps=400, hold_out=4, progress=False)
    mean_image = np.rint(seen.photographs.mean(0)).astype(np.uint8)
    error = ((mlic.photographs[held_out].astype(float) - mean_image) ** 2).mean((1, 2, 3))
    assert fitted.training["psnr"] > np.mean(10 * np.log10(255**2 / error)) + 5
    assert fitted.training["psnr"] > mean_psnr(fit_classical(seen, "ptm"), mlic, held_out)


@pytest.mark.parametrize(
    ("student", "teacher", "label"),
    [
        ("lc16x16", "interpolator", "light-conditioned 9→16→16→3 ReLU, skip"),
        ("lc16x16", "both", "light-conditioned 9→16→16→3 ReLU, skip"),
        ("lc16x16", "none", "light-conditioned 9→16→16→3 ReLU, skip"),
        ("lc8-elu", "neural", "light-conditioned 9→8→3 ELU"),
        ("disk20", "neural", "plain 9→20→20→3 ELU"),
        ("direct10", "none", "plain 9→10→10→3 ELU"),
        ("neural", "none", "plain 9→50→50→3 ELU"),
    ],
)
def test_every_student_and_teacher_makes_an_object(mlic, student, teacher, label):
    fitted = quick(mlic, student=student, teacher=teacher, steps=5)
    assert fitted.decoder.label == label
    assert fitted.planes.shape == (9, HEIGHT, WIDTH)
    assert fitted.training["teacher"] == teacher
    assert np.array_equal(fitted.lights, mlic.lights)
    assert np.isfinite(fitted.training["psnr"])


def test_the_default_teacher_is_the_presets_or_the_students_own(mlic):
    assert quick(mlic, steps=1).training["teacher"] == "interpolator"
    assert quick(mlic, steps=1, preset="default").training["teacher"] == "both"
    assert quick(mlic, steps=1, preset="default", teacher="none").training["teacher"] == "none"
    assert quick(mlic, steps=1, student="disk10").training["teacher"] == "neural"
    assert quick(mlic, steps=1, student="direct20").training["teacher"] == "none"


def recorded_tasks(monkeypatch):
    """The name, the steps and the task of each loop that a fit runs."""
    taught = []

    def recorded(make, task, preset, *rest):
        taught.append((task.name, preset.steps, task))
        return train_anew(make, task, preset, *rest)

    monkeypatch.setattr(fitting, "train_anew", recorded)
    return taught


def test_both_teachers_are_a_network_of_a_third_of_the_steps_that_the_interpolator_corrects(mlic, monkeypatch):
    taught, corrected = recorded_tasks(monkeypatch), []

    def answers(self, network):
        corrected.append(network)
        return lambda samples, pixels, lights: torch.full((len(lights), 3, len(pixels)), 0.4)

    monkeypatch.setattr(InterpolatorTeacher, "corrected", answers)
    quick(mlic, teacher="both", steps=9)
    (wide, third, alone), (name, steps, task) = taught
    assert (wide, third, alone.teacher, name, steps) == ("teacher lc32x32", 3, None, "lc16x16", 9)
    assert [network.decoder.hidden for network in corrected] == [(32, 32)]
    assert task.teacher(None, torch.arange(7), torch.zeros(2, 3)).unique().tolist() == pytest.approx([0.4])
    assert task.teacher_from is None


def test_from_40_percent_of_the_steps_the_teacher_builds_on_the_student(mlic, monkeypatch):
    asked, made, corrected = [], [], InterpolatorTeacher.corrected

    def recorded(self, network):
        made.append((len(asked), network))
        return corrected(self, network)

    def interpolated(self, samples, pixels, lights):
        asked.append(len(lights))
        return torch.full((len(lights), 3, len(pixels)), 0.4)

    monkeypatch.setattr(InterpolatorTeacher, "corrected", recorded)
    monkeypatch.setattr(InterpolatorTeacher, "__call__", interpolated)
    taught = recorded_tasks(monkeypatch)
    quick(mlic, steps=10)
    ((_, _, task),) = taught
    ((before, network),) = made
    assert before == len(asked) == 4
    assert network.decoder.hidden == (16, 16)  # the student's average, which does not change any more
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert task.trust.shape == (HEIGHT * WIDTH,)


def test_a_seed_decides_everything(mlic):
    one, same, other = (quick(mlic, seed=seed, steps=10) for seed in (3, 3, 4))
    assert_same(one, same)
    assert not np.array_equal(one.planes, other.planes)


def test_a_fit_leaves_torchs_own_random_numbers_alone(mlic):
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    quick(mlic, steps=2)
    assert torch.equal(torch.rand(3), expected)


def interrupt_after(monkeypatch, steps):
    """Presses Ctrl-C when the given number of batches have been drawn."""
    drawn, batch = [], PixelSamples.batch

    def counted(self, pixels):
        drawn.append(pixels)
        if len(drawn) > steps:
            raise KeyboardInterrupt
        return batch(self, pixels)

    monkeypatch.setattr(PixelSamples, "batch", counted)


def test_ctrl_c_leaves_a_usable_object(mlic, monkeypatch):
    interrupt_after(monkeypatch, steps=30)
    stopped = quick(mlic, steps=100)
    assert 0 < stopped.training["steps_done"] < 31
    assert stopped.planes.any()
    assert np.isfinite(stopped.training["psnr"])


@pytest.mark.parametrize(
    ("student", "teacher", "label", "trained"),
    [
        ("disk10", "neural", "plain 9→50→50→3 ELU", "neural"),
        ("lc16x16", "both", "light-conditioned 9→32→32→3 ReLU, skip", "lc32x32"),
    ],
)
def test_ctrl_c_during_the_teacher_leaves_the_teacher(mlic, monkeypatch, student, teacher, label, trained):
    interrupt_after(monkeypatch, steps=10)
    stopped = quick(mlic, student=student, teacher=teacher)
    assert stopped.decoder.label == label
    assert stopped.training["trained"] == trained


@pytest.mark.parametrize(("student", "teacher"), [("lc16x16", None), ("lc16x16", "both"), ("disk10", None)])
def test_a_resumed_fit_equals_an_uninterrupted_one(mlic, monkeypatch, tmp_path, student, teacher):
    monkeypatch.setattr(loop, "CHECKPOINT_STEPS", 8)
    uninterrupted = quick(mlic, student=student, teacher=teacher)
    checkpoint = tmp_path / "fit.ckpt"
    with monkeypatch.context() as patch:
        interrupt_after(patch, steps=STEPS - 5)
        quick(mlic, student=student, teacher=teacher, checkpoint=checkpoint)
    resumed = quick(mlic, student=student, teacher=teacher, checkpoint=checkpoint)
    assert_same(resumed, uninterrupted)
    assert [path.name for path in tmp_path.iterdir()] == ["fit.ckpt"]


@pytest.mark.parametrize("other", [{"seed": 1}, {"steps": STEPS + 1}, {"hold_out": 2}, {"student": "lc8x8"}])
def test_a_checkpoint_of_another_fit_is_rejected(mlic, tmp_path, other):
    quick(mlic, checkpoint=tmp_path / "fit.ckpt", steps=2)
    with pytest.raises(TrainingError, match="got one of other photographs, settings or versions"):
        quick(mlic, checkpoint=tmp_path / "fit.ckpt", **{"steps": 2, **other})


@pytest.mark.parametrize(
    "change",
    [
        {"transfer": "linear"},
        {"mask": np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) > 40},
        {"lights": LIGHTS[::-1].copy()},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_checkpoint_of_another_collection_is_rejected(mlic, tmp_path, change):
    quick(mlic, checkpoint=tmp_path / "fit.ckpt", steps=2)
    with pytest.raises(TrainingError, match="other photographs, settings or versions"):
        quick(replace(mlic, **change), checkpoint=tmp_path / "fit.ckpt", steps=2)


def squared(rendered, wanted):
    return (rendered - wanted).square().mean()


@pytest.mark.parametrize(
    "other",
    [
        {"student": replace(parse_student("lc16x16"), light_widths=(16,))},
        {"student": replace(parse_student("lc16x16"), encoder_width=50)},
        {"preset": replace(PRESETS["quick"], lowest_new_light=10.0)},
        {"teacher": Teacher("interpolator", InterpolatorSettings(correction_taken=1.0))},
        {"loss": squared},
    ],
    ids=["light network", "encoder", "new lights", "interpolator", "loss"],
)
def test_a_checkpoint_of_other_settings_is_rejected(mlic, tmp_path, other):
    quick(mlic, checkpoint=tmp_path / "fit.ckpt", steps=2)
    with pytest.raises(TrainingError, match="other photographs, settings or versions"):
        quick(mlic, checkpoint=tmp_path / "fit.ckpt", **{"steps": 2, **other})


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ({"student": "lc8"}, {"student": parse_student("lc8")}),
        ({"preset": "quick"}, {"preset": PRESETS["quick"]}),
        ({"teacher": "both"}, {"teacher": Teacher("both")}),
        ({"alpha": 0.3}, {"preset": replace(PRESETS["quick"], alpha=(0.3, 0.3))}),
    ],
    ids=["student", "preset", "teacher", "alpha"],
)
def test_settings_are_the_same_as_their_names(mlic, name, settings):
    assert_same(quick(mlic, steps=3, **name), quick(mlic, steps=3, **settings))


def test_a_checkpoint_of_other_photographs_is_rejected(mlic, tmp_path):
    quick(mlic, checkpoint=tmp_path / "fit.ckpt", steps=2)
    with pytest.raises(TrainingError, match="other photographs, settings or versions"):
        quick(changed(mlic, 255 - mlic.photographs), checkpoint=tmp_path / "fit.ckpt", steps=2)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint"])
def test_a_damaged_checkpoint_is_rejected(mlic, tmp_path, content):
    (tmp_path / "fit.ckpt").write_bytes(content)
    with pytest.raises(TrainingError, match="got a file that cannot be read as one"):
        quick(mlic, checkpoint=tmp_path / "fit.ckpt")


def test_held_out_photographs_are_never_trained_on(mlic):
    held_out = spread_lights(mlic.lights, 5)
    noisy = mlic.photographs.copy()
    noisy[held_out] = np.random.default_rng(0).integers(0, 256, noisy[held_out].shape)
    clean, damaged = quick(mlic, hold_out=5), quick(changed(mlic, noisy), hold_out=5)
    assert_same(clean, damaged)
    assert clean.training["held_out"] == [mlic.names[i] for i in held_out]
    assert clean.training["psnr"] > damaged.training["psnr"] + 3


def test_the_reported_psnr_is_that_of_the_relit_pictures(mlic):
    fitted = quick(mlic, hold_out=3)
    expected = [psnr(relight_reference(fitted, mlic.lights[i]), mlic.picture(i)) for i in spread_lights(mlic.lights, 3)]
    assert fitted.training["psnr"] == pytest.approx(np.mean(expected), abs=2e-3)


def test_held_out_lights_are_spread_over_the_dome():
    held_out = spread_lights(LIGHTS, 6)
    rings = np.round(np.degrees(np.arcsin(LIGHTS[held_out, 2])))
    assert [int((rings == ring).sum()) for ring in (15, 35, 60)] == [2, 2, 2]
    assert len(set(held_out)) == 6


@pytest.mark.parametrize("count", [-1, len(LIGHTS) - 1, 1000])
def test_holding_out_too_many_lights_is_rejected(mlic, count):
    with pytest.raises(TrainingError, match=f"expected to hold out 0 to 22 of 24 photographs, got {count}"):
        quick(mlic, hold_out=count)


def test_masked_out_pixels_are_neither_trained_on_nor_kept(mlic):
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[5:30, 3:40] = True
    noisy = mlic.photographs.copy()
    noisy[:, ~mask] = np.random.default_rng(1).integers(0, 256, noisy[:, ~mask].shape)
    clean, damaged = quick(changed(mlic, mask=mask)), quick(changed(mlic, noisy, mask))
    assert_same(clean, damaged)
    assert clean.training["psnr"] == damaged.training["psnr"]
    assert not clean.planes[:, ~mask].any()


def test_16_bit_photographs_fit_like_their_8_bit_selves(mlic):
    wide = changed(mlic, mlic.photographs.astype(np.uint16) * 257)
    assert quick(wide).training["psnr"] == pytest.approx(quick(mlic).training["psnr"], abs=0.1)


def test_large_pictures_are_fitted_from_some_of_their_pixels(mlic, monkeypatch):
    whole = quick(mlic, steps=150, hold_out=4)
    monkeypatch.setattr(sampled, "MAX_SCORED", 600)
    monkeypatch.setattr(interpolator, "_MAX_CELLS", 30)
    part = quick(mlic, steps=150, hold_out=4, preset=replace(PRESETS["quick"], most_pixels=400))
    assert not np.array_equal(part.planes, whole.planes)
    assert part.training["psnr"] == pytest.approx(whole.training["psnr"], abs=1.0)


@pytest.mark.parametrize(
    ("alpha", "trust", "expected"),
    [((0.0, 0.0), 1.0, 0.8), ((0.0, 1.0), 1.0, 0.2), ((0.3, 0.3), 0.1, 0.2)],
)
def test_photographs_or_teacher_lead_as_alpha_and_trust_say(mlic, alpha, trust, expected):
    photographs = samples.Photographs(mlic, np.arange(len(mlic)), torch.device("cpu"))
    pixels = PixelSamples(photographs, torch.Generator().manual_seed(0))
    pixels.values.fill_(51)  # photographs are 0.2 everywhere, the teacher says 0.8
    task = loop.Task(
        name="test",
        samples=pixels,
        lights=torch.from_numpy(LIGHTS).float(),
        teacher=lambda samples, pixels, lights: torch.full((len(lights), 3, len(pixels)), 0.8),
        at_new_lights=True,
        alpha=alpha,
        trust=torch.full((len(pixels),), trust),
    )
    student, preset = parse_student("lc8"), replace(PRESETS["quick"], steps=150)
    network, _ = train_anew(builder(student), task, preset, 9, 0, Checkpoint(None, {}), None)
    with torch.no_grad():
        rendered = network(pixels.batch(torch.arange(64)), task.lights).mean()
    assert rendered == pytest.approx(expected, abs=0.05)


def test_the_number_of_planes_is_a_setting(mlic):
    assert quick(mlic, planes=4, steps=2).planes.shape == (4, HEIGHT, WIDTH)


@pytest.mark.parametrize("student", ["", "lc", "lc0", "lc65", "lc16x16x16", "lc16-relu", "disk", "disk0", "resnet50"])
def test_unknown_students_are_rejected_with_the_valid_forms(mlic, student):
    with pytest.raises(ArgumentError, match="expected a student 'lcA' or 'lcAxB'") as error:
        quick(mlic, student=student)
    assert str(error.value).endswith(f"got {student!r}")


@pytest.mark.parametrize(
    ("student", "teacher"),
    [("disk20", "none"), ("disk20", "interpolator"), ("direct20", "neural"), ("lc16x16", "oracle")],
)
def test_impossible_teachers_are_rejected(mlic, student, teacher):
    with pytest.raises(ArgumentError, match=f"expected a teacher .* for student '{student}', got '{teacher}'"):
        quick(mlic, student=student, teacher=teacher)


@pytest.mark.parametrize(
    "arguments", [{"preset": "fast"}, {"steps": 0}, {"alpha": 1.5}, {"alpha": -0.1}, {"planes": 0}, {"planes": 49}]
)
def test_settings_out_of_range_are_rejected(mlic, arguments):
    with pytest.raises(ArgumentError, match="expected"):
        quick(mlic, **arguments)


@pytest.mark.parametrize("device", ["graphics card", "cuda:99"])
def test_devices_that_are_not_there_are_rejected(mlic, device):
    with pytest.raises(ArgumentError, match="expected a device PyTorch can use here"):
        quick(mlic, device=device)


def test_an_empty_mask_is_rejected(mlic):
    with pytest.raises(ArgumentError, match="expected a mask with object pixels"):
        quick(changed(mlic, mask=np.zeros((HEIGHT, WIDTH), bool)))


def test_a_checkpoint_that_cannot_be_written_is_rejected_at_once(mlic, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(fitting, "_Run", lambda *arguments: pytest.fail("the fit started"))
    with pytest.raises(TrainingError, match="expected a file or folder that can be written, got Not a directory"):
        quick(mlic, checkpoint=tmp_path / "file" / "fit.ckpt")


def test_a_diverging_fit_is_an_error(mlic, monkeypatch):
    monkeypatch.setattr(loop, "one_cycle", lambda progress: float("nan"))
    with pytest.raises(TrainingError, match="expected a finite loss of lc16x16, got nan at step 40"):
        quick(mlic)


@pytest.mark.parametrize("student", ["lc16x16", "disk20"])
def test_presets_get_longer(student):
    presets = parse_student(student).presets
    steps = [presets[name].steps for name in ("quick", "default", "best")]
    assert steps == sorted(set(steps))


@pytest.mark.parametrize(("longest", "moved"), [(0.0, False), (None, True)])
def test_gradients_are_no_longer_than_the_preset_says(mlic, longest, moved):
    photographs = samples.Photographs(mlic, np.arange(len(mlic)), torch.device("cpu"))
    pixels = PixelSamples(photographs, torch.Generator().manual_seed(0))
    task = loop.Task("test", pixels, torch.from_numpy(LIGHTS).float())
    student, preset = parse_student("lc8"), replace(PRESETS["quick"], steps=1, longest_gradient=longest)
    network, _ = train_anew(builder(student), task, preset, 9, 0, Checkpoint(None, {}), None)
    torch.manual_seed(0)
    untouched = build(student, len(LIGHTS), 9)
    same = [torch.equal(a, b) for a, b in zip(network.parameters(), untouched.parameters())]
    assert all(same) is not moved
