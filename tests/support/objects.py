"""One small relightable object of every decoder kind, seeded: what the tests of files, backends and Renderer run."""

from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
from networks import random_network, random_planes

from fastrti.lights import unit_light
from fastrti.objects.decoders import Decoder, LightBasisDecoder, LightMlpDecoder, MlpDecoder, NodeBasisDecoder
from fastrti.objects.experts import Experts
from fastrti.objects.frame_network import Activation
from fastrti.objects.light_network import parameter_shapes
from fastrti.objects.light_terms import monomials
from fastrti.objects.relightable import Relightable

HEIGHT, WIDTH = 5, 4

LIGHTS = [(0, 0), (0.35, -0.5), (-0.8, 0.1), (0.6, 0.8), (-0.2, 0.9, 0.4)]
"""From the camera's axis down to the horizon."""


def mlp(planes: int, hidden: tuple[int, ...], activation: Activation, skip: bool = False) -> MlpDecoder:
    """A plain network whose output is spread over [0, 1] for z in [−1, 1]."""
    rng = np.random.default_rng([planes, *hidden, len(activation), skip])
    network = random_network(rng, planes, hidden, activation, skip)
    light_columns = rng.normal(0, 0.2, (len(network.biases[0]), 2)).astype(np.float32)
    weights = (np.hstack([network.weights[0], light_columns]), *network.weights[1:])
    return MlpDecoder(weights, network.biases, activation, network.skip)


def light_mlp(planes: int, hidden: tuple[int, ...], activation: Activation, skip: bool) -> LightMlpDecoder:
    """A light-conditioned network around the plain one of the same shape: the light moves every number a little."""
    rng = np.random.default_rng([planes, *hidden, skip])
    network = random_network(rng, planes, hidden, activation, skip)
    layers = [array.ravel() for layer in zip(network.weights, network.biases) for array in layer]
    numbers = np.concatenate(layers if network.skip is None else [*layers, network.skip.ravel()])
    widths = (len(monomials(3)), 7, sum(int(np.prod(shape)) for shape in parameter_shapes(planes, hidden, skip)))
    weights = [rng.normal(0, 0.5 / a**0.5, (b, a)).astype(np.float32) for a, b in pairwise(widths)]
    weights[-1] *= np.float32(0.2) * np.abs(numbers)[:, None]
    biases = (rng.normal(0, 0.3, widths[1]).astype(np.float32), numbers)
    return LightMlpDecoder(planes, hidden, tuple(weights), biases, activation, skip)


def node_basis(basis: str) -> NodeBasisDecoder:
    """Nine planes over seven scattered nodes, or over a grid of 4 × 4."""
    rng = np.random.default_rng(len(basis))
    count = 7 if basis == "rbf" else 16
    table = rng.normal(0, 0.2, (10, count, 3)).astype(np.float32)
    table[0] += 0.5
    if basis == "bilinear":
        return NodeBasisDecoder("bilinear", table, resolution=4)
    nodes = np.stack([unit_light((x, y, abs(z))) for x, y, z in rng.normal(size=(count, 3))])
    return NodeBasisDecoder("rbf", table, nodes=nodes.astype(np.float32), sigma=0.6)


OPENLIME_DECODERS: dict[str, Decoder] = {
    "openlime": mlp(9, (10, 10), "elu"),
    "openlime-unequal-few-latents": mlp(5, (12, 7), "elu"),
    "openlime-one-layer": mlp(9, (10,), "elu"),
    "openlime-one-layer-few-latents": mlp(3, (5,), "elu"),
    "openlime-wide": mlp(8, (50, 33), "elu"),
}
"""Plain networks that OpenLIME can draw."""

DECODERS: dict[str, Decoder] = OPENLIME_DECODERS | {
    "mlp-9-3": mlp(9, (), "elu"),
    "mlp-9-3-skip": mlp(9, (), "relu", skip=True),
    "mlp-9-16-3-relu-skip": mlp(9, (16,), "relu", skip=True),
    "mlp-9-16-3-elu-skip": mlp(9, (16,), "elu", skip=True),
    "mlp-9-16-16-3-relu": mlp(9, (16, 16), "relu"),
    "mlp-10-8-8-3-elu": mlp(10, (8, 8), "elu"),
    "mlp-46-64-64-3-relu-skip": mlp(46, (64, 64), "relu", skip=True),
    "light-mlp-relu-skip": light_mlp(9, (16, 16), "relu", skip=True),
    "light-mlp-elu": light_mlp(6, (8, 8), "elu", skip=False),
    "light-mlp-one-layer": light_mlp(9, (12,), "relu", skip=False),
    "light-mlp-linear": light_mlp(9, (), "relu", skip=False),
    "light-mlp-48-planes": light_mlp(48, (16,), "relu", skip=True),
    "ptm": LightBasisDecoder("ptm", 6),
    "ptm-base": LightBasisDecoder("ptm", 6, base_colour=True),
    "hsh4": LightBasisDecoder("hsh", 4),
    "hsh9": LightBasisDecoder("hsh", 9),
    "hsh9-base": LightBasisDecoder("hsh", 9, base_colour=True),
    "hsh16": LightBasisDecoder("hsh", 16),
    "rbf": node_basis("rbf"),
    "bilinear": node_basis("bilinear"),
}
"""Every kind of the object format, by name."""


