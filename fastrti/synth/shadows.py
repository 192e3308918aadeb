"""Which pixels of a relief a light reaches: hard shadows of lights far away and of lamps at a place."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fastrti.synth.relief import Field

Lit = NDArray[np.bool_]  # (H, W)

SHADOW_BIAS = 0.25  # pixels of height; less and surfaces shadow themselves by the rounding of their samples
_OPEN = np.float32(1e9)  # the horizon where nothing stands


def lit_pixels(
    heights: Field,  # (H, W) in pixels
    light: NDArray[np.float64],  # (3,)
) -> Lit:
    """Where a light far away is seen over the relief: a horizon sweep, O(1) per pixel.

    Rows are walked away from the light along rays that keep the height an occluder needs to be seen over. The rays are
    fixed and the heights interpolated between them once, so shadows stay sharp however long they are.
    """
    towards_row, towards_column, climb = -light[1], light[0], light[2]
    if max(abs(towards_row), abs(towards_column)) < 1e-6:
        return np.ones(heights.shape, bool)
    if abs(towards_column) > abs(towards_row):  # walk along the axis the light travels fastest on
        turned = np.array([-light[1], -light[0], climb])
        transposed: Lit = lit_pixels(heights.T, turned).T
        return transposed
    if towards_row > 0:  # the light is below the picture: walk it from there
        flipped: Lit = lit_pixels(heights[::-1], light * np.array([1, -1, 1]))[::-1]
        return flipped
    return _swept(heights, drift=float(towards_column / towards_row), drop=float(climb / -towards_row))


def _swept(heights: Field, drift: float, drop: float) -> Lit:
    """`lit_pixels` for a light above the top row, whose rays move `drift` columns and sink `drop` pixels a row."""
    rows, columns = heights.shape
    padded = np.pad(heights, ((0, 0), (1, 1)), mode="edge")
    start = max(0, int(np.ceil(drift * (rows - 1))))  # whole: rays start at pixel centres, whichever way they drift
    horizon = np.full(columns + int(np.ceil(abs(drift) * rows)) + 2, -1e9, np.float32)
    lit = np.empty(heights.shape, bool)
    for row in range(rows):
        first, fraction = divmod(start - drift * row, 1)  # column c lies at ray first + c + fraction
        raised = padded[row] + np.float32(row * drop)  # in this frame rays of light are level
        rays = horizon[int(first) : int(first) + columns + 1]
        lit[row] = raised[1:-1] + SHADOW_BIAS >= (1 - fraction) * rays[:-1] + fraction * rays[1:]
        np.maximum(rays, (1 - fraction) * raised[1:] + fraction * raised[:-1], out=rays)
    return lit


def lit_from(
    heights: Field,  # (H, W) in pixels
    column: float,
    row: float,
    height: float,
) -> Lit:
    """Where a lamp is seen over the relief, which stands `height` pixels above (column, row), inside or outside of it.

    The four quarters of the picture around the lamp's foot are swept one by one, along rays that spread from the foot.
    """
    rows, columns = heights.shape
    lit = np.ones(heights.shape, bool)
    quarters: tuple[tuple[Callable[[Field], Field], float, float], ...] = (
        (lambda field: field, column, row),
        (lambda field: field[::-1], column, rows - 1 - row),
        (lambda field: field.T, row, column),
        (lambda field: field[:, ::-1].T, row, columns - 1 - column),
    )
    for turned, across, down in quarters:
        seen = turned(lit)
        np.logical_and(seen, _fan(turned(heights), across, down, height), out=seen)
    return lit


def _fan(heights: Field, column: float, row: float, height: float) -> Lit:
    """`lit_from` in the quarter below (column, row), all others being lit."""
    rows, columns = heights.shape
    lit = np.ones(heights.shape, bool)
    first, last = max(0, int(np.ceil(row + 0.5))), rows - 1 - row
    left, right = max(0, int(column - last)), min(columns, int(np.ceil(column + last)) + 1)
    if first >= rows or left >= right:
        return lit
    quarter = np.ascontiguousarray(heights[first:, left:right])
    below = (np.arange(first, rows) - row).astype(np.float32)[:, None]  # rows from the foot
    across = (np.arange(left, right) - column).astype(np.float32)
    ends = across[[0, -1]] / below[[0, -1]]
    least, most = (float(slope) for slope in np.clip([ends[:, 0].min(), ends[:, 1].max()], -1, 1))
    if most <= least:
        return lit
    rays = int(np.ceil((most - least) * last)) + 2
    slopes = np.linspace(least, most, rays, dtype=np.float32)
    # Along a ray, what is seen from the lamp sinks less and less: the smallest sink so far is the horizon.
    height = np.float32(height)
    sink = (height - _along_rows(quarter, slopes * below - across[0])) / below
    horizon = np.full(sink.shape, _OPEN)
    np.minimum.accumulate(sink[:-1], axis=0, out=horizon[1:])
    slope = across / below
    over = _along_rows(horizon, (slope - np.float32(least)) * np.float32((rays - 1) / (most - least)), outside=_OPEN)
    lit[first:, left:right] = (quarter + SHADOW_BIAS >= height - over * below) | (np.abs(slope) > 1)
    return lit


def _along_rows(values: Field, places: Field, outside: np.float32 = -_OPEN) -> Field:
    """Values (R, C) interpolated within their rows at (R, K) places; `outside` where there are none."""
    rows, columns = values.shape
    left = places.astype(np.int32)
    np.clip(left, 0, max(columns - 2, 0), out=left)
    share = places - left
    left += np.arange(0, rows * columns, columns, dtype=np.int32)[:, None]
    one = values.ravel().take(left)
    between: Field = one + (values.ravel().take(left + min(1, columns - 1)) - one) * share
    between[(share < -0.01) | (share > 1.01)] = outside
    return between
