"""Writing so that whoever looks finds the whole new thing or none of it, whenever the process is killed."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fastrti.errors import ObjectError


def replace_file(path: Path, data: bytes) -> None:
    """Writes a file, or replaces one.

    Raises:
        ObjectError: it cannot be written.
    """
    fresh = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(fresh, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise ObjectError(f"{path}: expected a file that can be written, got {error.strerror or error}") from None


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder to write into, which takes its place at the path when the block ends well.

    Raises:
        ObjectError: there is something at the path already, or it cannot be written.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise ObjectError(f"{path}: expected a new or an empty folder, got one with files: choose another name")
    fresh = target.parent / f".{target.name}.new"
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        yield fresh
        os.replace(fresh, target)  # an empty folder may be replaced
    except OSError as error:
        raise ObjectError(f"{path}: expected a folder that can be written, got {error.strerror or error}") from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
