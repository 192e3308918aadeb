"""`relight_reference`: the specification of every kernel, in plain PyTorch and double precision."""

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from fastrti.objects.frame_network import FrameNetwork
from fastrti.objects.relightable import Relightable

_PHI = {"relu": torch.relu, "elu": torch.nn.functional.elu}


def evaluate_network(
    network: FrameNetwork,
    planes: Tensor,  # (K, P) uint8
) -> Tensor:  # (3, P) float64, not clamped
    """h₀ = v; hᵢ = φ(Wᵢ·hᵢ₋₁ + bᵢ); y = Wₙ·h + bₙ [+ S·v] [· base], of a network folded onto raw bytes v."""
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
    """floor(255·clamp(y, 0, 1) + 0.5), uint8. No transfer function: y is encoded like the photographs."""
    return torch.floor(255 * y.clamp(0, 1) + 0.5).to(torch.uint8)


def relight_network(
    planes: Tensor,  # (K, H, W) uint8
    mask: Tensor | None,  # (H, W) bool
    network: FrameNetwork,
    chunk: int = 1 << 18,
) -> Tensor:  # (H, W, 3) uint8
    """Evaluates a folded network at every pixel, `chunk` pixels at a time to bound memory; masked-out pixels black."""
    pixels = planes.flatten(1)  # (K, P)
    picture = torch.cat([to_bytes(evaluate_network(network, part)).T for part in torch.split(pixels, chunk, dim=1)])
    if mask is not None:
        picture[~mask.flatten()] = 0
    return picture.view(*planes.shape[1:], 3)


def relight_reference(relightable: Relightable, light_dir: ArrayLike) -> Tensor:
    """The picture of one light, (H, W, 3) uint8 on the CPU; every backend is within one level of it.

    Args:
        relightable: the object.
        light_dir: (x, y) or (x, y, z); see `fastrti.lights.unit_light`.

    Raises:
        LightError: a light off the hemisphere.
    """
    mask = None if relightable.mask is None else torch.from_numpy(relightable.mask)
    return relight_network(torch.from_numpy(relightable.planes), mask, relightable.frame_network(light_dir))
