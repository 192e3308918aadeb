"""From trained networks to an object: every pixel is encoded, and its latents are rounded to bytes."""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from fastrti.objects.decoders import Decoder
from fastrti.objects.experts import Experts
from fastrti.objects.planes import quantise
from fastrti.objects.relightable import Relightable
from fastrti.photographs.hold_out import Indices
from fastrti.progress import counted
from fastrti.training.expert_regions import Labels, Regions
from fastrti.training.networks import Autoencoder, Encoder
from fastrti.training.samples import Photographs

_ENCODED_AT_ONCE = 16384  # pixels


class EncodedPixels:
    """The latents of every pixel of the mask, as 8-bit planes between each plane's extremes.

    Where a mean of experts draws a pixel, an encoder encodes it whose weights are the same mean of the experts'
    encoders. That works because experts start from one network, late in the training (Wortsman et al. 2022, model
    soups).

    Args:
        networks: one per expert.
        photographs: what they encode.
        regions: of several experts. None for one network.

    Attributes:
        planes: (K, H, W) uint8.
        minimum: (K,) of the latents.
        maximum: (K,) of the same.
    """

    def __init__(self, networks: Sequence[Autoencoder], photographs: Photographs, regions: Regions | None = None):
        self.networks, self.photographs, self.regions = networks, photographs, regions
        encoders, labels = [network.encoder for network in networks], np.zeros(photographs.mask.shape, np.uint8)
        if regions is not None:
            labels, encoders = regions.labels, encoders + [mean_encoder(encoders, each) for each in regions.shares]
        latents, pixels = self._latents(encoders, labels)
        self.minimum, self.maximum = latents.min(1).astype(np.float64), latents.max(1).astype(np.float64)
        self.planes = np.zeros((len(latents), *labels.shape), np.uint8)
        for k in counted(range(len(latents)), "rounding planes"):  # one at a time: quantise computes in float64
            one = slice(k, k + 1)
            self.planes[k].flat[pixels] = quantise(latents[one], self.minimum[one], self.maximum[one])[0]

    def relightable(self) -> Relightable:
        """The object."""
        mlic, decoder = self.photographs.mlic, self.decoder_of(self.networks)
        labels = None if self.regions is None else self.regions.labels
        lights, scale = self.photographs.lights, mlic.mm_per_pixel
        return Relightable(self.planes, self.minimum, self.maximum, decoder, mlic.mask, lights, scale, labels=labels)

    def decoder_of(self, networks: Sequence[Autoencoder]) -> Decoder | Experts:
        """What draws the planes: the decoder of these networks, which encode as those of the planes do."""
        decoders: list[Decoder] = [network.decoder.to_decoder() for network in networks]
        return decoders[0] if self.regions is None else Experts(tuple(decoders), self.regions.shares)

    @torch.no_grad()
    def _latents(self, encoders: Sequence[Encoder], labels: Labels) -> tuple[NDArray[np.float32], Indices]:
        """The latents of the P pixels of the mask, (K, P), and the number of each of these pixels in the picture, (P,).

        Args:
            encoders: one for each label.
            labels: (H, W).
        """
        pixels = np.flatnonzero(self.photographs.mask)
        label = labels.ravel()[pixels]
        order = label.argsort(kind="stable")
        pixels, ends = pixels[order], np.bincount(label, minlength=len(encoders)).cumsum()
        latents = np.empty((encoders[0].planes, len(pixels)), np.float32)
        parts = [
            (encoder, slice(start, min(start + _ENCODED_AT_ONCE, end)))
            for encoder, first, end in zip(encoders, [0, *ends], ends)
            for start in range(first, end, _ENCODED_AT_ONCE)
        ]
        for encoder, part in counted(parts, "encoding pixels"):
            rows, columns = np.divmod(pixels[part], labels.shape[1])
            latents[:, part] = encoder(self.photographs.read(rows, columns)).T.cpu()
        return latents, pixels


def encode(network: Autoencoder, photographs: Photographs) -> Relightable:
    """The object of one network."""
    return EncodedPixels([network], photographs).relightable()


@torch.no_grad()
def mean_encoder(encoders: Sequence[Encoder], shares: NDArray[np.float64]) -> Encoder:
    """The encoder whose weights are weighted means.

    Args:
        encoders: E of one shape.
        shares: (E,), of sum 1.
    """
    mean = copy.deepcopy(encoders[0])
    for values, *own in zip(mean.parameters(), *(encoder.parameters() for encoder in encoders)):
        values.copy_(sum(float(share) * each for share, each in zip(shares, own) if share > 0))
    return mean
