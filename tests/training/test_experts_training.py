"""Fits of several experts: what each draws and learns, the object they make, and the borders between them."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_fits import collection, quick
from torch import nn

from benchmarks.quality.experts import steps_across, worst_place
from fastrti import ArgumentError, load, save
from fastrti.kernels.reference import evaluate_network, relight_reference
from fastrti.objects.experts import MAX_EXPERTS, MAX_LABELS
from fastrti.objects.frame_network import mean_network
from fastrti.photographs.hold_out import spread_lights
from fastrti.training import expert_regions, loop
from fastrti.training.encoding import EncodedPixels, mean_encoder
from fastrti.training.expert_networks import ExpertNetworks, networks_of
from fastrti.training.expert_regions import number_of_experts, rectangles, regions
from fastrti.training.networks import build
from fastrti.training.samples import Photographs
from fastrti.training.settings import PRESETS
from fastrti.training.students import parse_student

LIGHT = (0.3, -0.2)


@pytest.fixture(scope="module")
def mlic():
    return collection()


def few_steps(mlic, **arguments):
    return quick(mlic, **{"teacher": "none", "steps": 8, **arguments})


@pytest.fixture(scope="module")
def four(mlic):
    return few_steps(mlic, experts=4, hold_out=4)


def assert_same(one, other):
    assert np.array_equal(one.planes, other.planes)
    assert np.array_equal(one.labels, other.labels)
    for a, b in zip(one.frame_networks(LIGHT), other.frame_networks(LIGHT), strict=True):
        assert all(map(np.array_equal, (*a.weights, *a.biases), (*b.weights, *b.biases)))


# --- who draws what ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3, 7, 16, MAX_EXPERTS])
def test_every_expert_draws_a_rectangle_with_a_fair_share_of_the_object(count):
    row, column = np.mgrid[:200, :300]
    mask = (row - 100) ** 2 / 9 + (column - 150) ** 2 / 16 < 900
    labels = rectangles(mask, count)
    pixels = np.bincount(labels[mask], minlength=count)
    assert len(pixels) == count
    assert pixels.min() > mask.sum() / count / 3
    assert pixels.max() < mask.sum() / count * 2
    for number in range(count):
        rows, columns = np.nonzero(labels == number)
        assert len(rows) == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)


def test_rectangles_end_in_the_middle_of_blocks_where_they_can():
    labels = rectangles(np.ones((160, 320), bool), 4).astype(int)
    assert np.unique(np.diff(labels, axis=1).nonzero()[1] + 1).tolist() == [160]  # 2½ blocks of 64
    assert np.unique(np.diff(labels, axis=0).nonzero()[0] + 1).tolist() == [72]  # 4½ blocks of 16
    labels = rectangles(np.ones((40, 128), bool), 2)  # 32 and 96 are too far from half of it
    assert np.unique(np.diff(labels.astype(int), axis=1).nonzero()[1] + 1).tolist() == [64]


@pytest.mark.parametrize("mask", [np.eye(64, dtype=bool), np.eye(1, 64, dtype=bool) | np.ones((1, 64), bool)])
def test_thin_objects_are_cut_too(mask):
    assert np.array_equal(np.unique(rectangles(mask, 64)[mask]), np.arange(64))


def test_an_object_of_fewer_pixels_than_experts_is_refused():
    mask = np.zeros((5, 5), bool)
    mask[2, 1:4] = True
    with pytest.raises(ArgumentError, match="can be cut into 4 parts, got 3 object pixels of 5×5: take fewer experts"):
        rectangles(mask, 4)


@pytest.mark.parametrize(("size", "count"), [((40, 60), 2), ((320, 320), 4), ((333, 500), 7), ((30, 40), 64)])
def test_an_expert_learns_from_its_own_pixels_and_from_those_that_it_helps_to_draw(size, count):
    parts = regions(np.ones(size, bool), count)
    rows, columns = np.nonzero(np.random.default_rng(0).random(size) < 0.3)
    shares = np.vstack([np.eye(count), parts.shares])[parts.labels]  # (H, W, E)
    for number, learned in enumerate(parts.learned_by_each(rows, columns)):
        expected = (parts.rectangles == number) | (shares[..., number] > 0)
        assert np.array_equal(learned, np.flatnonzero(expected[rows, columns]))


@pytest.mark.parametrize(
    ("size", "count", "block", "steps"),
    [
        ((96, 60), 2, (5, 21), 2),
        ((320, 320), 4, (16, 64), 2),
        ((700, 1000), 4, (16, 64), 4),
        ((1500, 2000), 6, (16, 64), 8),
    ],
)
def test_means_lead_across_a_border_in_equal_steps(size, count, block, steps):
    parts = regions(np.ones(size, bool), count)
    assert np.allclose(parts.shares.sum(1), 1)
    assert set(np.unique(parts.shares * steps)) <= set(range(steps))  # none is an expert alone
    weights = np.vstack([np.eye(count), parts.shares])[parts.labels]  # (H, W, E)
    if count == 2:
        assert np.array_equal(np.unique(np.abs(np.diff(weights, axis=0)).max(2)), [0, 0.5])
        return
    for axis in (0, 1):  # at most one step from a pixel to the next, at a corner one of either border
        assert np.abs(np.diff(weights, axis=axis)).max() <= 2 / steps
    for line, length in ((weights[:, 0], block[0]), (weights[0], block[1])):
        changes = np.flatnonzero(np.abs(np.diff(line, axis=0)).max(1))
        assert set((changes + 1) % length) == {0}
        assert np.allclose(np.abs(np.diff(line, axis=0))[changes].max(1), 1 / steps)
        assert set(np.diff(changes)[np.diff(changes) < steps * length]) == {length}


@pytest.mark.parametrize(("size", "count", "steps"), [((3000, 4000), 23, 4), ((700, 1000), MAX_EXPERTS, 2)])
def test_labels_suffice(size, count, steps):
    parts = regions(np.ones(size, bool), count)
    assert count + len(parts.shares) == parts.labels.max() + 1 <= MAX_LABELS
    assert np.unique(parts.shares).tolist() == [step / steps for step in range(steps)]


def test_an_expert_alone_draws_what_is_far_from_borders():
    parts = regions(np.ones((700, 1000), bool), 4)  # four steps of 16 rows, and of 64 columns
    for number in range(4):
        rows, columns = np.nonzero(parts.rectangles == number)
        near = (slice(rows.min() + 32, rows.max() - 31), slice(columns.min() + 128, columns.max() - 127))
        assert (parts.labels[near] == number).all()
        assert parts.labels[near].size > 10_000


@pytest.mark.parametrize(
    ("side", "experts"), [(100, 1), (255, 1), (256, 4), (320, 4), (1000, 4), (3464, 23), (6000, 24)]
)
def test_auto_goes_by_the_pixels_of_the_object(side, experts):
    mask = np.broadcast_to(np.True_, (side, side))
    assert number_of_experts("auto", mask) == experts


@pytest.mark.parametrize("asked", [0, -1, MAX_EXPERTS + 1, 2.0, True, "many", None])
def test_other_numbers_of_experts_are_refused(mlic, asked):
    with pytest.raises(ArgumentError, match="'auto' or a number of experts from 1 to 64, got"):
        quick(mlic, experts=asked)


# --- networks trained at once -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("student", ["lc8x8", "lc4-elu", "disk10"])
def test_networks_at_once_draw_and_learn_as_each_alone(student):
    torch.manual_seed(1)
    networks = [build(parse_student(student), 5, 4) for _ in range(3)]
    samples, lights = torch.rand(5, 3, 12), nn.functional.normalize(torch.rand(6, 3), dim=1)
    together = ExpertNetworks(networks)
    drawn = together(samples, lights)
    alone = torch.cat([network(part, lights) for network, part in zip(networks, samples.chunk(3, 2))], 2)
    assert torch.allclose(drawn, alone, atol=1e-5)
    drawn.square().sum().backward()
    alone.square().sum().backward()
    for name, gradient in zip(together._names, [values.grad for values in together.stacked]):
        own = torch.stack([dict(network.named_parameters())[name].grad for network in networks])
        assert torch.allclose(gradient, own, rtol=1e-3, atol=1e-3)
    for network, again in zip(networks, networks_of(together), strict=True):
        assert all(map(torch.equal, network.state_dict().values(), again.state_dict().values()))


def test_a_mean_of_encoders_has_the_mean_of_their_weights():
    torch.manual_seed(1)
    first, second = (build(parse_student("lc4"), 5, 3).encoder for _ in range(2))
    mean = mean_encoder([first, second], np.array([0.75, 0.25]))
    for values, *own in zip(mean.parameters(), first.parameters(), second.parameters()):
        assert torch.allclose(values, 0.75 * own[0] + 0.25 * own[1])
    samples = torch.rand(5, 3, 12)
    assert torch.equal(mean_encoder([first, second], np.array([0.0, 1.0]))(samples), second(samples))


# --- the object -------------------------------------------------------------------------------------------------------


def test_a_fit_of_four_experts_is_an_object_of_four(mlic, four, tmp_path):
    assert four.training["experts"] == 4
    assert four.decoder.label == "4 experts, each light-conditioned 9→16→16→3 ReLU, skip"
    assert len(four.training["held_out"]) == 4
    save(four, tmp_path / "four")
    assert_same(load(tmp_path / "four"), four)


def test_all_labels_share_the_extremes_of_the_planes(mlic, four):
    assert set(np.unique(four.labels)) == set(range(four.decoder.label_count)) > {0, 1, 2, 3}
    planes = four.planes.reshape(9, -1)
    assert planes.min(1).tolist() == [0] * 9 and planes.max(1).tolist() == [255] * 9


def test_a_mean_encodes_and_draws_the_pixels_of_its_label(mlic):
    torch.manual_seed(2)
    networks = [build(parse_student("lc4"), len(mlic), 3) for _ in range(2)]
    for other, values in zip(networks[1].parameters(), networks[0].parameters()):
        other.data.lerp_(values.data, 0.9)  # alike, as the experts of a fit are
    photographs = Photographs(mlic, np.arange(len(mlic)), torch.device("cpu"))
    encoded = EncodedPixels(networks, photographs, regions(photographs.mask, 2))
    several = encoded.relightable()
    picture = relight_reference(several, LIGHT)
    of_experts = [decoder.frame_network(LIGHT) for decoder in several.decoders]
    for number, shares in enumerate(np.vstack([np.eye(2), several.decoder.shares])):
        rows, columns = np.nonzero(several.labels == number)
        encoder = mean_encoder([network.encoder for network in networks], shares)
        latents = encoder(photographs.read(rows, columns)).detach().numpy().T
        colours = 255 * evaluate_network(mean_network(of_experts, shares), latents).T
        assert len(rows) > 0
        assert np.abs(picture[rows, columns] - np.clip(colours, 0, 255)).max() < 3  # the rounding of planes and picture


def test_one_expert_is_what_a_fit_made_before_there_were_several(mlic):
    one, auto = few_steps(mlic, experts=1), few_steps(mlic, experts="auto")
    assert "experts" not in one.training
    assert one.labels is auto.labels is None
    assert np.array_equal(one.planes, auto.planes)


@pytest.mark.parametrize(
    ("student", "experts"),
    [("lc8", 4), ("lc8-elu", 1), ("disk10", 1), (lambda n, k: build(parse_student("lc8"), n, k), 1)],
)
def test_only_students_that_all_viewers_draw_become_several_unasked(mlic, monkeypatch, student, experts):
    monkeypatch.setattr(expert_regions, "_FIRST_PIXELS", 100)
    fitted = quick(mlic, student=student, teacher="none" if student != "disk10" else "neural", steps=1)
    assert len(fitted.decoders) == experts


@pytest.mark.parametrize(("count", "steps", "pixels"), [(1, 4, 2048), (2, 8, 512), (16, 8, 2048)])
def test_several_experts_take_more_and_smaller_steps_of_a_preset(mlic, monkeypatch, count, steps, pixels):
    monkeypatch.setitem(PRESETS, "quick", replace(PRESETS["quick"], steps=4))
    for asked, taken in ((None, steps), (5, 5)):
        training = few_steps(mlic, experts=count, preset="quick", steps=asked).training
        assert (training["steps"], training["pixels"]) == (taken, pixels)
    own = few_steps(mlic, experts=count, preset=PRESETS["quick"], steps=None).training
    assert (own["steps"], own["pixels"]) == (4, 2048)


def test_experts_are_one_network_for_most_steps(mlic, monkeypatch):
    learned = []

    def recorded(average, network, share):
        learned.append(len(networks_of(network)))

    monkeypatch.setattr(loop, "_move_average", recorded)
    few_steps(mlic, experts=4, steps=7)
    assert learned == [1, 1, 1, 1, 4, 4, 4]


def test_experts_start_as_the_network_was_with_the_state_of_its_optimiser():
    learner = loop._Learner(build(parse_student("lc4"), 5, 3))
    one, average = learner.network, learner.average
    one(torch.rand(5, 3, 12), torch.rand(6, 3)).square().mean().backward()
    learner.optimizer.step()
    states = [learner.optimizer.state[parameter] for parameter in one.parameters()]
    learner.split(3)
    for trained, before in ((learner.network, one), (learner.average, average)):
        assert len(networks_of(trained)) == 3
        for network in networks_of(trained):
            assert all(map(torch.equal, network.state_dict().values(), before.state_dict().values()))
    assert not any(parameter.requires_grad for parameter in learner.average.parameters())
    for parameter, known in zip(learner.network.parameters(), states, strict=True):
        state = learner.optimizer.state[parameter]
        assert state["step"] == 1
        for name in ("exp_avg", "exp_avg_sq"):
            assert all(torch.equal(values, known[name]) for values in state[name])


def test_ctrl_c_while_experts_are_one_network_still_makes_an_object_of_several(mlic, monkeypatch):
    step, steps = torch.optim.Adam.step, iter(range(3))

    def interrupted(*args, **kwargs):
        if next(steps) == 2:
            raise KeyboardInterrupt
        return step(*args, **kwargs)

    monkeypatch.setattr(torch.optim.Adam, "step", interrupted)
    fitted = few_steps(mlic, experts=4, steps=20)
    assert fitted.training["steps_done"] == 2
    assert len(fitted.decoders) == 4


@pytest.mark.parametrize(
    ("student", "teacher", "int8", "saved", "stopped"),
    [
        ("lc8", "none", True, 5, 11),  # while it trains for int8
        ("disk10", "neural", False, 5, 11),  # the teacher is trained
        ("lc8", "none", False, 5, 6),  # the experts were saved as one network
        ("lc8", "none", False, 3, 7),  # as several
        ("lc8", "interpolator", False, 3, 4),  # when the teacher was about to change
        ("lc8", "interpolator", False, 4, 6),  # after it had changed
        ("lc8", "interpolator", False, 7, 8),  # and there were several
        ("lc8", "both", False, 2, 6),  # the student learns from a corrected network
    ],
)
def test_a_resumed_fit_of_experts_equals_an_uninterrupted_one(
    mlic, monkeypatch, tmp_path, student, teacher, int8, saved, stopped
):
    arguments = {"experts": 3, "student": student, "teacher": teacher, "int8": int8, "steps": 9}
    whole = quick(mlic, **arguments)
    monkeypatch.setattr(loop, "CHECKPOINT_STEPS", saved)

    class Stopped(Exception):
        pass

    move_average, steps = loop._move_average, iter(range(1000))

    def stopping(*args):
        if next(steps) == stopped:
            raise Stopped
        move_average(*args)

    with monkeypatch.context() as patched:
        patched.setattr(loop, "_move_average", stopping)
        with pytest.raises(Stopped):
            quick(mlic, **arguments, checkpoint=tmp_path / "fit.pt")
    assert (tmp_path / "fit.pt").exists()
    assert_same(quick(mlic, **arguments, checkpoint=tmp_path / "fit.pt"), whole)


def test_int8_of_experts_is_measured(mlic):
    fitted = few_steps(mlic, experts=2, int8=True, hold_out=4)
    assert abs(fitted.int8_loss_db) < 0.5
    assert fitted.training["int8_psnr"] == pytest.approx(fitted.training["psnr"] - fitted.int8_loss_db, abs=2e-3)


# --- seams ------------------------------------------------------------------------------------------------------------


def test_steps_are_measured_at_borders_alone():
    picture = np.zeros((1, 4, 6, 3), np.uint8)
    picture[:, :, 3:] = 10
    picture[:, 2:] += 40
    labels = np.zeros((4, 6), np.uint8)
    labels[:, 3:] = 1
    assert steps_across(picture, labels) == 10
    labels[2:] += 2
    assert steps_across(picture, labels) == pytest.approx((4 * 10 + 6 * 40) / 10)


def test_the_worst_place_is_where_a_border_shows():
    photographs = np.full((2, 200, 300, 3), 50, np.uint8)
    pictures, labels = photographs.copy(), np.zeros((200, 300), np.uint8)
    labels[:, 150:] = 1
    pictures[1, 20:90, 150:] += 5
    pictures[0, :, 200:] += 40  # no border
    photograph, picture = np.hsplit(worst_place(pictures, photographs, labels), 2)
    assert (photograph == 50).all()
    assert set(np.unique(picture)) == {50, 55}
    assert (picture[192, :188] == 50).all() and (picture[192, 196:] == 55).all()


@pytest.mark.deep  # seconds of CPU
def test_borders_of_experts_do_not_show(mlic):
    held_out = spread_lights(mlic.lights, 8)
    seen = mlic.subset(np.setdiff1d(np.arange(len(mlic)), held_out).tolist())
    fitted = quick(seen, experts=2, steps=150)
    pictures = np.stack([relight_reference(fitted, light) for light in mlic.lights[held_out]])
    excess = steps_across(pictures, fitted.labels) / steps_across(mlic.photographs[held_out], fitted.labels)
    assert excess < 1.02
