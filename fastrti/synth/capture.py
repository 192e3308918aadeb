"""A rendered capture, with all that can go wrong in one, and its truth."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fastrti.errors import CollectionError
from fastrti.files import new_folder, write_file
from fastrti.photographs.lp_file import write_lp
from fastrti.photographs.mlic import Mlic
from fastrti.photographs.names import NORMALS_NAME
from fastrti.progress import counted
from fastrti.rendering.normals import save_normals
from fastrti.synth.camera import Ball, Camera, Floats
from fastrti.synth.faults import Faults, photographed
from fastrti.synth.lamps import Lamp, make_lamps
from fastrti.synth.scene import Scene
from fastrti.synth.settings import MARGIN, Settings
from fastrti.synth.shading import as_bytes
from fastrti.synth.truth import SphereTruth, Truth

LIST_NAME = "dirs.lp"


def take(settings: Settings) -> tuple[Mlic, Truth]:
    """Renders a capture in memory, with the losses of JPEG but without the files.

    Returns:
        the photographs under the lights and positions as the list has them, and what is true of them.
    """
    shoot = _Shoot(settings)
    files = [_decoded(_encoded(picture, settings)) for picture in shoot.photographs()]
    truth = shoot.truth
    return Mlic(np.stack(files), np.array(truth.listed), truth.names), truth


def true_normals(settings: Settings) -> NDArray[np.float32]:
    """The normals (H, W, 3) of the scene that a capture of these settings shows, without its spheres."""
    return Scene.of(settings).normals


def write_capture(folder: str | Path, settings: Settings) -> Truth:
    """Renders a capture to a new folder: photographs, dirs.lp, normals.png and truth.json.

    Raises:
        CollectionError: the folder exists already, or cannot be written.
    """
    with new_folder(Path(folder), CollectionError) as fresh:
        return _write(fresh, settings)


def write_pair(folder: str | Path, settings: Settings) -> Truth:
    """Renders folder/Dome, which is the capture, and folder/Test: the same scene in good photographs, see `scored`.

    Returns:
        what is true of Dome.

    Raises:
        CollectionError: Dome or Test exists already, or cannot be written.
    """
    dome, test = Path(folder) / "Dome", Path(folder) / "Test"
    with new_folder(dome, CollectionError) as fresh_dome, new_folder(test, CollectionError) as fresh_test:
        _write(fresh_test, settings.scored())
        return _write(fresh_dome, settings)


def _write(folder: Path, settings: Settings) -> Truth:
    shoot = _Shoot(settings)
    for name, picture in zip(shoot.truth.names, shoot.photographs()):
        write_file(folder / name, _encoded(picture, settings))
    write_lp(folder / LIST_NAME, shoot.truth.names, np.array(shoot.truth.listed))
    save_normals(folder / NORMALS_NAME, shoot.scene.normals)
    shoot.truth.write(folder)
    return shoot.truth


class _Shoot:
    """One capture while it is taken."""

    def __init__(self, settings: Settings):
        self.settings = settings
        self.scene = Scene.of(settings)
        self.lamps = make_lamps(settings)
        self.faults = Faults.of(settings, np.array([lamp.direction for lamp in self.lamps]))
        self.truth = _truth(settings, self.scene, self.lamps, self.faults)

    def photographs(self) -> Iterator[NDArray[np.uint8]]:
        """(H, W, 3) for each lamp, without the losses of JPEG."""
        shown = dict(zip(range(len(self.lamps)), self.lamps))
        shown |= {second: self.lamps[first] for first, second in self.faults.duplicates}
        for number in counted(range(len(self.lamps)), "rendering photographs"):
            power = 0.0 if number in self.faults.no_flash else 1.0
            picture = self.scene.picture(shown[number], power)
            yield as_bytes(photographed(picture, number, self.faults, self.settings, MARGIN))


def _truth(settings: Settings, scene: Scene, lamps: list[Lamp], faults: Faults) -> Truth:
    digits = max(2, len(str(settings.count)))
    suffix = "png" if settings.quality is None else "jpg"
    kinds = settings.sphere_kinds * len(settings.spheres)
    near = settings.lamp_distance is not None
    positions = [lamp.position for lamp in lamps if lamp.position is not None]
    return Truth(
        settings=settings,
        names=tuple(f"image{i:0{digits}}.{suffix}" for i in range(1, settings.count + 1)),
        lights=_vectors([lamp.direction for lamp in lamps]),
        positions=_vectors(positions) if near else None,
        listed=_vectors(faults.listed),
        spheres=tuple(
            _sphere(sphere.ball, kind, scene.camera, positions if near else [lamp.direction for lamp in lamps], near)
            for sphere, kind in zip(scene.spheres, kinds)
        ),
        gains=tuple(faults.gains.tolist()),
        shifts=_vectors(faults.shifts),
        no_flash=faults.no_flash,
        wrong_lights=faults.wrong_lights,
        swapped_lights=faults.swapped_lights,
        overexposed=faults.overexposed,
        blurred=faults.blurred,
        duplicates=faults.duplicates,
    )


def _vectors(rows: Any) -> Any:
    return tuple(tuple(map(float, row)) for row in rows)


def _sphere(ball: Ball, kind: str, camera: Camera, lights: list[Floats], near: bool) -> SphereTruth:
    outline = ball.outline(camera)
    return SphereTruth(
        x=outline.x,
        y=outline.y,
        radius=float(np.sqrt(outline.long * outline.short)),
        long=outline.long,
        short=outline.short,
        angle=outline.angle,
        centre=ball.centre,
        kind=kind,
        highlights=_vectors([ball.highlight(camera, light, near) for light in lights]),
    )


def _encoded(picture: NDArray[np.uint8], settings: Settings) -> bytes:
    file = io.BytesIO()
    if settings.quality is None:
        Image.fromarray(picture).save(file, format="PNG")
    else:
        Image.fromarray(picture).save(file, format="JPEG", quality=settings.quality, subsampling=0)
    return file.getvalue()


def _decoded(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(data)))
