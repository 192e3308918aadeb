"""The classical fits: PTM and HSH by least squares, principal components with RBF."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError
from fastrti.least_squares import Terms, determined_terms, solve, term_solver
from fastrti.objects.decoders import Decoder, LightBasisDecoder, NodeBasisDecoder
from fastrti.objects.light_terms import gaussian_weights, hsh_terms, ptm_terms
from fastrti.objects.planes import quantise
from fastrti.objects.relightable import Relightable
from fastrti.photographs.coverage import different_lights, light_notes
from fastrti.photographs.hold_out import spread_lights
from fastrti.photographs.mlic import Mlic
from fastrti.progress import counted
from fastrti.scoring.sampled import mean_psnr
from fastrti.training.fit_provenance import fit_provenance

Basis = Literal["ptm", "hsh9", "hsh16", "rbf"]
Projection: TypeAlias = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From the photographs' values, (N, rows, W, 3), to the coefficients of each pixel, (K, rows, W)."""

DECODERS: dict[str, LightBasisDecoder] = {
    "ptm": LightBasisDecoder("ptm", 6),
    "hsh9": LightBasisDecoder("hsh", 9),
    "hsh16": LightBasisDecoder("hsh", 16),
}
BASES_TO_FIT = (*DECODERS, "rbf")
COMPONENTS = 9
"""The planes of "rbf": as many as those of a student."""

# Chosen on lights held out of the Dome collections: wider Gaussians predict smooth materials better, but their
# solutions leave the range of bytes that Relight's materials.bin has.
WIDTH = 0.7
RIDGE = 1e-3  # more than the errors of the lights make

_CHUNK_SAMPLES = 1 << 24  # float32 values of photographs held at once: 64 MiB


def fit_classical(mlic: Mlic, basis: Basis, hold_out: int = 0) -> Relightable:
    """Fits every pixel with a classical method.

    "ptm" and "hsh" fit each channel by least squares (Malzbender et al. 2001, Gautron et al. 2004). What the lights do
    not determine becomes as flat as possible, see `fastrti.least_squares`. "rbf" takes the principal components of the
    photographs and interpolates them between the lights by normalised Gaussians (Ponchio et al. 2018, "A Compact
    Representation of Relightable Images for the Web"). It solves for values at which the photographed lights are met.

    Args:
        mlic: the photographs. Pixels outside its mask do not widen the range of a plane.
        basis: "ptm" (18 planes), "hsh9" (27), "hsh16" (48) or "rbf" (9).
        hold_out: how many photographs to keep out of the fit, spread over the dome.

    Returns:
        The object. `training["psnr"]` is its PSNR in dB under the held-out lights. If there are none, it is the PSNR
        under the photographed lights. `training["notes"]` says what the lights cannot show.

    Raises:
        ArgumentError: another basis.
        TrainingError: fewer than two photographs, or hold_out is negative or leaves fewer than two.
    """
    if basis not in BASES_TO_FIT:
        raise ArgumentError(f"expected a basis of {', '.join(BASES_TO_FIT)}, got {basis!r}")
    started = time.perf_counter()
    held_out = spread_lights(mlic.lights, hold_out)
    fitted_to = np.setdiff1d(np.arange(len(mlic)), held_out)
    fitted = _fitted(mlic.subset(fitted_to) if hold_out else mlic, basis)
    results = {
        "method": "principal components, rbf" if basis == "rbf" else f"least squares, {basis}",
        "held_out": [mlic.names[i] for i in held_out],
        "seconds": round(time.perf_counter() - started, 1),
        "psnr_of": "held-out lights" if hold_out else "photographed lights",
        "psnr": round(mean_psnr(fitted, mlic, held_out if hold_out else fitted_to), 3),
        "notes": [*light_notes(mlic.lights[fitted_to]), *_term_notes(mlic.lights[fitted_to], basis)],
    }
    return replace(fitted, training=results, provenance=fit_provenance(mlic, results))


def planes_of(basis: Basis) -> int:
    """The planes of an object of a basis."""
    return COMPONENTS if basis == "rbf" else DECODERS[basis].planes


def _term_notes(lights: NDArray[np.float64], basis: Basis) -> Iterator[str]:
    """What the lights cannot determine of a basis."""
    if basis != "rbf":
        terms, determined = DECODERS[basis].terms, determined_terms(_terms(DECODERS[basis]), lights)
        if determined < terms:
            yield (
                f"the lights determine {determined} of the {terms} terms of {basis}: "
                "the others make pictures change as little as possible from light to light"
            )


def fit_components(mlic: Mlic, width: float = WIDTH, ridge: float = RIDGE, components: int = COMPONENTS) -> Relightable:
    """The principal components of the photographs, interpolated over the lights: `fit_classical` of "rbf".

    Args:
        mlic: the photographs.
        width: σ of the Gaussians, relative to the distance of neighbours among as many lights spread evenly.
        ridge: added to the diagonal of the system whose solution meets the photographed lights.
        components: the planes of the object, at most three for each photograph.

    Returns:
        The object, without results in `training`.
    """
    return _encoded(mlic, *_components(mlic, width, ridge, components))


