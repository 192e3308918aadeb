"""Writing files and folders: whoever looks finds the whole new thing or the old one, whenever the process dies."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from fastrti.errors import FastrtiError, ObjectError

ErrorType = Callable[[str], FastrtiError]


def replace_file(path: Path, content: bytes | Callable[[BinaryIO], object], error: ErrorType = ObjectError) -> None:
    """Writes a file, or replaces one; missing folders are made.

    Args:
        path: the file.
        content: its bytes, or what writes them to an open file.
        error: the project's error for a file that cannot be written.

    Raises:
        FastrtiError: `error`, with the reason of the operating system.
    """
    fresh = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with open(fresh, "wb") as file:
                if isinstance(content, bytes):
                    file.write(content)
                else:
                    content(file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
    except OSError as reason:
        raise error(f"{path}: expected a file that can be written, got {reason.strerror or reason}") from None


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder to write into, which takes its place at the path when the block ends well.

    Raises:
        ObjectError: there is something at the path already, or it cannot be written.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not (target.is_dir() and not any(target.iterdir())):
        raise ObjectError(f"{path}: expected a new or an empty folder, got one with files: choose another name")
    with replace_folder(path) as fresh:
        yield fresh


@contextmanager
def replace_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A folder to write into, which replaces what is at the path when the block ends well.

    The new folder is prepared beside the old one, as `.NAME.new`; the old one steps aside to `.NAME.old` while they
    swap. If the process dies in the middle of the swap, both are there and the new one is whole: `settled_folder`
    finds it, and the next `replace_folder` finishes the swap.

    Raises:
        ObjectError: the folder cannot be written.
    """
    target = Path(os.path.realpath(path))
    fresh, old = _siblings(target)
    try:
        _finish_swap(target)
        for leftover in (fresh, old):  # of a process that died earlier or later than in the middle of its swap
            shutil.rmtree(leftover, ignore_errors=True)
        fresh.mkdir(parents=True)
        try:
            yield fresh
            _sync_folder(fresh)
        except BaseException:
            shutil.rmtree(fresh, ignore_errors=True)
            raise
        _swap(fresh, target, old)
    except OSError as reason:
        raise ObjectError(f"{path}: expected a folder that can be written, got {reason.strerror or reason}") from None


def settled_folder(path: str | os.PathLike[str]) -> Path:
    """The folder at a path, links followed; where a swap was interrupted, the new one that waits beside the path."""
    target = Path(os.path.realpath(path))
    fresh, old = _siblings(target)
    return fresh if not target.exists() and fresh.is_dir() and old.is_dir() else target


def _finish_swap(target: Path) -> None:
    """Finishes what a process that died in the middle of a swap left undone."""
    fresh, old = _siblings(target)
    if not target.exists() and fresh.is_dir() and old.is_dir():
        _swap(fresh, target, old)


def _siblings(target: Path) -> tuple[Path, Path]:
    return target.parent / f".{target.name}.new", target.parent / f".{target.name}.old"


def _swap(fresh: Path, target: Path, old: Path) -> None:
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    _sync_folder(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":  # elsewhere a folder cannot be opened for fsync
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
