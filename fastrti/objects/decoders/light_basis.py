"""Decoders without a hidden layer: rgb = W(l)·z + b(l), W from a basis of functions of the light."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from fastrti.errors import ArgumentError, ObjectError
from fastrti.json_fields import Fields, array_to_json
from fastrti.objects.decoders.base import Decoder, network_label
from fastrti.objects.frame_network import Matrix
from fastrti.objects.light_network import LightNetwork
from fastrti.objects.light_terms import HSH_TERMS, PTM_EXPONENTS
from fastrti.objects.planes import MAX_PLANES

MAX_NODES = 4096
MAX_TERMS = {"ptm": len(PTM_EXPONENTS), "hsh": HSH_TERMS}
MIN_SIGMA, MAX_SIGMA = 1e-6, 1e6  # chords of the unit sphere end at 2


@dataclass(frozen=True, eq=False)
class LightBasisDecoder(Decoder):
    """PTM and HSH: colour channel c = Σ_j L_j(light) · plane 3j+c.

    Attributes:
        basis: "ptm" or "hsh".
        terms: how many of the basis' terms are used (PTM: 6; HSH: 1–16).
        base_colour: planes 0–2 are a base colour, plane 3+j is term j of all channels, and the sum is multiplied
            by the base colour (LRGB).
    """

    kind: ClassVar = "light_basis"

    basis: Literal["ptm", "hsh"]
    terms: int
    base_colour: bool = False

    def __post_init__(self) -> None:
        if self.basis not in MAX_TERMS:
            raise ArgumentError(f"expected basis 'ptm' or 'hsh', got {self.basis!r}")
        if not isinstance(self.terms, int) or not 1 <= self.terms <= MAX_TERMS[self.basis]:
            raise ArgumentError(f"expected 1–{MAX_TERMS[self.basis]} terms of {self.basis}, got {self.terms!r}")

    @property
    def planes(self) -> int:
        """K: 3 for each term; with a base colour 3, and 1 for each term."""
        return 3 + self.terms if self.base_colour else 3 * self.terms

    @property
    def label(self) -> str:
        """One line for a person."""
        return f"{self.basis.upper()} {self.terms} terms{', base colour' if self.base_colour else ''}"

    def _light_network(self) -> LightNetwork:
        """One layer that copies each term to where W has it."""
        weight = np.zeros((3, self.planes, self.terms), np.float32)
        for term in range(self.terms):
            for channel in range(3):
                weight[channel, 3 + term if self.base_colour else 3 * term + channel, term] = 1
        copies = np.vstack([weight.reshape(-1, self.terms), np.zeros((3, self.terms), np.float32)])
        bias = np.zeros(len(copies), np.float32)
        if self.basis == "hsh":
            return LightNetwork(self.planes, (), "relu", False, self.base_colour, "hsh", (copies,), (bias,))
        exponents = np.array(PTM_EXPONENTS[: self.terms], np.int32)
        return LightNetwork(
            self.planes, (), "relu", False, self.base_colour, "monomials", (copies,), (bias,), exponents
        )

    def to_json(self) -> dict[str, Any]:
        """See `Decoder.to_json`."""
        return {"basis": self.basis, "terms": self.terms, "base": self.base_colour}

    @classmethod
    def from_json(cls, fields: Fields, planes: int) -> "LightBasisDecoder":
        """See `Decoder.from_json`."""
        basis: Literal["ptm", "hsh"] = "ptm" if fields.choice("basis", tuple(MAX_TERMS)) == "ptm" else "hsh"
        return cls(basis, fields.integer("terms", 1, MAX_PLANES), fields.boolean("base"))


@dataclass(frozen=True, eq=False)
class NodeBasisDecoder(Decoder):
    """RBF and bilinear objects: W, b = Σ_m w_m(light) · table[:, m], over M nodes on the hemisphere.

    Attributes:
        basis: "rbf" (Gaussian weights of nodes, normalised) or "bilinear" (octahedral grid).
        table: (K+1, M, 3) float32; row 0 is b, row k+1 what plane k adds to RGB.
        nodes: (M, 3) float32 unit vectors ("rbf" only).
        sigma: width of the Gaussian exp(−|n−l|²/σ²), in units of the 3-D chord ("rbf" only).
        resolution: the grid is resolution × resolution, node = row·resolution + column ("bilinear" only).
    """

    kind: ClassVar = "light_basis"

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
                raise ArgumentError(f"expected {count} finite nodes (x, y, z), one per column of the table")
            if not MIN_SIGMA <= self.sigma <= MAX_SIGMA:
                raise ArgumentError(f"expected sigma from {MIN_SIGMA:g} to {MAX_SIGMA:g}, got {self.sigma!r}")
        elif self.basis == "bilinear":
            if not isinstance(self.resolution, int) or self.resolution < 2 or self.resolution**2 != count:
                raise ArgumentError(f"expected resolution² = {count} nodes, got a resolution of {self.resolution!r}")
            if self.nodes is not None:
                raise ArgumentError(
                    "expected no nodes for a bilinear grid, got nodes: leave them out, the resolution places the grid"
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

    def _light_network(self) -> LightNetwork:
        """One layer, the table."""
        matrix = self.table[1:].transpose(2, 0, 1).reshape(-1, self.table.shape[1])  # W, then b
        layer = np.concatenate([matrix, self.table[0].T])
        bias = np.zeros(len(layer), np.float32)
        return LightNetwork(
            self.planes,
            (),
            "relu",
            False,
            False,
            self.basis,
            (layer,),
            (bias,),
            nodes=self.nodes,
            sigma=self.sigma,
        )

    def to_json(self) -> dict[str, Any]:
        """See `Decoder.to_json`."""
        own: dict[str, Any] = {"resolution": self.resolution}
        if self.nodes is not None:
            own = {"nodes": array_to_json(self.nodes), "sigma": self.sigma}
        return {"basis": self.basis, "table": array_to_json(self.table), **own}

    @classmethod
    def from_json(cls, fields: Fields, planes: int) -> "NodeBasisDecoder":
        """See `Decoder.from_json`."""
        table = fields.float32("table", (planes + 1, -1, 3))
        if table.shape[1] > MAX_NODES:
            raise ObjectError(f"{fields.where}: expected at most {MAX_NODES} nodes, got {table.shape[1]}")
        if fields.choice("basis", ("rbf", "bilinear")) == "bilinear":
            return cls("bilinear", table, resolution=fields.integer("resolution", 2, MAX_NODES))
        return cls("rbf", table, fields.float32("nodes", (table.shape[1], 3)), fields.number("sigma"))


def light_basis_from_json(fields: Fields, planes: int) -> Decoder:
    """The decoder of the kind "light_basis", whose key `basis` says which class it is; see `Decoder.from_json`."""
    basis = fields.choice("basis", (*MAX_TERMS, "rbf", "bilinear"))
    decoder: Decoder
    if basis in MAX_TERMS:
        decoder = LightBasisDecoder.from_json(fields, planes)
    else:
        decoder = NodeBasisDecoder.from_json(fields, planes)
    if decoder.planes != planes:
        raise ObjectError(f"{fields.where}: expected a decoder of {planes} planes, got {decoder.label}")
    return decoder
