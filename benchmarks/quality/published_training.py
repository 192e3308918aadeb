"""NeuralRTI trained by the settings of the DisK-NeuralRTI paper, for the record.

Batches of 64 (pixel, light) pairs, the encoder run for every pair; Adam with amsgrad at 1e-2 throughout; at most 100
epochs, stopped when the error of a tenth of the pairs, kept out, has not fallen for 5 epochs, keeping the last weights
(arXiv 2510.24486; its patience is not given). Pairs are drawn as whole batches, so an epoch of 5 million takes minutes
instead of the published loader's hours; the arithmetic is the same.
"""

import time
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from fastrti import Mlic, Relightable
from fastrti.training.encoding import encode
from fastrti.training.networks import Autoencoder, PlainDecoder, build
from fastrti.training.samples import Photographs, PixelSamples
from fastrti.training.students import parse_student

BATCH = 64
EPOCHS, PATIENCE = 100, 5
RATE = 1e-2
_VALIDATED = 8192  # pairs at once


def of_pairs(network: Autoencoder, values: Tensor, lights: Tensor) -> Tensor:  # (B, 3N), (B, 3) → (B, 3)
    """The colours of B pixels, each under a light of its own."""
    assert isinstance(network.decoder, PlainDecoder)
    latents = network.encoder(values.T.unflatten(0, (-1, 3)))
    h = torch.cat([latents, lights[:, :2]], dim=1)
    for index, layer in enumerate(network.decoder.layers):
        h = layer(h if index == 0 else functional.elu(h))
    return h


class Pairs:
    """All (pixel, light) pairs of a collection, by number."""

    def __init__(self, samples: PixelSamples, lights: Tensor):
        self.samples, self.lights = samples, lights

    def __len__(self) -> int:
        return len(self.samples) * len(self.lights)

    def batch(self, numbers: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Photographs of the pixels (B, 3N), lights (B, 3), colours (B, 3)."""
        pixels, lights = numbers // len(self.lights), numbers % len(self.lights)
        values = self.samples.values[pixels].float() * self.samples.scale
        colours = values.unflatten(1, (-1, 3))[torch.arange(len(numbers)), lights]
        return values, self.lights[lights], colours


def fit_as_published(mlic: Mlic, seed: int, epochs: int = EPOCHS) -> Relightable:
    """NeuralRTI (50-50) so trained; `training` says for how many epochs."""
    started = time.perf_counter()
    torch.manual_seed(seed)
    photographs = Photographs(mlic, np.arange(len(mlic)), torch.device("cpu"))
    samples = PixelSamples(photographs, torch.Generator().manual_seed(seed))
    pairs = Pairs(samples, torch.from_numpy(mlic.lights).float())
    network = build(parse_student("neural"), len(mlic), planes=9)
    network.encoder.standardise(samples.batch(torch.randint(len(samples), (4096,))))
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE, amsgrad=True, fused=True)
    shuffled = torch.randperm(len(pairs))
    kept_out, shown = shuffled[: len(pairs) // 10], shuffled[len(pairs) // 10 :]
    errors: list[float] = []
    while len(errors) < epochs and (len(errors) <= PATIENCE or min(errors[-PATIENCE:]) < min(errors[:-PATIENCE])):
        for numbers in shown[torch.randperm(len(shown))].split(BATCH):
            values, lights, colours = pairs.batch(numbers)
            loss = functional.mse_loss(of_pairs(network, values, lights), colours)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        errors.append(_error(network, pairs, kept_out))
        print(f"epoch {len(errors)}: {-10 * np.log10(errors[-1]):.2f} dB on pairs kept out", flush=True)
    fitted = encode(network, photographs)
    fitted = replace(fitted, training={"epochs": len(errors), "seconds": round(time.perf_counter() - started, 1)})
    return fitted


@torch.no_grad()
def _error(network: Autoencoder, pairs: Pairs, numbers: Tensor) -> float:
    squares = 0.0
    for chunk in numbers.split(_VALIDATED):
        values, lights, colours = pairs.batch(chunk)
        squares += (of_pairs(network, values, lights) - colours).square().mean(1).sum().item()
    return squares / len(numbers)
