"""Objects of several experts: what fits together, and what a pixel of a smaller size stands for."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from objects import DECODERS, experts, light_mlp, relightable

from fastrti import load, save
from fastrti.errors import ArgumentError, ObjectError
from fastrti.kernels.reference import relight_reference
from fastrti.objects.experts import Experts
from fastrti.objects.scales import reduced

KIND = "light-mlp-relu-skip"
ONE = DECODERS[KIND]


@pytest.mark.parametrize(
    ("decoders", "sentence"),
    [
        ((ONE,), "expected 2 to 64 experts, got 1"),
        ((ONE,) * 65, "expected 2 to 64 experts, got 65"),
        ((ONE, DECODERS["light-mlp-elu"]), "expected experts of one shape, got light-conditioned 9→16→16→3 ReLU, skip"),
        ((ONE, light_mlp(9, (16, 16), "elu", skip=True)), "expected experts of one shape"),
        ((DECODERS["rbf"], DECODERS["bilinear"]), "expected experts of one shape"),
        ((DECODERS["rbf"], replace(DECODERS["rbf"], sigma=0.7)), "or other features or layers of the light"),
        ((DECODERS["ptm"], DECODERS["hsh16"]), "expected experts of one shape"),
    ],
)
def test_experts_have_one_shape(decoders, sentence):
    with pytest.raises(ArgumentError, match=sentence):
        Experts(decoders)


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (None, r"expected uint8 labels of \(5, 4\), one per pixel for 3 experts and means, got none"),
        (np.zeros((5, 3), np.uint8), r"got \(5, 3\) uint8"),
        (np.zeros((5, 4), np.int64), r"got \(5, 4\) int64"),
        (np.full((5, 4), 3, np.uint8), "expected labels from 0 to 2 for 3 experts and means, got 3"),
    ],
)
def test_labels_name_experts(labels, sentence):
    with pytest.raises(ArgumentError, match=sentence):
        replace(experts(KIND), labels=labels)


@pytest.mark.parametrize(
    ("shares", "sentence"),
    [
        ([[0.5, 0.5]], r"expected shares of shape \(M, 3\) for means of 3 experts, M up to 253, got \(1, 2\)"),
        ([0.5, 0.5, 0], r"got \(3,\)"),
        ([[1, 0, 0]] * 254, r"got \(254, 3\)"),
        ([[0.5, 0.4, 0]], "expected shares from 0 to 1 whose sum is 1 in each mean of experts"),
        ([[1.5, -0.5, 0]], "expected shares from 0 to 1 whose sum is 1"),
        ([[np.nan, 0.5, 0.5]], "expected shares from 0 to 1 whose sum is 1"),
        ([[np.inf, 0, 0]], "expected shares from 0 to 1 whose sum is 1"),
    ],
)
def test_means_have_shares_of_all(shares, sentence):
    with pytest.raises(ArgumentError, match=sentence):
        Experts((ONE,) * 3, np.array(shares))


def test_means_are_written_and_read(tmp_path):
    several = experts(KIND)
    shares = np.array([[0.25, 0, 0.75], [1 / 3, 1 / 3, 1 / 3]])
    labels = np.arange(20, dtype=np.uint8).reshape(5, 4) % 5
    several = replace(several, decoder=replace(several.decoder, shares=shares), labels=labels)
    for name in ("folder", "one.rti.tif"):
        save(several, tmp_path / name)
        read = load(tmp_path / name)
        assert np.array_equal(read.labels, labels)
        assert np.array_equal(read.decoder.shares, shares)
        assert np.array_equal(relight_reference(read, (0, 0.6, 0.8)), relight_reference(several, (0, 0.6, 0.8)))


@pytest.mark.parametrize(
    ("means", "sentence"),
    [
        ("none", "expected 'means' to be a list of at most 256 objects"),
        ([{}] * 300, "expected 'means' to be a list of at most 256 objects"),
        ([{"of": [0, 3], "shares": [0.5, 0.5]}], "expected 'of' to be a list of at most 3 whole numbers from 0 to 2"),
        ([{"of": [0, 0], "shares": [0.5, 0.5]}], "expected 'of' to be different experts"),
        ([{"of": [], "shares": []}], "expected 'of' to be different experts"),
        ([{"of": [0, 1], "shares": [0.5]}], r"expected 'shares' of shape \(2,\), got \(1,\)"),
        ([{"of": [0, 1], "shares": [0.5, 0.6]}], "expected shares from 0 to 1 whose sum is 1"),
        ([{"of": [0, 1], "shares": [2, -1]}], "expected shares from 0 to 1 whose sum is 1"),
        ([{"of": [0, 1], "shares": [0.5, 0.5]}] * 254, r"M up to 253, got \(254, 3\)"),
    ],
)
def test_bad_means_are_refused_in_a_sentence(tmp_path, means, sentence):
    save(experts(KIND), tmp_path / "bad")
    info = json.loads((tmp_path / "bad" / "info.json").read_text())
    info["decoder"]["means"] = means
    (tmp_path / "bad" / "info.json").write_text(json.dumps(info))
    with pytest.raises(ObjectError, match=sentence):
        load(tmp_path / "bad")


def test_one_decoder_has_no_labels():
    with pytest.raises(ArgumentError, match="expected no labels for an object of one decoder"):
        replace(relightable(KIND), labels=np.zeros((5, 4), np.uint8))


def test_one_network_is_asked_of_one_decoder():
    several = experts(KIND)
    assert len(several.frame_networks((0, 0))) == len(several.decoders) == 3
    with pytest.raises(ArgumentError, match="expected an object of one decoder for one frame network, got 3 experts"):
        several.frame_network((0, 0))


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("factor", [2, 4, 32])
def test_a_smaller_pixel_is_of_one_expert(factor, masked):
    """By the words of `fastrti.objects.scales`, pixel by pixel: latents of different experts are never averaged."""
    full = experts(KIND, 4, 21, 38, masked=masked)
    mask = np.ones((21, 38), bool) if full.mask is None else full.mask
    small, kept = reduced(full, factor), {p: ([p] * bool(mask[p]), full.labels[p]) for p in np.ndindex(21, 38)}
    for _ in range(factor.bit_length() - 1):
        size = (max(row for row, _ in kept) // 2 + 1, max(column for _, column in kept) // 2 + 1)
        kept = {place: _joined(kept, *place) for place in np.ndindex(size)}
    assert small.labels.shape == small.planes.shape[1:] == size
    for (row, column), (pixels, label) in kept.items():
        assert small.labels[row, column] == label
        if pixels:
            mean = np.mean([full.planes[:, y, x] for y, x in pixels], axis=0)
            assert np.abs(small.planes[:, row, column] - mean).max() <= 0.5


def _joined(kept, row, column):
    places = [(2 * row + down, 2 * column + across) for down in (0, 1) for across in (0, 1)]
    four = [kept[place] for place in places if place in kept]
    weights = Counter({label: 0 for _, label in four})
    for pixels, label in four:
        weights[label] += len(pixels)
    best = min(weights, key=lambda label: (-weights[label], label))
    return [pixel for pixels, label in four if label == best for pixel in pixels], best
