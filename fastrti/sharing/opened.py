"""`OpenedObject`: an object and the folder that it came from, where its normals are kept for the next time."""

import os
from pathlib import Path

from fastrti.errors import ObjectError
from fastrti.files import real_path
from fastrti.formats import open_object
from fastrti.formats.fastrti_folder import NORMALS, keep_normals
from fastrti.formats.pack import Pack
from fastrti.formats.reading.plane_files import png_of
from fastrti.json_fields import read_json
from fastrti.objects.relightable import Relightable
from fastrti.rendering.normals import with_normals


class OpenedObject:
    """An object that was opened from a path.

    Args:
        path: the folder or file of an object.
        max_pixels: as of `load`.

    Attributes:
        pack: the object, where it is a pack, which is read only as far as somebody asks for it.
        folder: fastrti's own folder of the object; None for other formats.
        tiled: whether this folder holds tiles.

    Raises:
        ObjectError: the folder or file is not a relightable object.
    """

    def __init__(self, path: str | os.PathLike[str], max_pixels: int | None = None) -> None:
        folder = real_path(path)
        self._state = _state(folder)  # before the object is read
        opened = open_object(path, max_pixels)
        self.pack = opened if isinstance(opened, Pack) else None
        self._relightable = None if isinstance(opened, Pack) else opened
        info = read_json(folder / "info.json").values if folder.is_dir() else {}
        self.folder = folder if "fastrti" in info else None
        self.tiled = "tiles" in info

    @property
    def relightable(self) -> Relightable:
        """The object, in memory."""
        if self._relightable is None:
            assert self.pack is not None
            self._relightable = self.pack.whole()
        return self._relightable

    def estimate_normals(self) -> None:
        """Gives the object its normals, if it has none. This takes a second for some megapixels."""
        self._relightable = with_normals(self.relightable)

    def keep_normals(self) -> str:
        """Adds the normals of the object to its folder, if it has one with whole pictures and no normals.

        Returns:
            A sentence about what was done; empty where nothing was.
        """
        if self.relightable.normals is None or self.folder is None or self.tiled:
            return ""
        if (self.folder / NORMALS).exists() or _state(self.folder) != self._state:  # or another object took its place
            return ""
        try:
            keep_normals(self.folder, png_of(self.relightable.normals))
        except ObjectError as error:
            return f"the normals were not kept for the next time: {error}"
        return f"the normals were kept for the next time: {self.folder / NORMALS}"


def _state(folder: Path) -> tuple[int, ...] | None:
    """What changes when another object takes the place of this one; None where there is no fastrti folder."""
    try:
        found = os.stat(folder / "info.json")
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
