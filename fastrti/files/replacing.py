"""Files and folders that take their place when they are whole."""

import ctypes
import errno
import fnmatch
import io
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from fastrti.errors import ObjectError
from fastrti.files.places import beside, claimed, delete, put_back, real_path
from fastrti.files.reasons import ErrorType, own_error

_FILE, _FOLDER = "a file that can be written", "a folder that can be written"
_AT_A_TIME = 16  # files that are forced to the disk: it takes them together
_EXCHANGE, _HERE = 2, -100  # RENAME_EXCHANGE and AT_FDCWD of Linux
_CANNOT_EXCHANGE = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP}


def replace_file(
    path: str | os.PathLike[str], content: bytes | Callable[[BinaryIO], object], error: ErrorType = ObjectError
) -> None:
    """Writes a file, or replaces one; missing folders are made, and links are followed.

    Args:
        path: the file.
        content: its bytes, or what writes them to a file in memory.
        error: the project's error for a file that cannot be written.

    Raises:
        FastrtiError: `error`, with the reason of the operating system.
    """
    if not isinstance(content, bytes):
        buffer = io.BytesIO()
        content(buffer)
        content = buffer.getvalue()
    with replaced_file(path, error) as fresh:
        write_file(fresh, content)


@contextmanager
def replaced_file(path: str | os.PathLike[str], error: ErrorType = ObjectError) -> Iterator[Path]:
    """An empty file to write to, which takes its place at the path when the block ends well: `replace_file` for
    content that is too large for memory."""
    target = _named(path, error)
    with own_error(path, _FILE, error):
        mode = _mode_of_file(target, path, error)
        target.parent.mkdir(parents=True, exist_ok=True)
        with claimed(target, lambda fresh: open(fresh, "xb").close()) as fresh:
            yield fresh
            _sync(fresh)
            if mode is not None:
                fresh.chmod(mode)
            os.replace(fresh, target)


@contextmanager
def replace_folder(
    path: str | os.PathLike[str], owned: Sequence[str] = (), error: ErrorType = ObjectError
) -> Iterator[Path]:
    """A folder to write into, which replaces what is at the path when the block ends well.

    What the old folder holds and the new one does not, is kept, except for what is `owned`.

    Args:
        path: the folder; links are followed, and missing folders above it are made.
        owned: patterns of the names that the old folder's writer wrote.
        error: the project's error for a folder that cannot be written.

    Raises:
        FastrtiError: `error`, with the reason of the operating system.
    """
    target = _named(path, error)
    with own_error(path, _FOLDER, error):
        _check_replaceable(target, path, error)
        target.parent.mkdir(parents=True, exist_ok=True)
        put_back(target)
        with claimed(target, os.mkdir) as fresh:
            yield fresh
            _sync_all(fresh)
            _keep_others(target, fresh, owned)
            _swap(fresh, target)
            _sync(target.parent)


@contextmanager
def new_folder(path: str | os.PathLike[str], error: ErrorType = ObjectError) -> Iterator[Path]:
    """A folder to write into, which takes its place at the path when the block ends well.

    Raises:
        FastrtiError: `error`, if there is something at the path already, or it cannot be written.
    """
    with own_error(path, _FOLDER, error):
        target = _named(path, error)
        if os.path.lexists(target) and not (target.is_dir() and not any(target.iterdir())):
            raise error(f"{path}: expected a new or an empty folder, got one with files: choose another name")
    with replace_folder(path, ("*",), error) as fresh:  # of two that are written at the same time, the last one wins
        yield fresh


@contextmanager
def scratch_folder(path: str | os.PathLike[str], error: ErrorType = ObjectError) -> Iterator[Path]:
    """A hidden folder beside a file that is being made, for its parts. It is deleted in the end."""
    target = _named(path, error)
    with own_error(path, _FILE, error):
        target.parent.mkdir(parents=True, exist_ok=True)
        with claimed(target, os.mkdir) as folder:
            yield folder


