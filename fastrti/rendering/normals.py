"""Surface normals from relit pictures: a Lambertian surface fitted to how each pixel answers many lights.

Photometric stereo (Woodham 1980) with robust weights: what a matt surface cannot explain, shadows and highlights,
counts little. The answer is only as good as the relit pictures, and inter-reflections and gloss remain in it.
"""

import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError
from fastrti.files import replace_file
from fastrti.kernels import cpu
from fastrti.least_squares import LIGHT_ACCURACY, solve
from fastrti.objects.relightable import Relightable
from fastrti.photographs.coverage import different_lights
from fastrti.progress import Progress
from fastrti.rendering.bands import drawn_bands, many_lights
from fastrti.rendering.renderer import Renderer
from fastrti.srgb import srgb_decode

Floats = NDArray[np.float32]

ITERATIONS = 8

_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # of linear sRGB, IEC 61966-2-1
_NOISE = 1e-4  # of 8-bit pictures, linear; keeps a pixel that fits exactly from dividing by zero
_NOTHING = 1e-6
_FACING = np.array([0, 0, 1], np.float32)
_PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))


def estimate_normals(renderer: Renderer) -> Floats:
    """The normal of every pixel, from pictures under the photographed lights (or under rings of lights, if unknown).

    Pictures under other lights would be guesses. Three lights decide a normal, if they do not lie in one plane.

    Args:
        renderer: the object's.

    Returns:
        (H, W, 3) float32 unit vectors, +x right, +y up, +z to the camera; (0, 0, 1) outside the mask, where every
        picture is black, and everywhere if fewer than three different lights were photographed.
    """
    relightable = renderer.relightable
    lights = many_lights(relightable.lights)
    normals = np.empty((relightable.height, relightable.width, 3), np.float32)
    if len(different_lights(lights)) < 3:
        normals[...] = _FACING
        return normals
    for rows, pictures in drawn_bands(renderer, lights, "estimating normals"):
        normals[rows] = _normals_of(pictures, lights)
    if relightable.mask is not None:
        normals[~relightable.mask] = _FACING
    return normals


def _normals_of(pictures: NDArray[np.uint8], lights: NDArray[np.float64]) -> Floats:
    """The normals (H, W, 3) of pictures (L, H, W, 3), by the compiled kernel where there is one."""
    if cpu.why_not() is None:
        return cpu.fit_normals(
            np.ascontiguousarray(pictures),
            lights.astype(np.float32),
            _luminance_of_bytes(),
            iterations=ITERATIONS,
            noise=_NOISE,
            nothing=_NOTHING,
            ridge=LIGHT_ACCURACY**2,
        )
    return fit_normals(linear_luminance(pictures).reshape(len(lights), -1), lights).reshape(*pictures.shape[1:])


def encoded_normals(renderer: Renderer) -> NDArray[np.uint8]:
    """The normals that are kept with the object, or else estimated ones, (H, W, 3); byte = (component + 1)·127.5."""
    kept = renderer.relightable.normals
    return encode_normals(estimate_normals(renderer)).astype(np.uint8) if kept is None else kept


def with_normals(relightable: Relightable) -> Relightable:
    """The object with its normals, which are estimated where it has none."""
    return replace(relightable, normals=encoded_normals(Renderer(relightable)))


def fit_normals(
    luminance: Floats,  # (L, P) linear, [0, 1]
    lights: NDArray[np.float64],  # (L, 3) unit vectors
) -> Floats:
    """The unit normal (P, 3) of a Lambertian surface that answers the lights so; z is never below 0.

    Iteratively reweighted least squares with Cauchy's weights, w = 1 / (1 + (residual / scale)²), the scale being the
    mean residual under the previous weights; lights the present normal does not face count nothing.
    """
    directions = lights.astype(np.float32)
    weights = np.ones_like(luminance)
    for _ in range(ITERATIONS):
        answer = directions @ _weighted_fit(luminance, directions, weights).T
        residual = np.abs(luminance - answer)
        scale = (weights * residual).sum(0) / weights.sum(0) + _NOISE
        weights = np.where(answer > 0, 1 / (1 + (residual / scale) ** 2), _NOTHING).astype(np.float32)
    return _unit(_weighted_fit(luminance, directions, weights))


