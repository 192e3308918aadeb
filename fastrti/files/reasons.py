"""Why the operating system says no, as a sentence with a remedy."""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from os import PathLike

from fastrti.errors import FastrtiError

ErrorType = Callable[[str], FastrtiError]
"""The project's error for what a file belongs to."""

_NO_SPACE = "free some space, or choose a place elsewhere"
_NOT_ALLOWED = "change its permissions, or choose another place"
_REMEDIES = {
    errno.ENOSPC: _NO_SPACE,
    errno.EDQUOT: _NO_SPACE,
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EROFS: "choose another place",
    errno.EBUSY: "choose another name, or a folder inside it",
    errno.EXDEV: "choose another name, or a folder inside it",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ENOENT: "check the name",
    errno.ENOTDIR: "check the name",
    errno.EEXIST: "check the name",
    errno.EISDIR: "check the name",
    errno.ELOOP: "remove the link that leads to itself",
    errno.EMFILE: "close other files",
}


def cannot(path: str | PathLike[str], wanted: str, reason: OSError | ValueError) -> str:
    """The sentence of an error of the operating system.

    Args:
        path: what was to be read or written.
        wanted: "a file that can be written".
        reason: the error; Python makes a `ValueError` of a name that no system takes.
    """
    if isinstance(reason, OSError):
        got, remedy = reason.strerror or str(reason), _REMEDIES.get(reason.errno or 0, "choose another place")
    else:
        got, remedy = "a name that no file can have", "choose another name"
    return f"{path}: expected {wanted}, got {got}: {remedy}"


@contextmanager
def own_error(path: str | PathLike[str], wanted: str, error: ErrorType) -> Iterator[None]:
    """Turns what the operating system says in the block into the project's error."""
    try:
        yield
    except OSError as reason:
        raise error(cannot(path, wanted, reason)) from None
