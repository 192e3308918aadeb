"""The one generator of frame networks that every backend's test matrix runs.

Seeded and deterministic: the same call gives the same networks and planes on every machine.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastrti.kernels.reference import evaluate_network
from fastrti.objects.decoders import Decoder, LightBasisDecoder, LightMlpDecoder, NodeBasisDecoder
from fastrti.objects.frame_network import Activation, FrameNetwork
from fastrti.objects.light_network import parameter_shapes
from fastrti.objects.light_terms import monomials
from fastrti.objects.relightable import Relightable

TRAINED = Path(__file__).parents[1] / "trained"
"""Networks of real fits, one .npz each, written by trained/extract.py."""

LIGHT = (0.35, -0.5)

Floats = NDArray[np.float64]
Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class NetworkCase:
    """One row of the matrix.

    Attributes:
        name: for the test's id.
        network: folded, so its inputs are the bytes of the planes.
        planes: (K, H, W) uint8.
        origin: the decoder, minimum and maximum the network comes from under `LIGHT`, where it has them.
    """

    name: str
    network: FrameNetwork
    planes: Bytes
    origin: tuple[Decoder, Floats, Floats] | None = None


def relightable_of(case: NetworkCase, mask: NDArray[np.bool_] | None = None) -> Relightable:
    """An object that becomes the case's network under `LIGHT`, and, if the case has no origin, under every light."""
    count = case.network.planes
    decoder, low, high = case.origin or (constant(case.network), np.zeros(count), np.full(count, 255.0))
    return Relightable(case.planes, low, high, decoder, mask)


def constant(network: FrameNetwork) -> LightMlpDecoder:
    """The decoder that turns every light into the same network."""
    numbers = numbers_of(network)
    return LightMlpDecoder(
        network.planes,
        network.hidden,
        (np.zeros((len(numbers), 1), np.float32),),
        (numbers,),
        network.activation,
        network.skip is not None,
        features=((0, 0, 0),),
    )


def numbers_of(network: FrameNetwork) -> NDArray[np.float32]:
    """W₁, b₁, …, Wₙ, bₙ, [S], one after the other."""
    layers = [array.ravel() for layer in zip(network.weights, network.biases) for array in layer]
    return np.concatenate(layers if network.skip is None else [*layers, network.skip.ravel()])


def network_cases(height: int = 19, width: int = 37, seed: int = 0) -> Iterator[NetworkCase]:
    """Every kind of network a kernel must draw, each with its own planes of height × width pixels."""
    size = (height, width)
    for number, (planes, hidden, activation, skip) in enumerate(SHAPES):
        rng = np.random.default_rng([seed, number])
        label = "-".join(map(str, (planes, *hidden, 3)))
        name = f"{label}-{activation}{'-skip' if skip else ''}"
        yield _case(name, random_network(rng, planes, hidden, activation, skip), rng, size)
    for activation in ("relu", "elu"):
        rng = np.random.default_rng([seed, 1000])
        plain = random_network(rng, 9, (16, 16), activation, skip=True)
        yield _case(f"wide-{activation}", wide_range(plain, rng), rng, size)
        yield _case(f"saturating-{activation}", saturating(plain), rng, size)
        yield _case(f"cancelling-{activation}", cancelling(rng, activation), rng, size)
    yield from _decoder_cases(size, seed)
    yield from _trained_cases(size)


SHAPES: tuple[tuple[int, tuple[int, ...], Activation, bool], ...] = (
    (1, (), "relu", False),
    (18, (), "relu", False),
    (48, (), "relu", False),
    (9, (), "relu", True),
    (3, (1,), "relu", False),
    (9, (16,), "elu", True),
    (12, (33,), "relu", True),
    (48, (64,), "elu", False),
    (1, (3, 1), "elu", True),
    (9, (8, 8), "relu", True),
    (9, (10, 10), "elu", False),
    (9, (16, 16), "relu", True),
    (9, (16, 16), "elu", True),
    (9, (20, 20), "elu", False),
    (12, (33, 7), "relu", False),
    (9, (50, 50), "elu", False),
    (48, (64, 64), "relu", True),
    (18, (64, 3), "elu", True),
)
"""(planes, hidden widths, activation, skip): around every block size and both ends of the contract."""


def random_network(
    rng: np.random.Generator, planes: int, hidden: tuple[int, ...], activation: Activation, skip: bool
) -> FrameNetwork:
    """A network over z in [−1, 1] whose output is spread over [0, 1], a few per cent beyond each end."""
    widths = (planes, *hidden, 3)
    weights = tuple(_matrix(rng, b, a) * np.float32((2 / a) ** 0.5) for a, b in pairwise(widths))
    biases = tuple(_matrix(rng, width) * np.float32(0.5) for width in widths[1:])
    linear = _matrix(rng, 3, planes) * np.float32(0.3) if skip else None
    return spread(FrameNetwork(weights, biases, activation, linear), rng)


def wide_range(network: FrameNetwork, rng: np.random.Generator) -> FrameNetwork:
    """Hidden units scaled by 1e-3 … 1e3, undone only in part by the next layer's columns."""
    weights, biases = list(network.weights), list(network.biases)
    for layer in range(len(network.hidden)):
        gain = 10 ** rng.uniform(-3, 3, len(biases[layer]))
        weights[layer] = (weights[layer] * gain[:, None]).astype(np.float32)
        biases[layer] = (biases[layer] * gain).astype(np.float32)
        undo = gain * 10 ** rng.uniform(-0.5, 0.5, len(gain))
        weights[layer + 1] = (weights[layer + 1] / undo).astype(np.float32)
    return spread(replace(network, weights=tuple(weights), biases=tuple(biases)), rng)


