"""Rendering: parallel light, orthographic view, GGX reflection, hard cast shadows; 8-bit sRGB JPEG files."""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fastrti.errors import ArgumentError, CollectionError
from fastrti.files import new_folder, write_file
from fastrti.photographs.lp_file import write_lp
from fastrti.photographs.names import NORMALS_NAME
from fastrti.picture_limits import MAX_PIXELS
from fastrti.progress import counted
from fastrti.rendering.normals import save_normals
from fastrti.srgb import srgb_encode, to_bytes
from fastrti.synth.materials import Surface, make_surface, smith_factor
from fastrti.synth.relief import Field, height_field
from fastrti.synth.rings import TEST_LIGHTS, dome_lights

MIN_SIDE = 16  # pixels
MAX_LIGHTS = 999

_EXPOSURE = 0.85  # what white, lit straight on, would read: highlights clip, as in photographs
_AMBIENT = 0.015  # light from everywhere: shadows keep a trace of texture
_SHADOW_BIAS = 0.25  # pixels of height; less and surfaces shadow themselves by the rounding of their samples
_BAND = 64  # rows shaded at once: their arrays stay in the cache
_MAX_THREADS = 8  # each holds a picture or two
_JPEG = {"format": "JPEG", "quality": 95, "subsampling": 0}

_TO_BYTE = to_bytes(srgb_encode(np.linspace(0, 1, 1 << 16)))


def render_collection(folder: str | Path, width: int, height: int, lights: int = 49, seed: int = 0) -> None:
    """Renders folder/Dome (training photographs, dirs.lp, normals.png) and folder/Test (20 photographs, dirs.lp).

    Args:
        folder: where to write; made if need be.
        width: pixels, 16 or more.
        height: pixels, 16 or more.
        lights: photographs in Dome, 1–999, on the rings of SynthRTI.
        seed: which scene; the same at every size of one aspect.

    Raises:
        ArgumentError: a size, count or seed out of range.
        CollectionError: Dome or Test exists already, or cannot be written.
    """
    _check(width, height, lights, seed)
    dome, test = Path(folder) / "Dome", Path(folder) / "Test"
    heights = height_field(width, height, seed)
    surface = make_surface(heights, seed)
    heights *= min(width, height)  # in pixels from here on
    with new_folder(dome, CollectionError) as fresh_dome, new_folder(test, CollectionError) as fresh_test:
        save_normals(fresh_dome / NORMALS_NAME, np.moveaxis(surface.normals, 0, 2))
        _render(heights, surface, {fresh_dome: dome_lights(lights), fresh_test: TEST_LIGHTS})


def _check(width: int, height: int, lights: int, seed: int) -> None:
    if min(width, height) < MIN_SIDE or width * height > MAX_PIXELS:
        raise ArgumentError(
            f"expected sides of at least {MIN_SIDE} pixels and at most {MAX_PIXELS} pixels in all, got {width}×{height}"
        )
    if not 1 <= lights <= MAX_LIGHTS:
        raise ArgumentError(f"expected 1–{MAX_LIGHTS} lights, got {lights}")
    if seed < 0:
        raise ArgumentError(f"expected a seed of 0 or more, got {seed}")


def _render(heights: Field, surface: Surface, parts: dict[Path, NDArray[np.float64]]) -> None:
    """All pictures of all parts, and their lists."""
    digits = max(2, len(str(max(map(len, parts.values())))))
    names = {part: [f"image{i:0{digits}}.jpg" for i in range(1, len(lights) + 1)] for part, lights in parts.items()}
    jobs = [(part / name, light) for part, lights in parts.items() for name, light in zip(names[part], lights)]

    def render(job: tuple[Path, NDArray[np.float64]]) -> None:
        path, light = job
        file = io.BytesIO()
        Image.fromarray(shade(surface, lit_pixels(heights, light), light)).save(file, **_JPEG)  # type: ignore[arg-type]
        write_file(path, file.getvalue())

    pool = ThreadPoolExecutor(min(_MAX_THREADS, os.cpu_count() or 1))
    try:
        for _ in zip(counted(jobs, "rendering photographs"), pool.map(render, jobs)):
            pass
    finally:
        pool.shutdown(cancel_futures=True)  # an interrupted render stops after the pictures in work
    for part, lights in parts.items():
        write_lp(part / "dirs.lp", names[part], lights)


