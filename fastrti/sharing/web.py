"""The web export: the viewer's page and scripts beside the object, for any web server, or all as one HTML file."""

import base64
import json
import re
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fastrti.errors import ArgumentError
from fastrti.files import check_place, replace_file, replace_folder, scratch_folder
from fastrti.formats.fastrti_folder import write_object
from fastrti.formats.pyramid import write_pyramid
from fastrti.formats.reading.plane_files import write_picture
from fastrti.objects.relightable import Relightable
from fastrti.progress import Progress
from fastrti.rendering.normals import encode_normals, estimate_normals
from fastrti.rendering.renderer import Renderer
from fastrti.sharing.site import OBJECT, check_site, loads_best_as_tiles, needs_tiles, titled

MAX_INLINED_BYTES = 192 << 20  # of pictures; as base64 half of what browsers allow one text

_PAGE, _ENTRY = "index.html", "rti-viewer.js"
_FOR_DEVELOPERS = re.compile(r"^ */\*\*(?:.|\n)*?\*/\n|^ *//.*\n|^\n|^ +| +// .*", re.MULTILINE)
_IMPORTS = re.compile(r"^import [^;]*?'\./([\w-]+\.js)';\n", re.MULTILINE)


def export_folder(relightable: Relightable, folder: Path, tiles: bool = False) -> None:
    """Writes the page, the scripts and the object with its normals.

    All of it is prepared beside an earlier export, and takes its place when it is whole.

    Args:
        relightable: what to show.
        folder: new, empty, or an earlier export, whose page and object are replaced.
        tiles: write a pyramid of tiles even where the picture has at most 2 megapixels.

    Raises:
        ArgumentError: the folder holds something else, or cannot be written.
        ObjectError: the object's folder cannot be written.
    """
    check_site(folder, _ENTRY)
    tiled = tiles or loads_best_as_tiles(relightable)
    with replace_folder(folder, error=ArgumentError) as fresh:
        write_page(fresh, relightable.title)
        shown = fresh / OBJECT
        shown.mkdir()
        write_object(relightable, shown, tiled)
        write_normals(Renderer(relightable), shown, tiled)


def export_single_file(relightable: Relightable, page: Path) -> None:
    """Writes one HTML file that opens by a double click, scripts and pictures inlined.

    Raises:
        ArgumentError: another suffix than .html, an object too large for one text, or a file that cannot be written.
    """
    if page.suffix.lower() != ".html":
        raise ArgumentError(f"expected a file name ending in .html for a single file, got {page.name!r}")
    check_place(page, error=ArgumentError)
    tiled = needs_tiles(relightable)
    with scratch_folder(page, ArgumentError) as folder:
        write_object(relightable, folder, tiled)
        write_normals(Renderer(relightable), folder, tiled)
        text = inlined_page(folder, relightable.title)
    replace_file(page, text.encode(), ArgumentError)


def write_page(folder: Path, title: str) -> None:
    """Writes the page and its scripts.

    Raises:
        ArgumentError: they cannot be written.
    """
    for name, text in _page_files(title).items():
        replace_file(folder / name, text.encode(), ArgumentError)


def _page_files(title: str) -> dict[str, str]:
    """The page and its scripts by name, without comments and indentation: these are for developers, not for the
    wire."""
    sources = {
        source.name: source.read_text(encoding="utf-8")
        for source in (files("fastrti") / "sharing" / "viewer").iterdir()
    }
    short = {name: _FOR_DEVELOPERS.sub("", text) for name, text in sources.items()}
    return short | {_PAGE: titled(short[_PAGE], title)}


def write_normals(renderer: Renderer, folder: Path, tiled: bool = False) -> None:
    """Writes the normals beside the planes, in the same form; byte = round((component + 1) · 127.5)."""
    pixels: NDArray[np.uint8] = encode_normals(estimate_normals(renderer)).astype(np.uint8)
    with Progress("writing normals"):
        if tiled:
            write_pyramid(folder, "normals", pixels)
        else:
            write_picture(folder / "normals.png", pixels)


# --- one file --------------------------------------------------------------------------------------------------------


def inlined_page(folder: Path, title: str) -> str:
    """The page with its scripts joined into one, and the files of an object's folder as data: URLs in a JSON script.

    Without the normals of the object the viewer asks its `files.find` for them.

    Raises:
        ArgumentError: the files are too large for one text.
    """
    inlined = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.*") if path.is_file()}
    size = sum(path.stat().st_size for path in inlined.values())
    if size > MAX_INLINED_BYTES:
        raise ArgumentError(
            f"expected at most {MAX_INLINED_BYTES >> 20} MiB of pictures for a single file, got {size >> 20} MiB: "
            "export a folder instead"
        )
    urls = json.dumps({name: _data_url(path) for name, path in inlined.items()})
    sources = _page_files(title)
    script = f'<script type="module">\n{_joined(sources, _ENTRY, set())}</script>'
    page = sources[_PAGE].replace(f'<script type="module" src="{_ENTRY}"></script>', script)
    embedded = f'<script type="application/json" id="files">{urls}</script>\n    <rti-viewer src="#files">'
    return page.replace('<rti-viewer src="object">', embedded)


def _joined(sources: dict[str, str], name: str, done: set[str]) -> str:
    """A module after the modules it imports, each once; their top-level names are unique."""
    if name in done:
        return ""
    done.add(name)
    source = sources[name]
    before = "".join(_joined(sources, imported, done) for imported in _IMPORTS.findall(source))
    return before + re.sub(r"^export ", "", _IMPORTS.sub("", source), flags=re.MULTILINE)


def _data_url(path: Path) -> str:
    kind = "application/json" if path.suffix == ".json" else "image/png"
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
