"""Draws the object that comes with the package on every instruction set of this machine: python draw_tablet.py.

Needs the package, numpy and Pillow. Prints a digest of each picture; ends with an error where one is more than a level
from the reference.
"""

import hashlib
import os
import sys

import numpy as np

import fastrti
from fastrti.examples import TABLET
from fastrti.kernels.cpu import ISA_VARIABLE, available_isas

LIGHT = (0.3, 0.5)


def main() -> None:
    tablet = fastrti.load(TABLET)
    exact = fastrti.Renderer(tablet, backend="reference").relight(LIGHT).astype(int)
    assert exact.std() > 20, "the tablet is not to be seen"
    for isa in available_isas():
        os.environ[ISA_VARIABLE] = isa
        picture = fastrti.Renderer(tablet, backend="cpu").relight(LIGHT)
        print(isa, hashlib.sha256(picture.tobytes()).hexdigest())
        worst = np.abs(picture - exact).max()
        if worst > 1:
            sys.exit(f"{isa} drew {worst} levels from the reference")


if __name__ == "__main__":
    main()
