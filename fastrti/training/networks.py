"""The networks a fit trains: an encoder of pixels, and the decoders that object_format.md can store.

Tensors have the lights first and the pixels last, (L, 3, P). Then indexing axis 0 picks photographs, and the long axis
P is contiguous in every matrix product.
"""

from itertools import pairwise
from typing import Any, Protocol, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from fastrti.lights import light_from_angles
from fastrti.objects.decoders import Decoder, LightMlpDecoder, MlpDecoder
from fastrti.objects.frame_network import Activation, Matrix
from fastrti.objects.light_network import parameter_shapes
from fastrti.objects.light_terms import monomial_terms, monomials
from fastrti.training.settings import Student

_PHI = {"relu": functional.relu_, "elu": functional.elu}


class Encoder(nn.Sequential):
    """N photographs of a pixel → K latents: ELU layers, then a linear one (NeuralRTI).

    It runs once per pixel and is not part of the saved object.

    Args:
        photographs: N.
        planes: K.
        layers: hidden layers.
        width: of each.
    """

    mean: Tensor  # (N, 3, 1)
    spread: Tensor  # ()

    def __init__(self, photographs: int, planes: int, layers: int = 3, width: int = 100):
        widths = [3 * photographs] + [width] * layers
        hidden = [module for a, b in pairwise(widths) for module in (nn.Linear(a, b), nn.ELU(inplace=True))]
        super().__init__(*hidden, nn.Linear(width, planes))
        self.planes = planes
        self.register_buffer("mean", torch.zeros(photographs, 3, 1))
        self.register_buffer("spread", torch.ones(()))

    def standardise(self, samples: Tensor) -> None:  # (N, 3, P) float32 [0, 1]
        """Chooses mean and spread so that typical pixels get the mean 0 and, over all photographs, the variance 1."""
        self.mean = samples.mean(2, keepdim=True)
        self.spread = (samples - self.mean).square().mean().sqrt().clamp(min=1 / 255)

    def forward(self, samples: Tensor) -> Tensor:  # (N, 3, P) float32 [0, 1] → (P, K)
        """The latents of P pixels."""
        standard = ((samples - self.mean) / self.spread).flatten(0, 1).T  # (P, 3N)
        latents: Tensor = super().forward(standard)  # type: ignore[no-untyped-call]
        return latents


class PlainDecoder(nn.Module):
    """rgb = MLP(z, x, y), the network of NeuralRTI and of the DisK students.

    Args:
        planes: K.
        hidden: widths of the hidden layers.
        activation: "elu" (published) or "relu".
    """

    def __init__(self, planes: int, hidden: tuple[int, ...], activation: Activation = "elu"):
        super().__init__()
        self.activation = activation
        widths = (planes + 2, *hidden, 3)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))

    def forward(self, latents: Tensor, lights: Tensor) -> Tensor:  # (P, K), (L, 3) → (L, 3, P)
        """The colours of P pixels under L lights, not clamped."""
        first, *rest = [(layer.weight, layer.bias[:, None]) for layer in _linears(self.layers)]
        of_pixels = first[0][:, :-2] @ latents.T  # (D, P): once per pixel
        of_lights = lights[:, :2] @ first[0][:, -2:].T  # (L, D): once per light
        h = of_pixels + (of_lights[:, :, None] + first[1])  # (L, D, P)
        for weight, bias in rest:
            h = weight @ _PHI[self.activation](h) + bias
        return h

    def to_decoder(self) -> Decoder:
        """The same network as the object stores it."""
        weights = tuple(_stored(layer.weight) for layer in _linears(self.layers))
        return MlpDecoder(weights, tuple(_stored(layer.bias) for layer in _linears(self.layers)), self.activation)


