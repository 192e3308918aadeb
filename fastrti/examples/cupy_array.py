"""Fills a CuPy array with a relit picture: the kernel writes into CuPy's memory, nothing is copied.

    python -m fastrti.examples.cupy_array OBJECT --light 0.3 0.5

Numba's device arrays and any other array with DLPack or `__cuda_array_interface__` are filled the same way. The picture
is queued on torch's current stream; what reads it on another stream must wait. Here both libraries use the default one.
"""

import argparse
from collections.abc import Sequence
from typing import Any

from fastrti import Renderer
from fastrti.errors import BackendError, FastrtiError, MissingPackageError


def relit_array(renderer: Renderer, light: Sequence[float]) -> Any:
    """The picture under one light as a CuPy array, (H, W, 4) uint8 RGBA.

    Args:
        renderer: with the triton backend.
        light: (x, y) or (x, y, z).

    Raises:
        BackendError: another backend runs.
        MissingPackageError: CuPy is not installed.
    """
    if renderer.backend != "triton":
        raise BackendError(
            f"expected the triton backend, which writes to a GPU, got {renderer.backend}: "
            f"{renderer.why_not.get('triton', 'ask for it')}"
        )
    try:
        import cupy
    except ImportError:
        raise MissingPackageError("expected CuPy, got none installed: run pip install cupy-cuda12x") from None
    out = cupy.empty((renderer.relightable.height, renderer.relightable.width, 4), cupy.uint8)
    return renderer.relight(light, out=out)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("object", help="an object folder or file")
    parser.add_argument("--light", type=float, nargs="+", default=(0.3, 0.5), metavar="X", help="x y, or x y z")
    parsed = parser.parse_args(arguments)
    try:
        picture = relit_array(Renderer(parsed.object), parsed.light)
    except FastrtiError as error:
        parser.error(str(error))
    mean = picture[..., :3].mean(axis=(0, 1))  # computed by CuPy, on the GPU
    print(f"{picture.shape[1]}×{picture.shape[0]} pixels, mean colour {', '.join(f'{float(c):.1f}' for c in mean)}")


if __name__ == "__main__":
    main()
