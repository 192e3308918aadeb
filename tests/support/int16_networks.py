"""Frame networks in 16-bit integers as the CPU kernel draws them, computed with numpy."""

from dataclasses import dataclass
from typing import Any

import networks
import numpy as np
from numpy.typing import NDArray

from fastrti import _cpu
from fastrti.objects.frame_network import Activation, FrameNetwork

TABLE_ERROR = 1.2
"""Steps that an ELU table may be off."""

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Int16Network:
    """What the kernels are given, in int64."""

    layers: tuple[tuple[Integers, Integers], ...]
    elu_scales: tuple[float, ...]
    output_shift: int
    bound: float
    activation: Activation


def object_of(
    network: FrameNetwork,
    planes: NDArray[np.uint8] | None = None,
    mask: NDArray[np.bool_] | None = None,
    precision: str = "fp32",
    isa: str = "baseline",
    threads: int = 1,
) -> Any:
    """An object that is this network under every light; of one pixel unless planes (K, H, W) are given."""
    numbers = networks.numbers_of(network)
    return _cpu.Object(
        planes=np.zeros((network.planes, 1, 1), np.uint8) if planes is None else planes,
        mask=mask,
        minimum=np.zeros(network.planes),
        maximum=np.full(network.planes, 255.0),
        hidden=network.hidden,
        activation=network.activation,
        skip=network.skip is not None,
        base_colour=network.base_colour,
        features="monomials",
        exponents=np.zeros((1, 3), np.int32),
        nodes=None,
        sigma=0.0,
        weights=[np.zeros((len(numbers), 1), np.float32)],
        biases=[numbers],
        labels=None,
        expert_layers=[],
        shares=None,
        threads=threads,
        isa=isa,
        precision=precision,
        fitted_to_int8=False,
    )


def quantised(network: FrameNetwork) -> Int16Network | None:
    """None where integers cannot draw it."""
    layers, elu_scales, output_shift, bound = object_of(network).quantise_int16(0, 0, 1)
    if bound == np.inf:
        return None
    wide = tuple((weight.astype(np.int64), bias.astype(np.int64)) for weight, bias in layers)
    return Int16Network(wide, tuple(elu_scales), output_shift, bound, network.activation)


def sums(network: Int16Network, data: Integers, rng: np.random.Generator) -> list[Integers]:
    """Every layer's sums for bytes (K, P), by the arithmetic in csrc/rounding/quantise_int16.h.

    ELU by a table as bad as allowed.
    """
    x = h = (data - 128) * 128
    found = []
    for number, (weight, bias) in enumerate(network.layers):
        last = number == len(network.layers) - 1
        if last and weight.shape[1] > len(h):
            h = np.vstack([h, x])
        found.append(weight @ h + bias[:, None])
        t = found[-1] >> 16
        if not last:
            h = np.maximum(t, 0) if network.activation == "relu" else elu(t, network.elu_scales[number], rng)
    return found


def elu(t: Integers, scale: float, rng: np.random.Generator) -> Integers:
    exact = np.expm1(np.minimum(t, 0) * scale) / scale
    table = rng.integers(np.ceil(exact - TABLE_ERROR), np.floor(exact + TABLE_ERROR) + 1)
    return np.where(t > 0, t, table)
