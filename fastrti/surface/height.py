"""Heights from normals: the surface whose slopes fit the normals best, with discontinuities kept.

Bilateral normal integration (Cao, Santo, Shi, Okura and Matsushita, *Bilateral Normal Integration*, ECCV 2022, in its
orthographic form): each pixel compares its normal with the slope to either side, and the side with the greater jump of
height counts less. This is solved as a row of weighted Poisson equations.
"""

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError
from fastrti.progress import Progress
from fastrti.surface.multigrid import Floats, outflow, solve_poisson

ROUNDS = 5
"""Of weights and heights, at most. The paper takes more, which gain nothing where normals are estimates."""

_SHARPNESS = 2.0  # k of the paper's equation 16: how much the greater jump counts less
_SETTLED = 1e-4  # the misfit changes by less: the paper's criterion
_LEAST_COSINE = 0.05  # steeper slopes than 20 are not believed
_LEAST_WEIGHT = 1e-6  # of an edge between two pixels of the object: keeps the surface in one piece
_STEPS, _ACCURACY = (100, 8), (1e-4, 1e-3)  # of the first round and of the others, which begin where it ended


def integrate_normals(normals: Floats, mask: NDArray[np.bool_] | None = None, rounds: int = ROUNDS) -> Floats:
    """The heights of a surface with these normals.

    Args:
        normals: (H, W, 3) unit vectors, +x right, +y up, +z to the camera.
        mask: (H, W), True on the object; None: everywhere.
        rounds: of weights. 1 is plain least squares, which smooths discontinuities away.

    Returns:
        (H, W) float32 in pixels, to the camera. The lowest point of the object is 0, and so is what is outside the
        mask. Where the mask has parts that do not touch, nothing tells how high one lies above another.

    Raises:
        ArgumentError: shapes that do not fit.
    """
    if normals.ndim != 3 or normals.shape[2] != 3 or (mask is not None and mask.shape != normals.shape[:2]):
        found = "no mask" if mask is None else f"a mask of {mask.shape}"
        raise ArgumentError(f"expected normals (H, W, 3) and a mask (H, W), got {normals.shape} and {found}")
    inside = np.ones(normals.shape[:2], np.bool_) if mask is None else mask
    across, along = _Axis(normals, inside, 1), _Axis(normals, inside, 0)
    z, misfit = np.zeros(inside.shape, np.float32), 0.0
    with Progress("integrating normals", rounds) as progress:
        for number in range(rounds):
            later = min(number, 1)
            source = outflow(across.weights * across.targets, along.weights * along.targets)
            z = solve_poisson(across.weights, along.weights, source, z, _STEPS[later], _ACCURACY[later])
            before, misfit = misfit, across.misfit(z) + along.misfit(z)
            if number and abs(before - misfit) <= _SETTLED * before:
                break
            if number + 1 < rounds:
                across.weigh(z)
                along.weigh(z)
            progress.step()
    z -= z[inside].min() if inside.any() else 0
    z[~inside] = 0
    return z


class _Axis:
    """The edges of all pixels along one axis, and what their two ends say of the step of height over them.

    Attributes:
        weights: of the edges.
        targets: the steps that the normals want, in pixels.
    """

    def __init__(self, normals: Floats, inside: NDArray[np.bool_], axis: int) -> None:
        cosine = np.maximum(normals[..., 2], np.float32(_LEAST_COSINE))
        slope = (normals[..., 1] if axis == 0 else -normals[..., 0]) / cosine
        self._axis = axis
        every, before, after = slice(None), slice(None, -1), slice(1, None)
        self._first: tuple[slice, ...] = (every, before) if axis else (before, every)
        self._second: tuple[slice, ...] = (every, after) if axis else (after, every)
        self._inside = inside[self._first] & inside[self._second]
        self._cosine, self._slope = cosine.astype(np.float32), slope.astype(np.float32)
        self._forward: Floats = np.full(inside.shape, 0.5, np.float32)  # backward has the rest of 1
        self._settle()

    def weigh(self, z: Floats) -> None:
        """The weights that these heights suggest: equations 15 and 16."""
        jump = np.where(self._inside, np.diff(z, axis=self._axis), 0)
        difference = np.zeros_like(z)
        difference[self._second] += (self._cosine[self._second] * jump) ** 2
        difference[self._first] -= (self._cosine[self._first] * jump) ** 2
        np.clip(np.float32(_SHARPNESS) * difference, -40, 40, out=difference)
        self._forward = (1 / (1 + np.exp(-difference))).astype(np.float32)
        self._settle()

    def misfit(self, z: Floats) -> float:
        """Σ of the weighted squares that are made least, up to what no height changes."""
        step = np.diff(z, axis=self._axis)
        first, second = ((end * (step - slope) ** 2) for end, slope in zip(self._ends(), self._slopes()))
        return float((first + second).sum(where=self._inside, dtype=np.float64))

    def _settle(self) -> None:
        first, second = self._ends()
        weights = first + second + np.float32(_LEAST_WEIGHT)
        here, there = self._slopes()
        self.targets = (first * here + second * there) / weights
        self.weights = np.where(self._inside, weights, 0).astype(np.float32)

    def _ends(self) -> tuple[Floats, Floats]:
        square = self._cosine**2
        forward = self._forward[self._first] * square[self._first]
        return forward, (1 - self._forward[self._second]) * square[self._second]

    def _slopes(self) -> tuple[Floats, Floats]:
        return self._slope[self._first], self._slope[self._second]
