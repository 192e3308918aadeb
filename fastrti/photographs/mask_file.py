"""A picture that says where the object is."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import CollectionError
from fastrti.photographs.photograph import read_photograph
from fastrti.picture_limits import MAX_PIXELS

EMPTY = "expected a mask with object pixels, found none: it masks out everything"


def read_mask(path: Path, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """A mask: what is white (above one half) and opaque is the object.

    Args:
        path: a picture of a kind that photographs may have.
        shape: (H, W) of the photographs.

    Returns:
        (H, W) bool.

    Raises:
        CollectionError: another size, or a file that cannot be read.
    """
    picture = read_photograph(path, max(MAX_PIXELS, shape[0] * shape[1]))
    drawn: NDArray[np.bool_] = picture.pixels.max(axis=2) > np.iinfo(picture.pixels.dtype).max / 2
    if drawn.shape != shape:
        raise CollectionError(
            f"{path.name}: expected the photographs' size, {shape[1]}×{shape[0]}, "
            f"found {drawn.shape[1]}×{drawn.shape[0]}"
        )
    return drawn if picture.opaque is None else drawn & picture.opaque
