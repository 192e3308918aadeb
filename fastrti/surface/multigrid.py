"""Weighted Poisson equations on a grid: conjugate gradients with a multigrid preconditioner, in numpy.

The unknowns z are the pixels. An edge joins a pixel with its right neighbour, or with the one below, and has a weight.
The matrix is the Laplacian of this graph. Multigrid joins 2 × 2 pixels to one on each coarser grid (Trottenberg,
Oosterlee and Schüller 2001, *Multigrid*, sections 2.4 and 7.8.2). Time and memory grow as the number of pixels.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_SMOOTHINGS = 2  # before and after each coarser grid
_DAMPING = 0.8  # of Jacobi's method


@dataclass(frozen=True, eq=False)
class Grid:
    """A weighted graph of pixels.

    Attributes:
        right: (H, W − 1), weights of the edges to the right neighbours, 0 or more.
        down: (H − 1, W), of those to the neighbours below.
        relaxed: (H, W), Jacobi's step for each pixel; 0 where a pixel has no edge.
    """

    right: Floats
    down: Floats
    relaxed: Floats

    @classmethod
    def of(cls, right: Floats, down: Floats) -> "Grid":
        """The graph of these edges."""
        sums = np.zeros((len(right), down.shape[1]), np.float32)
        sums[:, :-1] += right
        sums[:, 1:] += right
        sums[:-1] += down
        sums[1:] += down
        relaxed = np.divide(np.float32(_DAMPING), sums, out=np.zeros_like(sums), where=sums > 0)
        return cls(right, down, relaxed)

    def laplacian(self, z: Floats) -> Floats:
        """What flows out of each pixel: Σ over its edges of weight · (z here − z there)."""
        return outflow(self.right * np.diff(z, axis=1), self.down * np.diff(z, axis=0))

    def coarser(self) -> "Grid":
        """The graph whose pixels are 2 × 2 of these; an edge has the mean weight of the two that it replaces."""
        right, down = self.right[:, 1::2], self.down[1::2]
        right = np.add.reduceat(right, range(0, len(right), 2), axis=0) if right.size else right[::2]
        down = np.add.reduceat(down, range(0, down.shape[1], 2), axis=1) if down.size else down[:, ::2]
        return Grid.of(right / np.float32(2), down / np.float32(2))


def outflow(right: Floats, down: Floats) -> Floats:
    """(H, W): what leaves each pixel of what flows to the left and upwards over its edges, see `Grid.laplacian`."""
    out = np.zeros((len(right), down.shape[1]), np.float32)
    out[:, :-1] -= right
    out[:, 1:] += right
    out[:-1] -= down
    out[1:] += down
    return out


def solve_poisson(right: Floats, down: Floats, source: Floats, start: Floats, steps: int, accuracy: float) -> Floats:
    """z with Laplacian(z) = source; where the graph is in pieces, each has a constant of its own.

    Args:
        right: (H, W − 1), weights of the edges to the right.
        down: (H − 1, W), weights of the edges downwards.
        source: (H, W), an `outflow`.
        start: (H, W), where to begin.
        steps: of conjugate gradients, at most.
        accuracy: it ends where the residual is so small a share of the source (both as root mean squares).
    """
    grids = [Grid.of(right, down)]
    while max(grids[-1].relaxed.shape) > 2:
        grids.append(grids[-1].coarser())
    z: Floats = start.copy()
    residual = source - grids[0].laplacian(z)
    enough = accuracy**2 * _product(source, source)
    direction, before = np.zeros_like(z), 0.0
    for _ in range(steps):
        if _product(residual, residual) <= enough:
            break
        improved = _cycle(grids, residual)
        now = _product(residual, improved)
        direction *= np.float32(now / before if before else 0)
        direction += improved
        before = now
        answer = grids[0].laplacian(direction)
        energy = _product(direction, answer)
        if energy <= 0:  # rounding is all that is left
            break
        z += np.float32(now / energy) * direction
        residual -= np.float32(now / energy) * answer
    return z


def _cycle(grids: list[Grid], source: Floats) -> Floats:
    """An approximate solution: one V-cycle, symmetric as conjugate gradients want it."""
    grid, *coarser = grids
    z = grid.relaxed * source
    for _ in range(_SMOOTHINGS - 1):
        z += grid.relaxed * (source - grid.laplacian(z))
    if coarser:
        z += _spread(_cycle(coarser, _gathered(source - grid.laplacian(z))), *z.shape)
    for _ in range(_SMOOTHINGS):
        z += grid.relaxed * (source - grid.laplacian(z))
    return z


def _gathered(fine: Floats) -> Floats:
    """The sums of 2 × 2 pixels."""
    height, width = fine.shape
    even = np.pad(fine, ((0, height % 2), (0, width % 2)))
    rows = even[::2] + even[1::2]
    sums: Floats = rows[:, ::2] + rows[:, 1::2]
    return sums


def _spread(coarse: Floats, height: int, width: int) -> Floats:
    return coarse.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]


def _product(first: Floats, second: Floats) -> float:
    return float(np.vdot(first, second)) if first.size < 1 << 16 else float((first * second).sum(dtype=np.float64))
