"""The light interpolator: a teacher without training, that knows what lies between the photographed lights.

Per pixel it mixes linear interpolators over the lights — least squares on low-order polynomials and Gaussian
processes — with the weights that make the mix best at predicting each photograph from all the others. These
leave-one-out errors have a closed form. It keeps all 3N numbers of a pixel, so it is a teacher and not a format.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from fastrti.decoders.light_mlp import light_features, monomials
from fastrti.training.samples import Photographs

DEGREES = (1, 2, 3)  # of the polynomials
# Gaussian processes: length of the squared exponential (3-D chord), noise variance relative to its 1. Others in
# 0.15–1.2 and 1e-3–0.2 were tried on held-out dome lights and added nothing to these.
PROCESSES = ((0.25, 3e-2), (0.4, 3e-2), (0.7, 1e-3), (0.7, 3e-2))

_CELL_PIXELS = 4  # side of the cells that share one mix
_MAX_CELLS = 1 << 18  # larger pictures get larger cells
_BLUR_CELLS = 1.0  # σ of the smoothing of error covariances
_SHRINKAGE = 0.3  # of the mix towards equal shares, relative to each method's error
_DESCENT_STEPS = 60
_CHUNK = 4096  # pixels whose residuals are in memory at once


class LinearInterpolators:
    """M ways to predict a pixel's value at a new light as a weighted sum of its N photographed values.

    Args:
        lights: (N, 3) float64 unit vectors; slightly below the horizon is fine.
    """

    def __init__(self, lights: NDArray[np.float64]):
        self.lights = lights
        self._features = monomials(max(DEGREES))
        self._polynomials = [self._least_squares(degree) for degree in DEGREES if len(monomials(degree)) < len(lights)]
        self._inverses = [self._inverse(length, noise) for length, noise in PROCESSES]

    def weights(self, lights: NDArray[np.float64]) -> NDArray[np.float64]:  # (L, 3) → (M, L, N)
        """The weights of the N photographs at each of L lights, by each method."""
        terms = light_features(lights, self._features)
        kernels = [_kernel(lights, self.lights, length) for length, _ in PROCESSES]
        return np.stack([terms @ p for p in self._polynomials] + [k @ i for k, i in zip(kernels, self._inverses)])

    def leave_one_out(self) -> NDArray[np.float64]:  # (M, N, N)
        """Maps N values to the N residuals of predicting each from all the others, by each method.

        Source: Rasmussen & Williams 2006, eq. 5.12 (Gaussian processes); the PRESS residual (least squares).
        """
        terms = light_features(self.lights, self._features)
        residual_makers = [np.eye(len(terms)) - terms @ p for p in self._polynomials]
        return np.stack([matrix / matrix.diagonal()[:, None] for matrix in residual_makers + self._inverses])

    def _least_squares(self, degree: int) -> NDArray[np.float64]:  # (F, N); the rows of higher degrees are 0
        kept = [sum(feature) <= degree for feature in self._features]
        solution = np.zeros((len(kept), len(self.lights)))
        solution[kept] = np.linalg.pinv(light_features(self.lights, self._features)[:, kept])
        return solution

    def _inverse(self, length: float, noise: float) -> NDArray[np.float64]:  # (N, N)
        covariance = _kernel(self.lights, self.lights, length) + noise * np.eye(len(self.lights))
        return np.linalg.inv(covariance).astype(np.float64)


class Interpolator:
    """The mix of linear interpolators that has the least leave-one-out error around each pixel.

    Source: stacked regressions (Breiman 1996): shares ≥ 0 of sum 1 that minimise shareᵀ·C·share, with C the covariance
    of the methods' leave-one-out residuals. C is taken from some of the pixels, in cells of 4 × 4 pixels
    or more (a quarter of a million cells at most), smoothed over neighbouring cells.

    Args:
        photographs: what it interpolates.
    """

    def __init__(self, photographs: Photographs):
        self.methods = LinearInterpolators(photographs.lights)
        self.cell = max(_CELL_PIXELS, int(np.ceil((photographs.mask.size / _MAX_CELLS) ** 0.5)))
        self.shares = _stacked(self._covariances(photographs))  # (M, h, w)

    def shares_of(self, rows: Tensor, columns: Tensor) -> Tensor:
        """The shares of the M methods at P pixels, (M, P)."""
        return self.shares[:, rows // self.cell, columns // self.cell]

    def __call__(self, samples: Tensor, shares: Tensor, lights: Tensor) -> Tensor:
        """What P pixels look like under L lights.

        Args:
            samples: (N, 3, P) float32, the pixels' photographs.
            shares: (M, P) of the same pixels.
            lights: (L, 3) unit vectors.

        Returns:
            (L, 3, P) float32, not clamped.
        """
        weights = torch.from_numpy(self.methods.weights(lights.cpu().double().numpy())).to(samples)  # (M, L, N)
        by_method = (weights @ samples.flatten(1)).view(*weights.shape[:2], *samples.shape[1:])  # (M, L, 3, P)
        mixed: Tensor = (by_method * shares[:, None, None]).sum(0)
        return mixed

    def _covariances(self, photographs: Photographs) -> Tensor:  # (M, M, h, w)
        """The covariance of the methods' leave-one-out residuals around every cell."""
        leave_one_out = torch.from_numpy(self.methods.leave_one_out()).float().to(photographs.device)  # (M, N, N)
        count = len(leave_one_out)
        height, width = (-(-size // self.cell) for size in photographs.mask.shape)
        sums = torch.zeros(height * width, count * count + 1, device=photographs.device)  # the last column counts
        rows, columns = np.nonzero(photographs.mask & _sampled(photographs.mask.shape, self.cell))
        for start in range(0, len(rows), _CHUNK):
            r, c = rows[start : start + _CHUNK], columns[start : start + _CHUNK]
            samples = photographs.read(r, c).flatten(1)  # (N, 3P)
            residuals = (leave_one_out @ samples).view(count, -1, len(r))  # (M, 3N, P)
            residuals = residuals.permute(2, 0, 1)
            products = residuals @ residuals.mT / residuals.shape[2]  # (P, M, M)
            cells = torch.from_numpy(r // self.cell * width + c // self.cell).to(sums.device)
            sums.index_add_(0, cells, functional.pad(products.flatten(1), (0, 1), value=1.0))
        smoothed = _smoothed(sums.T.view(-1, height, width))
        return (smoothed[:-1] / smoothed[-1].clamp(min=1e-6)).view(count, count, height, width)


def _kernel(a: NDArray[np.float64], b: NDArray[np.float64], length: float) -> NDArray[np.float64]:
    """Squared exponential of the chord plus a linear kernel, (A, 3), (B, 3) → (A, B)."""
    squared_chord = ((a[:, None] - b) ** 2).sum(-1)
    kernel: NDArray[np.float64] = np.exp(-squared_chord / (2 * length**2)) + 0.5 * (a @ b.T) + 0.5
    return kernel


def _sampled(shape: tuple[int, int], cell: int) -> NDArray[np.bool_]:
    """(H, W) True at the four or nine pixels of each cell whose residuals are computed."""
    row, column = (np.arange(size) % cell % (cell // 2) == 0 for size in shape)
    sampled: NDArray[np.bool_] = np.logical_and.outer(row, column)
    return sampled


def _smoothed(maps: Tensor) -> Tensor:
    """Gaussian smoothing of (C, h, w), zero outside."""
    radius = int(4 * _BLUR_CELLS)
    taps = torch.exp(-0.5 * (torch.arange(-radius, radius + 1, device=maps.device) / _BLUR_CELLS) ** 2)
    down = functional.conv2d(maps[:, None], taps[None, None, :, None], padding=(radius, 0))
    return functional.conv2d(down, taps[None, None, None], padding=(0, radius))[:, 0]


def _stacked(covariances: Tensor) -> Tensor:  # (M, M, h, w) → (M, h, w)
    """The shares ≥ 0 of sum 1 that minimise shareᵀ·C·share plus the shrinkage, by exponentiated gradient descent."""
    errors = covariances.diagonal().permute(2, 0, 1)  # (M, h, w)
    scale = errors.amin(0) + 1e-7
    shares = torch.full_like(errors, 1 / len(errors))
    for _ in range(_DESCENT_STEPS):
        gradient = (torch.einsum("mkhw,khw->mhw", covariances, shares) + _SHRINKAGE * errors * shares) / scale
        shares = shares * torch.exp(-0.5 * (gradient - gradient.amin(0)).clamp(max=20))
        shares = shares / shares.sum(0)
    return shares
