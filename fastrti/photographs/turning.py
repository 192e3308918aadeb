"""A part of the photographs, turned: pixels, mask, light directions and positions together."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import CollectionError
from fastrti.lazy import lazy
from fastrti.photographs.checks import Samples
from fastrti.photographs.corrections import Correction
from fastrti.photographs.mlic import Mlic
from fastrti.progress import counted

_STRIP_PIXELS = 1 << 15  # resampled at once: what memory holds besides the photographs stays small


@dataclass(frozen=True)
class Part:
    """A rectangle of whole pixels inside a picture, and how it is turned.

    Attributes:
        x: of its left column.
        y: of its top row.
        width: in pixels, before it is turned.
        height: in pixels, before it is turned.
        degrees: clockwise, from -180 to 180.
    """

    x: int
    y: int
    width: int
    height: int
    degrees: float

    @property
    def quarters(self) -> int:
        """The quarter turns nearest to the angle, from -2 to 2."""
        return round(self.degrees / 90)

    @property
    def exact(self) -> bool:
        """Whether pixels are moved and not resampled."""
        return self.degrees == 90 * self.quarters

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of what comes out."""
        return (self.width, self.height) if self.quarters % 2 else (self.height, self.width)

    def changes(self, mlic: Mlic) -> bool:
        """Whether it is not all of a collection as it is."""
        return bool(self.degrees) or self.crops(mlic)

    def crops(self, mlic: Mlic) -> bool:
        """Whether it is smaller than the photographs."""
        return (self.height, self.width) != (mlic.height, mlic.width)

    def cut(self, picture: NDArray[Any]) -> NDArray[Any]:
        """A picture of samples, (H, W, 3), or a mask, (H, W), cut and turned.

        Other angles than quarter turns are resampled by cubic convolution of the stored samples, which is exact for
        polynomials of degree 2 (Keys 1981, a = -1/2). Beyond its edges the picture goes on as it is there.
        """
        if self.exact:
            part = picture[self.y : self.y + self.height, self.x : self.x + self.width]
            return np.rot90(part, -self.quarters)
        made = np.empty((*self.size, *picture.shape[2:]), picture.dtype)
        for rows, x, y in self._origins():
            made[rows] = _rounded(_interpolated(picture, x, y), picture.dtype)
        return made

    def inside(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """(height, width) bool, where what comes out was inside of a picture of (H, W) pixels."""
        inside = np.empty(self.size, bool)
        for rows, x, y in self._origins():
            inside[rows] = (abs(2 * x + 1 - shape[1]) <= shape[1]) & (abs(2 * y + 1 - shape[0]) <= shape[0])
        return inside

    def directions(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Vectors, (N, 3), on axes with +y up, turned with the picture."""
        quarter = [(1, 0), (0, 1), (-1, 0), (0, -1)][self.quarters % 4]
        cosine, sine = quarter if self.exact else self._cosine_and_sine
        x, y, z = vectors.T
        return np.stack([x * cosine + y * sine, y * cosine - x * sine, z], axis=1)

    def positions(self, positions: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float64]:
        """Positions in picture widths from the middle of a picture of (H, W) pixels → from the middle of this part."""
        middle = (self.x + self.width / 2 - shape[1] / 2, shape[0] / 2 - self.y - self.height / 2, 0)
        return self.directions(positions * shape[1] - middle) / self.size[1]

    @lazy
    def _cosine_and_sine(self) -> tuple[float, float]:
        angle = math.radians(self.degrees)
        return math.cos(angle), math.sin(angle)

    def _origins(self) -> Iterator[tuple[slice, NDArray[np.float64], NDArray[np.float64]]]:
        """Strips of rows, and the column and the row, (R, width) each, where their pixels come from."""
        cosine, sine = self._cosine_and_sine
        height, width = self.size
        right = np.arange(width) + 0.5 - width / 2
        step = max(1, _STRIP_PIXELS // width)
        for start in range(0, height, step):
            stop = min(start + step, height)
            down = np.arange(start, stop)[:, None] + 0.5 - height / 2
            x = self.x + self.width / 2 + cosine * right + sine * down - 0.5
            y = self.y + self.height / 2 + cosine * down - sine * right - 0.5
            yield slice(start, stop), x, y


def turned(mlic: Mlic, part: Part, out: Samples | None = None) -> Mlic:
    """A part of a collection, turned; arguments and errors as of `fastrti.photographs.frame.framed`."""
    shape = (len(mlic), *part.size, 3)
    if out is None:
        out = np.empty(shape, mlic.photographs.dtype)
    else:
        out = out.reshape(-1)[: math.prod(shape)].reshape(shape)
    for index in counted(range(len(mlic)), "framing photographs"):
        out[index] = part.cut(mlic.photographs[index]).copy()  # it may lie where a part of the photograph lay
    lights, positions = part.directions(mlic.lights), None
    if mlic.positions is not None:
        positions = part.positions(mlic.positions, (mlic.height, mlic.width))
        lights = positions / np.linalg.norm(positions, axis=1, keepdims=True)  # those of the new middle
    return replace(
        mlic,
        photographs=out,
        lights=lights,
        positions=positions,
        mask=_mask(mlic, part),
        corrections=(*mlic.corrections, *_corrections(mlic, part)),
    )


def _interpolated(picture: NDArray[Any], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float32]:
    """The values of a picture, (H, W) or (H, W, C), between its pixels: at columns and rows (R, S) each."""
    height, width = picture.shape[:2]
    pixels = picture.reshape(height * width, -1)
    left, top = np.floor(x).astype(np.intp), np.floor(y).astype(np.intp)
    across, down = _keys(x - left), _keys(y - top)
    columns = [np.clip(left + k - 1, 0, width - 1) for k in range(4)]
    values = np.zeros((*x.shape, pixels.shape[1]), np.float32)
    for k in range(4):
        start = np.clip(top + k - 1, 0, height - 1) * width
        for weight, column in zip(across, columns):
            values += (down[k] * weight)[..., None] * pixels.take(start + column, axis=0)
    return values.reshape(*x.shape, *picture.shape[2:])


def _keys(t: NDArray[np.float64]) -> list[NDArray[np.float32]]:
    """The weights of the four neighbours at t in [0, 1) between the second and the third."""
    weights = ((-t + 2 * t**2 - t**3), (2 - 5 * t**2 + 3 * t**3), (t + 4 * t**2 - 3 * t**3), (t**3 - t**2))
    return [(weight / 2).astype(np.float32) for weight in weights]


def _rounded(values: NDArray[np.float32], dtype: np.dtype[Any]) -> NDArray[Any]:
    return values > 0.5 if dtype == np.bool_ else (np.clip(values, 0, np.iinfo(dtype).max) + 0.5).astype(dtype)


def _mask(mlic: Mlic, part: Part) -> NDArray[np.bool_] | None:
    mask = None if mlic.mask is None else np.ascontiguousarray(part.cut(mlic.mask))
    if not part.exact:  # beside the photographs is no object
        inside = part.inside((mlic.height, mlic.width))
        mask = inside if mask is None else mask & inside
    if mask is None or mask.all():
        return None
    if not mask.any():
        raise CollectionError("expected object pixels in the crop, found none: it lies where the mask has no object")
    return mask


def _corrections(mlic: Mlic, part: Part) -> list[Correction]:
    made = []
    numbers: dict[str, Any]
    if part.crops(mlic):
        size = f"{part.width}×{part.height} of {mlic.width}×{mlic.height} pixels"
        numbers = {"x": part.x, "y": part.y, "width": part.width, "height": part.height}
        made.append(Correction("crop", f"{size}, from {part.x}, {part.y}", numbers | {"of": [mlic.width, mlic.height]}))
    if part.degrees:
        way = "clockwise" if part.degrees > 0 else "counter-clockwise"
        how = "pixels moved" if part.exact else "pixels resampled"
        numbers = {"degrees_clockwise": part.degrees, "resampled": not part.exact}
        made.append(Correction("rotation", f"{abs(part.degrees):g}° {way}, {how}", numbers))
    return made
