"""Random numbers of a fit: each use has a generator of its own, which starts at the fit's seed.

So one use never changes the numbers of another. A fit repeats if the seed, the machine, the libraries and the number of
threads are the same.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from fastrti.errors import ArgumentError
from fastrti.text import represented


def generator(seed: int) -> torch.Generator:
    """A new generator on the CPU, at the start of the seed's sequence.

    Raises:
        ArgumentError: a seed that is not a whole number from 0 to 2⁶³ − 1.
    """
    if not isinstance(seed, int) or not 0 <= seed < 1 << 63:
        raise ArgumentError(f"expected a seed from 0 to 2⁶³ − 1, got {represented(seed)}: pass another whole number")
    return torch.Generator().manual_seed(seed)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """PyTorch's global generator, which modules draw from, starts at the seed. Afterwards it is as it was before."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        yield
