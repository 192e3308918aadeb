"""What commands print: nothing that a terminal would obey, and no traceback where it cannot be written."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from fastrti.errors import ArgumentError
from fastrti.text import printable


def prepare() -> None:
    r"""Lets every name be printed on every terminal: what its encoding does not know comes out as `\xe9`."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")


def say(text: object) -> None:
    """Prints a result: each line of it with control characters escaped.

    Raises:
        ArgumentError: standard output cannot be written, as on a full disk.
        BrokenPipeError: nobody reads it any more.
    """
    with _writing():
        print("\n".join(map(printable, str(text).split("\n"))))


def note(text: object) -> None:
    """Prints to standard error what was skipped, guessed or lost."""
    print(f"note: {printable(str(text))}", file=sys.stderr)


def flush() -> None:
    """Writes what was printed: now, where a failure is answered, and not when Python ends. Raises as `say` does."""
    with _writing():
        pass


@contextmanager
def _writing() -> Iterator[None]:
    try:
        yield
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError as error:
        with suppress(OSError, ValueError):  # a stream that is no file
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())  # for what is left, so that Python does not fail at it again
            os.close(nowhere)
        if isinstance(error, BrokenPipeError):
            raise
        raise ArgumentError(
            f"expected a standard output that can be written, got {error.strerror or error}: send it elsewhere"
        ) from None
