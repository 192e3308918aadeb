"""The classical fits a learned student must beat: PTM and HSH by least squares in every pixel."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fastrti.decoders import LightBasisDecoder
from fastrti.decoders.bases import BASES
from fastrti.errors import ArgumentError
from fastrti.mlic import Mlic
from fastrti.planes import quantise
from fastrti.relightable import Relightable

Basis = Literal["ptm", "hsh9", "hsh16"]

DECODERS: dict[str, LightBasisDecoder] = {
    "ptm": LightBasisDecoder("ptm", 6),
    "hsh9": LightBasisDecoder("hsh", 9),
    "hsh16": LightBasisDecoder("hsh", 16),
}
_CHUNK_SAMPLES = 1 << 24  # float32 values of photographs held at once: 64 MiB


def fit_basis(mlic: Mlic, basis: Basis) -> Relightable:
    """Fits every pixel and channel with the terms of a basis, quantised to 8-bit planes with min/max a plane.

    Sources: Malzbender et al. 2001 (PTM), Gautron et al. 2004 (HSH). With fewer photographs than terms the solution
    of least norm is taken.

    Args:
        mlic: the photographs; masked-out pixels do not widen the planes' ranges.
        basis: "ptm" (18 planes), "hsh9" (27) or "hsh16" (48).

    Returns:
        The object; its colours are sRGB-encoded as `Mlic.encoded` gives them.

    Raises:
        ArgumentError: another basis.
    """
    if basis not in DECODERS:
        raise ArgumentError(f"expected a basis of {', '.join(DECODERS)}, got {basis!r}")
    decoder = DECODERS[basis]
    terms = BASES[decoder.basis][0](mlic.lights)[:, : decoder.terms]
    solver = np.linalg.pinv(terms).astype(np.float32)  # (terms, N)
    minimum, maximum = _ranges(mlic, solver)
    planes = np.empty((decoder.planes, mlic.height, mlic.width), np.uint8)
    for rows, coefficients in _coefficients(mlic, solver):
        planes[:, rows] = quantise(coefficients, minimum, maximum)
    return Relightable(
        planes, minimum, maximum, decoder, mlic.mask, mlic.lights, training={"method": f"least squares, {basis}"}
    )


def _coefficients(mlic: Mlic, solver: NDArray[np.float32]) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Bands of rows and their coefficients, (K, rows, W): the float collection never exists as a whole."""
    step = max(1, _CHUNK_SAMPLES // (len(mlic) * mlic.width * 3))
    for top in range(0, mlic.height, step):
        rows = slice(top, min(top + step, mlic.height))
        values = mlic.encoded(mlic.photographs[:, rows])  # (N, rows, W, 3)
        fitted = np.tensordot(solver, values, axes=1)  # (terms, rows, W, 3)
        yield rows, np.moveaxis(fitted, 3, 1).reshape(-1, *values.shape[1:3])


def _ranges(mlic: Mlic, solver: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The smallest and largest coefficient of every plane on the object, (K,) each.

    A pass of its own: fitting twice is cheaper than holding 48 float planes of a large picture.
    """
    minimum = np.full(3 * len(solver), np.inf)
    maximum = np.full(3 * len(solver), -np.inf)
    for rows, coefficients in _coefficients(mlic, solver):
        on_object = coefficients.reshape(len(minimum), -1) if mlic.mask is None else coefficients[:, mlic.mask[rows]]
        minimum = np.minimum(minimum, on_object.min(axis=1, initial=np.inf))
        maximum = np.maximum(maximum, on_object.max(axis=1, initial=-np.inf))
    return minimum, maximum
