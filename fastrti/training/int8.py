"""Training a student for 8-bit arithmetic: the loop draws in int8, with straight-through gradients.

The arithmetic and its scales are exactly those of csrc/rounding/quantise_int8.h: bytes for a pixel and its hidden
units, signed bytes for weights, whole numbers for sums. Scales depend on the light through the weights. The gradient
takes them for constants and passes through every rounding unchanged (Bengio et al. 2013).
"""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from fastrti.errors import ArgumentError
from fastrti.objects.frame_network import FrameNetwork
from fastrti.objects.relightable import Relightable
from fastrti.photographs.hold_out import Indices
from fastrti.photographs.mlic import Mlic
from fastrti.scoring.sampled import mean_psnr
from fastrti.training.networks import Autoencoder
from fastrti.training.settings import Preset, Student

_PAIR_MAX = 127
_BIAS_MAX = 2.0**28
_TINY = 1e-30
_LOW = 128
_OUTPUT_SCALES = (-7, 16)


def check_int8(student: Student) -> None:
    """Raises ArgumentError unless the student can be trained for int8."""
    if not student.conditioned or student.activation != "relu":
        raise ArgumentError(
            f"expected a light-conditioned ReLU student to train for int8, got {student.name!r}: "
            "take one such as 'lc16x16', or leave int8 out"
        )


