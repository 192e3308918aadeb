"""Shifts: how far each photograph shows the object from where the others show it.

Photographs that show the object at one place are alike: few pictures, mixed for each light, make them all. A shifted
one adds something of its own. So the shifts are those that leave least of it, which is the least determinant of the
covariance of photographs. This is of the kind of Peng et al. 2012, "RASL: Robust Alignment by Sparse and Low-Rank
Decomposition for Linearly Correlated Images". It needs no prediction, so a wrong light or exposure does not disturb
it. Shifts are expected to be small, so where nothing but noise is seen they stay near 0.

Shadows and highlights move with the light, which looks like a shift along it. `told_shifts` takes this out.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.shifting import shifted

Array = NDArray[np.float64]
Grey = NDArray[np.float32]

_LEVELS = (4, 4, 2, 2, 1, 1)  # pixels along a side of one that is compared
_LEAST_SIDE = 24  # of a picture that is compared
_MARGIN = 2  # pixels at the edge, which are not compared
_SPREAD = 1.5  # pixels, of shifts
_FEIGNED = 20.0  # times what ninths of a picture seem to be shifted, squared: shadows feign alike in all
_MOST_AT_ONCE = 2.0  # pixels
_ALIKE = 16  # pixels that tell as much as one, because neighbours err alike
_NOISE = 1e-6  # a variance of encoded values
_FREEDOM = 5  # degrees of freedom of Student's distribution
_ROBUST_ROUNDS = 3
_STEPS, _STILL = 60, 1e-3  # of a round; pixels


def find_shifts(pictures: Grey, mask: NDArray[np.bool_]) -> Array:
    """The shifts as they seem, from coarse pictures to fine ones.

    Args:
        pictures: (N, h, w) float32, sRGB-encoded.
        mask: (h, w) bool, where they count.

    Returns:
        (N, 2) pixels to the right and down, of mean 0; see `told_shifts`.
    """
    shifts = np.zeros((len(pictures), 2))
    for level in _LEVELS:
        if min(pictures.shape[1:]) >= level * _LEAST_SIDE or level == 1:
            compared, counts = coarser(pictures, level), coarser(mask[None].astype(np.float32), level)[0] > 0.99
            back = np.stack([shifted(one, -shift / level) for one, shift in zip(compared, shifts)])
            shifts = level * refined_shifts(back, counts, shifts / level)
    return shifts


def told_shifts(shifts: Array, pictures: Grey, mask: NDArray[np.bool_], lights: Array) -> Array:
    """Shifts without what shadows and highlights feign.

    They feign shifts along the light, and not the same in all parts of the picture. So the parts tell how much it is.

    Args:
        shifts: (N, 2), as they seem.
        pictures: (N, h, w) float32, as of `find_shifts`.
        mask: (h, w) bool, as of `find_shifts`.
        lights: (N, 3) unit vectors.

    Returns:
        (N, 2), of mean 0.
    """
    shadows = _along_shadows(lights)
    along = shadows @ (shadows.T @ shifts.ravel())
    rest = shifts.ravel() - along
    real = np.square(rest).sum() / max(len(rest) - shadows.shape[1], 1)  # of each independent part of random shifts
    back = np.stack([shifted(one, -shift) for one, shift in zip(pictures, shifts)])
    differ = [
        np.square(shadows.T @ (refined_shifts(back[:, rows, columns], mask[rows, columns], shifts) - shifts).ravel())
        for rows in _thirds(mask.shape[0])
        for columns in _thirds(mask.shape[1])
        if mask[rows, columns].mean() > 0.5
    ]
    feigned = _FEIGNED * float(np.mean(differ)) if differ else 0.0
    told = (rest + along * real / max(real + feigned, 1e-12)).reshape(-1, 2)
    centred: Array = told - told.mean(0)
    return centred


def _thirds(side: int) -> list[slice]:
    edges = np.linspace(0, side, 4).astype(int).tolist()
    return [slice(first, last) for first, last in pairwise(edges)] if side >= 3 * _LEAST_SIDE else [slice(0, side)]


def coarser(pictures: Grey, factor: int) -> Grey:
    """Means over cells of factor × factor pixels, (N, H, W) → (N, H // factor, W // factor)."""
    height, width = (size // factor for size in pictures.shape[1:])
    cells = pictures[:, : height * factor, : width * factor].reshape(-1, height, factor, width, factor)
    means: Grey = cells.mean((2, 4))
    return means


def refined_shifts(grey: Grey, mask: NDArray[np.bool_], shifts: Array) -> Array:
    """Better shifts, (N, 2), of photographs that were moved back by these.

    Args:
        grey: (N, H, W) float32, the photographs moved back.
        mask: (H, W), where they count.
        shifts: (N, 2) pixels to the right and down.
    """
    inside = mask.copy()
    inside[:_MARGIN], inside[-_MARGIN:], inside[:, :_MARGIN], inside[:, -_MARGIN:] = False, False, False, False
    count = len(grey)
    values = grey[:, inside]
    slopes = np.stack([np.gradient(grey, axis=axis)[:, inside] for axis in (2, 1)], axis=1).reshape(2 * count, -1)
    trust = _trust(values)
    both = np.concatenate([values, slopes])
    both -= ((both @ trust) / trust.sum())[:, None]
    products = ((both * trust) @ both.T / trust.sum()).astype(np.float64)
    still, mixed, steep = products[:count, :count], products[:count, count:], products[count:, count:]
    own, certainty = np.kron(np.eye(count), np.ones(2)), np.eye(2 * count) / _SPREAD**2
    independent, moves = values.shape[1] / _ALIKE, np.zeros(2 * count)
    for _ in range(_STEPS):
        scaled = own * moves  # (N, 2N)
        crossed = mixed @ scaled.T
        unlike = np.linalg.inv(still + crossed + crossed.T + scaled @ steep @ scaled.T + _NOISE * np.eye(count))
        curvature = independent * np.kron(unlike, np.ones((2, 2))) * steep
        force = -independent * np.einsum("nm,mnk->nk", unlike, mixed.reshape(count, count, 2)).ravel()
        better = np.linalg.solve(curvature + certainty, force - certainty @ shifts.ravel()).reshape(count, 2)
        better = np.clip(better - better.mean(0), -_MOST_AT_ONCE, _MOST_AT_ONCE).ravel()
        change, moves = np.abs(better - moves).max(), better
        if change < _STILL:
            break
    return shifts + moves.reshape(count, 2)


def _trust(values: Grey) -> Grey:
    """How much each pixel counts, (N, P) → (P,): little where photographs differ as hardly anywhere else.

    They are the weights of Student's distribution of many variables (Lange et al. 1989, "Robust Statistical Modeling
    Using the t Distribution").
    """
    count, trust = len(values), np.ones(values.shape[1], np.float32)
    for _ in range(_ROBUST_ROUNDS):
        centred = values - ((values @ trust) / trust.sum())[:, None]
        alike = (centred * trust) @ centred.T / trust.sum() + np.float32(_NOISE) * np.eye(count, dtype=np.float32)
        distances = (centred * (np.linalg.inv(alike.astype(np.float64)).astype(np.float32) @ centred)).sum(0)
        trust = (count + _FREEDOM) / (_FREEDOM + distances)
        trust /= trust.mean()
    return trust


def _along_shadows(lights: Array) -> Array:
    """Orthonormal columns, (2N, T), of shifts that shadows and highlights feign, because they move with the light.

    They are longer along one side of the object than along the other, and longer under lower lights.
    """
    towards = lights[:, :2] * [1, -1]  # in pictures, whose rows go down
    stretched = [towards * [1, 0], towards * [0, 1], towards[:, ::-1]]
    lower = (np.ones(len(lights)), lights[:, 2])
    feigned = np.stack([(one * share[:, None]).ravel() for one in stretched for share in lower], axis=1)
    basis, _ = np.linalg.qr(feigned)
    return basis
