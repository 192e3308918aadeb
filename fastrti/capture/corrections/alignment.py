"""Alignment: photographs moved back by their shifts, see `fastrti.capture.shifts`."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.corrections.exposures import smooth_terms
from fastrti.capture.samples import Reduced, reduced
from fastrti.capture.shifting import shifted
from fastrti.capture.shifts import coarser, find_shifts, refined_shifts, told_shifts
from fastrti.photographs.checks import Samples
from fastrti.photographs.corrections import Correction
from fastrti.photographs.coverage import different_lights
from fastrti.photographs.mlic import Mlic
from fastrti.progress import counted

Array = NDArray[np.float64]
Grey = NDArray[np.float32]

LEAST_LIGHTS = 12
"""Fewer lights do not predict photographs well enough."""

LEAST_SHIFT = 0.4
"""Pixels. Captures without a shift seem to have smaller ones."""

_WINDOWS, _WINDOW_SIDE = 16, 128  # that are compared of a large picture
_FINE_ROUNDS = 2


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
    grey = small.values.mean(3)
    shifts = find_shifts(grey, small.mask) * small.factor
    for _ in range(_FINE_ROUNDS if small.factor > 1 else 0):
        shifts = refined_shifts(*_windows(mlic, small, shifts), shifts)
    return small.factor * told_shifts(shifts / small.factor, grey, small.mask, mlic.lights)


def _windows(mlic: Mlic, small: Reduced, shifts: Array) -> tuple[Grey, NDArray[np.bool_]]:
    """The windows with most texture at full size, shifted back, (N, windows · side, side), and where they count."""
    cells = max(1, _WINDOW_SIDE // small.factor)
    texture = np.abs(np.diff(small.values.mean((0, 3)), axis=0, append=0)) * small.mask
    sums = coarser(texture[None].astype(np.float32), cells)[0]
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
