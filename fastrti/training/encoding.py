"""From trained networks to an object: every pixel is encoded, and its latents are rounded to bytes."""

from collections.abc import Sequence

import numpy as np
import torch

from fastrti.errors import ArgumentError
from fastrti.objects.decoders import Decoder, LightMlpDecoder, MlpDecoder
from fastrti.objects.experts import Experts
from fastrti.objects.planes import quantise
from fastrti.objects.relightable import Relightable
from fastrti.progress import counted
from fastrti.training.expert_regions import Labels
from fastrti.training.networks import Autoencoder
from fastrti.training.samples import Photographs

_ENCODED_AT_ONCE = 16384  # pixels


class EncodedPixels:
    """The latents of every pixel of the mask, as 8-bit planes between each plane's extremes.

    Each expert has extremes of its own. The planes of an object have one minimum and one maximum, so the extremes of
    several experts become parts of their decoders.

    Args:
        networks: one per expert.
        photographs: what they encode.
        labels: (H, W), which network encodes and draws each pixel. None for one network.

    Attributes:
        planes: (K, H, W) uint8.
        minimum: (E, K) of the latents of each expert.
        maximum: (E, K) of the same.
    """

    def __init__(self, networks: Sequence[Autoencoder], photographs: Photographs, labels: Labels | None = None):
        self.networks, self.photographs, self.labels = networks, photographs, labels
        planes = networks[0].encoder.planes
        self.planes = np.zeros((planes, *photographs.mask.shape), np.uint8)
        self.minimum, self.maximum = np.empty((2, len(networks), planes))
        for number in range(len(networks)):
            self._encode(number)

    def relightable(self) -> Relightable:
        """The object."""
        mlic, decoder = self.photographs.mlic, self.decoder_of(self.networks)
        minimum, maximum = self.minimum[0], self.maximum[0]
        if self.labels is not None:
            minimum, maximum = np.zeros_like(minimum), np.ones_like(maximum)
        lights, scale = self.photographs.lights, mlic.mm_per_pixel
        return Relightable(self.planes, minimum, maximum, decoder, mlic.mask, lights, scale, labels=self.labels)

    def decoder_of(self, networks: Sequence[Autoencoder]) -> Decoder | Experts:
        """What draws the planes: the decoder of these networks, which encode as those of the planes do."""
        decoders: list[Decoder] = [network.decoder.to_decoder() for network in networks]
        if self.labels is None:
            return decoders[0]
        return Experts(
            tuple(
                check_expert(decoder).of_latents(np.diag(high - low), low)
                for decoder, low, high in zip(decoders, self.minimum, self.maximum)
            )
        )

    @torch.no_grad()
    def _encode(self, number: int) -> None:
        network, chosen = self.networks[number], self.photographs.mask
        if self.labels is not None:
            chosen = chosen & (self.labels == number)
        rows, columns = np.nonzero(chosen)
        latents = np.empty((len(self.planes), len(rows)), np.float32)
        for start in counted(range(0, len(rows), _ENCODED_AT_ONCE), "encoding pixels"):
            chunk = slice(start, start + _ENCODED_AT_ONCE)
            latents[:, chunk] = network.encoder(self.photographs.read(rows[chunk], columns[chunk])).T.cpu()
        minimum, maximum = latents.min(1).astype(np.float64), latents.max(1).astype(np.float64)
        for k in counted(range(len(latents)), "rounding planes"):  # one at a time: quantise computes in float64
            self.planes[k, rows, columns] = quantise(latents[k : k + 1], minimum[k : k + 1], maximum[k : k + 1])[0]
        self.minimum[number], self.maximum[number] = minimum, maximum


def encode(network: Autoencoder, photographs: Photographs) -> Relightable:
    """The object of one network."""
    return EncodedPixels([network], photographs).relightable()


def check_expert(decoder: Decoder) -> MlpDecoder | LightMlpDecoder:
    """Raises ArgumentError unless a decoder can be one of several that share the extremes of their planes."""
    if isinstance(decoder, MlpDecoder | LightMlpDecoder):
        return decoder
    raise ArgumentError(
        f"expected a light-conditioned or plain network as the decoder of experts, got {decoder.label}: "
        "fit one expert, or take another student"
    )
