"""Random numbers of a fit: each use has a generator of its own, which starts at the fit's seed.

So one use never changes the numbers of another. A fit repeats if the seed, the machine, the libraries and the number of
threads are the same.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


def generator(seed: int) -> torch.Generator:
    """A new generator on the CPU, at the start of the seed's sequence."""
    return torch.Generator().manual_seed(seed)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """PyTorch's global generator, which modules draw from, starts at the seed. Afterwards it is as it was before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
