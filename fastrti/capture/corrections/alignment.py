"""Alignment: how far each photograph is shifted against what the others predict, and photographs moved back.

A photograph and its prediction have the same light, so they differ by the shift alone. A gradient method finds it to a
tenth of a pixel (Lucas & Kanade 1981, "An Iterative Image Registration Technique"). Shifted neighbours shift the
prediction too. So the shifts of all photographs are solved for together, from coarse pictures to fine ones.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.corrections.exposures import smooth_terms
from fastrti.capture.corrections.shifting import shifted
from fastrti.capture.predictions import predict
from fastrti.capture.samples import Reduced, reduced
from fastrti.photographs.checks import Samples
from fastrti.photographs.corrections import Correction
from fastrti.photographs.coverage import different_lights
from fastrti.photographs.mlic import Mlic
from fastrti.progress import counted

Array = NDArray[np.float64]
Grey = NDArray[np.float32]

LEAST_LIGHTS = 12
"""Fewer lights do not predict photographs well enough."""

LEAST_SHIFT = 0.3
"""Pixels. Captures without a shift seem to have smaller ones."""

_LEVELS = (4, 4, 2, 2, 1, 1)  # pixels of the reduced pictures along a side of one that is compared
_LEAST_SIDE = 24  # of a picture that is compared
_WINDOWS, _WINDOW_SIDE = 16, 128  # that are compared of a large picture
_ROBUST_ROUNDS = 3
_ERROR, _SMOOTH_ERROR = 0.05, 0.02  # pixels, of a measured shift; shades that move with the light look like shifts
_SPREAD = 1.5  # pixels, of shifts: what nothing tells stays near 0
_MOST_AT_ONCE = 2.0  # pixels
_MARGIN = 2  # pixels at the edge, which are not compared


def aligned(mlic: Mlic, out: Samples | None = None) -> Mlic:
    """The collection with shifted photographs moved back, or itself where none is shifted by `LEAST_SHIFT`.

    Args:
        mlic: the photographs.
        out: where the corrected photographs go, see `fastrti.capture.corrections.correct`. None takes new memory.
    """
    if len(different_lights(mlic.lights)) < LEAST_LIGHTS:
        return mlic
    shifts, smooth = estimate_shifts(mlic), _smooth(mlic.lights)
    if np.hypot(*(shifts - smooth @ (smooth.T @ shifts)).T).max() < LEAST_SHIFT:
        return mlic
    shifts -= np.median(shifts, axis=0)  # most photographs stay as they are
    moved = np.hypot(*shifts.T) >= LEAST_SHIFT
    out = np.empty_like(mlic.photographs) if out is None else out
    for index in counted(range(len(mlic)), "aligning photographs"):
        photograph = mlic.photographs[index]
        out[index] = _moved_back(photograph, shifts[index]) if moved[index] else photograph
    numbers = {mlic.names[index]: [round(float(part), 2) for part in shifts[index]] for index in np.flatnonzero(moved)}
    furthest = int(np.hypot(*shifts.T).argmax())
    sentence = (
        f"{moved.sum()} of {len(mlic)} photographs were shifted, {mlic.names[furthest]} the most, "
        f"by {np.hypot(*shifts[furthest]):.1f} pixels; they were moved back"
    )
    correction = Correction("alignment", sentence, {"pixels_right_and_down": numbers})
    return replace(mlic, photographs=out, corrections=(*mlic.corrections, correction))


def _smooth(lights: Array) -> Array:
    """Orthonormal columns that smooth functions of the light are sums of, (N, T)."""
    basis, _ = np.linalg.qr(smooth_terms(lights))
    return basis


def _moved_back(photograph: Samples, shift: Array) -> Samples:
    """A photograph of samples, (H, W, 3), moved against its shift; a channel at a time."""
    white = int(np.iinfo(photograph.dtype).max)
    back = np.empty_like(photograph)
    for channel in range(3):
        moved = shifted(photograph[:, :, channel].astype(np.float32), -shift)
        back[:, :, channel] = np.rint(moved.clip(0, white))
    return back


def estimate_shifts(mlic: Mlic) -> Array:
    """How far each photograph shows the object from where the others show it.

    Returns:
        (N, 2) float64 pixels to the right and down, of mean 0.
    """
    small = reduced(mlic)
    predictor = predict(small.values[:, small.mask], mlic.lights)
    grey = small.values.mean(3)
    shifts, smooth = np.zeros((len(mlic), 2)), _smooth(mlic.lights)
    for level in _LEVELS:
        if min(grey.shape[1:]) >= level * _LEAST_SIDE or level == 1:
            compared, mask = _coarser(grey, level), _coarser(small.mask[None].astype(np.float32), level)[0] > 0.99
            moved = np.stack([shifted(one, -shift / level) for one, shift in zip(compared, shifts)])
            shifts = level * _round(moved, mask, predictor.weights, shifts / level, smooth)
    shifts *= small.factor
    if small.factor > 1:
        for _ in range(3):
            shifts = _round(*_windows(mlic, small, shifts), predictor.weights, shifts, smooth)
    return shifts


def _coarser(pictures: Grey, factor: int) -> Grey:
    """Means over cells of factor × factor pixels, (N, H, W) → (N, H // factor, W // factor)."""
    height, width = (size // factor for size in pictures.shape[1:])
    cells = pictures[:, : height * factor, : width * factor].reshape(-1, height, factor, width, factor)
    means: Grey = cells.mean((2, 4))
    return means


def _windows(mlic: Mlic, small: Reduced, shifts: Array) -> tuple[Grey, NDArray[np.bool_]]:
    """The windows with most texture at full size, shifted back, (N, windows · side, side), and where they count."""
    cells = max(1, _WINDOW_SIDE // small.factor)
    texture = np.abs(np.diff(small.values.mean((0, 3)), axis=0, append=0)) * small.mask
    sums = _coarser(texture[None].astype(np.float32), cells)[0]
    best = np.argsort(sums, axis=None)[::-1][:_WINDOWS]
    side = cells * small.factor
    grey = np.empty((len(mlic), len(best), side, side), np.float32)
    for index in counted(range(len(mlic)), "aligning photographs"):
        whole = np.rint(shifts[index]).astype(int)
        for place, (row, column) in enumerate(zip(*np.unravel_index(best, sums.shape))):
            rows = (np.arange(side) + row * side + whole[1]).clip(0, mlic.height - 1)
            columns = (np.arange(side) + column * side + whole[0]).clip(0, mlic.width - 1)
            window = mlic.encoded(mlic.photographs[index, rows[:, None], columns]).mean(2)
            grey[index, place] = shifted(window, whole - shifts[index])
    mask = np.zeros((len(best), side, side), bool)
    mask[:, 4:-4, 4:-4] = True
    return grey.reshape(len(mlic), -1, side), mask.reshape(-1, side)


def _round(grey: Grey, mask: NDArray[np.bool_], weights: Grey, shifts: Array, smooth: Array) -> Array:
    """Better shifts, (N, 2), of photographs that were moved back by these shifts.

    Each photograph tells its shift against its prediction. The prediction has the shifts of the others, as far as these
    have gradients in the same places.
    """
    inside = mask.copy()
    inside[:_MARGIN], inside[-_MARGIN:], inside[:, :_MARGIN], inside[:, -_MARGIN:] = False, False, False, False
    count = len(grey)
    values = grey[:, inside]  # (N, P)
    slopes = np.stack([np.gradient(grey, axis=axis)[:, inside] for axis in (2, 1)], axis=1)  # (N, 2, P)
    differences = weights @ values - values
    lacks, among = np.zeros((count, 2)), np.zeros((count, 2, count, 2))
    for index, (own, difference) in enumerate(zip(slopes, differences)):
        trust = np.ones(len(difference), np.float32)
        for _ in range(_ROBUST_ROUNDS):
            weighted = own * trust
            inverse = np.linalg.inv(weighted @ own.T + 1e-6 * np.eye(2))
            lacks[index] = inverse @ (weighted @ difference)
            left = np.abs(difference - lacks[index].astype(np.float32) @ own)
            trust = 1 / (1 + (left / (2.5 * np.median(left) + 1e-4)) ** 2)
        shared = (inverse @ weighted) @ slopes.reshape(-1, len(difference)).T  # (2, 2N)
        among[index] = -weights[index][:, None] * shared.reshape(2, count, 2)
        among[index, :, index] += np.eye(2)
    system = among.reshape(2 * count, 2 * count)
    certainty = np.kron(
        np.linalg.inv(_ERROR**2 * np.eye(count) + _SMOOTH_ERROR**2 * count * smooth @ smooth.T), np.eye(2)
    )
    right = system.T @ certainty @ (lacks.ravel() + system @ shifts.ravel())
    solved = np.linalg.solve(system.T @ certainty @ system + np.eye(2 * count) / _SPREAD**2, right).reshape(count, 2)
    solved -= solved.mean(0)
    return shifts + np.clip(solved - shifts, -_MOST_AT_ONCE, _MOST_AT_ONCE)
