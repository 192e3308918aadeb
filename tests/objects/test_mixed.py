"""Objects with mixed planes draw the same pictures."""

from dataclasses import replace

import numpy as np
import pytest
from objects import DECODERS, LIGHTS, relightable

from fastrti import ArgumentError, Renderer
from fastrti.objects.decoders import LightMlpDecoder
from fastrti.objects.experts import Experts
from fastrti.objects.mixed import can_mix, mixed

CONDITIONED = [name for name, decoder in DECODERS.items() if isinstance(decoder, LightMlpDecoder)]


@pytest.mark.parametrize("name", CONDITIONED)
@pytest.mark.parametrize("masked", [False, True])
def test_pictures_stay_where_planes_are_turned_and_scaled(name: str, masked: bool) -> None:
    what = replace(relightable(name, 12, 20, masked), int8_loss_db=0.0)
    count = len(what.planes)
    rng = np.random.default_rng(count)
    turn = np.linalg.qr(rng.normal(size=(count, count)))[0] * rng.uniform(0.1, 10, (count, 1))
    turned = mixed(what, turn)
    assert turned.int8_loss_db is None, "8-bit arithmetic was measured on other planes"
    for light in LIGHTS:
        before, after = (Renderer(each, "reference").relight(light).astype(int) for each in (what, turned))
        # 256 levels of a turned plane are up to √K wider than those of the planes it was made of
        assert abs(before - after).mean() < 1.5, light
        assert np.ptp(before) > 50


def test_a_mixing_that_keeps_the_levels_keeps_the_pictures_exactly() -> None:
    what = relightable("light-mlp-relu-skip", 12, 20)  # every plane has bytes 0 and 255
    assert (np.ptp(what.planes.reshape(9, -1), axis=1) == 255).all()
    order = np.eye(9)[[8, 0, 7, 1, 6, 2, 5, 3, 4]]
    order[3] *= -0.25
    turned = mixed(what, order)
    assert np.array_equal(turned.planes[0], what.planes[8])
    assert np.array_equal(turned.planes[3], 255 - what.planes[1])
    for light in LIGHTS:
        before, after = (Renderer(each, "reference").relight(light).astype(int) for each in (what, turned))
        assert abs(before - after).max() <= 1


def test_a_layer_beyond_float16_stays_as_it_is() -> None:
    decoder = DECODERS["light-mlp-relu-skip"]
    hidden, emitting = decoder.light_weights
    small = decoder.in_float16()
    assert all(np.array_equal(weight, weight.astype(np.float16)) for weight in small.light_weights)
    assert np.allclose(small.light_weights[1], emitting, rtol=2**-11, atol=2**-25)
    large = replace(decoder, light_biases=(np.full_like(decoder.light_biases[0], 1e5), decoder.light_biases[1]))
    kept = large.in_float16()
    assert np.array_equal(kept.light_weights[0], hidden) and np.array_equal(kept.light_biases[0], large.light_biases[0])
    assert np.array_equal(kept.light_weights[1], small.light_weights[1])


def test_what_cannot_be_mixed_is_a_sentence() -> None:
    assert not can_mix(relightable("ptm"))
    with pytest.raises(ArgumentError, match="its planes cannot be mixed"):
        mixed(relightable("ptm"), np.eye(18))
    with pytest.raises(ArgumentError, match="expected an invertible matrix of 9×9"):
        mixed(relightable("light-mlp-relu-skip"), np.zeros((9, 9)))


def test_experts_share_one_mixing() -> None:
    one = relightable("light-mlp-relu-skip", 12, 20)
    other = replace(one.decoder, light_biases=(*one.decoder.light_biases[:-1], 0.9 * one.decoder.light_biases[-1]))
    labels = np.zeros((12, 20), np.uint8)
    labels[:, 10:] = 1
    what = replace(one, decoder=Experts((one.decoder, other)), labels=labels)
    turned = mixed(what, np.diag(np.linspace(0.5, 2, 9)))
    before, after = (Renderer(each, "reference").relight(LIGHTS[1]).astype(int) for each in (what, turned))
    assert abs(before - after).max() <= 1
    assert abs(before - Renderer(one, "reference").relight(LIGHTS[1]))[:, 10:].max() > 2, "the second expert differs"
