"""The flat field: what lamp and lens do to a white card, taken out of the photographs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.linear_light import LinearLight
from fastrti.errors import CollectionError
from fastrti.photographs.checks import Samples
from fastrti.photographs.corrections import Correction
from fastrti.photographs.mlic import Mlic
from fastrti.photographs.photograph import read_photograph
from fastrti.progress import counted

_CELLS = 64  # along the longer side: finer than any lamp's pattern, coarser than the card's texture


def flattened(mlic: Mlic, out: Samples | None = None, *, flat_field: str | Path) -> Mlic:
    """Divides light by that of a card, relative to its mean."""
    out = np.empty_like(mlic.photographs) if out is None else out
    light = LinearLight(mlic)
    pattern = _pattern(mlic, light, Path(flat_field))
    for index in counted(range(len(mlic)), "applying the flat field"):
        photograph = mlic.photographs[index]
        corrected = light.encode(light.decode(photograph) / pattern)
        out[index] = np.where(photograph == light.white, photograph, corrected)
    correction = Correction("flat field", "divided by the card", {"file": Path(flat_field).name})
    return replace(mlic, photographs=out, corrections=(*mlic.corrections, correction))


def _pattern(mlic: Mlic, light: LinearLight, path: Path) -> NDArray[np.float32]:
    card = read_photograph(path).pixels
    if card.shape[:2] != (mlic.height, mlic.width):
        raise CollectionError(f"{path.name}: expected the photographs' size")
    values = light.decode(card)
    pattern: NDArray[np.float32] = values / values.mean(axis=(0, 1))
    return pattern
