import numpy as np
import pytest
import torch

from fastrti.lights import light_from_angles
from fastrti.training.networks import Encoder, LightConditionedDecoder, PlainDecoder

LIGHTS = np.stack([light_from_angles(70 * i, 8 + 11 * i) for i in range(8)])

DECODERS = [
    PlainDecoder(9, (50, 50)),
    PlainDecoder(9, (20, 20)),
    PlainDecoder(5, (10,), "relu"),
    LightConditionedDecoder(9, (16, 16)),
    LightConditionedDecoder(9, (16, 16), "elu", skip=False),
    LightConditionedDecoder(6, (7,)),
    LightConditionedDecoder(3, (8, 5), "relu", skip=False),
]


def evaluate(network, latents):  # (P, K) → (3, P)
    phi = {"relu": lambda v: np.maximum(v, 0), "elu": lambda v: np.where(v > 0, v, np.expm1(np.minimum(v, 0)))}
    h = latents.T.astype(np.float64)
    for weight, bias in zip(network.weights[:-1], network.biases[:-1]):
        h = phi[network.activation](weight @ h + bias[:, None])
    y = network.weights[-1] @ h + network.biases[-1][:, None]
    return y if network.skip is None else y + network.skip @ latents.T


@pytest.mark.parametrize("module", DECODERS, ids=lambda module: module.to_decoder().label)
def test_the_stored_decoder_computes_what_was_trained(module):
    with torch.no_grad():  # away from the symmetric start
        for parameter in module.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
        latents = torch.randn(23, module.to_decoder().planes, generator=torch.Generator().manual_seed(2))
        colours = module(latents, torch.from_numpy(LIGHTS).float()).numpy()  # (L, 3, P)
    decoder = module.to_decoder()
    for light, trained in zip(LIGHTS, colours):
        stored = evaluate(decoder.frame_network(light), latents.numpy())
        assert stored == pytest.approx(trained, abs=2e-5 * max(1, np.abs(stored).max()))


def test_the_encoder_runs_once_a_pixel():
    encoder = Encoder(photographs=7, planes=5, layers=3, width=150)
    rows = []
    encoder[0].register_forward_hook(lambda module, inputs, output: rows.append(len(inputs[0])))
    assert encoder(torch.rand(7, 3, 11)).shape == (11, 5)
    assert rows == [11]


@pytest.mark.parametrize(("layers", "linears"), [(3, 4), (4, 5)])
def test_encoders_have_the_published_widths(layers, linears):
    shapes = [tuple(p.shape) for p in Encoder(49, 9, layers, width=150).parameters() if p.ndim == 2]
    assert shapes == [(150, 147), *[(150, 150)] * (linears - 2), (9, 150)]


def test_the_teacher_has_the_published_number_of_parameters():
    assert sum(p.numel() for p in PlainDecoder(9, (50, 50)).parameters()) == 3303
    assert sum(p.numel() for p in PlainDecoder(9, (20, 20)).parameters()) == 723
    assert sum(p.numel() for p in PlainDecoder(9, (10, 10)).parameters()) == 263


def test_the_light_network_takes_the_light_itself():
    decoder = LightConditionedDecoder(9, (16, 16)).to_decoder()
    assert decoder.features == ((0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0))
    assert [weight.shape for weight in decoder.light_weights] == [(32, 4), (32, 32), (510, 32)]
