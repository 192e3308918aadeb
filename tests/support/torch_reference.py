"""The specification once more, in PyTorch: a second reading of the formulas that the numpy one is held against."""

import torch
from torch import Tensor
from torch.nn import functional

from fastrti.objects.frame_network import FrameNetwork

_PHI = {"relu": torch.relu, "elu": functional.elu}


def evaluate_network(
    network: FrameNetwork,
    planes: Tensor,  # (K, P)
) -> Tensor:  # (3, P) float64, not clamped
    """h₀ = v; hᵢ = φ(Wᵢ·hᵢ₋₁ + bᵢ); y = Wₙ·h + bₙ [+ S·v] [· base]."""
    weights = [torch.from_numpy(w).double() for w in network.weights]
    biases = [torch.from_numpy(b).double()[:, None] for b in network.biases]
    h = inputs = planes.double()
    for weight, bias in zip(weights[:-1], biases[:-1]):
        h = _PHI[network.activation](weight @ h + bias)
    y = weights[-1] @ h + biases[-1]
    if network.skip is not None:
        y = y + torch.from_numpy(network.skip).double() @ inputs
    return y * inputs[:3] / 255 if network.base_colour else y


def to_bytes(y: Tensor) -> Tensor:
    """floor(255·clamp(y, 0, 1) + 0.5), uint8."""
    return torch.floor(255 * y.clamp(0, 1) + 0.5).to(torch.uint8)


def relight_network(
    network: FrameNetwork,
    planes: Tensor,  # (K, H, W) uint8
    mask: Tensor | None,  # (H, W) bool
) -> Tensor:  # (H, W, 3) uint8
    """The picture, black where the mask is False."""
    picture = to_bytes(evaluate_network(network, planes.flatten(1))).T
    picture = picture.reshape(*planes.shape[1:], 3)
    return picture if mask is None else picture * mask[..., None]