def _fitted(mlic: Mlic, basis: Basis) -> Relightable:
    return fit_components(mlic) if basis == "rbf" else _encoded(mlic, *_least_squares(mlic, DECODERS[basis]))


def _encoded(mlic: Mlic, decoder: Decoder, projection: Projection) -> Relightable:
    minimum, maximum = _ranges(mlic, projection, decoder.planes)
    planes = np.empty((decoder.planes, mlic.height, mlic.width), np.uint8)
    for rows, values in _bands(mlic, "fitting"):
        planes[:, rows] = quantise(projection(values), minimum, maximum)
    return Relightable(planes, minimum, maximum, decoder, mlic.mask, mlic.lights, mlic.mm_per_pixel)


def _bands(mlic: Mlic, what: str) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Bands of rows and their values, (N, rows, W, 3), so that the whole collection is never held as floats."""
    step = max(1, _CHUNK_SAMPLES // (len(mlic) * mlic.width * 3))
    for top in counted(range(0, mlic.height, step), what):
        rows = slice(top, min(top + step, mlic.height))
        yield rows, mlic.encoded(mlic.photographs[:, rows])


def _ranges(mlic: Mlic, projection: Projection, planes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The smallest and largest coefficient of every plane on the object, (K,) each.

    This is a pass of its own, because fitting twice is cheaper than holding 48 float planes of a large picture.
    """
    minimum, maximum = np.full(planes, np.inf), np.full(planes, -np.inf)
    for rows, values in _bands(mlic, "finding the ranges of planes"):
        coefficients = projection(values)
        on_object = coefficients.reshape(planes, -1) if mlic.mask is None else coefficients[:, mlic.mask[rows]]
        minimum = np.minimum(minimum, on_object.min(axis=1, initial=np.inf))
        maximum = np.maximum(maximum, on_object.max(axis=1, initial=-np.inf))
    return minimum, maximum


def _least_squares(mlic: Mlic, decoder: LightBasisDecoder) -> tuple[Decoder, Projection]:
    solver = term_solver(_terms(decoder), mlic.lights).astype(np.float32)  # (T, N)

    def projection(values: NDArray[np.float32]) -> NDArray[np.float32]:
        fitted = np.tensordot(solver, values, axes=1)  # (T, rows, W, 3)
        return np.moveaxis(fitted, 3, 1).reshape(-1, *values.shape[1:3])

    return decoder, projection


def _terms(decoder: LightBasisDecoder) -> Terms:
    every = {"ptm": ptm_terms, "hsh": hsh_terms}[decoder.basis]
    return lambda lights: every(lights)[:, : decoder.terms]


# --- principal components --------------------------------------------------------------------------------------------


def _components(mlic: Mlic, width: float, ridge: float, count: int) -> tuple[Decoder, Projection]:
    mean, components = _principal(mlic, count)  # (N, 3), (K, N, 3)
    sigma = width * _even_spacing(len(different_lights(mlic.lights)))
    weights = gaussian_weights(mlic.lights, mlic.lights, sigma)
    solver = solve(weights.T @ weights, ridge * np.eye(len(mlic)), weights.T)
    table = np.einsum("mn,knc->kmc", solver, np.concatenate([mean[None], components]))
    decoder = NodeBasisDecoder("rbf", table.astype(np.float32), mlic.lights.astype(np.float32), sigma)
    axes = components.astype(np.float32)
    offset = np.einsum("knc,nc->k", components, mean).astype(np.float32)[:, None, None]

    def projection(values: NDArray[np.float32]) -> NDArray[np.float32]:
        projected: NDArray[np.float32] = np.tensordot(axes, values, axes=([1, 2], [0, 3])) - offset
        return projected

    return decoder, projection


def _principal(mlic: Mlic, components: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The mean pixel, (N, 3), and the orthonormal directions of largest variance, (K, N, 3), over the object."""
    size = 3 * len(mlic)
    total, products, count = np.zeros(size), np.zeros((size, size)), 0
    for rows, values in _bands(mlic, "finding principal components"):
        pixels = np.moveaxis(values, 3, 1).reshape(size, *values.shape[1:3]).astype(np.float64)
        on_object = pixels.reshape(size, -1) if mlic.mask is None else pixels[:, mlic.mask[rows]]
        total += on_object.sum(axis=1)
        products += on_object @ on_object.T
        count += on_object.shape[1]
    mean = total / count
    _, directions = np.linalg.eigh(products / count - np.outer(mean, mean))  # variance ascends
    largest = directions[:, ::-1][:, :components].T
    return mean.reshape(-1, 3), largest.reshape(-1, len(mlic), 3)


def _even_spacing(count: int) -> float:
    """The distance of neighbours among so many lights spread evenly, as hexagons, over the hemisphere (area 2π)."""
    return float(np.sqrt(4 * np.pi / (np.sqrt(3) * count)))
