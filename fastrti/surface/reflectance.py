"""Albedo and roughness of each pixel, from pictures under many lights and the normals.

The albedo is that of a matt surface (Lambert), fitted to the lights that are neither shadow nor highlight.

The roughness is the width of the highlight. A matt surface and a microfacet lobe (GGX: Walter, Marschner, Li and
Torrance, *Microfacet Models for Refraction through Rough Surfaces*, EGSR 2007, equations 33 and 34) are fitted to the
lights that are no shadow, for each width of a table. The width that fits best is taken.
"""

import numpy as np
from numpy.typing import NDArray

from fastrti.rendering.bands import drawn_bands, many_lights
from fastrti.rendering.normals import linear_luminance
from fastrti.rendering.renderer import Renderer
from fastrti.srgb import srgb_decode

Floats = NDArray[np.float32]

_LINEAR = srgb_decode(np.arange(256) / 255).astype(np.float32)

ALPHAS = np.geomspace(0.1, 1, 9).astype(np.float32)
"""Widths of the lobe that are tried: GGX's α, the square of a roughness."""

MATT = 1.0
"""The roughness where no highlight is seen."""

_BLOCK_PIXELS = 1 << 13  # whose answers to all lights stay in the cache
_LOWEST_COSINE = 0.15  # light that grazes more says too little of the albedo it is divided by
_SHADOW = 0.5  # of the median answer of a pixel
_KEPT = (0.25, 0.75)  # shares of the sorted answers without shadows: what lies between counts
_EXPLAINED = 0.5  # a lobe has to explain this share of what a matt surface leaves, or nothing is called a highlight
_NOISE = 2e-6  # of squared linear luminance: 8-bit pictures leave so much


def estimate_reflectance(renderer: Renderer, normals: Floats) -> tuple[Floats, Floats]:
    """Albedo and roughness of an object.

    Args:
        renderer: the object's.
        normals: (H, W, 3) unit vectors, as `fastrti.estimate_normals` makes them.

    Returns:
        The albedo, (H, W, 3) float32, linear, from 0: 1 is what the pictures show as white where light falls straight
        on, so all albedos have one unknown factor in common. And the roughness, (H, W) float32, 0 to 1, as glTF has
        it: the square root of GGX's α; 1 where no highlight is seen. Outside the mask they are 0 and 1.
    """
    relightable = renderer.relightable
    lights = many_lights(relightable.lights)
    albedo = np.empty(normals.shape, np.float32)
    roughness = np.empty(normals.shape[:2], np.float32)
    for rows, pictures in drawn_bands(renderer, lights, "estimating the reflectance"):
        answers, facing = pictures.reshape(len(lights), -1, 3), normals[rows].reshape(-1, 3)
        colours, widths = albedo[rows].reshape(-1, 3), roughness[rows].reshape(-1)
        for start in range(0, len(facing), _BLOCK_PIXELS):
            block = slice(start, start + _BLOCK_PIXELS)
            colours[block], widths[block] = fit_reflectance(answers[:, block], facing[block], lights)
    if relightable.mask is not None:
        albedo[~relightable.mask] = 0
        roughness[~relightable.mask] = MATT
    return albedo, roughness


def fit_reflectance(pictures: NDArray[np.uint8], normals: Floats, lights: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """Albedo (P, 3) and roughness (P,) of pixels.

    Args:
        pictures: (L, P, 3), sRGB-encoded.
        normals: (P, 3) unit vectors.
        lights: (L, 3) unit vectors.
    """
    directions = lights.astype(np.float32)
    cosines = np.maximum(directions @ normals.T, 0)
    luminance = linear_luminance(pictures)
    ratios = np.where(cosines > _LOWEST_COSINE, luminance / np.maximum(cosines, _LOWEST_COSINE), np.inf)
    ordered = np.sort(ratios, axis=0)
    count = np.isfinite(ordered).sum(axis=0)
    dark = (ordered < _SHADOW * _at(ordered, count // 2)).sum(axis=0)
    low, high = (_at(ordered, dark + (share * (count - dark)).astype(int)) for share in _KEPT)
    kept = np.where((ratios >= low) & (ratios <= high) & np.isfinite(ratios), cosines, 0)
    linear = _LINEAR[pictures]
    albedo = np.einsum("lp,lpc->pc", kept, linear) / np.maximum((kept * kept).sum(axis=0), 1e-6)[:, None]
    lit = np.isfinite(ratios) & (ratios >= _SHADOW * low)
    return albedo, _roughness(np.where(lit, luminance, 0), np.where(lit, cosines, 0), normals, directions)


def _at(ordered: Floats, places: NDArray[np.integer]) -> Floats:
    """The value of each pixel at its place, (P,)."""
    value: Floats = np.take_along_axis(ordered, np.minimum(places, len(ordered) - 1)[None], axis=0)[0]
    return value


def _roughness(luminance: Floats, cosines: Floats, normals: Floats, lights: Floats) -> Floats:
    """(P,) of answers (L, P) and cosines (L, P), both 0 where a light is not to count."""
    halves = lights + np.array([0, 0, 1], np.float32)
    halves /= np.linalg.norm(halves, axis=1, keepdims=True)
    squares = np.minimum(halves @ normals.T, 1) ** 2
    matt_square, matt_answer = (cosines * cosines).sum(axis=0), (cosines * luminance).sum(axis=0)
    plain = (luminance * luminance).sum(axis=0) - matt_answer**2 / np.maximum(matt_square, 1e-9)
    best, width = np.full_like(plain, np.inf), np.empty_like(plain)
    for alpha in ALPHAS:
        lobe = _lobe(alpha, squares, cosines, normals[:, 2])
        square, mixed, answer = (lobe * lobe).sum(axis=0), (lobe * cosines).sum(axis=0), (lobe * luminance).sum(axis=0)
        determinant = np.maximum(matt_square * square - mixed**2, 1e-9)
        matt = np.maximum((square * matt_answer - mixed * answer) / determinant, 0)
        gloss = np.maximum((answer - mixed * matt) / np.maximum(square, 1e-9), 0)
        misfit = ((luminance - matt * cosines - gloss * lobe) ** 2).sum(axis=0)
        better = misfit < best
        best, width = np.where(better, misfit, best), np.where(better, alpha, width)
    seen = plain - best > _EXPLAINED * plain + _NOISE * len(lights)
    roughness: Floats = np.where(seen, np.sqrt(width), np.float32(MATT))
    return roughness


def _lobe(alpha: np.float32, squares: Floats, cosines: Floats, upright: Floats) -> Floats:
    """What a microfacet surface sends to a camera above it, up to a factor.

    Args:
        alpha: of GGX.
        squares: (L, P), (n·h)².
        cosines: (L, P), n·l.
        upright: (P,), n·v.
    """
    square = alpha * alpha
    masking = 1 / (cosines + np.sqrt(square + (1 - square) * cosines * cosines))
    masking /= np.maximum(upright + np.sqrt(square + (1 - square) * upright * upright), 1e-6)
    lobe: Floats = square / (squares * (square - 1) + 1) ** 2 * masking * cosines
    return lobe
