"""Objects without a hidden layer: rgb = W(l)·z + b(l), W from a basis of functions of the light."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fastrti.errors import ArgumentError
from fastrti.lights import unit_light
from fastrti.objects.decoders.base import network_label
from fastrti.objects.frame_network import FrameNetwork, Matrix, to_weights
from fastrti.objects.light_network import LightNetwork
from fastrti.objects.light_terms import BASES, PTM_EXPONENTS

MIN_SIGMA, MAX_SIGMA = 1e-6, 1e6  # chords of the unit sphere end at 2


@dataclass(frozen=True)
class LightBasisDecoder:
    """PTM and HSH: colour channel c = Σ_j L_j(light) · plane 3j+c.

    Attributes:
        basis: "ptm" or "hsh".
        terms: how many of the basis' terms are used (PTM: 6; HSH: 1–16).
        base: planes 0–2 are a base colour, plane 3+j is term j of all channels, and the sum is multiplied by the base
            (LRGB).
    """

    basis: Literal["ptm", "hsh"]
    terms: int
    base: bool = False

    def __post_init__(self) -> None:
        if self.basis not in BASES:
            raise ArgumentError(f"expected basis 'ptm' or 'hsh', got {self.basis!r}")
        if not isinstance(self.terms, int) or not 1 <= self.terms <= BASES[self.basis][1]:
            raise ArgumentError(f"expected 1–{BASES[self.basis][1]} terms of {self.basis}, got {self.terms!r}")

    @property
    def planes(self) -> int:
        """K: 3 a term, or 3 + 1 a term with a base colour."""
        return 3 + self.terms if self.base else 3 * self.terms

    @property
    def label(self) -> str:
        """One line for a person."""
        return f"{self.basis.upper()} {self.terms} terms{', base colour' if self.base else ''}"

    def frame_network(self, light_dir: ArrayLike) -> FrameNetwork:
        """The linear map of one light."""
        values = BASES[self.basis][0](unit_light(light_dir)[None])[0, : self.terms]
        if self.base:
            weight = np.concatenate([np.zeros((3, 3)), np.tile(values, (3, 1))], axis=1)
        else:
            weight = np.kron(values, np.eye(3))  # (3, 3·terms): channel c takes term j from plane 3j+c
        return FrameNetwork((weight.astype(np.float32),), (np.zeros(3, np.float32),), base=self.base)

    def light_network(self) -> LightNetwork:
        """The same rule in the form C++ evaluates: one layer that copies each term to where W has it."""
        weight = np.zeros((3, self.planes, self.terms), np.float32)
        for term in range(self.terms):
            for channel in range(3):
                weight[channel, 3 + term if self.base else 3 * term + channel, term] = 1
        numbers = np.vstack([weight.reshape(-1, self.terms), np.zeros((3, self.terms), np.float32)])
        bias = np.zeros(len(numbers), np.float32)
        if self.basis == "hsh":
            return LightNetwork(self.planes, (), "relu", False, self.base, "hsh", (numbers,), (bias,))
        exponents = np.array(PTM_EXPONENTS[: self.terms], np.int32)
        return LightNetwork(self.planes, (), "relu", False, self.base, "monomials", (numbers,), (bias,), exponents)


@dataclass(frozen=True)
class NodeBasisDecoder:
    """RBF and bilinear objects: W, b = Σ_m w_m(light) · table[:, m], over M nodes on the hemisphere.

    Attributes:
        basis: "rbf" (Gaussian weights of nodes, normalised) or "bilinear" (octahedral grid).
        table: (K+1, M, 3) float32; row 0 is b, row k+1 what plane k adds to RGB.
        nodes: (M, 3) float32 unit vectors ("rbf" only).
        sigma: width of the Gaussian exp(−|n−l|²/σ²), in units of the 3-D chord ("rbf" only).
        resolution: the grid is resolution × resolution, node = row·resolution + column ("bilinear" only).
    """

    basis: Literal["rbf", "bilinear"]
    table: Matrix
    nodes: Matrix | None = None
    sigma: float = 0.0
    resolution: int = 0

    def __post_init__(self) -> None:
        shape = self.table.shape
        if self.table.ndim != 3 or shape[2] != 3 or shape[0] < 2 or shape[1] < 1 or not np.isfinite(self.table).all():
            raise ArgumentError(f"expected a finite table of shape (K+1, M, 3), got {shape}")
        count = shape[1]
        if self.basis == "rbf":
            if self.nodes is None or self.nodes.shape != (count, 3) or not np.isfinite(self.nodes).all():
                raise ArgumentError(f"expected {count} finite nodes (x, y, z), one a column of the table")
            if not MIN_SIGMA <= self.sigma <= MAX_SIGMA:
                raise ArgumentError(f"expected sigma from {MIN_SIGMA:g} to {MAX_SIGMA:g}, got {self.sigma!r}")
        elif self.basis == "bilinear":
            if not isinstance(self.resolution, int) or self.resolution < 2 or self.resolution**2 != count:
                raise ArgumentError(f"expected resolution² = {count} nodes, got a resolution of {self.resolution!r}")
            if self.nodes is not None:
                raise ArgumentError(
                    "expected no nodes for a bilinear grid, got some: its resolution says where they lie"
                )
        else:
            raise ArgumentError(f"expected basis 'rbf' or 'bilinear', got {self.basis!r}")
        self.frame_network((0.0, 0.0))

    @property
    def planes(self) -> int:
        """K, the number of coefficient planes."""
        return len(self.table) - 1

    @property
    def label(self) -> str:
        """One line for a person."""
        return f"{self.basis} {self.table.shape[1]} nodes, {network_label(self.planes, (), 'relu', False)}"

    def frame_network(self, light_dir: ArrayLike) -> FrameNetwork:
        """The linear map of one light."""
        table = np.einsum("kmc,m->kc", self.table.astype(np.float64), self._node_weights(unit_light(light_dir)))
        weight = np.ascontiguousarray(to_weights(table[1:].T))
        return FrameNetwork((weight,), (to_weights(table[0]),))

    def light_network(self) -> LightNetwork:
        """The same rule in the form C++ evaluates: one layer, the table."""
        matrix = self.table[1:].transpose(2, 0, 1).reshape(-1, self.table.shape[1])  # W, then b
        numbers = np.concatenate([matrix, self.table[0].T])
        bias = np.zeros(len(numbers), np.float32)
        return LightNetwork(
            self.planes,
            (),
            "relu",
            False,
            False,
            self.basis,
            (numbers,),
            (bias,),
            nodes=self.nodes,
            sigma=self.sigma,
        )

    def _node_weights(self, light: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.nodes is not None:
            exponent = -((self.nodes.astype(np.float64) - light) ** 2).sum(1) / self.sigma**2
            weights: NDArray[np.float64] = np.exp(exponent - exponent.max())  # the shift keeps far lights finite
            weights /= weights.sum()
            return weights
        x, y, z = light
        across, up = (x + y), (y - x)  # octahedral map of the hemisphere onto the square
        column, row = (np.array([across, up]) / (abs(x) + abs(y) + abs(z)) * 0.5 + 0.5) * (self.resolution - 1)
        left, below = (min(max(int(v), 0), self.resolution - 2) for v in (column, row))
        dx, dy = column - left, row - below
        weights = np.zeros((self.resolution, self.resolution))
        weights[below : below + 2, left : left + 2] = np.outer([1 - dy, dy], [1 - dx, dx])
        return weights.ravel()
