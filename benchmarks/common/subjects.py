"""What the benchmarks draw: objects of the shapes people fit, with seeded random weights and planes of random bytes.

The time of a frame depends on the shape alone. The error depends on the numbers, so every network is scaled to pictures
of mean 0.5 and deviation 0.25: a picture that saturates would hide it.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from fastrti.kernels.reference import evaluate_network, relight_reference
from fastrti.objects.decoders import Decoder, LightBasisDecoder, LightMlpDecoder, MlpDecoder
from fastrti.objects.frame_network import Activation, FrameNetwork, Matrix
from fastrti.objects.light_terms import monomials
from fastrti.objects.relightable import Relightable

LIGHT = (0.3217, -0.5438)
"""An odd one: under (0.35, -0.5) a PTM's sums keep clear of every half level, and float32 shows no error at all."""

PIXELS = int(os.environ.get("FASTRTI_BENCH_PIXELS", 1 << 22))
"""Pixels of the (square) picture; the test of the benchmarks takes few."""

LIGHT_WIDTHS = (32, 32)
"""Hidden widths of the default student's light network, as `fastrti fit` makes it."""


@dataclass(frozen=True)
class Subject:
    """One object and its exact picture under LIGHT, (H, W, 3) uint8."""

    relightable: Relightable
    reference: NDArray[np.uint8]


@lru_cache(maxsize=1)  # one group after the other asks for it, and a picture is large
def subject(name: str) -> Subject:
    """The object of a name in DECODERS."""
    rng = np.random.default_rng(list(DECODERS).index(name))
    side = isqrt(PIXELS)
    relightable = random_object(DECODERS[name](rng), (side, side), rng)
    return Subject(relightable, relight_reference(relightable, LIGHT))


def random_object(decoder: Decoder, size: tuple[int, int], rng: np.random.Generator) -> Relightable:
    """An object of random bytes, height × width, whose pictures use the range of a byte."""
    planes = rng.integers(0, 256, (decoder.planes, *size), np.uint8)
    return Relightable(planes, *_ranges(decoder), decoder)


def light_conditioned(rng: np.random.Generator) -> Decoder:
    """The default student, 475 multiply-adds; its light network emits a random network's numbers and a bit more."""
    base = random_network(rng, (9, 16, 16, 3), "relu", skip=True)
    arrays = [array for layer in zip(base.weights, base.biases) for array in layer] + [base.skip]
    numbers = np.concatenate([array.ravel() for array in arrays if array is not None])
    features = monomials(1)
    widths = (len(features), *LIGHT_WIDTHS)
    weights = [_normal(rng, 0.25, b, a) for a, b in pairwise(widths)] + [_normal(rng, 0.01, len(numbers), widths[-1])]
    biases = (*(_normal(rng, 0.25, width) for width in LIGHT_WIDTHS), numbers)
    return LightMlpDecoder(9, (16, 16), tuple(weights), biases, features=features)


def plain(width: int) -> Callable[[np.random.Generator], Decoder]:
    """The published form: nine planes and the light through two hidden layers of ELU."""

    def decoder(rng: np.random.Generator) -> Decoder:
        network = random_network(rng, (11, width, width, 3), "elu", skip=False)
        return MlpDecoder(network.weights, network.biases, "elu")

    return decoder


def ptm(rng: np.random.Generator) -> Decoder:
    """A polynomial texture map: no weights of its own."""
    return LightBasisDecoder("ptm", 6)


def hsh16(rng: np.random.Generator) -> Decoder:
    """Hemispherical harmonics of order 4: as many planes as an object can have."""
    return LightBasisDecoder("hsh", 16)


DECODERS: dict[str, Callable[[np.random.Generator], Decoder]] = {
    "lc16x16": light_conditioned,
    "plain8": plain(8),
    "plain16": plain(16),
    "disk20": plain(20),
    "teacher50": plain(50),
    "ptm": ptm,
    "hsh16": hsh16,
}


def random_network(
    rng: np.random.Generator, widths: tuple[int, ...], activation: Activation, skip: bool
) -> FrameNetwork:
    """A network of inputs in [−1, 1] whose outputs have mean 0.5 and deviation 0.25."""
    weights = tuple(_normal(rng, (2 / a) ** 0.5, b, a) for a, b in pairwise(widths))
    biases = tuple(_normal(rng, 0.5, width) for width in widths[1:])
    linear = _normal(rng, 0.25, 3, widths[0]) if skip else None
    network = FrameNetwork(weights, biases, activation, linear)
    y = evaluate_network(network, rng.uniform(-1, 1, (widths[0], 4096)))
    gain = 0.25 / y.std(axis=1)
    bias = (biases[-1] - y.mean(axis=1)) * gain + 0.5
    return replace(
        network,
        weights=(*weights[:-1], (weights[-1] * gain[:, None]).astype(np.float32)),
        biases=(*biases[:-1], bias.astype(np.float32)),
        skip=None if linear is None else (linear * gain[:, None]).astype(np.float32),
    )


def _ranges(decoder: Decoder) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The minimum and maximum of each plane."""
    if not isinstance(decoder, LightBasisDecoder):
        return -np.ones(decoder.planes), np.ones(decoder.planes)
    row = decoder.frame_network(LIGHT).weights[0][0].astype(np.float64)
    values = row[3:] if decoder.base_colour else row[::3]
    middle = np.zeros(decoder.terms)
    constant = {"ptm": 5, "hsh": 0}[decoder.basis]
    middle[constant] = 0.5 / values[constant]
    half = 0.25 * 3**0.5 / np.linalg.norm(values)  # of uniform bytes: a deviation of 0.25
    if decoder.base_colour:
        return np.append(np.zeros(3), middle - half), np.append(np.ones(3), middle + half)
    return np.repeat(middle, 3) - half, np.repeat(middle, 3) + half


def _normal(rng: np.random.Generator, deviation: float, *shape: int) -> Matrix:
    return (deviation * rng.standard_normal(shape)).astype(np.float32)
