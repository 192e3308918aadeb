"""The forms in which an object may travel: fastrti's own, plain pictures of several codecs, and Relight's folders."""

import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from fastrti import Mlic, Relightable, fit_classical, for_the_wire, load, object_info, save
from fastrti.formats.reading.plane_files import png_of
from fastrti.objects.decoders import NodeBasisDecoder
from fastrti.objects.light_terms import gaussian_weights
from fastrti.photographs.hold_out import spread_lights
from fastrti.training.classical import fit_components

HELD_OUT = 5
"""Photographs that no fit sees, of fastrti's objects and of Relight's."""

LOSSES = (0.1, 0.2, 0.3, 0.5, 1.0)
LOSSLESS = "PNG"
JPEG_QUALITIES, WEBP_QUALITIES = (95, 90, 75), (95, 80)
RELIGHT_QUALITIES = (95, 75)
GRID = 9
"""Nodes a side of a bilinear object, as in an example that Relight's authors published."""


@dataclass(frozen=True)
class Sent:
    """What a reader has after the download.

    Attributes:
        relightable: as it draws it.
        planes: bytes of the plane files.
        others: bytes of the other files, without normals.
    """

    relightable: Relightable
    planes: int
    others: int


Fitted = Callable[[Mlic], Relightable]
Form = Callable[[Relightable], Sent]


def with_loss(loss: float) -> str:
    """The name of fastrti's own form."""
    return f"`--loss-db {loss:g}`"


def fitted_to(mlic: Mlic) -> Mlic:
    """The photographs that are not held out."""
    return mlic.subset(np.setdiff1d(np.arange(len(mlic)), spread_lights(mlic.lights, HELD_OUT)))


def on_a_grid(components: Relightable) -> Relightable:
    """An "rbf" object as "bilinear": its basis at the nodes of an octahedral grid."""
    rbf = components.decoder
    assert isinstance(rbf, NodeBasisDecoder) and rbf.nodes is not None
    weights = gaussian_weights(grid_lights(GRID), rbf.nodes, rbf.sigma)  # (M, N)
    table = np.einsum("mn,knc->kmc", weights, rbf.table.astype(np.float64)).astype(np.float32)
    return replace(components, decoder=NodeBasisDecoder("bilinear", table, resolution=GRID))


def grid_lights(resolution: int) -> NDArray[np.float64]:
    """(resolution², 3): the lights of the nodes of docs/object_format.md, row by row."""
    v, u = np.meshgrid(*[np.linspace(-1, 1, resolution)] * 2, indexing="ij")
    lights = np.stack([(u - v) / 2, (u + v) / 2, 1 - np.maximum(abs(u), abs(v))], -1).reshape(-1, 3)
    return np.asarray(lights / np.linalg.norm(lights, axis=1, keepdims=True))


def _as_files(write: Callable[[Path], None]) -> Sent:
    """What stands in a folder that is written."""
    with tempfile.TemporaryDirectory() as folder:
        write(written := Path(folder) / "object")
        sizes = {path.name: path.stat().st_size for path in written.iterdir() if path.name != "normals.png"}
        planes = sum(size for name, size in sizes.items() if name.startswith("plane_"))
        return Sent(load(written), planes, sum(sizes.values()) - planes)


def _lossless(fitted: Relightable) -> Sent:
    return _as_files(partial(save, fitted))


def _for_the_wire(loss: float, fitted: Relightable) -> Sent:
    light, wire = for_the_wire(fitted, loss)
    return _as_files(partial(save, light, wire=wire))


def _relight_folder(quality: int, fitted: Relightable) -> Sent:
    def write(folder: Path) -> None:
        save(fitted, folder, "relight")
        for path in folder.glob("plane_*.jpg"):
            with Image.open(path) as picture:
                path.write_bytes(_jpeg(quality, np.asarray(picture))[0])

    return _as_files(write)


Coded = tuple[bytes, NDArray[np.uint8]]
"""A file, and the pixels that its reader gets."""


def _coded(code: Callable[[int, NDArray[np.uint8]], Coded], quality: int, fitted: Relightable) -> Sent:
    """The planes as they are, three in a picture."""
    planes, size = fitted.planes.copy(), 0
    for start in range(0, len(planes), 3):
        file, pixels = code(quality, np.ascontiguousarray(planes[start : start + 3].transpose(1, 2, 0)))
        planes[start : start + 3] = pixels.transpose(2, 0, 1)
        size += len(file)
    others = len(json.dumps(object_info(fitted))) + (
        0 if fitted.mask is None else len(png_of(fitted.mask.astype(np.uint8) * 255))
    )
    return Sent(replace(fitted, planes=planes, normals=None), size, others)


def _jpeg(quality: int, pixels: NDArray[np.uint8]) -> Coded:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=0, optimize=True)
    return file.getvalue(), np.asarray(Image.open(file))


def _webp(quality: int, pixels: NDArray[np.uint8]) -> Coded:
    """Lossy WebP halves the resolution of colours, so each plane is a grey picture of its own."""
    files, decoded = [], []
    for channel in pixels.transpose(2, 0, 1):
        file = io.BytesIO()
        Image.fromarray(channel).convert("RGB").save(file, "WEBP", quality=quality, method=4)
        files.append(file.getvalue())
        decoded.append(np.asarray(Image.open(file).convert("RGB"))[..., 0])
    return b"".join(files), np.stack(decoded, -1)


OWN: dict[str, Form] = {LOSSLESS: _lossless, **{with_loss(loss): partial(_for_the_wire, loss) for loss in LOSSES}}
"""What fastrti writes."""

CODECS: dict[str, Form] = {
    **{f"JPEG {quality}": partial(_coded, _jpeg, quality) for quality in JPEG_QUALITIES},
    **{f"WebP {quality}, each plane": partial(_coded, _webp, quality) for quality in WEBP_QUALITIES},
}
"""The same planes as pictures, without any change of the latents."""

AS_RELIGHT: dict[str, Form] = {f"JPEG {quality}": partial(_relight_folder, quality) for quality in RELIGHT_QUALITIES}
"""Relight's folders, whose planes are JPEG without subsampling."""

RELIGHT: dict[str, Fitted] = {
    "Relight ptm": lambda mlic: fit_classical(mlic, "ptm", HELD_OUT),
    "Relight hsh, 9 terms": lambda mlic: fit_classical(mlic, "hsh9", HELD_OUT),
    "Relight hsh, 16 terms": lambda mlic: fit_classical(mlic, "hsh16", HELD_OUT),
    "Relight rbf, 9 planes": lambda mlic: fit_components(fitted_to(mlic), components=9),
    "Relight rbf, 27 planes": lambda mlic: fit_components(fitted_to(mlic), components=27),
    "Relight bilinear, 9 planes": lambda mlic: on_a_grid(fit_components(fitted_to(mlic), components=9)),
    "Relight bilinear, 18 planes": lambda mlic: on_a_grid(fit_components(fitted_to(mlic), components=18)),
}
"""Relight's formats, fitted by fastrti's classical fits."""
