"""How far a long task is: a line on the terminal or in a notebook, which is gone when the task is done.

Commands show it, and so does `fit` unless it is told not to. Other programs that call the library see nothing.
"""

import shutil
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from types import TracebackType
from typing import TypeVar

_EVERY_S = 0.1  # between two lines
_SHOWN: ContextVar[bool] = ContextVar("_SHOWN", default=False)  # threads see nothing: two lines would overwrite another

Item = TypeVar("Item")


@contextmanager
def shown(wanted: bool = True) -> Iterator[None]:
    """Tasks in this block show how far they are, where somebody can see it; or are silent.

    Args:
        wanted: False silences them, True shows them.
    """
    token = _SHOWN.set(wanted and _somebody_looks())
    try:
        yield
    finally:
        if _SHOWN.get():
            _write("")  # what a task left that ended in an error
        _SHOWN.reset(token)


def counted(items: Collection[Item], what: str) -> Iterator[Item]:
    """The items, one after the other; shows "what: 3 of 49, 20 s left"."""
    with Progress(what, len(items)) as progress:
        for item in items:
            yield item
            progress.step()


class Progress:
    """A task of so many steps, in a `with` statement.

    Args:
        what: is being done, as in "reading photographs".
        total: the number of steps; 0 if nobody knows.
        done: how many of them were done earlier.
    """

    def __init__(self, what: str, total: int = 0, done: int = 0):
        self.what, self.total, self.done = what, total, done
        self._first = done
        self._started = self._last = time.monotonic()

    def step(self, steps: int = 1, words: str = "") -> None:
        """So many steps are done; `words` are shown beside their number."""
        self.done += steps
        now = time.monotonic()
        if now - self._last >= _EVERY_S:
            self._last = now
            self._show(f", {words}" if words else "")

    def _show(self, more: str = "") -> None:
        if _SHOWN.get():
            _write(
                f"{self.what}: {self.done:,} of {self.total:,}{self._left()}{more}" if self.total else f"{self.what} …"
            )

    def _left(self) -> str:
        """The time left, once a step tells it."""
        steps = self.done - self._first
        if not steps:
            return ""
        seconds = (time.monotonic() - self._started) / steps * (self.total - self.done)
        return f", {seconds:.0f} s left" if seconds < 120 else f", {seconds / 60:.0f} min left"

    def __enter__(self) -> "Progress":
        self._show()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if _SHOWN.get():
            _write("")


def _somebody_looks() -> bool:
    """Whether stderr is a terminal or a notebook: a file should not fill with lines."""
    return sys.stderr is not None and (sys.stderr.isatty() or type(sys.stderr).__module__.startswith("ipykernel"))


def _write(line: str) -> None:
    """Writes over the line of before."""
    width = shutil.get_terminal_size().columns - 1
    with suppress(OSError):  # a terminal that is closed does not end the task
        print(f"\r{' ' * width}\r{line[:width]}", end="", file=sys.stderr, flush=True)