def saturating(network: FrameNetwork) -> FrameNetwork:
    """The same network with its output contrast raised a thousandfold: nearly every byte is 0 or 255."""
    gain = np.float32(1000)
    skip = None if network.skip is None else network.skip * gain
    last = (network.biases[-1] - np.float32(0.5)) * gain
    return replace(
        network,
        weights=(*network.weights[:-1], network.weights[-1] * gain),
        biases=(*network.biases[:-1], last),
        skip=skip,
    )


def cancelling(rng: np.random.Generator, activation: Activation) -> FrameNetwork:
    """A first layer of ±1e3, then outputs that are small differences of terms some hundred times larger."""
    first = _matrix(rng, 8, 9) * np.float32(1000)
    twin = first * np.float32(1.01)
    mix = _matrix(rng, 16, 16) * np.float32(1e-3)
    last = np.hstack([identity := _matrix(rng, 3, 8) * np.float32(100), -identity])
    mix[8:] = mix[:8] * np.float32(1.01)
    return spread(
        FrameNetwork(
            (np.vstack([first, twin]), mix, last),
            (_matrix(rng, 16), np.tile(_matrix(rng, 8), 2), np.zeros(3, np.float32)),
            activation,
        ),
        rng,
    )


def spread(network: FrameNetwork, rng: np.random.Generator) -> FrameNetwork:
    """Scales and shifts the output layer so that each channel has mean 0.5 and deviation 0.25 over z in [−1, 1]."""
    y = evaluate_network(replace(network, base_colour=False), rng.uniform(-1, 1, (network.planes, 4096)))
    gain = 0.25 / np.maximum(y.std(axis=1), 1e-6)
    bias = (network.biases[-1] - y.mean(axis=1)) * gain + 0.5
    return replace(
        network,
        weights=(*network.weights[:-1], (network.weights[-1] * gain[:, None]).astype(np.float32)),
        biases=(*network.biases[:-1], bias.astype(np.float32)),
        skip=None if network.skip is None else (network.skip * gain[:, None]).astype(np.float32),
    )


def random_planes(rng: np.random.Generator, planes: int, size: tuple[int, int]) -> Bytes:
    """Noise over all 256 levels with runs of both extremes, as saturated photographs leave them."""
    noise = rng.integers(0, 256, (planes, *size), np.uint8)
    extreme = rng.random(size) < 0.1
    return np.where(extreme, np.where(rng.random((planes, *size)) < 0.5, 0, 255), noise).astype(np.uint8)


def _case(name: str, network: FrameNetwork, rng: np.random.Generator, size: tuple[int, int]) -> NetworkCase:
    ones = np.ones(network.planes)
    return NetworkCase(name, network.folded(-ones, ones), random_planes(rng, network.planes, size))


def _decoder_cases(size: tuple[int, int], seed: int) -> Iterator[NetworkCase]:
    rng = np.random.default_rng([seed, 2000])
    decoders: dict[str, Decoder] = {
        "ptm": LightBasisDecoder("ptm", 6),
        "ptm-base": LightBasisDecoder("ptm", 6, base_colour=True),
        "hsh9": LightBasisDecoder("hsh", 9),
        "hsh16": LightBasisDecoder("hsh", 16),
        "rbf": NodeBasisDecoder("rbf", _matrix(rng, 10, 5, 3) * np.float32(0.3), nodes=_nodes(rng, 5), sigma=0.7),
        "light-conditioned": light_conditioned(rng),
    }
    for name, decoder in decoders.items():
        # Coefficients as files have them: a large constant term, the others around zero, every plane its own range.
        middle, half = rng.uniform(-0.2, 0.5, decoder.planes), 10 ** rng.uniform(-2, 0, decoder.planes)
        low, high = middle - half, middle + half
        network = decoder.frame_network(LIGHT).folded(low, high)
        yield NetworkCase(name, network, random_planes(rng, decoder.planes, size), (decoder, low, high))


def light_conditioned(rng: np.random.Generator) -> LightMlpDecoder:
    """The default student's shape with a random light network."""
    features = monomials(1)
    shapes = parameter_shapes(9, (16, 16), True)
    widths = (len(features), 32, 32, sum(int(np.prod(shape)) for shape in shapes))
    weights = tuple(_matrix(rng, b, a) / np.float32(a**0.5) for a, b in pairwise(widths))
    biases = tuple(_matrix(rng, width) * np.float32(0.3) for width in widths[1:])
    return LightMlpDecoder(9, (16, 16), weights, biases, features=features)


def _trained_cases(size: tuple[int, int]) -> Iterator[NetworkCase]:
    for path in sorted(TRAINED.glob("*.npz")):
        stored = np.load(path)
        depth = sum(key.startswith("W") for key in stored.files)
        network = FrameNetwork(
            tuple(stored[f"W{layer + 1}"] for layer in range(depth)),
            tuple(stored[f"b{layer + 1}"] for layer in range(depth)),
            str(stored["activation"]),  # type: ignore[arg-type]  # checked by FrameNetwork itself
            stored.get("skip"),
        )
        pixels = stored["planes"]  # (K, P), repeated as often as the picture needs
        planes = pixels[:, np.arange(size[0] * size[1]) % pixels.shape[1]].reshape(-1, *size)
        yield NetworkCase(path.stem, network.folded(stored["minimum"], stored["maximum"]), planes)


def _matrix(rng: np.random.Generator, *shape: int) -> NDArray[np.float32]:
    return rng.standard_normal(shape).astype(np.float32)


def _nodes(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    nodes = rng.standard_normal((count, 3))
    nodes[:, 2] = abs(nodes[:, 2])
    unit: NDArray[np.float32] = (nodes / np.linalg.norm(nodes, axis=1, keepdims=True)).astype(np.float32)
    return unit
