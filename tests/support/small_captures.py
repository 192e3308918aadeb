"""Small captures of a bumpy tablet for the tests of checks, and what can go wrong with them."""

import numpy as np
from numpy.typing import NDArray

from fastrti import Mlic
from fastrti.srgb import srgb_encode, to_bytes
from fastrti.synth import dome_lights

SIDE, MARGIN = 56, 6
LIGHTS = dome_lights(25)
Linear = NDArray[np.float64]


def linear_pictures(lights: NDArray[np.float64] = LIGHTS, side: int = SIDE, seed: int = 0) -> Linear:
    """Matt bumps with a soft highlight in linear light, (N, side + 2·MARGIN, side + 2·MARGIN, 3)."""
    rng = np.random.default_rng(seed)
    across = side + 2 * MARGIN
    rows, columns = np.mgrid[:across, :across] / SIDE
    heights = np.zeros((across, across))
    for frequency in (2, 4, 8, 14):
        for _ in range(4):
            angle, phase = rng.uniform(0, np.pi), rng.uniform(0, 2 * np.pi)
            along = np.cos(angle) * columns + np.sin(angle) * rows
            heights += 0.03 / frequency * np.sin(2 * np.pi * frequency * along + phase)
    slopes = np.gradient(heights, 1 / SIDE)
    normals = np.stack([-slopes[1], slopes[0], np.ones_like(heights)])
    normals /= np.linalg.norm(normals, axis=0)
    albedo = 0.5 + 0.2 * np.sign(np.sin(40 * columns) * np.sin(31 * rows)) * np.array([1, 0.8, 0.6])[:, None, None]
    half = lights + np.array([0, 0, 1])
    half /= np.linalg.norm(half, axis=1, keepdims=True)
    diffuse, gloss = (np.clip(np.einsum("li,ihw->lhw", v, normals), 0, 1) for v in (lights, half))
    light = diffuse[..., None] * np.moveaxis(albedo, 0, 2) + 0.08 * gloss[..., None] ** 12
    return np.asarray(0.9 * light + 0.01)


def photographed(pictures: Linear, lights: NDArray[np.float64] = LIGHTS, seed: int = 0) -> Mlic:
    """As a camera has them: without the margin, noisy, 8 bits."""
    inner = pictures[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
    noise = np.random.default_rng(seed).normal(0, 0.003, inner.shape)
    photographs = to_bytes(srgb_encode(np.clip(inner + noise, 0, 1)))
    return Mlic(photographs, lights, tuple(f"p{index:02}.png" for index in range(len(lights))))


def shifted(picture: Linear, right: int, down: int) -> Linear:
    """Moved by whole pixels; the margin wraps around."""
    return np.roll(picture, (down, right), (0, 1))


def smoothed(picture: Linear, steps: int = 3) -> Linear:
    """Out of focus."""
    for _ in range(steps):
        for axis in (0, 1):
            picture = (np.roll(picture, 1, axis) + 2 * picture + np.roll(picture, -1, axis)) / 4
    return picture
