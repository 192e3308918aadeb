"""The decoders as a user of PyTorch writes them: modules on z and the light, straight from the papers' equations."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from fastrti.objects.decoders import Decoder, LightBasisDecoder, LightMlpDecoder, MlpDecoder
from fastrti.objects.frame_network import Matrix
from fastrti.objects.light_network import parameter_shapes

ACTIVATIONS = {"relu": nn.ReLU, "elu": nn.ELU}


def natural_form(decoder: Decoder) -> nn.Module:
    """The module of a decoder: forward(z (P, K), light (3,)) -> (P, 3), float32."""
    if isinstance(decoder, LightMlpDecoder):
        return LightConditioned(decoder).eval()
    if isinstance(decoder, MlpDecoder):
        return Plain(decoder).eval()
    if isinstance(decoder, LightBasisDecoder) and decoder.basis == "ptm":
        return Ptm(decoder).eval()
    raise NotImplementedError(f"no natural form of {decoder.label} is written down")


class Plain(nn.Module):
    """NeuralRTI and DisK-NeuralRTI: x and y of the light are two more inputs of every pixel."""

    def __init__(self, decoder: MlpDecoder) -> None:
        super().__init__()
        self.layers = _mlp(decoder.weights, decoder.biases, ACTIVATIONS[decoder.activation])

    def forward(self, z: Tensor, light: Tensor) -> Tensor:
        """The picture of one light."""
        out: Tensor = self.layers(torch.cat([z, light[:2].expand(len(z), 2)], dim=1))
        return out


class LightConditioned(nn.Module):
    """A network of the light emits the weights of the pixels' network."""

    exponents: Tensor

    def __init__(self, decoder: LightMlpDecoder) -> None:
        super().__init__()
        self.register_buffer("exponents", torch.tensor(decoder.features))
        self.light_network = _mlp(decoder.light_weights, decoder.light_biases, nn.SiLU)
        self.shapes = parameter_shapes(decoder.planes, decoder.hidden, skip=True)
        self.activation = ACTIVATIONS[decoder.activation]()

    def forward(self, z: Tensor, light: Tensor) -> Tensor:
        """The picture of one light."""
        numbers = self.light_network((light**self.exponents).prod(dim=1))
        parts = numbers.split([int(np.prod(shape)) for shape in self.shapes])
        *layers, skip = (part.view(shape) for part, shape in zip(parts, self.shapes))
        h = z
        for weight, bias in zip(layers[:-2:2], layers[1:-2:2]):
            h = self.activation(functional.linear(h, weight, bias))
        return functional.linear(h, *layers[-2:]) + functional.linear(z, skip)


class Ptm(nn.Module):
    """Polynomial texture map: six terms of the light times six coefficients of each channel."""

    def __init__(self, decoder: LightBasisDecoder) -> None:
        super().__init__()
        self.terms = decoder.terms

    def forward(self, z: Tensor, light: Tensor) -> Tensor:
        """The picture of one light."""
        x, y, _ = light
        terms = torch.stack([x * x, y * y, x * y, x, y, torch.ones_like(x)])
        return (z.view(-1, self.terms, 3) * terms[:, None]).sum(dim=1)


def _mlp(weights: tuple[Matrix, ...], biases: tuple[Matrix, ...], activation: type[nn.Module]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for weight, bias in zip(weights, biases):
        linear = nn.Linear(weight.shape[1], weight.shape[0])
        linear.weight.data, linear.bias.data = torch.from_numpy(weight), torch.from_numpy(bias)
        layers += [linear, activation()]
    return nn.Sequential(*layers[:-1])
