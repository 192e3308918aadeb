"""Files opened for reading: regular ones only, up to a limit, and folders that stand still meanwhile."""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, TypeVar

from fastrti.errors import FastrtiError, ObjectError
from fastrti.files.places import identity, real_path, standing
from fastrti.files.reasons import ErrorType, cannot

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_WITHOUT_WAITING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_ATTEMPTS = 50

Content = TypeVar("Content")


def open_file(path: str | os.PathLike[str], what: str, error: ErrorType = ObjectError, follow: bool = True) -> BinaryIO:
    """Opens a regular file for reading.

    Args:
        path: the file.
        what: what it should be, with its article: "a picture of planes".
        error: the project's error.
        follow: a link is followed. Otherwise it is refused where the system can tell (not on Windows).

    Raises:
        FastrtiError: `error`, for a file that cannot be opened, and for a folder, pipe, socket or device.
    """
    try:
        _check_regular(path, os.stat(path).st_mode, what, error)  # opening a device may move it
        handle = os.open(path, _WITHOUT_WAITING if follow else _WITHOUT_WAITING | getattr(os, "O_NOFOLLOW", 0))
        try:
            _check_regular(path, os.fstat(handle).st_mode, what, error)
            return open(path, "rb", opener=lambda *_: handle)  # whose name is the path, as libraries expect
        except BaseException:
            os.close(handle)
            raise
    except (OSError, ValueError) as reason:
        if isinstance(reason, FastrtiError):
            raise
        raise error(cannot(path, what, reason)) from None


def read_file(path: str | os.PathLike[str], at_most: int, what: str, error: ErrorType = ObjectError) -> bytes:
    """The bytes of a regular file.

    Args:
        path: the file.
        at_most: so many bytes; no more memory is taken, whatever the file's size says.
        what: what it should be, with its article: "a picture of planes".
        error: the project's error.

    Raises:
        FastrtiError: `error`, for what `open_file` refuses, and for a file of more bytes.
    """
    with open_file(path, what, error) as file:
        try:
            data = file.read(min(os.fstat(file.fileno()).st_size, at_most) + 1)  # read(n) takes n bytes at once
        except OSError as reason:
            raise error(cannot(path, what, reason)) from None
    if len(data) > at_most:
        raise error(f"{path}: expected {what} of at most {at_most:,} bytes, got more")
    return data


def unchanged(path: str | os.PathLike[str], read: Callable[[Path], Content]) -> Content:
    """What `read` makes of a folder or file, all of it from one state, even if others replace it at the same time.

    Where what stands at the path is another than before, it is read again. A folder is held open meanwhile, so that the
    system cannot give its number to a new one.

    Args:
        path: the folder or file.
        read: gets the path with links followed; where a swap was interrupted, the place of the folder.

    Raises:
        ObjectError: a path that no system takes, or one that is replaced all the time.
        FastrtiError: what `read` raises of something that was not replaced.
    """
    target = real_path(path)
    for _ in range(_ATTEMPTS):
        place = standing(target)
        handle = None
        with suppress(OSError):  # `read` says what is wrong; other systems than POSIX cannot open folders
            if _is_plain(os.stat(place).st_mode):
                handle = os.open(place, _WITHOUT_WAITING)
        before = identity(place if handle is None else handle)
        try:
            result = read(place)
        except FastrtiError:
            if standing(target) == place and identity(place) == before:
                raise
        else:
            if identity(place) == before:
                return result
        finally:
            if handle is not None:
                os.close(handle)
    raise ObjectError(f"{path}: expected an object that stands still, got one that is replaced all the time: try again")


def _check_regular(path: str | os.PathLike[str], mode: int, what: str, error: ErrorType) -> None:
    kind = next((name for is_kind, name in _KINDS if is_kind(mode)), None)
    if kind is not None:
        raise error(f"{path}: expected {what}, got {kind}: put a file in its place")


def _is_plain(mode: int) -> bool:
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)