def encode_normals(normals: Floats, levels: int = 255) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Each component −1 … 1 as a whole number 0 … levels (255 or 65535), rounded to nearest."""
    numbers = np.clip(normals, -1, 1).astype(np.float32 if levels == 255 else np.float64)
    numbers += 1
    numbers *= levels / 2
    np.rint(numbers, out=numbers)
    return numbers.astype(np.uint8) if levels == 255 else numbers.astype(np.uint16)


def decoded_normals(encoded: NDArray[np.uint8]) -> Floats:
    """The unit vectors (…, 3) of 8-bit normals, as `encode_normals` made them."""
    vectors = encoded.astype(np.float32) - np.float32(127.5)
    unit: Floats = vectors / np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))
    return unit


def linear_luminance(pictures: NDArray[np.uint8]) -> Floats:
    """Luminance proportional to light, (…) float32 in [0, 1], of (…, 3) sRGB-encoded bytes."""
    tables = _luminance_of_bytes()
    red, green, blue = (tables[channel, pictures[..., channel]] for channel in range(3))
    luminance: Floats = red + green + blue
    return luminance


def _luminance_of_bytes() -> Floats:
    """What each byte of a channel adds to the linear luminance of a pixel, (3, 256)."""
    linear = srgb_decode(np.arange(256) / 255)
    shares: Floats = (_LUMINANCE[:, None] * linear).astype(np.float32)
    return shares


def _weighted_fit(luminance: Floats, lights: Floats, weights: Floats) -> Floats:
    """argmin over g (P, 3) of Σ_l w_l ((l·g − luminance)² + δ²·|g|²), by the normal equations of each pixel.

    The penalty is like `light_penalty`: the mean of squares and slopes of x, y, z is |g|². It shrinks with the
    weights. A constant one would be the largest misfit of a pixel that few lights reach, and the weights, which follow
    the misfit, would settle there.
    """
    products = np.stack([lights[:, a] * lights[:, b] for a, b in _PAIRS], axis=1)
    moments = weights.T @ products  # (P, 6)
    matrix = np.empty((len(moments), 3, 3), np.float32)
    for number, (a, b) in enumerate(_PAIRS):
        matrix[:, a, b] = matrix[:, b, a] = moments[:, number]
    right = (weights * luminance).T @ lights
    penalty = np.float32(LIGHT_ACCURACY**2) * np.eye(3, dtype=np.float32) * weights.sum(0)[:, None, None]
    return solve(matrix, penalty, right[..., None])[..., 0]


def _unit(vectors: Floats) -> Floats:
    raised = np.concatenate([vectors[:, :2], np.maximum(vectors[:, 2:], 0)], axis=1)
    length = np.linalg.norm(raised, axis=1, keepdims=True)
    unit: Floats = np.where(length > 1e-6, raised / np.maximum(length, 1e-6), _FACING)
    return unit


def save_normals(
    path: Path, normals: Floats, bits: Literal[8, 16] = 8, convention: Literal["opengl", "directx"] = "opengl"
) -> None:
    """Writes a normal map as an RGB PNG.

    Args:
        path: ends in .png.
        normals: (H, W, 3) unit vectors.
        bits: of each channel, 8 or 16.
        convention: green grows upwards ("opengl") or downwards ("directx").

    Raises:
        ArgumentError: another suffix, or a file that cannot be written.
    """
    check_normals_name(path)
    turned = normals * np.array([1, -1, 1], np.float32) if convention == "directx" else normals
    with Progress("writing the normal map"):
        replace_file(path, png_of_samples(encode_normals(turned, 2**bits - 1)), ArgumentError)


def check_normals_name(path: Path) -> None:
    """Raises ArgumentError unless the path ends like a normal map that `save_normals` writes."""
    if path.suffix.lower() != ".png":
        raise ArgumentError(f"expected a file name ending in .png for a normal map, got {path.name!r}")


def png_of_samples(pixels: NDArray[np.unsignedinteger]) -> bytes:
    """A grey (H, W) or RGB (H, W, 3) PNG of 8 or 16 bits (PNG specification, third edition); Pillow has RGB of 8."""
    height, width = pixels.shape[:2]
    bits = 8 * pixels.itemsize
    rows = pixels.astype(pixels.dtype.newbyteorder(">")).reshape(height, -1).view(np.uint8)
    unfiltered = np.pad(rows, ((0, 0), (1, 0))).tobytes()  # each row starts with its filter: 0, none
    header = struct.pack(">IIBBBBB", width, height, bits, 2 if pixels.ndim == 3 else 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(unfiltered)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
