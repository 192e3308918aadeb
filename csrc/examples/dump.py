"""Writes an object as the numbers csrc/examples/relight.c reads: python csrc/examples/dump.py OBJECT FILE.

All of them in this machine's byte order, without gaps:

    int32    planes, height, width, has a mask, hidden layers, their two widths (0: none), activation, skip,
             base colour, features, their count, light layers, inputs and outputs of four light layers (0: none),
             experts, means of them
    float64  sigma; minimum, maximum (K,)
    int32    exponents (F, 3), of monomials only
    float32  nodes (F, 3), of RBF only; then weights and bias of each light layer, of one expert after the other
    float64  shares (means, experts), where there are means
    uint8    planes (K, H, W); mask (H, W) of 0 and 1; labels (H, W), of several experts only
"""

import sys

import numpy as np

from fastrti.formats import load
from fastrti.objects.experts import Experts

ACTIVATIONS = ("relu", "elu")
FEATURES = ("monomials", "hsh", "rbf", "bilinear")


def main(source: str, target: str) -> None:
    """Writes the object of a folder or file."""
    original = load(source)
    networks = [decoder.light_network for decoder in original.decoders]
    network = networks[0]
    shares = original.decoder.shares if isinstance(original.decoder, Experts) else np.empty((0, 1))
    missing = 2 - len(network.hidden), 4 - len(network.weights)
    sizes = [
        *original.planes.shape,
        original.mask is not None,
        *(len(network.hidden), *network.hidden, *[0] * missing[0]),
        *(ACTIVATIONS.index(network.activation), network.skip, network.base_colour),
        *(FEATURES.index(network.features), network.weights[0].shape[1], len(network.weights)),
        *(size for weight in network.weights for size in weight.shape[::-1]),
        *[0, 0] * missing[1],
        *(len(networks), len(shares)),
    ]
    layers = [array for each in networks for layer in zip(each.weights, each.biases) for array in layer]
    numbers = [np.array(sizes, np.int32), np.array([network.sigma]), original.minimum, original.maximum]
    numbers += [network.exponents, network.nodes, *layers, shares, original.planes, original.mask, original.labels]
    with open(target, "wb") as file:
        for array in numbers:
            file.write(b"" if array is None else array.tobytes())


if __name__ == "__main__":
    main(*sys.argv[1:])
