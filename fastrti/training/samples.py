"""Pixels of a collection for a training loop: bytes in memory, floats for each batch."""

import copy
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fastrti.photographs.hold_out import Indices
from fastrti.photographs.mlic import Mlic
from fastrti.progress import counted
from fastrti.training.expert_regions import Regions

_CHUNK = 16384  # pixels converted to float at once


class Photographs:
    """Some of a collection's photographs, read a few pixels at a time.

    Args:
        mlic: the collection.
        chosen: (N,) indices of its photographs, in order.
        device: where the pixels are delivered.
    """

    def __init__(self, mlic: Mlic, chosen: Indices, device: torch.device):
        self.mlic, self.chosen, self.device = mlic, chosen, device
        self.lights = mlic.lights[chosen]
        shape = (mlic.height, mlic.width)
        self.mask: NDArray[np.bool_] = np.ones(shape, bool) if mlic.mask is None else mlic.mask

    def read(self, rows: Indices, columns: Indices) -> Tensor:  # (P,), (P,) → (N, 3, P) float32 [0, 1]
        """The photographed values of P pixels, encoded as they are scored."""
        stored = self.mlic.photographs[self.chosen[:, None], rows, columns]  # (N, P, 3)
        return torch.from_numpy(self.mlic.encoded(stored)).to(self.device).transpose(1, 2)


class PixelSamples:
    """The pixels a network is trained on: those of the mask, or a random choice of them, pixel-major.

    8-bit sRGB photographs are held as bytes. Others are held as float16 of the encoded values, which is finer than 8
    bits everywhere.

    Args:
        photographs: where the pixels come from.
        generator: draws the random ones.
        most: how many pixels at most. More pixels would not make the object better.
        regions: of several experts.

    Attributes:
        parts: the positions of the pixels that each expert learns from. Neighbours share some. Empty for one expert.
    """

    def __init__(
        self,
        photographs: Photographs,
        generator: torch.Generator,
        most: int = 1 << 20,
        regions: Regions | None = None,
    ):
        rows, columns = np.nonzero(photographs.mask)
        if len(rows) > most:
            kept = torch.randperm(len(rows), generator=generator)[:most].sort().values.numpy()
            rows, columns = rows[kept], columns[kept]
        self.rows, self.columns = torch.from_numpy(rows), torch.from_numpy(columns)
        parts = [] if regions is None else regions.learned_by_each(rows, columns)
        self.parts = [torch.from_numpy(part) for part in parts]
        as_bytes = photographs.mlic.photographs.dtype == np.uint8 and photographs.mlic.transfer == "srgb"
        self.scale = 1 / 255 if as_bytes else 1.0
        shape = (len(rows), 3 * len(photographs.chosen))
        self.values = torch.empty(shape, dtype=torch.uint8 if as_bytes else torch.float16, device=photographs.device)
        for start in counted(range(0, len(rows), _CHUNK), "gathering pixels"):
            stop = start + _CHUNK
            self.values[start:stop] = self._stored(photographs.read(rows[start:stop], columns[start:stop]))

    def __len__(self) -> int:
        return len(self.values)

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Random positions of so many pixels. Of several experts each gets as many as the others, one after the other,
        one at least."""
        if not self.parts:
            return torch.randint(len(self), (count,), generator=generator)
        each = max(count // len(self.parts), 1)
        return torch.cat([part[torch.randint(len(part), (each,), generator=generator)] for part in self.parts])

    def batch(self, pixels: Tensor) -> Tensor:  # (P,) → (N, 3, P) float32 [0, 1]
        """The photographed values of some of the pixels, by their position among these."""
        values = self.values[pixels.to(self.values.device)].float() * self.scale  # (P, 3N)
        return values.T.contiguous().view(-1, 3, len(pixels))

    @torch.no_grad()
    def rendered(self, render: Callable[[Tensor], Tensor], what: str) -> "PixelSamples":
        """The same pixels as a network renders them under the lights of the photographs, clamped to [0, 1].

        Args:
            render: (N, 3, P) photographs of pixels, grouped as `draw` groups them → (N, 3, P).
            what: is being done, as the progress says it.
        """
        own = copy.copy(self)
        own.values = torch.empty_like(self.values)
        parts = self.parts or [torch.arange(len(self))]
        longest, each = max(map(len, parts)), max(_CHUNK // len(parts), 1)
        for start in counted(range(0, longest, each), what):
            # A part that ends early starts again, since each expert gets as many pixels as the others.
            chosen = torch.arange(start, min(start + each, longest))
            pixels = torch.cat([part[chosen % len(part)] for part in parts])
            own.values[pixels.to(own.values.device)] = self._stored(render(self.batch(pixels)).clamp(0, 1))
        return own

    def _stored(self, samples: Tensor) -> Tensor:  # (N, 3, P) float32 [0, 1] → (P, 3N)
        values = samples.flatten(0, 1).T
        return ((values / self.scale).round() if self.values.dtype == torch.uint8 else values).to(self.values.dtype)
