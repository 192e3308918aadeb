"""`Format`: what fastrti knows of one file format of relightable objects."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fastrti.json_fields import Fields
from fastrti.objects.relightable import Relightable


@dataclass(frozen=True)
class Source:
    """What stands at a path that somebody wants to open.

    Attributes:
        path: the file, or the folder that holds the object.
        info: the parsed info.json of a folder; None for a file.
        start: the first bytes of a file; empty for a folder.
    """

    path: Path
    info: Fields | None = None
    start: bytes = b""

    @property
    def fields(self) -> Fields:
        """The info.json of a folder that a format recognised."""
        assert self.info is not None  # `recognises` looked at it
        return self.info


@dataclass(frozen=True)
class Format:
    """A row of the table `fastrti.formats.FORMATS`.

    Attributes:
        name: what `save(…, format=)` and `fastrti convert --to` take.
        what: the format in a sentence: "a .ptm file".
        recognises: whether the format is the source's, judged by what it holds and never by its name.
        load: reads a recognised source, with a limit of pixels; None stands for the default.
        save: writes an object to a path; None where fastrti only reads the format.
        suffixes: of its files, in lower case; none for folders.
        holds: which of an object's mask, lights, mm_per_pixel, title, creator, rights, provenance and annotations it
            has a place for.
    """

    name: str
    what: str
    recognises: Callable[[Source], bool]
    load: Callable[[Source, int | None], Relightable]
    save: Callable[[Relightable, Path], None] | None = None
    suffixes: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
