"""Does a fit in mixed precision cost quality, and is it faster?

    python -m benchmarks.quality.mixed_precision SYNTHRTI/Single/Object1/material8/Dome --seeds 0 1 2

Prints the PSNR on held-out lights and the seconds of `fit --preset quick --experts 1`: in float32, in TF32, under
bfloat16 autocast. On a CUDA GPU its tensor cores compute. On the CPU they are emulated, by rounding the factors of
every matrix product of a step to 11 significant bits: the answer on quality needs no GPU, and the seconds mean nothing.
"""

import argparse
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

from benchmarks.common import checkout  # noqa: F401  # before what imports fastrti
from benchmarks.quality.fits import ONE_NETWORK
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
def emulated_tf32() -> Iterator[None]:
    """Every product of a training step as TF32 tensor cores compute it."""
    with (
        patch("torch.nn.functional.linear", lambda x, weight, bias: _product(x, weight.T) + bias),
        patch("torch.baddbmm", lambda bias, weight, h: bias + _product(weight, h)),
    ):
        yield


@contextmanager
def cuda_tf32() -> Iterator[None]:
    """Every float32 product on TF32 tensor cores, the teacher's too."""
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = True
    try:
        yield
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before


@contextmanager
def bfloat16(device: str) -> Iterator[None]:
    """The network under autocast; loss, gradients of the weights and Adam in float32."""
    forward = Autoencoder.forward

    def autocast(self: Autoencoder, samples: Tensor, lights: Tensor) -> Tensor:
        with torch.autocast(device, torch.bfloat16):
            return forward(self, samples, lights).float()

    with patch.object(Autoencoder, "forward", autocast):
        yield


def arithmetics(device: str) -> dict[str, Callable[[], AbstractContextManager[None]]]:
    """By name."""
    return {
        "float32": nullcontext,
        "TF32": cuda_tf32 if device == "cuda" else emulated_tf32,
        "bfloat16 autocast": partial(bfloat16, device),
    }


def main() -> None:
    """Prints a row an arithmetic, a column a seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photographs", type=Path)
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    options = parser.parse_args()
    mlic = Mlic.load(options.photographs)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    for name, arithmetic in arithmetics(device).items():
        fits = []
        for seed in options.seeds:
            with arithmetic():
                fits.append(
                    fit(mlic, **ONE_NETWORK, hold_out=HELD_OUT, seed=seed, device=device, progress=False).training
                )
        decibels = ", ".join(f"{trained['psnr']:.2f}" for trained in fits)
        print(f"{name} on {device}: {decibels} dB, {median(trained['seconds'] for trained in fits):.1f} s", flush=True)


if __name__ == "__main__":
    main()