def check_place(path: str | os.PathLike[str], size: int = 0, error: ErrorType = ObjectError) -> None:
    """Raises `error` unless a file or folder can be written at a path: before minutes of work, not after them.

    Args:
        path: nothing is written there. Beside it, or in the first folder above that exists, a file is made and deleted.
        size: bytes that have to be free.
        error: the project's error.
    """
    target = _named(path, error)
    with own_error(path, "a file or folder that can be written", error):
        _check_replaceable(target, path, error)
        above = target.parent
        while not above.exists():
            above = above.parent
        for name in (target, *(above / part for part in target.relative_to(above).parts)):
            with suppress(FileNotFoundError):
                os.lstat(name)  # raises where it is too long
        with claimed(above / target.name, lambda fresh: open(fresh, "xb").close()):
            pass
        disk = shutil.disk_usage(above)
    if disk.total and disk.free < size:
        raise error(
            f"{path}: expected {size / 1e6:,.1f} MB of free space, got {disk.free / 1e6:,.1f} MB: "
            "free some space, or choose a place elsewhere"
        )


def write_file(path: Path, content: bytes) -> None:
    """Writes a file inside a folder that is not finished, for `replace_folder` to put in its place.

    Raises:
        OSError: which the functions of this module around it turn into the project's error.
    """
    with open(path, "wb") as file:
        file.write(content)


# --- what may be replaced --------------------------------------------------------------------------------------------


def _named(path: str | os.PathLike[str], error: ErrorType) -> Path:
    target = real_path(path, error)
    if not target.name:
        raise error(f"{path}: expected a name to write to, got the root of the file system: choose a folder inside it")
    return target


def _mode_of_file(target: Path, path: str | os.PathLike[str], error: ErrorType) -> int | None:
    """The permissions of the file that is replaced; None where there is none."""
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):  # replacing /dev/null would harm every program
        raise error(f"{path}: expected {_FILE}, got a folder, pipe or device: choose another name")
    return stat.S_IMODE(mode)


def _check_replaceable(target: Path, path: str | os.PathLike[str], error: ErrorType) -> None:
    """Raises `error` for folders that cannot be renamed, or that this process, and its shell, stand in."""
    with suppress(FileNotFoundError):  # a deleted folder is nobody's current one
        here = Path.cwd()
        if target in (here, *here.parents):
            raise error(f"{path}: expected {_FOLDER}, got the current folder: name a folder inside it")
    for folder, _, _ in os.walk(target):
        if os.path.ismount(folder):  # cannot be renamed; and what is mounted is not ours to delete
            raise error(f"{path}: expected {_FOLDER}, got one with the mount point {folder}: choose another name")


def _keep_others(target: Path, fresh: Path, owned: Sequence[str]) -> None:
    """Brings to the new folder what in the old one is not the writer's: as links, or copied where there are none."""
    if not target.exists():
        return
    fresh.chmod(stat.S_IMODE(target.stat().st_mode))
    for entry in target.iterdir():
        kept = fresh / entry.name
        if os.path.lexists(kept) or any(fnmatch.fnmatch(entry.name, pattern) for pattern in owned):
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.copytree(entry, kept, symlinks=True, copy_function=_link)
        else:
            _link(entry, kept)


def _link(source: str | Path, destination: str | Path) -> None:
    try:
        os.link(source, destination, follow_symlinks=False)
    except (OSError, NotImplementedError):
        shutil.copy2(source, destination, follow_symlinks=False)


# --- the swap --------------------------------------------------------------------------------------------------------


def _swap(fresh: Path, target: Path) -> None:
    """Puts a folder in its place; the old one, if any, is at the other's path afterwards, or deleted."""
    while True:
        try:
            if os.path.lexists(target):
                if not target.is_dir():
                    raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
                if _exchange(fresh, target):
                    return
                _set_aside_and_rename(fresh, target)
            else:
                os.rename(fresh, target)
            return
        except FileNotFoundError:
            if not fresh.exists():
                raise
        except OSError as reason:
            if reason.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        # Another process put a folder there, or took it away, since we looked.


def _exchange(one: Path, other: Path) -> bool:
    """Swaps two folders in one step; False where this system cannot."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None) if sys.platform == "linux" else None
    if rename is None:
        return False
    if rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(other))


def _set_aside_and_rename(fresh: Path, target: Path) -> None:
    aside = beside(target, "old")
    os.rename(target, aside)
    try:
        os.rename(fresh, target)
    except BaseException:
        put_back(target)
        raise
    finally:
        if os.path.lexists(target):
            delete(aside)


def _sync_all(folder: Path) -> None:
    """Forces a folder and what it holds to the disk, files at the same time: one after the other takes 25 times."""
    everything = [folder, *(path for path in folder.rglob("*") if not path.is_symlink())]
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        list(pool.map(_sync, everything))


def _sync(path: Path) -> None:
    if os.name == "posix":  # elsewhere a folder cannot be opened for fsync
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
