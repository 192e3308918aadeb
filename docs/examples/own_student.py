"""A student of your own: one hidden layer, which takes the light as two more inputs."""

from torch import cat, nn

from fastrti.objects.decoders import MlpDecoder
from fastrti.training.networks import Autoencoder, Encoder


class OneLayer(nn.Module):
    def __init__(self, planes):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(planes + 2, 24), nn.ReLU(), nn.Linear(24, 3))

    def forward(self, latents, lights):  # (P, K), (L, 3) → (L, 3, P)
        size = len(lights), len(latents), -1
        inputs = latents.expand(size), lights[:, None, :2].expand(size)
        return self.layers(cat(inputs, 2)).transpose(1, 2)

    def to_decoder(self):
        numbers = [parameter.detach().cpu().numpy() for parameter in self.parameters()]
        return MlpDecoder(tuple(numbers[::2]), tuple(numbers[1::2]), "relu")  # weights, biases


def student(photographs, planes):
    return Autoencoder(Encoder(photographs, planes), OneLayer(planes))
