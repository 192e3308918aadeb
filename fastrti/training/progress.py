"""The PSNR that is shown while a network is trained."""

import torch
from torch import Tensor

from fastrti.training.expert_networks import Trained
from fastrti.training.samples import Photographs, PixelSamples

_WATCHED = 4096  # pixels scored


class ProgressScore:
    """The PSNR of some pixels, before quantisation.

    Args:
        samples: the pixels of the training.
        photographs: the photographs of the training.
        held_out: the other photographs, which are scored. If there are none, the score is of the training's photographs
            and says so.
        generator: chooses the pixels.
    """

    def __init__(
        self, samples: PixelSamples, photographs: Photographs, held_out: Photographs, generator: torch.Generator
    ):
        watched = samples.draw(_WATCHED, generator)
        self._samples = samples.batch(watched)
        scored = held_out if len(held_out.chosen) else photographs
        self._name = "held-out" if scored is held_out else "photographed"
        self._lights = torch.from_numpy(scored.lights).to(self._samples)
        self._truth = scored.read(samples.rows[watched].numpy(), samples.columns[watched].numpy())  # (L, 3, P)

    @torch.no_grad()
    def __call__(self, network: Trained) -> str:
        """A few words, e.g. "held-out 24.31 dB"."""
        rendered: Tensor = network(self._samples, self._lights).clamp_(0, 1)
        errors = (rendered - self._truth).square_().mean((1, 2))
        decibels = -10 * errors.clamp(min=1e-9).log10()
        return f"{self._name} {decibels.mean().item():.2f} dB"