def int8_preset(preset: Preset) -> Preset:
    """The settings of the training for int8, which follows a training with `preset`."""
    return replace(preset, steps=max(preset.steps // 3, 1), learning_rate=preset.learning_rate / 2)


def promise_int8(relightable: Relightable, mlic: Mlic, chosen: Indices) -> Relightable:
    """The object of a fit, with the measured loss of int8 in `int8_loss_db` and `training`."""
    psnr = round(mean_psnr(relightable, mlic, chosen, evaluate=evaluate_int8), 3)
    training = relightable.training | {"int8_psnr": psnr}
    return replace(relightable, int8_loss_db=round(training["psnr"] - psnr, 3), training=training)


def evaluate_int8(
    network: FrameNetwork,
    planes: NDArray[np.uint8],  # (K, P)
) -> NDArray[np.float64]:  # (3, P) not clamped
    """`evaluate_network` in int8: exactly the levels that the CPU kernels draw, divided by 255."""
    arrays = [array for layer in zip(network.weights, network.biases) for array in layer]
    if network.skip is not None:
        arrays.append(network.skip)
    parameters = [torch.from_numpy(array).double()[None] for array in arrays]
    drawn = int8_colours(parameters, network.skip is not None, torch.from_numpy(planes).double())[0]
    colours: NDArray[np.float64] = drawn.numpy()
    return colours


class Int8Autoencoder(Autoencoder):
    """A trained encoder, rounded to the bytes that an object stores, and a decoder that learns to draw them in int8.

    Args:
        trained: has a light-conditioned ReLU decoder. Its encoder stays as it is.
        minimum: (K,) of the planes.
        maximum: (K,) of the planes.
    """

    minimum: Tensor
    maximum: Tensor

    def __init__(self, trained: Autoencoder, minimum: Tensor, maximum: Tensor):
        super().__init__(trained.encoder.requires_grad_(False), trained.decoder.requires_grad_(True))
        self.register_buffer("minimum", minimum[:, None])
        self.register_buffer("maximum", maximum[:, None])

    def forward(self, samples: Tensor, lights: Tensor) -> Tensor:  # (N, 3, P), (L, 3) → (L, 3, P)
        """The colours of P pixels under L lights as int8 draws them, before the clamp; steps of 1/255."""
        span = self.maximum - self.minimum
        with torch.no_grad():
            latents = self.encoder(samples).T
            planes = ((latents - self.minimum) / torch.where(span > 0, span, 1) * 255).round().clamp(0, 255)  # (K, P)
        skip = self.decoder.skip
        parameters = _folded(self.decoder.frame_parameters(lights), self.minimum, span / 255, skip)
        return int8_colours(parameters, skip, planes)


def int8_colours(parameters: list[Tensor], skip: bool, planes: Tensor) -> Tensor:  # (L, 3, P)
    """Draws pixels in int8, with one hidden layer or two.

    Args:
        parameters: W₁ (L, D, K), b₁ (L, D), …, [S (L, 3, K)], on bytes.
        skip: whether S is there.
        planes: (K, P), whole numbers 0–255 of the parameters' dtype. Only float64 holds every sum exactly.

    Returns:
        (L, 3, P) in steps of 1/255, not clamped.
    """
    skip_weight = parameters[-1] if skip else None
    *hidden, (weight, bias) = zip(parameters[0 : len(parameters) - skip : 2], parameters[1::2])
    codes, per_unit, largest = planes, torch.ones_like(planes[:, 0]), torch.full_like(planes[:, 0], 255)
    for w, b in hidden:
        codes, per_unit, largest = _hidden_layer(w / per_unit[..., None, :], b, codes, largest)
    return _output_layer(weight / per_unit[..., None, :], bias, skip_weight, codes, planes)


def _folded(parameters: list[Tensor], minimum: Tensor, step: Tensor, skip: bool) -> list[Tensor]:
    """`FrameNetwork.folded` of the networks of L lights, with gradients; minimum and step of the planes are (K, 1)."""
    weight, bias, *rest = parameters
    folded = [weight * step.T, bias + (weight @ minimum).squeeze(2), *rest]
    if skip:
        folded[-2:] = [folded[-2] + (rest[-1] @ minimum).squeeze(2), rest[-1] * step.T]
    return folded


def _hidden_layer(weight: Tensor, bias: Tensor, codes: Tensor, largest: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The codes of a hidden layer, (L, D, P), the code that stands for 1 and the largest possible code, both (L, D)."""
    with torch.no_grad():
        scale = _largest_scale(_pair_sums(weight), bias, _BIAS_MAX)
    weight, bias = _round(weight * scale[..., None]), _round(bias * scale)
    with torch.no_grad():
        high = bias + (weight.clamp(min=0) * largest[..., None, :]).sum(2)
        low = bias + (weight.clamp(max=0) * largest[..., None, :]).sum(2)
        step = torch.maximum(_power_above(high / 255.5), _power_above(low / -32768.5))
    codes = _affine(weight, codes, bias) / step[..., None]
    return _round_half_up(codes).clamp(0, 255), scale / step, _round_half_up(high / step).clamp(min=0)


def _output_layer(weight: Tensor, bias: Tensor, skip: Tensor | None, codes: Tensor, planes: Tensor) -> Tensor:
    """Steps of 1/255, (L, 3, P)."""
    with torch.no_grad():
        pairs = _pair_sums(weight) if skip is None else torch.maximum(_pair_sums(weight), _pair_sums(skip))
        largest = _largest_scale(255 * pairs, 255 * bias, _BIAS_MAX / _LOW).amin(1)[:, None, None]
        power = 2 ** torch.floor(torch.log2(largest)).clamp(*_OUTPUT_SCALES)
        scale = 255 * torch.minimum(power, largest)
    y = _affine(_round(weight * scale), codes, _round(bias[..., None] * scale * _LOW)[..., 0] / _LOW)
    if skip is not None:
        y = y + _round(skip * scale * _LOW) / _LOW @ planes
    return _round_half_up(y / power) / 255


def _affine(weight: Tensor, inputs: Tensor, bias: Tensor) -> Tensor:
    return torch.baddbmm(bias[..., None], weight, inputs.expand(len(weight), -1, -1))


def _largest_scale(pair_sums: Tensor, bias: Tensor, bias_max: float) -> Tensor:
    """The largest factor that keeps weights and bias in their ranges."""
    return torch.minimum(_PAIR_MAX / pair_sums.clamp(min=_TINY), bias_max / bias.abs().clamp(min=_TINY))


def _power_above(ratio: Tensor) -> Tensor:
    """The smallest power of two that is larger, 1 at least."""
    return 2 ** (torch.floor(torch.log2(ratio.clamp(min=0.5))) + 1)


def _pair_sums(weight: Tensor) -> Tensor:  # (L, D, K) → (L, D)
    """The largest sum of two neighbouring weights of one sign in each row: what vpmaddubsw adds in 16 bits."""
    pairs = functional.pad(weight, (0, weight.shape[2] % 2)).view(*weight.shape[:2], -1, 2)
    return torch.maximum(pairs.clamp(min=0).sum(3), pairs.clamp(max=0).sum(3).neg()).amax(2)


def _round(x: Tensor) -> Tensor:
    return x + (x.round() - x).detach()


def _round_half_up(x: Tensor) -> Tensor:
    return x + (torch.floor(x + 0.5) - x).detach()
