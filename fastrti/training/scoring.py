"""The PSNR of a fit, while it runs and when it is done."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fastrti.kernels.reference import evaluate_network
from fastrti.lights import raised_to_horizon
from fastrti.objects.frame_network import FrameNetwork
from fastrti.objects.relightable import Relightable
from fastrti.srgb import to_bytes
from fastrti.training.networks import Autoencoder
from fastrti.training.samples import Indices, Photographs, PixelSamples

if TYPE_CHECKING:
    from fastrti.photographs.mlic import Mlic

MAX_SCORED = 1 << 17  # pixels; larger pictures are scored on that many random ones
_WATCHED = 4096  # pixels scored for the progress bar


# (a network on bytes, planes (K, P) uint8) → (3, P), see `evaluate_network`.
Evaluation = Callable[[FrameNetwork, NDArray[np.uint8]], NDArray[np.float64]]


def mean_psnr(
    relightable: Relightable,
    mlic: "Mlic",
    chosen: Indices,
    seed: int = 0,
    evaluate: Evaluation = evaluate_network,
) -> float:
    """Mean over photographs of the PSNR in dB of what a user sees: 8-bit planes, 8-bit pictures.

    Args:
        relightable: the object.
        mlic: the photographs it is compared with, of the same size.
        chosen: indices of those that count; a light below the horizon is moved onto it.
        seed: of the choice of pixels in large pictures.
        evaluate: the arithmetic.
    """
    rows, columns = _scored_pixels(relightable, seed)
    planes = relightable.planes[:, rows, columns]  # (K, P)
    decibels = []
    for index in chosen:
        network = relightable.frame_network(raised_to_horizon(mlic.lights[index]))
        picture = to_bytes(evaluate(network, planes)).T  # (P, 3)
        photograph = np.floor(255 * mlic.encoded(mlic.photographs[index, rows, columns]) + 0.5)
        error = ((picture - photograph) ** 2).mean()
        decibels.append(10 * np.log10(255**2 / max(error, 1e-9)))
    return float(np.mean(decibels))


def _scored_pixels(relightable: Relightable, seed: int) -> tuple[Indices, Indices]:
    mask = relightable.mask
    rows, columns = np.nonzero(np.ones(relightable.planes.shape[1:], bool) if mask is None else mask)
    if len(rows) > MAX_SCORED:
        kept = np.random.default_rng(seed).choice(len(rows), MAX_SCORED, replace=False)
        rows, columns = rows[kept], columns[kept]
    return rows, columns


class ProgressScore:
    """The PSNR a progress bar shows: of some pixels, before quantisation.

    Args:
        samples: the pixels trained on.
        photographs: those trained on.
        held_out: those that are not; where there are none, the score is of the ones trained on and says so.
        generator: draws the pixels.
    """

    def __init__(
        self, samples: PixelSamples, photographs: Photographs, held_out: Photographs, generator: torch.Generator
    ):
        watched = torch.randint(len(samples), (_WATCHED,), generator=generator)
        self._samples = samples.batch(watched)
        scored = held_out if len(held_out.chosen) else photographs
        self._name = "held-out" if scored is held_out else "photographed"
        self._lights = torch.from_numpy(scored.lights).to(self._samples)
        self._truth = scored.read(samples.rows[watched].numpy(), samples.columns[watched].numpy())  # (L, 3, P)

    @torch.no_grad()
    def __call__(self, network: Autoencoder) -> str:
        """A few words, e.g. "held-out 24.31 dB"."""
        rendered: Tensor = network(self._samples, self._lights).clamp_(0, 1)
        errors = (rendered - self._truth).square_().mean((1, 2))
        decibels = -10 * errors.clamp(min=1e-9).log10()
        return f"{self._name} {decibels.mean().item():.2f} dB"