def relightable(name: str, height: int = HEIGHT, width: int = WIDTH, masked: bool = False) -> Relightable:
    """An object of one kind, its planes noise with runs of both extremes."""
    decoder = DECODERS[name]
    rng = np.random.default_rng([sorted(DECODERS).index(name), height, width])
    minimum, maximum = _range(decoder, rng)
    planes = random_planes(rng, decoder.planes, (height, width))
    mask = rng.random((height, width)) < 0.7 if masked else None
    return Relightable(planes, minimum, maximum, decoder, mask)


EXPERT_KINDS = ("light-mlp-relu-skip", "light-mlp-elu", "mlp-9-16-16-3-relu", "openlime-few-experts", "rbf", "ptm-base")


def experts(name: str, count: int = 3, height: int = HEIGHT, width: int = WIDTH, masked: bool = False) -> Relightable:
    """An object of several experts of one kind, which differ, and whose labels have runs of every length."""
    one = relightable(
        "openlime-one-layer-few-latents" if name == "openlime-few-experts" else name, height, width, masked
    )
    rng = np.random.default_rng([count, height, width])
    columns = np.cumsum(rng.random(height * width) < 1 / rng.integers(1, 90, height * width))
    labels = (columns * rng.integers(1, 7) % count).astype(np.uint8).reshape(height, width)
    labels.flat[: min(count, labels.size)] = np.arange(min(count, labels.size))
    return replace(one, decoder=Experts(tuple(_moved(one.decoder, number) for number in range(count))), labels=labels)


def _moved(decoder: Decoder | Experts, number: int) -> Decoder:
    """A decoder of the same shape: other numbers, as far as it has any."""
    if isinstance(decoder, LightMlpDecoder):
        first, *rest = decoder.light_biases
        return replace(decoder, light_biases=(first + np.float32(0.7 * number), *rest))
    if isinstance(decoder, MlpDecoder):
        return replace(decoder, biases=(decoder.biases[0] + np.float32(0.3 * number), *decoder.biases[1:]))
    if isinstance(decoder, NodeBasisDecoder):
        return replace(decoder, table=np.roll(decoder.table, number, axis=1))
    assert isinstance(decoder, LightBasisDecoder)
    return decoder


def expert_of(several: Relightable, number: int) -> Relightable:
    """The object as one of its experts alone would draw it."""
    return replace(several, decoder=several.decoders[number], labels=None)


def composed(several: Relightable, pictures: list[np.ndarray]) -> np.ndarray:
    """The pictures of `expert_of`, each at its own pixels."""
    return np.take_along_axis(np.stack(pictures), several.labels[None, ..., None].astype(int), 0)[0]


def _range(decoder: Decoder, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Latents of a network within [−1, 1]; coefficients of a basis around zero, the constant ones around 0.5."""
    half = rng.uniform(0.5, 1, decoder.planes)
    middle = rng.uniform(-0.2, 0.2, decoder.planes)
    if isinstance(decoder, LightBasisDecoder):
        half *= 0.2
        constant = {"ptm": 5, "hsh": 0}[decoder.basis]
        middle[3 + constant if decoder.base_colour else slice(3 * constant, 3 * constant + 3)] += 0.7
    return middle - half, middle + half


def assert_equal(first, second):
    """Equal to the last bit, arrays and nested tuples of arrays included."""
    assert type(first) is type(second)
    if isinstance(first, np.ndarray):
        assert first.dtype == second.dtype and first.shape == second.shape
        assert first.tobytes() == second.tobytes()
    elif isinstance(first, tuple):
        assert len(first) == len(second)
        for a, b in zip(first, second):
            assert_equal(a, b)
    elif hasattr(first, "__dataclass_fields__"):
        for field in fields(first):
            assert_equal(getattr(first, field.name), getattr(second, field.name))
    else:
        assert first == second
