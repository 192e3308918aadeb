"""The light interpolator: a teacher without training, that knows what lies between the photographed lights.

Per pixel it mixes linear interpolators over the lights — least squares on low-order polynomials and Gaussian
processes — by their leave-one-out errors, which have a closed form. It keeps all 3N numbers of a pixel, so it is a
teacher and not a format.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from fastrti.decoders.light_mlp import light_features, monomials
from fastrti.training.samples import Photographs

DEGREES = (1, 2, 3)
LENGTHS = (0.15, 0.25, 0.4, 0.7)  # of the squared exponential, in units of the 3-D chord
NOISES = (1e-3, 3e-2)  # variances, relative to the squared exponential's 1

_BLUR_PIXELS = 2.0  # σ of the smoothing of the error maps
_TEMPERATURE = 0.1  # of the softmax over methods, relative to the error of the best
_CELLS = 1 << 20  # error maps of larger pictures are taken on a coarser grid
_CHUNK = 4096  # cells whose residuals are in memory at once


class LinearInterpolators:
    """M ways to predict a pixel's value at a new light as a weighted sum of its N photographed values.

    Args:
        lights: (N, 3) float64 unit vectors; slightly below the horizon is fine.
    """

    def __init__(self, lights: NDArray[np.float64]):
        self.lights = lights
        self._features = monomials(max(DEGREES))
        self._polynomials = [self._least_squares(degree) for degree in DEGREES if len(monomials(degree)) < len(lights)]
        self._inverses = [self._inverse(length, noise) for length in LENGTHS for noise in NOISES]

    def weights(self, lights: NDArray[np.float64]) -> NDArray[np.float64]:  # (L, 3) → (M, L, N)
        """The weights of the N photographs at each of L lights, by each method."""
        terms = light_features(lights, self._features)
        kernels = [_kernel(lights, self.lights, length) for length in LENGTHS for _ in NOISES]
        return np.stack([terms @ p for p in self._polynomials] + [k @ i for k, i in zip(kernels, self._inverses)])

    def leave_one_out(self) -> NDArray[np.float64]:  # (M, N, N)
        """Maps N values to the N residuals of predicting each from all the others, by each method.

        Source: Rasmussen & Williams 2006, eq. 5.12 (Gaussian processes); the PRESS residual (least squares).
        """
        terms = light_features(self.lights, self._features)
        hats = [np.eye(len(terms)) - terms @ p for p in self._polynomials]
        return np.stack([matrix / matrix.diagonal()[:, None] for matrix in hats + self._inverses])

    def _least_squares(self, degree: int) -> NDArray[np.float64]:  # (F, N), rows of higher degrees are 0
        kept = [sum(feature) <= degree for feature in self._features]
        solution = np.zeros((len(kept), len(self.lights)))
        solution[kept] = np.linalg.pinv(light_features(self.lights, self._features)[:, kept])
        return solution

    def _inverse(self, length: float, noise: float) -> NDArray[np.float64]:  # (N, N)
        covariance = _kernel(self.lights, self.lights, length) + noise * np.eye(len(self.lights))
        return np.linalg.inv(covariance).astype(np.float64)


class Interpolator:
    """The mix of linear interpolators, chosen per pixel by leave-one-out errors smoothed over the picture.

    The smoothed errors, and so the mix, are kept on a grid of at most a million cells: every pixel of pictures up to
    a megapixel, every s-th row and column of larger ones.

    Args:
        photographs: what it interpolates.
    """

    def __init__(self, photographs: Photographs):
        self.methods = LinearInterpolators(photographs.lights)
        self.stride = int(np.ceil((photographs.mask.size / _CELLS) ** 0.5))
        cells = torch.from_numpy(photographs.mask[:: self.stride, :: self.stride].copy())
        errors = self._errors(photographs, cells)  # (M, h, w)
        errors = _smoothed(errors, cells.to(errors.device), _BLUR_PIXELS / self.stride)
        self.mix = torch.softmax(-errors / (_TEMPERATURE * errors.amin(0) + 1e-6), dim=0)  # (M, h, w)

    def _errors(self, photographs: Photographs, cells: Tensor) -> Tensor:
        """The mean squared leave-one-out error of every method at every cell, (M, h, w); 0 outside the mask."""
        leave_one_out = torch.from_numpy(self.methods.leave_one_out()).float().to(photographs.device)  # (M, N, N)
        errors = torch.zeros(len(leave_one_out), *cells.shape, device=photographs.device)
        rows, columns = np.nonzero(cells.numpy())
        for start in range(0, len(rows), _CHUNK):
            r, c = rows[start : start + _CHUNK], columns[start : start + _CHUNK]
            samples = photographs.read(r * self.stride, c * self.stride)  # (N, 3, P)
            residuals = leave_one_out @ samples.flatten(1)  # (M, N, 3P)
            errors[:, r, c] = residuals.square_().mean(1).view(len(errors), 3, -1).mean(1)
        return errors

    def mix_of(self, rows: Tensor, columns: Tensor) -> Tensor:
        """The shares of the M methods at P pixels, (M, P)."""
        return self.mix[:, rows // self.stride, columns // self.stride]

    def __call__(self, samples: Tensor, mix: Tensor, lights: Tensor) -> Tensor:
        """What P pixels look like under L lights.

        Args:
            samples: (N, 3, P) float32, the pixels' photographs.
            mix: (M, P) of the same pixels.
            lights: (L, 3) unit vectors.

        Returns:
            (L, 3, P) float32, not clamped.
        """
        weights = torch.from_numpy(self.methods.weights(lights.cpu().double().numpy())).to(samples)  # (M, L, N)
        by_method = (weights @ samples.flatten(1)).view(*weights.shape[:2], *samples.shape[1:])  # (M, L, 3, P)
        mixed: Tensor = (by_method * mix[:, None, None]).sum(0)
        return mixed


def _kernel(a: NDArray[np.float64], b: NDArray[np.float64], length: float) -> NDArray[np.float64]:
    """Squared exponential of the chord plus a linear kernel, (A, 3), (B, 3) → (A, B)."""
    squared_chord = ((a[:, None] - b) ** 2).sum(-1)
    kernel: NDArray[np.float64] = np.exp(-squared_chord / (2 * length**2)) + 0.5 * (a @ b.T) + 0.5
    return kernel


def _smoothed(errors: Tensor, cells: Tensor, sigma: float) -> Tensor:
    """Gaussian smoothing of (M, h, w) within the (h, w) mask: cells outside neither give nor take."""
    radius = int(4 * sigma + 0.5)
    taps = torch.exp(-0.5 * (torch.arange(-radius, radius + 1, device=errors.device) / sigma) ** 2)
    weighted = torch.cat([errors * cells, cells[None].to(errors)])[:, None]  # (M + 1, 1, h, w)
    weighted = functional.conv2d(weighted, taps[None, None, :, None], padding=(radius, 0))
    weighted = functional.conv2d(weighted, taps[None, None, None], padding=(0, radius))[:, 0]
    return weighted[:-1] / weighted[-1].clamp(min=1e-12)
