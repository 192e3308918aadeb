"""The PSNR of a fit: of all pixels of a small picture, or of random pixels of a large one."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fastrti.kernels.reference import evaluate_by_label, evaluate_network
from fastrti.lights import raised_to_horizon
from fastrti.objects.frame_network import FrameNetwork
from fastrti.objects.relightable import Relightable
from fastrti.photographs.hold_out import Indices
from fastrti.photographs.mlic import Mlic
from fastrti.progress import counted
from fastrti.srgb import to_bytes

MAX_SCORED = 1 << 17
"""Pictures with more pixels are scored on this many random ones."""

Evaluation = Callable[[FrameNetwork, NDArray[np.uint8]], NDArray[np.float64]]
"""(a network on bytes, planes (K, P) uint8) → colours (3, P) float64, see `evaluate_network`."""


def mean_psnr(
    relightable: Relightable,
    mlic: Mlic,
    chosen: Indices,
    seed: int = 0,
    evaluate: Evaluation = evaluate_network,
) -> float:
    """Mean over photographs of the PSNR in dB, of 8-bit pictures from 8-bit planes, as a user sees them.

    Args:
        relightable: the object.
        mlic: the photographs it is compared with, of the same size.
        chosen: indices of the photographs that count. Their lights are moved up to the horizon if they lie below it.
        seed: chooses the pixels of large pictures.
        evaluate: the arithmetic.
    """
    rows, columns = _scored_pixels(relightable, seed)
    planes = relightable.planes[:, rows, columns]  # (K, P)
    labels = None if relightable.labels is None else relightable.labels[rows, columns]
    decibels = []
    for index in counted(chosen, "scoring"):
        networks = relightable.frame_networks(raised_to_horizon(mlic.lights[index]))
        picture = to_bytes(evaluate_by_label(networks, planes, labels, evaluate)).T.astype(np.float64)  # (P, 3)
        error = ((picture - to_bytes(mlic.encoded(mlic.photographs[index, rows, columns]))) ** 2).mean()
        decibels.append(10 * np.log10(255**2 / max(error, 1e-9)))
    return float(np.mean(decibels))


def _scored_pixels(relightable: Relightable, seed: int) -> tuple[Indices, Indices]:
    mask = relightable.mask
    rows, columns = np.nonzero(np.ones(relightable.planes.shape[1:], bool) if mask is None else mask)
    if len(rows) > MAX_SCORED:
        kept = np.random.default_rng(seed).choice(len(rows), MAX_SCORED, replace=False)
        rows, columns = rows[kept], columns[kept]
    return rows, columns
