"""Does a fit in mixed precision cost quality? Emulated on the CPU, so that the answer needs no GPU.

    python benchmarks/mixed_precision.py SYNTHRTI/Single/Object1/material8/Dome --seeds 0 1 2

Prints the PSNR on held-out lights of the default preset in float32, with every matrix product's factors rounded to
TF32's 11 significant bits (what CUDA's tensor cores would do with float32), and under bfloat16 autocast.
"""

import argparse
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

from fastrti import Mlic, fit
from fastrti.training.networks import Autoencoder

HELD_OUT = 5


def to_tf32(x: Tensor) -> Tensor:
    """Rounded to the nearest float of 11 significant bits."""
    return ((x.contiguous().view(torch.int32) + 0x1000) & ~0x1FFF).view(torch.float32)


class Tf32Product(torch.autograd.Function):
    """A matrix product, forwards and backwards, of rounded factors with float32 sums."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        """a @ b."""
        a, b = to_tf32(a), to_tf32(b)
        ctx.save_for_backward(a, b)
        return a @ b

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        """The gradients of a and b."""
        a, b = ctx.saved_tensors
        gradient = to_tf32(gradients[0])
        return (gradient @ b.mT).sum_to_size(a.shape), (a.mT @ gradient).sum_to_size(b.shape)


def _product(a: Tensor, b: Tensor) -> Tensor:
    product: Tensor = Tf32Product.apply(a, b)  # type: ignore[no-untyped-call]
    return product


@contextmanager
def tf32() -> Iterator[None]:
    """Every product of a training step as TF32 tensor cores compute it."""
    with (
        patch("torch.nn.functional.linear", lambda x, weight, bias: _product(x, weight.T) + bias),
        patch("torch.baddbmm", lambda bias, weight, h: bias + _product(weight, h)),
    ):
        yield


@contextmanager
def bfloat16() -> Iterator[None]:
    """The network under autocast; loss, gradients of the weights and Adam in float32."""
    forward = Autoencoder.forward

    def autocast(self: Autoencoder, samples: Tensor, lights: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return forward(self, samples, lights).float()

    with patch.object(Autoencoder, "forward", autocast):
        yield


ARITHMETIC: dict[str, Callable[[], AbstractContextManager[None]]] = {
    "float32": nullcontext,
    "TF32": tf32,
    "bfloat16 autocast": bfloat16,
}


def main() -> None:
    """Prints a row an arithmetic, a column a seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args()
    mlic = Mlic.load(options.photographs)
    for name, arithmetic in ARITHMETIC.items():
        decibels = []
        for seed in options.seeds:
            with arithmetic():
                fitted = fit(mlic, hold_out=HELD_OUT, seed=seed, device="cpu", progress=False)
            decibels.append(fitted.training["psnr"])
        print(f"{name}: " + ", ".join(f"{value:.2f}" for value in decibels), flush=True)


if __name__ == "__main__":
    main()
