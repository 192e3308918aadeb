"""The web export: the viewer's page and scripts beside the object, for any web server, or all as one HTML file."""

import base64
import html
import json
import re
import shutil
import tempfile
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError
from fastrti.formats import object_info, save
from fastrti.formats.pyramid import TILE, level_count, write_pyramid
from fastrti.formats.reading.plane_files import write_picture
from fastrti.objects.relightable import Relightable
from fastrti.rendering.normals import encode_normals, estimate_normals
from fastrti.rendering.renderer import Renderer

MAX_SIDE = 4096
"""Pixels; textures of this size exist on every device of the last decade. Longer sides become tiles."""

MAX_TEXELS = 64 << 20
"""Over all plane pictures: 256 MB on the graphics card. More become tiles."""

MAX_INLINED_BYTES = 192 << 20  # of pictures; as base64 half of what browsers allow one text

_PAGE, _ENTRY = "index.html", "rti-viewer.js"
_FOR_DEVELOPERS = re.compile(r"^ */\*\*(?:.|\n)*?\*/\n|^ *//.*\n|^\n|^ +| +// .*", re.MULTILINE)
_IMPORTS = re.compile(r"^import [^;]*?'\./([\w-]+\.js)';\n", re.MULTILINE)


def export_folder(relightable: Relightable, folder: Path, tiles: bool = False) -> None:
    """Writes the page, the scripts and the object with its normals.

    Args:
        relightable: what to show.
        folder: new, empty, or an earlier export, which is replaced.
        tiles: write a pyramid of tiles even where the sides are at most MAX_SIDE.

    Raises:
        ArgumentError: the folder holds something else, or cannot be written.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / _ENTRY).exists():
        raise ArgumentError(
            f"expected {folder} to be new, empty or an earlier web export, got a folder of other files: "
            "choose another name"
        )
    try:
        write_page(folder, relightable.title)
        shutil.rmtree(folder / "object", ignore_errors=True)
        write_object(relightable, folder / "object", tiles)
        write_normals(relightable, folder / "object", tiles)
    except OSError as error:
        raise ArgumentError(f"expected a folder that can be written, got {folder}: {error.strerror or error}") from None


def export_single_file(relightable: Relightable, page: Path) -> None:
    """Writes one HTML file that opens by a double click, scripts and pictures inlined.

    Raises:
        ArgumentError: another suffix than .html, an object too large for one text, or a file that cannot be written.
    """
    if page.suffix.lower() != ".html":
        raise ArgumentError(f"expected a file name ending in .html for a single file, got {page.name!r}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "web"
        export_folder(relightable, folder)
        text = _inlined(folder)
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ArgumentError(f"expected to write {page}, got: {error.strerror or error}") from None


def write_page(folder: Path, title: str) -> None:
    """Writes the page and its scripts, these without comments and indentation: they are for developers, not for the
    wire."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in (files("fastrti") / "sharing" / "viewer").iterdir():
        text = source.read_text(encoding="utf-8")
        text = text.replace("<title></title>", f"<title>{html.escape(title or 'Relightable image')}</title>")
        (folder / source.name).write_text(_FOR_DEVELOPERS.sub("", text), encoding="utf-8")


def needs_tiles(relightable: Relightable) -> bool:
    """Whether the planes are too large to be shown whole."""
    texels = relightable.width * relightable.height * -(-len(relightable.planes) // 3)
    return max(relightable.width, relightable.height) > MAX_SIDE or texels > MAX_TEXELS


def write_object(relightable: Relightable, folder: Path, tiles: bool = False) -> None:
    """Writes the object's own folder, its planes and mask as whole pictures or as pyramids."""
    if not (tiles or needs_tiles(relightable)):
        save(relightable, folder)
        return
    descriptor = {"size": TILE, "levels": level_count(relightable.width, relightable.height)}
    folder.mkdir(parents=True, exist_ok=True)
    info = object_info(relightable) | {"tiles": descriptor}
    (folder / "info.json").write_text(json.dumps(info, indent=1), encoding="utf-8")
    spare = -len(relightable.planes) % 3
    for number, start in enumerate(range(0, len(relightable.planes), 3), start=1):
        triplet = relightable.planes[start : start + 3]
        padded = np.pad(triplet, ((0, 3 - len(triplet)), (0, 0), (0, 0))) if spare else triplet
        write_pyramid(folder, f"plane_{number}", padded.transpose(1, 2, 0))
    if relightable.mask is not None:
        write_pyramid(folder, "mask", relightable.mask.astype(np.uint8) * 255)


def write_normals(relightable: Relightable, folder: Path, tiles: bool = False) -> None:
    """Writes the normals beside the planes, in the same form; byte = round((component + 1) · 127.5)."""
    pixels: NDArray[np.uint8] = encode_normals(estimate_normals(Renderer(relightable))).astype(np.uint8)
    if tiles or needs_tiles(relightable):
        write_pyramid(folder, "normals", pixels)
    else:
        write_picture(folder / "normals.png", pixels)


# --- one file --------------------------------------------------------------------------------------------------------


def _inlined(folder: Path) -> str:
    """The page with its scripts joined into one and the object's files as data: URLs in a JSON script."""
    inlined = {path.relative_to(folder / "object").as_posix(): path for path in (folder / "object").rglob("*.*")}
    size = sum(path.stat().st_size for path in inlined.values())
    if size > MAX_INLINED_BYTES:
        raise ArgumentError(
            f"expected at most {MAX_INLINED_BYTES >> 20} MiB of pictures for a single file, got {size >> 20} MiB: "
            "export a folder instead"
        )
    urls = json.dumps({name: _data_url(path) for name, path in inlined.items() if path.is_file()})
    page = (folder / _PAGE).read_text(encoding="utf-8")
    script = f'<script type="module">\n{_joined(folder, _ENTRY, set())}</script>'
    page = page.replace(f'<script type="module" src="{_ENTRY}"></script>', script)
    embedded = f'<script type="application/json" id="files">{urls}</script>\n    <rti-viewer src="#files">'
    return page.replace('<rti-viewer src="object">', embedded)


def _joined(folder: Path, name: str, done: set[str]) -> str:
    """A module after the modules it imports, each once; their top-level names are unique."""
    if name in done:
        return ""
    done.add(name)
    source = (folder / name).read_text(encoding="utf-8")
    before = "".join(_joined(folder, imported, done) for imported in _IMPORTS.findall(source))
    return before + re.sub(r"^export ", "", _IMPORTS.sub("", source), flags=re.MULTILINE)


def _data_url(path: Path) -> str:
    kind = "application/json" if path.suffix == ".json" else "image/png"
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
