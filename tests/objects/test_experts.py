"""Objects of several experts: what fits together, and what a pixel of a smaller size stands for."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from objects import DECODERS, experts, light_mlp, relightable

from fastrti.errors import ArgumentError
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
        (None, r"expected uint8 labels of \(5, 4\), one per pixel for 3 experts, got none"),
        (np.zeros((5, 3), np.uint8), r"got \(5, 3\) uint8"),
        (np.zeros((5, 4), np.int64), r"got \(5, 4\) int64"),
        (np.full((5, 4), 3, np.uint8), "expected labels from 0 to 2 for 3 experts, got 3"),
    ],
)
def test_labels_name_experts(labels, sentence):
    with pytest.raises(ArgumentError, match=sentence):
        replace(experts(KIND), labels=labels)


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
