"""Whether lights explain the shading of the rest of the picture.

A matt surface under the light l is as bright as its normal says, n·l (Lambert 1760). Lights that were read off
something that is no sphere, or off a circle of the wrong size, explain much less of how brightness changes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fastrti.capture.spheres.survey import LIGHT

Floats = NDArray[np.float64]

_ROWS = 24  # of blocks, in the height of the picture
_DARK = 4e-3  # of full light: blocks that are darker on average say nothing
_ENOUGH, _LEAST = 12, 5  # blocks and photographs


@dataclass(frozen=True, eq=False)
class Blocks:
    """Blocks of a picture that are bright enough to say something.

    Attributes:
        light: (N, B) mean linear light in each photograph, as a share of the block's own mean.
        middles: (B, 2) in pixels.
    """

    light: Floats
    middles: Floats


def block_light(greys: NDArray[np.uint8]) -> Blocks:
    """The light of blocks of photographs, (N, h, w)."""
    count, h, w = greys.shape
    side = max(1, h // _ROWS)
    rows, columns = h // side, w // side
    blocks = np.empty((count, rows * columns))
    for index, grey in enumerate(greys):
        light = LIGHT[grey[: rows * side, : columns * side]]
        blocks[index] = light.reshape(rows, side, columns, side).mean((1, 3)).ravel()
    middles = np.stack(np.meshgrid(np.arange(columns) + 0.5, np.arange(rows) + 0.5), axis=-1).reshape(-1, 2) * side
    mean = blocks.mean(0)
    bright = mean > _DARK
    return Blocks(blocks[:, bright] / mean[bright], middles[bright])


def explained(
    blocks: Blocks, used: NDArray[np.bool_], lights: Floats, disc: tuple[float, float, float]
) -> float | None:
    """The share of the changes of brightness that lights explain, the median over blocks; None where too little is lit.

    Args:
        blocks: see `block_light`.
        used: (N,) bool, in which photographs.
        lights: (N, 3) unit vectors.
        disc: x, y and radius of what the lights were read from, in pixels: blocks in it do not count.
    """
    x, y, radius = disc
    outside = np.hypot(blocks.middles[:, 0] - x, blocks.middles[:, 1] - y) > 1.1 * radius
    count = int(used.sum())
    if outside.sum() < _ENOUGH or count < _LEAST:
        return None
    light = blocks.light[used][:, outside]
    base, _ = np.linalg.qr(lights[used])
    left = ((light - base @ (base.T @ light)) ** 2).sum(0) / (count - 3)
    changes = ((light - light.mean(0)) ** 2).sum(0) / (count - 1)
    return float(np.median(1 - left / np.maximum(changes, 1e-6)))
