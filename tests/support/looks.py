"""The look of the web viewer in Python: the formulas of docs/viewer.md, on pictures of the Renderer."""

import numpy as np
from numpy.typing import NDArray

from fastrti.srgb import srgb_decode, srgb_encode, to_bytes

Picture = NDArray[np.uint8]
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def looked(
    first: Picture,
    second: Picture | None = None,
    *,
    strength2: float = 1,
    exposure: float = 0,
    white: tuple[float, float, float] = (1, 1, 1),
    sharpen: float = 0,
    radius: float = 2,
    contrast: float = 1,
    mask: NDArray[np.bool_] | None = None,
) -> Picture:
    """The picture (H, W, 3) of one light, or of two, as a viewer shows it."""
    linear = srgb_decode(first / 255.0)
    if second is not None:
        linear = linear + strength2 * srgb_decode(second / 255.0)
    encoded = np.asarray(srgb_encode(np.clip(linear * 2.0**exposure * np.array(white), 0, 1)))
    inside = np.ones(first.shape[:2]) if mask is None else mask.astype(float)
    if sharpen:
        luminance = encoded @ LUMINANCE
        detail = luminance - _blurred(luminance * inside, radius) / np.maximum(_blurred(inside, radius), 1e-9)
        encoded = encoded + sharpen * detail[..., None]
    return to_bytes(((encoded - 0.5) * contrast + 0.5) * 1.0) * inside[..., None].astype(np.uint8)


def _blurred(picture: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    """A Gaussian of this standard deviation, cut at three of them; nothing lies beyond the border."""
    reach = int(np.ceil(3 * radius))
    shares = np.exp(-0.5 * (np.arange(-reach, reach + 1) / radius) ** 2)
    shares /= shares.sum()
    for axis in (0, 1):
        picture = np.apply_along_axis(lambda line: np.convolve(line, shares)[reach : reach + len(line)], axis, picture)
    return picture


def solved_heights(normals: Picture) -> NDArray[np.float64]:
    """Heights (H, W) in pixels, nearest to the slopes of normals (H, W, 3) by least squares; the lowest is 0."""
    vectors = normals - 127.5
    facing = np.maximum(vectors[..., 2], 0.05 * np.linalg.norm(vectors, axis=-1))
    right, down = -vectors[..., 0] / facing, vectors[..., 1] / facing
    height, width = facing.shape
    number = np.arange(height * width).reshape(height, width)
    pairs = [(number[:, :-1], number[:, 1:], (right[:, :-1] + right[:, 1:]) / 2)]
    pairs.append((number[:-1], number[1:], (down[:-1] + down[1:]) / 2))
    start, end, rise = (np.concatenate([pair[i].ravel() for pair in pairs]) for i in range(3))
    steps = np.zeros((len(rise), height * width))
    steps[np.arange(len(rise)), end] += 1
    steps[np.arange(len(rise)), start] -= 1
    heights = np.linalg.lstsq(steps, rise, rcond=None)[0].reshape(height, width)
    return np.asarray(heights - heights.min())
