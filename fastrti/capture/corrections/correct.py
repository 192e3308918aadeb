"""`correct`: all that is done to a collection before it is fitted or scored, in its order."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

from fastrti.capture.corrections.alignment import aligned
from fastrti.capture.corrections.exposures import even_exposures
from fastrti.capture.corrections.flat_field import flattened
from fastrti.capture.corrections.light_errors import refined_lights
from fastrti.capture.corrections.near_lights import distant
from fastrti.photographs.checks import Samples
from fastrti.photographs.frame import Frame, framed
from fastrti.photographs.mlic import Mlic

Step: TypeAlias = Callable[[Mlic, Samples | None], Mlic]
"""A collection and where its corrected photographs go (None: new memory) → the corrected collection.

What has nothing to correct returns the collection that it got."""


@dataclass(frozen=True)
class Corrections:
    """What `correct` does.

    Attributes:
        flat_field: a photograph of a white or grey card, or a folder with one for each light; None has none.
        frame: what of the photographs becomes the object; None keeps all as it is.
        near_lights: whether photographs under lamps of known positions become photographs under distant lights.
        align: whether shifted photographs are moved back, see `fastrti.capture.corrections.alignment`.
        exposures: whether uneven exposures are evened, see `fastrti.capture.corrections.exposures`.
        refine_lights: whether lights are moved to where photographs agree best, see
            `fastrti.capture.corrections.light_errors`.
    """

    flat_field: str | Path | None = None
    frame: Frame | None = None
    near_lights: bool = True
    align: bool = False
    exposures: bool = False
    refine_lights: bool = False


def correct(mlic: Mlic, corrections: Corrections | None = None, out: Samples | None = None) -> Mlic:
    """Corrects all that is known to be wrong with a collection. `Mlic.corrections` of the result says what was done.

    Args:
        mlic: the photographs and their lights.
        corrections: what to correct. None stands for `Corrections()`.
        out: (N, H, W, 3) of the photographs' dtype, where the corrected photographs go. `mlic.photographs` itself is
            allowed. This takes no further memory, and `mlic` is worthless afterwards. None takes new memory.

    Returns:
        The corrected collection, or the collection itself where there is nothing to correct.

    Raises:
        CollectionError: a flat field that cannot be used.
    """
    for step in _steps(corrections or Corrections()):
        corrected = step(mlic, out)
        if corrected.photographs is not mlic.photographs:
            out = corrected.photographs  # later steps change these in place
        mlic = corrected
    return mlic


def _steps(corrections: Corrections) -> Iterator[Step]:
    """The steps in their order: first what is known of whole photographs, then what compares them."""
    if corrections.flat_field is not None:
        yield partial(flattened, flat_field=corrections.flat_field)
    if (frame := corrections.frame) is not None:
        yield lambda mlic, out: framed(mlic, frame, out)
    if corrections.near_lights:
        yield distant
    if corrections.align:
        yield aligned
    if corrections.exposures:
        yield even_exposures
    if corrections.refine_lights:
        yield refined_lights