def lit_pixels(
    heights: Field,  # (H, W) in pixels
    light: NDArray[np.float64],  # (3,)
) -> NDArray[np.bool_]:  # (H, W)
    """Where the light is seen over the relief: a horizon sweep, O(1) per pixel.

    Rows are walked away from the light along rays that keep the height an occluder needs to be seen over. The rays are
    fixed and the heights interpolated between them once, so shadows stay sharp however long they are.
    """
    towards_row, towards_column, climb = -light[1], light[0], light[2]
    if max(abs(towards_row), abs(towards_column)) < 1e-6:
        return np.ones(heights.shape, bool)
    if abs(towards_column) > abs(towards_row):  # walk along the axis the light travels fastest on
        turned = np.array([-light[1], -light[0], climb])
        transposed: NDArray[np.bool_] = lit_pixels(heights.T, turned).T
        return transposed
    if towards_row > 0:  # the light is below the picture: walk it from there
        flipped: NDArray[np.bool_] = lit_pixels(heights[::-1], light * np.array([1, -1, 1]))[::-1]
        return flipped
    return _swept(heights, drift=float(towards_column / towards_row), drop=float(climb / -towards_row))


def _swept(heights: Field, drift: float, drop: float) -> NDArray[np.bool_]:
    """`lit_pixels` for a light above the top row, whose rays move `drift` columns and sink `drop` pixels a row."""
    rows, columns = heights.shape
    padded = np.pad(heights, ((0, 0), (1, 1)), mode="edge")
    start = max(0, int(np.ceil(drift * (rows - 1))))  # whole: rays start at pixel centres, whichever way they drift
    horizon = np.full(columns + int(np.ceil(abs(drift) * rows)) + 2, -1e9, np.float32)
    lit = np.empty(heights.shape, bool)
    for row in range(rows):
        first, fraction = divmod(start - drift * row, 1)  # column c lies at ray first + c + fraction
        raised = padded[row] + np.float32(row * drop)  # in this frame rays of light are level
        rays = horizon[int(first) : int(first) + columns + 1]
        lit[row] = raised[1:-1] + _SHADOW_BIAS >= (1 - fraction) * rays[:-1] + fraction * rays[1:]
        np.maximum(rays, (1 - fraction) * raised[1:] + fraction * raised[:-1], out=rays)
    return lit


def shade(
    surface: Surface,
    lit: NDArray[np.bool_],  # (H, W)
    light: NDArray[np.float64],  # (3,)
) -> NDArray[np.uint8]:  # (H, W, 3)
    """The picture under one light, sRGB-encoded: Lambert and GGX (Walter et al. 2007) with Schlick's Fresnel term."""
    picture = np.empty((*lit.shape, 3), np.uint8)
    half = light + np.array([0, 0, 1])
    half /= np.linalg.norm(half)
    grazing = np.float32((1 - half[2]) ** 5)
    for top in range(0, len(lit), _BAND):
        band = slice(top, top + _BAND)
        normals, alpha2 = surface.normals[:, band], surface.alpha2[band]
        towards_light = np.maximum(_dot(normals, light), 0)
        spread = _dot(normals, half) ** 2 * (alpha2 - 1) + 1
        highlight = alpha2 / spread**2 * surface.masking[band] * smith_factor(towards_light, alpha2)
        irradiance = _EXPOSURE * towards_light * lit[band]
        for channel in range(3):
            scattered, straight_on = surface.scattered[channel, band], surface.reflected[channel, band]
            fresnel = straight_on + (1 - straight_on) * grazing
            radiance = irradiance * (scattered + fresnel * highlight) + _AMBIENT * (scattered + straight_on)
            picture[band, :, channel] = _TO_BYTE[(np.minimum(radiance, 1) * 65535).astype(np.uint16)]
    return picture


def _dot(normals: NDArray[np.float32], direction: NDArray[np.float64]) -> Field:
    x, y, z = direction.astype(np.float32)
    product: Field = x * normals[0] + y * normals[1] + z * normals[2]
    return product