class LightConditionedDecoder(nn.Module):
    """rgb = a frame network. A small network g turns the light into all of its weights.

    g has SiLU layers. Its input is the light itself, (1, x, y, z), whitened over the hemisphere. Polynomials of the
    light would make g less smooth, and then it would predict less well between the photographed lights.

    Args:
        planes: K.
        hidden: widths of the frame network's hidden layers.
        activation: φ of the frame network.
        skip: whether it has a linear skip.
        light_widths: of g's layers.
        light_degree: of the polynomials that g starts from; 1 is the light itself.
    """

    exponents: Tensor  # (F, 3)
    whitening: Tensor  # (F, F)

    def __init__(
        self,
        planes: int,
        hidden: tuple[int, ...],
        activation: Activation = "relu",
        skip: bool = True,
        light_widths: tuple[int, ...] = (32, 32),
        light_degree: int = 1,
    ):
        super().__init__()
        self.planes, self.hidden, self.activation, self.skip = planes, hidden, activation, skip
        self.shapes = parameter_shapes(planes, hidden, skip)
        self.features = monomials(light_degree)
        self.register_buffer("exponents", torch.tensor(self.features), persistent=False)
        self.register_buffer("whitening", torch.from_numpy(_whitening(self.features)).float())
        numbers = sum(int(np.prod(shape)) for shape in self.shapes)
        widths = (len(self.features), *light_widths, numbers)
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))
        self._start_as_one_network()

    def _start_as_one_network(self) -> None:
        """Starts g near a constant: one random frame network for all lights. Training then lets the light change it."""
        numbers = [
            torch.randn(shape) / shape[1] ** 0.5 if len(shape) == 2 else torch.zeros(shape) for shape in self.shapes
        ]
        *_, last = _linears(self.layers)
        with torch.no_grad():
            last.weight.normal_(0, 0.02)
            last.bias.copy_(torch.cat([number.flatten() for number in numbers]))

    def frame_parameters(self, lights: Tensor) -> list[Tensor]:  # (L, 3) → W₁ (L, D, K), b₁ (L, D), …, [S (L, 3, K)]
        """The output of g, cut into the frame networks of L lights."""
        features = (lights[:, None, :] ** self.exponents).prod(2)  # (L, F)
        first, *rest = _linears(self.layers)
        numbers = first(features @ self.whitening)
        for layer in rest:
            numbers = layer(functional.silu(numbers))
        sizes = [int(np.prod(shape)) for shape in self.shapes]
        return [part.unflatten(1, shape) for part, shape in zip(numbers.split(sizes, dim=1), self.shapes)]

    def forward(self, latents: Tensor, lights: Tensor) -> Tensor:  # (P, K), (L, 3) → (L, 3, P)
        """The colours of P pixels under L lights, not clamped."""
        parameters = self.frame_parameters(lights)
        h = z = latents.T.expand(len(lights), -1, -1)  # (L, K, P)
        skip = parameters.pop() if self.skip else None
        *hidden, (weight, bias) = zip(parameters[0::2], parameters[1::2])
        for w, b in hidden:
            h = _PHI[self.activation](torch.baddbmm(b[:, :, None], w, h))  # (L, D, P)
        y = torch.baddbmm(bias[:, :, None], weight, h)
        return y if skip is None else torch.baddbmm(y, skip, z)

    def to_decoder(self) -> Decoder:
        """The same network as the object stores it, the whitening folded into the first layer of g."""
        first, *rest = _linears(self.layers)
        folded = _stored(first.weight.double() @ self.whitening.double().T)
        return LightMlpDecoder(
            self.planes,
            self.hidden,
            (folded, *(_stored(layer.weight) for layer in rest)),
            tuple(_stored(layer.bias) for layer in _linears(self.layers)),
            self.activation,
            self.skip,
            self.features,
        )


class TrainableDecoder(Protocol):
    """What an nn.Module needs to be the decoder of a student."""

    def __call__(self, latents: Tensor, lights: Tensor) -> Tensor:
        """The colours of P pixels under L lights, (P, K), (L, 3) → (L, 3, P), float32, 0 black and 1 white, not
        clamped."""
        ...

    def to_decoder(self) -> Decoder:
        """The same network as the object stores it. Its input is the latents, not their bytes."""
        ...


class Autoencoder(nn.Module):
    """An encoder and a decoder trained together, as teacher or as student.

    Args:
        encoder: N photographs of a pixel → K latents.
        decoder: an nn.Module, K latents and a light → colours.
    """

    def __init__(self, encoder: Encoder, decoder: TrainableDecoder):
        super().__init__()
        self.encoder = encoder
        self.decoder: Any = decoder  # a module, which its protocol cannot say

    def forward(self, samples: Tensor, lights: Tensor) -> Tensor:  # (N, 3, P), (L, 3) → (L, 3, P)
        """The colours of P pixels under L lights, from their photographs."""
        colours: Tensor = self.decoder(self.encoder(samples), lights)
        return colours


def _linears(layers: nn.ModuleList) -> list[nn.Linear]:
    return [cast(nn.Linear, layer) for layer in layers]


def _stored(parameter: Tensor) -> Matrix:
    return np.ascontiguousarray(parameter.detach().cpu().numpy().astype(np.float32))


def _whitening(features: tuple[tuple[int, int, int], ...]) -> NDArray[np.float64]:
    """(F, F): makes the features uncorrelated and of unit mean square over elevations of 10–90°."""
    lights = [light_from_angles(azimuth, elevation) for azimuth in range(0, 360, 10) for elevation in range(10, 91, 2)]
    terms = monomial_terms(np.stack(lights), features)
    _, scales, rotation = np.linalg.svd(terms, full_matrices=False)
    whitening: NDArray[np.float64] = rotation.T / scales * len(lights) ** 0.5
    return whitening


def build(student: Student, photographs: int, planes: int) -> Autoencoder:
    """The network of a student, randomly initialised from torch's global generator, for N photographs and K planes."""
    encoder = Encoder(photographs, planes, student.encoder_layers, student.encoder_width)
    if not student.conditioned:
        return Autoencoder(encoder, PlainDecoder(planes, student.hidden, student.activation))
    decoder = LightConditionedDecoder(
        planes, student.hidden, student.activation, student.skip, student.light_widths, student.light_degree
    )
    return Autoencoder(encoder, decoder)
