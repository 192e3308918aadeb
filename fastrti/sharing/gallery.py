"""The export of several objects to the web: an index page, a viewer for each of them, and feeds."""

import html
import re
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path

from fastrti.errors import ArgumentError
from fastrti.files import replace_folder, write_file
from fastrti.objects.relightable import Relightable
from fastrti.rendering.normals import with_normals
from fastrti.rendering.renderer import Renderer
from fastrti.sharing.facts import WORDS, Shown, shown
from fastrti.sharing.feeds import feeds
from fastrti.sharing.scripts import ENTRY
from fastrti.sharing.site import COLLECTION, FEEDS, OBJECTS, OWNED, check_site, titled
from fastrti.sharing.thumbnails import GRID, STRIP, THUMBNAIL, write_thumbnails
from fastrti.sharing.web import write_page_of_many, write_scripts, write_shown_object

MANIFEST = "manifest.json"
"""In the folder of an object that is published with IIIF."""

_SCRIPT = "gallery.js"


def export_gallery(
    objects: Iterable[tuple[str, Relightable]],
    folder: Path,
    base_url: str = "",
    tiles: bool = False,
    loss_db: float | None = None,
) -> None:
    """Writes an index page, and for each object a page with its viewer.

    All of it is prepared beside an earlier export, and takes its place when it is whole.

    Args:
        objects: (name, object); the names are parts of addresses, see `fastrti.sharing.facts.address_names`. The
            objects are asked for one after the other, so that an iterator needs memory for one.
        folder: new, empty, or an earlier export to the web, whose objects are replaced.
        base_url: where the folder will stand, with a slash at its end. Without it there are no feeds.
        tiles: write tiles where a picture would be written whole, too.
        loss_db: see `fastrti.sharing.web.export_folder`.

    Raises:
        ArgumentError: the folder holds something else, cannot be written, or the loss cannot be had.
    """
    check_site(folder, ENTRY, COLLECTION)
    with replace_folder(folder, OWNED, ArgumentError) as fresh:
        write_scripts(fresh)
        (fresh / OBJECTS).mkdir()
        listed = []
        for name, relightable in objects:
            whole = with_normals(relightable)
            listed.append(write_one(Renderer(whole), name, fresh, tiles, loss_db))
        write_index(fresh, listed, base_url)


def write_one(renderer: Renderer, name: str, site: Path, tiles: bool, loss_db: float | None = None) -> Shown:
    """Writes the page, the thumbnails and the data of one object.

    Args:
        renderer: of the object with its normals.
        name: of its folder.
        site: is not finished.
        tiles: write tiles where its picture would be written whole, too.
        loss_db: see `fastrti.sharing.web.export_folder`.
    """
    folder = site / OBJECTS / name
    folder.mkdir()
    said = shown(renderer.relightable, name, write_thumbnails(renderer, folder))
    write_page_of_many(folder, said.title, "../../")
    write_shown_object(renderer.relightable, folder, tiles, loss_db)
    return said


def write_index(site: Path, listed: Sequence[Shown], base_url: str = "", collection: str = "") -> None:
    """Writes the index page with its script, and feeds where the address of the site is known.

    Args:
        site: is not finished.
        listed: its objects.
        base_url: with a slash at its end, or nothing.
        collection: the file of the IIIF collection; each object has a manifest then.
    """
    for name, content in (feeds(listed, base_url) if base_url else {}).items():
        write_file(site / name, content)
    own = files("fastrti") / "sharing" / "gallery_page"
    write_file(site / _SCRIPT, own.joinpath(_SCRIPT).read_bytes())
    parts = {
        "feeds": "".join(f'<link rel="alternate" type="{kind}" href="{name}">' for name, kind in _feeds(base_url)),
        "count": "1 object" if len(listed) == 1 else f"{len(listed)} objects",
        "cards": "\n".join(_card(each, bool(collection)) for each in listed),
        "links": " · ".join(f'<a href="{name}">{words}</a>' for name, words in _links(base_url, collection)),
    }
    page = titled(own.joinpath("index.html").read_text(encoding="utf-8"), WORDS["objects"][0])
    filled = re.sub(r"<!-- (\w+) -->", lambda mark: parts[mark[1]], page)  # in one pass: parts are not looked through
    write_file(site / "index.html", filled.encode())


def _feeds(base_url: str) -> list[tuple[str, str]]:
    kinds = ("application/rss+xml", "application/feed+json")
    return list(zip(FEEDS, kinds)) if base_url else []


def _links(base_url: str, collection: str) -> list[tuple[str, str]]:
    words = ("RSS", "JSON Feed")
    return [*(zip(FEEDS, words) if base_url else ()), *([(collection, "IIIF collection")] if collection else ())]


def _card(each: Shown, manifest: bool) -> str:
    """Every text is escaped for the place where it stands; names are safe in addresses already."""
    folder = f"{OBJECTS}/{each.name}"
    width, height = each.thumbnail
    facts = "".join(f"<div><dt>{WORDS[key][0]}</dt><dd>{html.escape(text)}</dd></div>" for key, text in each.facts)
    links = f'<p><a href="{folder}/{MANIFEST}">IIIF manifest</a></p>' if manifest else ""
    return (
        f'<article><a class="picture" href="{folder}/index.html" tabindex="-1" aria-hidden="true">'
        f'<img src="{folder}/{THUMBNAIL}" width="{width}" height="{height}" alt="" loading="lazy" '
        f'data-strip="{folder}/{STRIP}" data-grid="{GRID}"></a>'
        f'<h2><a href="{folder}/index.html">{html.escape(each.title)}</a></h2><dl>{facts}</dl>{links}</article>'
    )
