"""Raw files of one collection: developed alike, so that a pixel changes with the light alone."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from fastrti.errors import CollectionError
from fastrti.photographs.checks import Transfer
from fastrti.photographs.corrections import Correction
from fastrti.photographs.picture_file import Development, PictureFile
from fastrti.photographs.raw_file import develop, libraw_version

_SAME = 0.01  # of a white balance: cameras round it
_SAME_LEVELS = 1.5  # between white levels: ISO changes them a little, another number of bits by 2 or more


def develop_alike(
    files: Sequence[PictureFile], transfer: Transfer | None, max_pixels: int | None = None
) -> tuple[list[PictureFile], Transfer, tuple[Correction, ...]]:
    """One white balance and one exposure for all raw files of a set, and how samples encode light.

    The white balance is the median of the camera's own. Nothing is brightened: white is the smallest white level above
    black of the set.

    Args:
        files: headers of a set.
        transfer: what the caller says; None for the usual, which is linear for raw files and sRGB for others.

    Raises:
        CollectionError: raw files beside others, raw files that were said to be sRGB, or white levels of two depths.
    """
    raw = [(file, file.development) for file in files if file.development is not None]
    if not raw:
        return list(files), transfer or "srgb", ()
    if len(raw) < len(files):
        other = next(file for file in files if file.development is None)
        raise CollectionError(
            f"{other.path.name}: expected a raw file as {raw[0][0].path.name}, found another kind: "
            "all photographs of a collection are raw, or none"
        )
    if transfer == "srgb":
        raise CollectionError(
            f"{raw[0][0].path.name}: expected raw files to be proportional to light, got the transfer srgb: "
            "leave out transfer="
        )
    own = [development for _, development in raw]
    lowest = min(raw, key=lambda pair: pair[1].levels)
    highest = max(raw, key=lambda pair: pair[1].levels)
    if highest[1].levels > _SAME_LEVELS * lowest[1].levels:
        raise CollectionError(
            f"{lowest[0].path.name}: expected the white level of {highest[0].path.name}, {highest[1].levels} above "
            f"black, found {lowest[1].levels}: all photographs of a collection have one setting of the camera"
        )
    balances = np.array([development.white_balance for development in own])
    red, green, blue, fourth = (float(value) for value in np.median(balances, axis=0))
    common = Development((red, green, blue, fourth), lowest[1].levels)
    alike = [
        replace(file, development=common, decode=partial(develop, file.path, common, max_pixels)) for file, _ in raw
    ]
    return alike, "linear", (_correction(common, balances),)


def _correction(common: Development, balances: np.ndarray) -> Correction:
    red, _, blue, _ = common.white_balance
    sentence = (
        f"the raw files were developed with one white balance, red × {red:.3g} and blue × {blue:.3g}, "
        f"and one exposure, white {common.levels} above black"
    )
    if np.ptp(balances, axis=0).max() > _SAME * balances.max():
        low, high = balances.min(axis=0), balances.max(axis=0)
        sentence += (
            f"; the camera's own white balance changes, red × {low[0]:.3g} to {high[0]:.3g} and blue × {low[2]:.3g} "
            f"to {high[2]:.3g}, and the median was taken"
        )
    numbers = {"white_balance": list(common.white_balance), "levels": common.levels, "libraw": libraw_version()}
    return Correction("raw development", sentence, numbers)
