"""Places beside a file or folder: hidden names of its own for what is not finished, and what dead processes left."""

import hashlib
import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from fastrti.errors import ObjectError
from fastrti.files.reasons import ErrorType, cannot

if sys.platform == "win32":
    fcntl = None
else:
    import fcntl


def real_path(path: str | os.PathLike[str], error: ErrorType = ObjectError) -> Path:
    """A path with links followed; nothing has to stand there.

    Raises:
        FastrtiError: `error`, for a name that no system takes, and for a relative path in a deleted folder.
    """
    try:
        return Path(os.path.realpath(path))
    except (OSError, ValueError) as reason:
        raise error(cannot(path, "a path of this system", reason)) from None


def standing(target: Path) -> Path:
    """Where a folder stands: at its path, or aside, where a swap by two renames was interrupted.

    Args:
        target: as `real_path` returns it.
    """
    return target if os.path.lexists(target) else next(iter(_set_aside(target)), target)


def put_back(target: Path) -> None:
    """Ends a swap by two renames that was interrupted: the old folder stands at its path again, or is deleted where the
    new one stands there."""
    for aside in _set_aside(target):
        if os.path.lexists(target):
            delete(aside)
        else:
            with suppress(FileNotFoundError):  # somebody else put it back
                os.rename(aside, target)


def beside(target: Path, kind: Literal["new", "old"]) -> Path:
    """A hidden name in the folder of the target that nobody has; short, however long the target's own is.

    Args:
        target: as `real_path` returns it.
        kind: "new" is being written, or was replaced and is not deleted yet. "old" is set aside between two renames.
    """
    return target.with_name(f".fastrti-{_key(target)}-{secrets.token_hex(4)}.{kind}")


@contextmanager
def claimed(target: Path, make: Callable[[Path], object]) -> Iterator[Path]:
    """A new hidden file or folder beside the target, which this process owns. What is there in the end is deleted.

    Args:
        target: as `real_path` returns it; its folder exists.
        make: makes the file or folder.
    """
    delete_abandoned(target.parent)
    path, handle = _claim(target, make)
    try:
        yield path
    finally:
        delete(path)
        if handle is not None:
            os.close(handle)


def identity(place: Path | int) -> tuple[int, int] | None:
    """The number of the file or folder that stands at a path, or is open; None where nothing is."""
    try:
        status = os.stat(place)
    except OSError:
        return None
    return status.st_dev, status.st_ino


def delete(path: Path) -> None:
    """Deletes a file or a folder, as far as it is there and the system allows it."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()


def delete_abandoned(folder: Path) -> None:
    """Deletes what processes that are dead were writing in a folder."""
    if fcntl is None:
        return
    for path in _hidden(folder, r"[0-9a-f]{8}", "new"):
        with suppress(OSError):
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises where a living process has it
                if identity(handle) == identity(path):
                    delete(path)
            finally:
                os.close(handle)


def _claim(target: Path, make: Callable[[Path], object]) -> tuple[Path, int | None]:
    """A file or folder that was made, and the handle that holds its lock: the system frees it when the process ends."""
    while True:
        path = beside(target, "new")
        make(path)
        if fcntl is None:
            return path, None
        try:
            handle = os.open(path, os.O_RDONLY)
        except FileNotFoundError:  # deleted as abandoned before it was locked
            continue
        with suppress(OSError):  # a file system without locks: nobody can lock what is there, so nobody deletes it
            fcntl.flock(handle, fcntl.LOCK_EX)
        if identity(handle) == identity(path):
            return path, handle
        os.close(handle)


def _set_aside(target: Path) -> list[Path]:
    return _hidden(target.parent, _key(target), "old")


def _hidden(folder: Path, key: str, kind: Literal["new", "old"]) -> list[Path]:
    pattern = re.compile(rf"\.fastrti-{key}-[0-9a-f]{{8}}\.{kind}")
    try:
        with os.scandir(folder) as entries:
            return [folder / entry.name for entry in entries if pattern.fullmatch(entry.name)]
    except OSError:
        return []


def _key(target: Path) -> str:
    return hashlib.sha256(os.fsencode(target.name)).hexdigest()[:8]
