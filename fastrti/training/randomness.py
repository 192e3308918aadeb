"""What is random in a fit: each use draws from a generator of its own that starts at the fit's seed.

So one use never changes what another draws, and a fit repeats where the seed, the machine, the libraries and the number
of threads are the same.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


def generator(seed: int) -> torch.Generator:
    """A new generator on the CPU, at the start of the seed's sequence."""
    return torch.Generator().manual_seed(seed)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Torch's global generator at the start of the seed's sequence; as it was afterwards. Modules draw from it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
