"""A photograph of a white or grey card, smoothed: its grain and the camera's noise are not what it is taken for."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import CollectionError
from fastrti.photographs.checks import Samples, Transfer
from fastrti.photographs.linear_light import LinearLight
from fastrti.photographs.notes import Doubt
from fastrti.photographs.photograph import decode, open_photograph
from fastrti.picture_limits import MAX_PIXELS
from fastrti.text import listed

Floats = NDArray[np.float64]

_CELLS = 64  # along the longer side: finer than a lamp's pattern, coarser than the grain of paper
_LEAST_PIXELS = 4  # of a cell's side
_MOST_WHITE = 0.001  # of the samples; more says that a part of the card is overexposed
_LEAST_LIGHT = 0.01  # of white, in every cell; less is mostly noise
_MOST_ROUGH = 0.1  # lenses and lamps stay below a fifth of it


@dataclass(frozen=True, eq=False)
class Card:
    """What a card shows.

    Attributes:
        name: of the file.
        sha256: of the file.
        cells: (h, w, 3) float64, the mean light in each cell; all above 0.
        roughness: how far a cell is at most from the mean of its neighbours, as a share of it.
    """

    name: str
    sha256: str
    cells: Floats
    roughness: float

    @classmethod
    def read(cls, path: Path, size: tuple[int, int], transfer: Transfer) -> "Card":
        """Reads the photograph of a card.

        Args:
            path: the file.
            size: (height, width) in pixels that it has to have.
            transfer: how its samples encode light.

        Raises:
            CollectionError: it cannot be read, has another size, is overexposed or too dark.
        """
        height, width = size
        header = open_photograph(path, max(MAX_PIXELS, height * width))
        pixels = decode(header, transfer == "linear").pixels
        if pixels.shape[:2] != size:
            raise CollectionError(
                f"{path.name}: expected a card of the photographs' size, {width}×{height}, found "
                f"{pixels.shape[1]}×{pixels.shape[0]}: photograph the card with the same camera and lens"
            )
        light = LinearLight(pixels.dtype, transfer)
        white = float((pixels == light.white).mean())
        if white > _MOST_WHITE:
            raise CollectionError(
                f"{path.name}: expected a card without white pixels, found {white:.1%} of its samples white: "
                "expose it less"
            )
        cells = _cells(pixels, light)
        if cells.min() < _LEAST_LIGHT:
            raise CollectionError(
                f"{path.name}: expected a card that fills the picture, found a part with {cells.min():.1%} of the "
                "light of white: expose it longer, or photograph a larger card"
            )
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return cls(path.name, digest, cells, _roughness(cells))


def _cells(pixels: Samples, light: LinearLight) -> Floats:
    """The mean light in each cell, (h, w, 3)."""
    rows, columns = (edges_of_cells(size, max(pixels.shape[:2])) for size in pixels.shape[:2])
    sums = np.stack(
        [
            np.add.reduceat(light.decode(pixels[top:bottom]).sum(0, dtype=np.float64), columns[:-1], axis=0)
            for top, bottom in pairwise(rows)
        ]
    )
    counts = np.multiply.outer(np.diff(rows), np.diff(columns))
    return sums / counts[..., None]


def edges_of_cells(size: int, longer: int) -> NDArray[np.intp]:
    """Where cells begin and end along a side of so many pixels, (cells + 1,), if the longer side has so many."""
    cells = max(1, min(size // _LEAST_PIXELS, round(_CELLS * size / longer)))
    edges: NDArray[np.intp] = np.linspace(0, size, cells + 1).round().astype(np.intp)
    return edges


def _roughness(cells: Floats) -> float:
    if min(cells.shape[:2]) < 3:
        return 0.0
    around = (cells[:-2, 1:-1] + cells[2:, 1:-1] + cells[1:-1, :-2] + cells[1:-1, 2:]) / 4
    return float(np.abs(cells[1:-1, 1:-1] / around - 1).max())


def doubts(cards: Sequence[Card]) -> list[Doubt]:
    """A doubt where neighbouring cells differ as they do on an object, and not on a card."""
    rough = [card for card in cards if card.roughness > _MOST_ROUGH]
    if not rough:
        return []
    most = max(card.roughness for card in rough)
    return [
        Doubt(
            f"the card differs by up to {most:.0%} from place to place in {listed([card.name for card in rough])}: "
            "is there something on it, or does it not fill the picture?"
        )
    ]
