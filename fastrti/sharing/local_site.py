"""What `fastrti view` serves: the page, its scripts, and the files of one object by their names."""

import os
import re
from pathlib import Path

from fastrti.formats.fastrti_folder import write_normals, write_object
from fastrti.formats.pack import Pack
from fastrti.sharing.opened import OpenedObject
from fastrti.sharing.site import OBJECT, PACKED_OBJECT, needs_tiles
from fastrti.sharing.web import page_files

_OBJECT_FILE = re.compile(
    r"(info|annotations)\.json|(first_)?(plane_[0-9]{1,2}|labels|mask|normals)"
    r"(\.(jpg|png|dzi)|_files/[0-9]{1,2}/[0-9]{1,6}_[0-9]{1,6}\.png)"
)


class Site:
    """The files that are served: the page and its scripts, the object, and its normals once somebody asks for them.

    Args:
        opened: the object. A folder that the viewer can read is served as it is.
        folder: for what is written; empty.
    """

    def __init__(self, opened: OpenedObject, folder: Path) -> None:
        self._opened = opened
        self._made = folder
        self._page = page_files(opened.relightable.title)
        self._tiled = opened.tiled or needs_tiles(opened.relightable)
        if opened.folder is not None and opened.tiled == self._tiled:
            self._object = opened.folder
        else:
            print("preparing the object for the browser …", flush=True)
            self._object = folder
            write_object(opened.relightable, folder, self._tiled)
        self._normals = None if opened.relightable.normals is None else self._object

    def find(self, path: str) -> bytes | Path | None:
        """What a path stands for: a file of the page, the place of one of the object, or None."""
        if path.removeprefix("/") in ("", "index.html"):
            return self._page["index.html"]
        if path in self._page:
            return self._page[path]
        name = _object_file(path)
        if name is None:
            return None
        folder = self._normals if name.startswith("normals") else self._object
        return None if folder is None else _file_in(folder, name)

    def lacks(self, path: str) -> bool:
        """Whether a path asks for normals that are not made yet."""
        return self._normals is None and (_object_file(path) or "").startswith("normals")

    def make_normals(self) -> str:
        """Makes the normals, and keeps them with the object; a sentence about that, or an empty text."""
        self._opened.estimate_normals()
        assert self._opened.relightable.normals is not None
        write_normals(self._opened.relightable.normals, self._made, self._tiled)
        self._normals = self._made
        return self._opened.keep_normals()


class PackedSite:
    """The files that are served of a pack: the page and its scripts, and the pack as it is.

    Args:
        pack: the object.
    """

    def __init__(self, pack: Pack) -> None:
        self._place = Path(os.path.realpath(pack.path))
        self._page = page_files(pack.model.title, PACKED_OBJECT)

    def find(self, path: str) -> bytes | Path | None:
        """See `Site.find`."""
        if path == PACKED_OBJECT:
            return self._place
        return self._page.get("index.html" if path.removeprefix("/") == "" else path)

    def lacks(self, path: str) -> bool:
        """See `Site.lacks`: a pack has its normals, or none."""
        return False

    def make_normals(self) -> str:
        """See `Site.make_normals`."""
        return ""


def _object_file(path: str) -> str | None:
    """The name of a file that an object may have, of its path below the address."""
    folder, _, name = path.partition("/")
    return name if folder == OBJECT and _OBJECT_FILE.fullmatch(name) else None


def _file_in(folder: Path, name: str) -> Path | None:
    """A regular file of a folder; None where there is none, or where links lead out of the folder."""
    real = Path(os.path.realpath(folder))
    path = Path(os.path.realpath(real / name))
    return path if path.is_relative_to(real) and os.path.isfile(path) else None
