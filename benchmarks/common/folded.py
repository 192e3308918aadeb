"""What every peer is given for free: the light and the dequantisation folded into the weights, levels as outputs."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from fastrti.objects.frame_network import FrameNetwork


def to_levels(network: FrameNetwork) -> FrameNetwork:
    """The network in levels 0–255 instead of [0, 1], plus the half that makes a cast to integers round."""
    return replace(
        network,
        weights=(*network.weights[:-1], network.weights[-1] * np.float32(255)),
        biases=(*network.biases[:-1], network.biases[-1] * np.float32(255) + np.float32(0.5)),
        skip=None if network.skip is None else network.skip * np.float32(255),
    )


def torch_network(
    network: FrameNetwork, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
) -> Callable[[Tensor], Tensor]:
    """The network as PyTorch evaluates it best: (K, P) uint8 to (P, 3) uint8, in place where it can.

    Args:
        network: of `to_levels`.
        device: where the planes are.
        dtype: of the weights and of everything between the bytes.
    """
    activate = {"relu": torch.relu_, "elu": torch.nn.functional.elu_}[network.activation]
    weights = [torch.from_numpy(weight).to(device, dtype) for weight in network.weights]
    biases = [torch.from_numpy(bias).to(device, dtype)[:, None] for bias in network.biases]
    skip = None if network.skip is None else torch.from_numpy(network.skip).to(device, dtype)

    def evaluate(stored: Tensor) -> Tensor:
        h = x = stored.to(dtype)
        for weight, bias in zip(weights[:-1], biases[:-1]):
            h = activate(torch.addmm(bias, weight, h))
        y = torch.addmm(biases[-1], weights[-1], h)
        if skip is not None:
            y = y.addmm_(skip, x)
        return y.clamp_(0, 255).to(torch.uint8).T

    return evaluate
