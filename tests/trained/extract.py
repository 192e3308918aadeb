"""Writes one light's frame network and 1000 pixels of a fitted object to an .npz for the tests' matrix.

The files beside this one were made by

    fastrti synth -o sample --size 128x96 --lights 49 --seed 7
    fastrti fit sample/Dome -o STUDENT --student STUDENT --preset quick --seed 0
    python tests/trained/extract.py STUDENT tests/trained/STUDENT.npz

for the students lc16x16, and lc16x16-elu and direct20 with --steps 600.
"""

import sys

import numpy as np

from fastrti import load

LIGHT = (0.5, 0.4)
PIXELS = 1000


def main(source: str, target: str) -> None:
    """Extracts from the object folder source to the file target."""
    relightable = load(source)
    network = relightable.decoder.frame_network(LIGHT)
    pixels = np.random.default_rng(0).permutation(relightable.height * relightable.width)[:PIXELS]
    arrays = {f"W{layer}": weight for layer, weight in enumerate(network.weights, start=1)}
    arrays |= {f"b{layer}": bias for layer, bias in enumerate(network.biases, start=1)}
    arrays |= {} if network.skip is None else {"skip": network.skip}
    np.savez_compressed(
        target,
        planes=relightable.planes.reshape(network.planes, -1)[:, pixels],
        minimum=relightable.minimum,
        maximum=relightable.maximum,
        activation=network.activation,
        **arrays,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
