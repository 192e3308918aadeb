"""The flat field: what lamp and lens do to the light on a white card is taken out of the photographs."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.corrections.card import Card, doubts, edges_of_cells
from fastrti.errors import CollectionError
from fastrti.photographs.checks import Samples
from fastrti.photographs.corrections import Correction
from fastrti.photographs.linear_light import LinearLight, stayed_white
from fastrti.photographs.lp_file import LightList, LightRow
from fastrti.photographs.matching import match_rows
from fastrti.photographs.mlic import Mlic
from fastrti.photographs.places import find_pictures
from fastrti.photographs.sources import SourceFile
from fastrti.progress import counted
from fastrti.text import listed

Floats = NDArray[np.float64]

_BAND_SAMPLES = 1 << 21  # corrected at once


def flattened(mlic: Mlic, out: Samples | None = None, *, flat_field: str | Path) -> Mlic:
    """The photographs as a lens without vignetting and lamps that light alike in all directions would give them.

    Each photograph is divided, in linear light, by what the card shows relative to the card's mean. So the brightness
    and the colour of the whole photograph stay. White samples stay white.

    Args:
        mlic: the photographs.
        out: where the corrected photographs go, see `correct`.
        flat_field: a photograph of a white or grey card that fills the picture and is lit evenly. It shows what the
            lens does. Or a folder with a photograph of the card under the light of each photograph, which shows what
            the lamps do as well. Where the positions of the lamps are known, their fall-off is left to `distant`.

    Raises:
        CollectionError: a card that cannot be read, has another size, is overexposed or too dark, or a folder that
            lacks the card of a photograph.
    """
    out = np.empty_like(mlic.photographs) if out is None else out
    light = LinearLight(mlic.photographs.dtype, mlic.transfer)
    place, size = Path(flat_field), (mlic.height, mlic.width)
    each = place.is_dir()
    paths, notes = _paths_of_cards(mlic, place) if each else ([place], [])
    cards: list[Card] = []
    white, uneven = 0, 1.0
    for index in counted(range(len(mlic)), "applying the flat field"):
        if each or not cards:
            card = Card.read(paths[index], size, mlic.transfer)
            cards.append(card)
            lamp = mlic.positions[index] if each and mlic.positions is not None else None
            pattern = _Pattern(card.cells if lamp is None else card.cells / _matt(size, lamp), size)
            uneven = max(uneven, pattern.uneven)
        for rows in _bands(size):
            samples = mlic.photographs[index, rows]
            clipped = samples == light.white
            out[index, rows] = np.where(clipped, light.white, light.encode(light.decode(samples) / pattern.at(rows)))
            white += int(clipped.sum())
    share = white / mlic.photographs.size
    what = f"{len(cards)} cards in {place.name}" if each else place.name
    sentence = f"light that differs by up to 1:{uneven:.2f} on {what} was made even{stayed_white(share)}"
    digests = {card.name: card.sha256 for card in cards}
    correction = Correction("flat field", sentence, {"sha256": digests, "uneven": uneven, "white": share})
    return replace(
        mlic,
        photographs=out,
        notes=(*mlic.notes, *notes, *doubts(cards)),
        corrections=(*mlic.corrections, correction),
        sources=(*mlic.sources, *(SourceFile(name, "flat field", digest) for name, digest in digests.items())),
    )


def _paths_of_cards(mlic: Mlic, folder: Path) -> tuple[list[Path], list[str]]:
    """The card of each photograph, matched as photographs and rows of a list are, and what was guessed."""
    rows = [LightRow(name, (0.0, 0.0, 1.0), number) for number, name in enumerate(mlic.names)]
    matching, notes = match_rows(LightList(folder.name, tuple(rows), ()), find_pictures(folder, folder, ()))
    if matching.rows:
        raise CollectionError(
            f"{folder.name}: expected a card for each photograph, found none for "
            f"{listed([row.label for row in matching.rows])}: photograph the card under all lights, or pass one card"
        )
    found = {row.line: path for row, path in matching.pairs}
    return [found[number] for number in range(len(mlic))], notes


def _matt(size: tuple[int, int], lamp: Floats) -> Floats:
    """What a matt card shows under a lamp that is a point, (h, w, 1): z/d³ in each of so many cells."""
    height, width = size
    rows, columns = (_middles(edges_of_cells(side, max(size))) for side in size)
    x, y = (columns - width / 2) / width - lamp[0], (height / 2 - rows) / width - lamp[1]
    distance = np.sqrt(x**2 + y[:, None] ** 2 + lamp[2] ** 2)
    matt: Floats = (lamp[2] / distance**3)[..., None]
    return matt


class _Pattern:
    """The light on a card relative to its mean, at every pixel.

    Args:
        cells: (h, w, 3), the light in each cell.
        size: (height, width) of the picture in pixels.

    Attributes:
        uneven: the most light over the least.
    """

    def __init__(self, cells: Floats, size: tuple[int, int]):
        relative = cells / cells.mean(axis=(0, 1))
        self.uneven = float((relative.max(axis=(0, 1)) / relative.min(axis=(0, 1))).max())
        self._down, across = (_between_middles(edges_of_cells(side, max(size)), side) for side in size)
        self._across = np.einsum("xc,rcb->rxb", across, relative)  # (h, W, 3)

    def at(self, rows: slice) -> NDArray[np.float32]:
        """Of some rows of the picture, (rows, W, 3)."""
        pattern = np.tensordot(self._down[rows], self._across, axes=1)
        return pattern.astype(np.float32)


def _bands(size: tuple[int, int]) -> Iterator[slice]:
    """The rows of a picture, some at a time."""
    height, width = size
    step = max(1, _BAND_SAMPLES // (3 * width))
    for top in range(0, height, step):
        yield slice(top, min(top + step, height))


def _middles(edges: NDArray[np.intp]) -> Floats:
    middles: Floats = (edges[1:] + edges[:-1]) / 2
    return middles


def _between_middles(edges: NDArray[np.intp], size: int) -> Floats:
    """The shares of cells in each pixel along a side, (pixels, cells): linear between the middles of cells.

    The outer half of the first and of the last cell goes on as their inner half.
    """
    middles, pixels = _middles(edges), np.arange(size) + 0.5
    shares = np.zeros((size, len(middles)))
    if len(middles) == 1:
        return shares + 1
    left = np.searchsorted(middles[1:-1], pixels)
    right = (pixels - middles[left]) / (middles[left + 1] - middles[left])
    everywhere = np.arange(size)
    shares[everywhere, left], shares[everywhere, left + 1] = 1 - right, right
    return shares
