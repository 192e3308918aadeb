"""What all exports share: a folder with a page and its scripts, and the object beside them in `object/`."""

import html
from pathlib import Path

from fastrti.errors import ArgumentError
from fastrti.files import cannot, check_place
from fastrti.formats.pack import SUFFIX
from fastrti.objects.relightable import Relightable

OBJECT = "object"
"""The object's folder inside the export."""

PACKED_OBJECT = OBJECT + SUFFIX
"""The object inside the export, where it is one file."""

OBJECTS = "objects"
"""In an export of several objects, the folder that has a folder for each of them."""

COLLECTION = "collection.json"
"""What only an IIIF export has."""

FEEDS = ("feed.xml", "feed.json")

OWNED = (OBJECT, PACKED_OBJECT, OBJECTS, COLLECTION, "gallery.js", *FEEDS)
"""What an export to the web may hold besides its page and scripts: the next one replaces or removes it."""

MAX_SIDE = 4096
"""Pixels; textures of this size exist on every device of the last decade. Longer sides become tiles."""

MAX_TEXELS = 64 << 20
"""Over all plane pictures: 256 MB on the graphics card. More become tiles."""


MAX_WHOLE_PIXELS = 2_000_000
"""A larger picture comes over the web as tiles, of which a viewer loads what is seen."""


def needs_tiles(relightable: Relightable) -> bool:
    """Whether the planes are too large to be shown whole."""
    texels = relightable.width * relightable.height * -(-len(relightable.planes) // 3)
    return max(relightable.width, relightable.height) > MAX_SIDE or texels > MAX_TEXELS


def loads_best_as_tiles(relightable: Relightable) -> bool:
    """Whether a viewer at the other end of a slow line should get tiles."""
    return needs_tiles(relightable) or relightable.width * relightable.height > MAX_WHOLE_PIXELS


def check_site(folder: Path, mark: str, foreign_mark: str = "") -> None:
    """Raises ArgumentError unless a folder can be written and is new, empty or an earlier export of the same kind.

    Args:
        folder: what is to be written.
        mark: the file that an export of this kind holds.
        foreign_mark: a file that only exports of another kind hold.
    """
    check_place(folder, error=ArgumentError)
    try:
        earlier = (folder / mark).exists() and not (foreign_mark and (folder / foreign_mark).exists())
        foreign = folder.exists() and any(folder.iterdir()) and not earlier
    except OSError as error:
        raise ArgumentError(cannot(folder, "a folder that can be written", error)) from None
    if foreign:
        raise ArgumentError(
            f"expected {folder} to be new, empty or an earlier export of the same kind, got a folder of other files: "
            "choose another name"
        )
    for inside in (folder / OBJECT, folder / PACKED_OBJECT, folder / OBJECTS):
        if inside.is_symlink():  # what it leads to is not the export's to replace
            raise ArgumentError(f"expected {inside} to be a part of the export, got a link: remove the link")


def titled(page: str, title: str) -> str:
    """A page with its empty title filled in: the last thing that happens to a page, so that nothing reads the title as
    code."""
    return page.replace("<title></title>", f"<title>{html.escape(title or 'Relightable image')}</title>", 1)
