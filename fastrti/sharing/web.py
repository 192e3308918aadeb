"""The web export: the viewer's page and scripts beside the object, for any web server, or all as one HTML file."""

import base64
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastrti.errors import ArgumentError
from fastrti.files import check_place, replace_file, replace_folder, scratch_folder, write_file
from fastrti.formats import save
from fastrti.formats.fastrti_folder import write_object
from fastrti.formats.pack import Pack
from fastrti.objects.relightable import Relightable
from fastrti.rendering.normals import with_normals
from fastrti.sharing.scripts import ENTRY, PAGE, page_scripts, page_with_all, page_with_scripts
from fastrti.sharing.site import (
    COLLECTION,
    OBJECT,
    OWNED,
    PACKED_OBJECT,
    check_site,
    loads_best_as_tiles,
    needs_tiles,
    titled,
)
from fastrti.sharing.wire import for_the_wire

MAX_INLINED_BYTES = 192 << 20  # of pictures; as base64 half of what browsers allow one text


def export_folder(
    relightable: Relightable, folder: Path, tiles: bool = False, packed: bool = False, loss_db: float | None = None
) -> None:
    """Writes the page, the scripts and the object with its normals, which are estimated where it has none.

    All of it is prepared beside an earlier export, and takes its place when it is whole.

    Args:
        relightable: what to show.
        folder: new, empty, or an earlier export, whose page and object are replaced.
        tiles: write a pyramid of tiles even where the picture has at most 2 megapixels.
        packed: write the object as one pack, for a web server that answers range requests. Its planes are lossless.
        loss_db: write the planes as JPEG that costs at most so many dB, see `fastrti.sharing.wire`. None: lossless.

    Raises:
        ArgumentError: the folder holds something else, cannot be written, or the loss cannot be had.
        ObjectError: the object's folder cannot be written.
    """
    with _new_site(folder, relightable.title, PACKED_OBJECT if packed else OBJECT) as shown:
        if packed:
            return save(with_normals(relightable), shown, "pack")
        write_shown_object(with_normals(relightable), shown.parent, tiles, loss_db)


def export_pack(pack: Pack, folder: Path) -> None:
    """Writes the page, the scripts and a copy of a pack, of whatever size.

    Raises:
        ArgumentError: the folder holds something else, or cannot be written.
    """
    with _new_site(folder, pack.model.title, PACKED_OBJECT) as shown:
        shutil.copyfile(pack.path, shown)


@contextmanager
def _new_site(folder: Path, title: str, name: str) -> Iterator[Path]:
    """The place of the object in an export that is whole when the block ends; what the one before showed is gone."""
    check_site(folder, ENTRY, COLLECTION)
    with replace_folder(folder, OWNED, ArgumentError) as fresh:
        write_page(fresh, title, name)
        yield fresh / name


def write_shown_object(relightable: Relightable, folder: Path, tiles: bool, loss_db: float | None = None) -> None:
    """Writes the object that the page of a folder shows, beside the page.

    Args:
        relightable: with its normals.
        folder: is not finished.
        tiles: write tiles where the picture would be written whole, too.
        loss_db: see `export_folder`.
    """
    (folder / OBJECT).mkdir()
    _write_object(relightable, folder / OBJECT, tiles or loads_best_as_tiles(relightable), loss_db, first=True)


def _write_object(relightable: Relightable, folder: Path, tiled: bool, loss_db: float | None, first: bool) -> None:
    coded, wire = (relightable, None) if loss_db is None else for_the_wire(relightable, loss_db)
    write_object(coded, folder, tiled, wire, first)


def export_single_file(relightable: Relightable, page: Path, loss_db: float | None = None) -> None:
    """Writes one HTML file that opens by a double click, scripts and pictures inlined.

    Args:
        relightable: what to show.
        page: the file.
        loss_db: see `export_folder`.

    Raises:
        ArgumentError: another suffix than .html, an object too large for one text, a file that cannot be written, or a
            loss that cannot be had.
    """
    if page.suffix.lower() != ".html":
        raise ArgumentError(f"expected a file name ending in .html for a single file, got {page.name!r}")
    check_place(page, error=ArgumentError)
    tiled = needs_tiles(relightable)
    with scratch_folder(page, ArgumentError) as folder:
        _write_object(with_normals(relightable), folder, tiled, loss_db, first=False)
        text = inlined_page(folder, relightable.title)
    replace_file(page, text.encode(), ArgumentError)


def write_page(folder: Path, title: str, shown: str = OBJECT) -> None:
    """Writes the page and its scripts into a folder that is not finished; makes the folder if need be.

    Raises:
        OSError: they cannot be written; `replace_folder` around it makes a sentence of it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in page_files(title, shown).items():
        write_file(folder / name, content)


def page_files(title: str, shown: str = OBJECT) -> dict[str, bytes]:
    """The page, which shows the object of this name, and its scripts, by name."""
    page = page_with_scripts(packed=shown == PACKED_OBJECT).replace(f'src="{OBJECT}"', f'src="{shown}"', 1)
    return {name: text.encode() for name, text in (page_scripts() | {PAGE: titled(page, title)}).items()}


def write_scripts(folder: Path) -> None:
    """Writes the scripts alone, which several pages share, into a folder that is not finished."""
    for name, text in page_scripts().items():
        write_file(folder / name, text.encode())


def write_page_of_many(folder: Path, title: str, scripts: str) -> None:
    """Writes a page whose scripts stand elsewhere: `scripts` is the way to their folder, as "../../"."""
    write_file(folder / PAGE, titled(page_with_scripts(scripts), title).encode())


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
    urls = json.dumps({name: _data_url(path) for name, path in inlined.items()}).replace("<", "\\u003c")
    embedded = f'<script type="application/json" id="files">{urls}</script>\n<rti-viewer src="#files" link>'
    return titled(page_with_all().replace('<rti-viewer src="object" link>', embedded, 1), title)


def _data_url(path: Path) -> str:
    kind = "application/json" if path.suffix == ".json" else "image/png"
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
