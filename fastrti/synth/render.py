"""Rendering: parallel light, orthographic view, GGX reflection, hard cast shadows; 8-bit sRGB JPEG files."""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fastrti.errors import CollectionError
from fastrti.files import new_folder, write_file
from fastrti.photographs.lp_file import write_lp
from fastrti.photographs.names import NORMALS_NAME
from fastrti.progress import counted
from fastrti.rendering.normals import save_normals
from fastrti.synth.materials import Surface, make_surface
from fastrti.synth.relief import Field, height_field
from fastrti.synth.rings import TEST_LIGHTS, dome_lights
from fastrti.synth.settings import check_scene
from fastrti.synth.shading import shade
from fastrti.synth.shadows import lit_pixels

_MAX_THREADS = 8  # each holds a picture or two
_JPEG = {"format": "JPEG", "quality": 95, "subsampling": 0}


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
    check_scene(width, height, lights, seed)
    dome, test = Path(folder) / "Dome", Path(folder) / "Test"
    heights = height_field(width, height, seed)
    surface = make_surface(heights, seed)
    heights *= min(width, height)  # in pixels from here on
    with new_folder(dome, CollectionError) as fresh_dome, new_folder(test, CollectionError) as fresh_test:
        save_normals(fresh_dome / NORMALS_NAME, np.moveaxis(surface.normals, 0, 2))
        _render(heights, surface, {fresh_dome: dome_lights(lights), fresh_test: TEST_LIGHTS})


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
