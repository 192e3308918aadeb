"""Results of minutes of work: their place is checked before, and where it fails after all, they are saved elsewhere."""

import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from fastrti.errors import ObjectError
from fastrti.files import real_path
from fastrti.formats import save
from fastrti.objects.relightable import Relightable


def save_result(relightable: Relightable, output: str) -> None:
    """Saves an object; where that fails, beside the path, and else in the folder for temporary files.

    Raises:
        ObjectError: the object is not where it was asked for; the sentence says where it is.
    """
    try:
        return save(relightable, output)
    except ObjectError as error:
        reason = error
    name = f"{Path(output).name[:100]}-{secrets.token_hex(3)}"
    place = _first_saved(relightable, [real_path(output).parent / name, Path(tempfile.gettempdir()) / name])
    if place is None:
        raise reason
    raise ObjectError(f"{reason}; the object was saved as {place} instead")


def _first_saved(relightable: Relightable, places: list[Path]) -> Path | None:
    for place in places:
        with suppress(ObjectError):
            save(relightable, place)
            return place
    return None
