"""Objects written as the field's files, where their decoder is one the format holds."""

import os
from collections.abc import Callable
from pathlib import Path

from fastrti.errors import ArgumentError
from fastrti.formats import hsh as rti
from fastrti.formats import ptm, relight_writer
from fastrti.objects.relightable import Relightable

WRITERS: dict[str, Callable[[Relightable, Path], None]] = {
    "ptm": ptm.write,
    "rti": rti.write,
    "relight": relight_writer.write,
}
"""By the name of the format: a `.ptm` file, an HSH `.rti` file, a Relight folder."""


def write_object(relightable: Relightable, path: str | os.PathLike[str], format: str) -> None:
    """Writes an object as a file or folder of another format.

    These formats hold coefficients and, in Relight folders, the lights: mask and provenance are not written, and
    pixels outside the mask show as they were fitted.

    Args:
        relightable: an object whose decoder the format holds: PTM, HSH or interpolated components.
        path: the file to write or replace, or the folder to make.
        format: a key of `WRITERS`.

    Raises:
        ObjectError: a decoder that the format does not hold, or a path that cannot be written.
        ArgumentError: another format.
    """
    if format not in WRITERS:
        raise ArgumentError(f"expected a format of {', '.join(WRITERS)}, got {format!r}")
    WRITERS[format](relightable, Path(path))
