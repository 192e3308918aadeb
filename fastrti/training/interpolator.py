"""The light interpolator: a teacher that predicts pixels at lights between the photographed ones.

It has several methods, which are linear interpolators over the lights. For each pixel it mixes their answers. The
shares of the mix are those that predict each photograph best from all the others. Then a small network, the same for
all pixels, looks at the answers and corrects the shares. It learns from the same predictions. The interpolator needs
all photographs, so it is a teacher and not a format.

A new light can be farther from the photographs than a photograph is from the others: a dome can lack a whole ring.
There a method that extrapolates is far more uncertain than the predictions of photographs tell. So a share counts by
the inverse of the method's variance at the light, relative to its mean variance at photographs that are left out.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from fastrti.photographs.hold_out import Indices
from fastrti.progress import counted
from fastrti.training.linear_interpolators import LinearInterpolators
from fastrti.training.randomness import generator, seeded
from fastrti.training.samples import Photographs
from fastrti.training.settings import InterpolatorSettings

_MAX_CELLS = 1 << 18  # larger pictures get larger cells
_DESCENT_STEPS = 60
_TRUST_FLOOR = 0.3  # of the median pixel's error, added to every error: bounds what one pixel counts
_CHUNK = 4096  # pixels drawn at once
_RESIDUAL_PIXELS = 512  # whose residuals are in memory at once: few enough for a core's cache
_LEAST_ERROR = 0.01  # of the median photograph's error, added to every error: bounds what one photograph counts

_LEAST_SHARE = 0.1  # added to every share, so that the correction can raise it
_CORRECTION_PIXELS, _CORRECTION_LIGHTS = 256, 16  # per step
_CORRECTION_RATE = 3e-3


class Interpolator:
    """The mix of linear interpolators that has the least leave-one-out error around each pixel, corrected.

    The shares follow stacked regressions (Breiman 1996). They are ≥ 0, have the sum 1 and minimise shareᵀ·C·share,
    where C is the covariance of the methods' leave-one-out residuals. C comes from some of the pixels of each cell and
    is smoothed over neighbouring cells. A cell has 4 × 4 pixels or more, and there are a quarter of a million cells at
    most.

    The correction follows stacked generalisation (Wolpert 1992). It is a network on the methods' answers.

    In both, a photograph counts by the inverse of its error. PSNR is a mean over photographs of logarithms, and without
    this a few hard photographs would decide everything.

    Args:
        photographs: what it interpolates.
        seed: of the correction's training.
        most_steps: of that training, where `settings` would take more.
        settings: which methods it mixes, and how.
    """

    def __init__(
        self,
        photographs: Photographs,
        seed: int = 0,
        most_steps: int | None = None,
        settings: InterpolatorSettings | None = None,
    ):
        self.settings = settings = settings or InterpolatorSettings()
        self.methods = LinearInterpolators(photographs.lights, settings)
        self.cell = max(settings.cell_pixels, int(np.ceil((photographs.mask.size / _MAX_CELLS) ** 0.5)))
        draws = generator(seed)
        pixels = _Pixels(photographs, draws)
        residuals, variances = self.methods.leave_one_out()
        self._usual = variances.mean(1)  # (M,)
        left_out = torch.from_numpy(residuals).float().to(photographs.device)  # (M, N, N)
        importance = _importance(left_out, pixels) if settings.importance else left_out.new_ones(left_out.shape[1])
        covariances = self._covariances(photographs, left_out * importance.sqrt()[:, None])
        self.shares = _stacked(covariances, settings.shrinkage)  # (M, h, w)
        self.errors = torch.einsum("mkhw,mhw,khw->hw", covariances, self.shares, self.shares)  # mean squares of the mix
        steps = settings.correction_steps if most_steps is None else min(most_steps, settings.correction_steps)
        self.correction = self._learn(left_out, self._certainty(variances), importance, pixels, draws, steps)

    def shares_of(self, rows: Tensor, columns: Tensor) -> Tensor:
        """The shares of the M methods at P pixels before the correction, (M, P)."""
        return self.shares[:, rows // self.cell, columns // self.cell]

    def trust_of(self, rows: Tensor, columns: Tensor) -> Tensor:
        """How much a student's distance from this teacher counts at each of P pixels: (P,), of mean square 1.

        The trust is low where the teacher predicts photographs badly from each other. There the student learns from its
        photographs instead.
        """
        errors = self.errors[rows // self.cell, columns // self.cell]
        trust = (errors + _TRUST_FLOOR * errors.median() + 1e-9).rsqrt()
        return trust / trust.square().mean().sqrt()

    @torch.no_grad()
    def __call__(self, samples: Tensor, shares: Tensor, lights: Tensor, values: Tensor | None = None) -> Tensor:
        """What P pixels look like under L lights.

        Args:
            samples: (N, 3, P) float32, the pixels' photographs.
            shares: (M, P) of the same pixels.
            lights: (L, 3) unit vectors.
            values: (N, 3, P) float32, other values under the photographs' lights. They are interpolated in place of the
                samples, by the shares that the samples lead to.

        Returns:
            (L, 3, P) float32, not clamped.
        """
        numbers, variances = self.methods.at(lights.cpu().double().numpy())
        weights, shares = torch.from_numpy(numbers).to(samples), _under(shares, self._certainty(variances))
        mix, deviations = _mixed(_answers(weights, samples), shares)
        corrected = self.correction(mix, deviations, shares)
        if values is not None:
            mix, deviations = _mixed(_answers(weights, values), shares)
        return torch.lerp(mix, mix + (corrected * deviations).sum(1), self.settings.correction_taken)

    def _covariances(self, photographs: Photographs, leave_one_out: Tensor) -> Tensor:  # (M, N, N) → (M, M, h, w)
        """The covariance of the methods' leave-one-out residuals around every cell."""
        count = len(leave_one_out)
        height, width = (-(-size // self.cell) for size in photographs.mask.shape)
        sums = torch.zeros(height * width, count * count + 1, device=photographs.device)  # the last column counts
        rows, columns = np.nonzero(photographs.mask & _sampled(photographs.mask.shape, self.cell))
        for start in counted(range(0, len(rows), _RESIDUAL_PIXELS), "comparing interpolators"):
            r, c = rows[start : start + _RESIDUAL_PIXELS], columns[start : start + _RESIDUAL_PIXELS]
            samples = photographs.read(r, c).flatten(1)  # (N, 3P)
            residuals = (leave_one_out @ samples).view(count, -1, len(r))  # (M, 3N, P)
            products = torch.stack([(residuals * one).mean(1) for one in residuals])  # (M, M, P)
            cells = torch.from_numpy(r // self.cell * width + c // self.cell).to(sums.device)
            sums.index_add_(0, cells, functional.pad(products.flatten(0, 1).T, (0, 1), value=1.0))
        smoothed = _smoothed(sums.T.view(-1, height, width), self.settings.blur_cells)
        return (smoothed[:-1] / smoothed[-1].clamp(min=1e-6)).view(count, count, height, width)

    def _learn(
        self,
        left_out: Tensor,
        certainty: Tensor,
        importance: Tensor,
        pixels: "_Pixels",
        draws: torch.Generator,
        steps: int,
    ) -> "_Correction":
        """Trains the correction to predict photographs from all the others."""
        predictions = torch.eye(left_out.shape[1], device=left_out.device) - left_out  # (M, N, N)
        rows, columns = pixels.draw(_CHUNK // 2)
        shares = _under(self._shares_at(rows, columns), certainty)
        typical = _mixed(_answers(predictions, pixels.read(rows, columns)), shares)
        with seeded(draws.initial_seed()):
            correction = _Correction(*typical, self.settings.correction_width).to(left_out.device)
        optimizer = torch.optim.Adam(correction.parameters(), fused=True)
        for step in counted(range(steps), "training the interpolator"):
            falling = 0.5 + 0.5 * np.cos(np.pi * step / steps)
            optimizer.param_groups[0]["lr"] = _CORRECTION_RATE * falling * min(1, (step + 1) / 50)
            rows, columns = pixels.draw(_CORRECTION_PIXELS)
            samples = pixels.read(rows, columns)
            shown = torch.randperm(len(samples), generator=draws)[:_CORRECTION_LIGHTS].to(samples.device)
            shares = _under(self._shares_at(rows, columns), certainty[:, shown])
            mix, deviations = _mixed(_answers(predictions[:, shown], samples), shares)
            rendered = mix + (correction(mix, deviations, shares) * deviations).sum(1)
            errors = (rendered - samples[shown]).square().mean((1, 2))
            optimizer.zero_grad()
            (errors @ importance[shown]).backward()
            optimizer.step()
        return correction.requires_grad_(False)

    def _certainty(self, variances: NDArray[np.float64]) -> Tensor:  # (M, L) → (M, L) float32
        """1 at a light where a method is as uncertain as of a photograph that is left out, on average."""
        return torch.from_numpy(self._usual[:, None] / variances).to(self.shares)

    def _shares_at(self, rows: Indices, columns: Indices) -> Tensor:
        return self.shares_of(torch.from_numpy(rows), torch.from_numpy(columns))


class _Pixels:
    """Random pixels of the mask."""

    def __init__(self, photographs: Photographs, draws: torch.Generator):
        self.read = photographs.read
        self._rows, self._columns = np.nonzero(photographs.mask)
        self._draws = draws

    def draw(self, count: int) -> tuple[Indices, Indices]:
        """Rows and columns of so many."""
        drawn = torch.randint(len(self._rows), (count,), generator=self._draws).numpy()
        return self._rows[drawn], self._columns[drawn]


class _Correction(nn.Module):
    """Corrects the shares at a pixel and a light by what the methods answer there. They stay ≥ 0, with the sum 1.

    The input of the network is the mix, and the answers relative to the mix. Its output is a factor as a logarithm, one
    for each method and colour. At first it corrects nothing.

    Args:
        mix: (L, 3, P) of typical pixels and lights. It sets the scale of the network's input, as `deviations` do.
        deviations: (L, M, 3, P) of the same.
        width: of the hidden layers.
    """

    def __init__(self, mix: Tensor, deviations: Tensor, width: int):
        super().__init__()
        self._centre = mix.mean()
        self._scale = 0.5 / deviations.square().mean().sqrt().clamp(min=1e-4)
        outputs = 3 * deviations.shape[1]
        self.first = nn.Linear(outputs + 3, width)
        self.second = nn.Linear(width, width)
        self.last = nn.Linear(width, outputs)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    @property
    def multiply_adds(self) -> int:
        """Per pixel and light."""
        return sum(layer.weight.numel() for layer in (self.first, self.second, self.last))

    def forward(self, mix: Tensor, deviations: Tensor, shares: Tensor) -> Tensor:
        """(L, 3, P), (L, M, 3, P), (L, M, P) → (L, M, 3, P), the corrected shares."""
        h = torch.cat([self._scale * deviations.flatten(1, 2), 3 * (mix - self._centre)], dim=1)  # (L, 3M + 3, P)
        for layer in (self.first, self.second, self.last):
            h = torch.baddbmm(layer.bias[:, None], layer.weight.expand(len(h), -1, -1), h)
            h = h if layer is self.last else functional.relu_(h)
        return torch.softmax(h.view_as(deviations) + (shares + _LEAST_SHARE).log()[:, :, None], dim=1)


def _answers(weights: Tensor, samples: Tensor) -> Tensor:  # (M, L, N), (N, 3, P) → (L, M, 3, P)
    """What each method answers at each light."""
    rows = weights.transpose(0, 1)
    return (rows.flatten(0, 1) @ samples.flatten(1)).view(*rows.shape[:2], *samples.shape[1:])


def _under(shares: Tensor, certainty: Tensor) -> Tensor:  # (M, P), (M, L) → (L, M, P)
    """The shares under each light, where certain methods count more."""
    weighted = shares * certainty.T[:, :, None]
    return weighted / weighted.sum(1, keepdim=True)


def _mixed(answers: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:  # (L, M, 3, P), (L, M, P)
    """The mix of the answers, (L, 3, P), and each answer minus the mix, (L, M, 3, P)."""
    mix = (answers * shares[:, :, None]).sum(1)
    return mix, answers - mix[:, None]


def _importance(left_out: Tensor, pixels: _Pixels) -> Tensor:  # (N,), of mean 1
    """How much a photograph counts: the inverse of the error with which the best method predicts it."""
    samples = pixels.read(*pixels.draw(_CHUNK)).flatten(1)  # (N, 3P)
    errors = (left_out @ samples).square().mean(2).amin(0)
    importance = 1 / (errors + _LEAST_ERROR * errors.median() + 1e-9)
    return importance / importance.mean()


def _sampled(shape: tuple[int, int], cell: int) -> NDArray[np.bool_]:
    """(H, W) True at the four or nine pixels of each cell whose residuals are computed."""
    row, column = (np.arange(size) % cell % (cell // 2) == 0 for size in shape)
    sampled: NDArray[np.bool_] = np.logical_and.outer(row, column)
    return sampled


def _smoothed(maps: Tensor, sigma: float) -> Tensor:
    """Gaussian smoothing of (C, h, w), zero outside."""
    radius = int(4 * sigma)
    taps = torch.exp(-0.5 * (torch.arange(-radius, radius + 1, device=maps.device) / sigma) ** 2)
    down = functional.conv2d(maps[:, None], taps[None, None, :, None], padding=(radius, 0))
    return functional.conv2d(down, taps[None, None, None], padding=(0, radius))[:, 0]


def _stacked(covariances: Tensor, shrinkage: float) -> Tensor:  # (M, M, h, w) → (M, h, w)
    """The shares ≥ 0 of sum 1 that minimise shareᵀ·C·share plus the shrinkage, by exponentiated gradient descent."""
    errors = covariances.diagonal().permute(2, 0, 1)  # (M, h, w)
    scale = errors.amin(0) + 1e-7
    shares = torch.full_like(errors, 1 / len(errors))
    for _ in counted(range(_DESCENT_STEPS), "weighing interpolators"):
        gradient = (torch.einsum("mkhw,khw->mhw", covariances, shares) + shrinkage * errors * shares) / scale
        shares = shares * torch.exp(-0.5 * (gradient - gradient.amin(0)).clamp(max=20))
        shares = shares / shares.sum(0)
    return shares
