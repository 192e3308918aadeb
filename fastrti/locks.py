"""A lock that a forked child never inherits held."""

import os
import threading
from types import TracebackType
from weakref import WeakSet


class Lock:
    """Guards what one thread at a time may do; used in a `with` statement.

    `fork` copies one thread. A plain lock that another thread holds at that moment stays locked in the child for ever.
    These locks are free in every child.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        _LOCKS.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()

    def _renew(self) -> None:
        self._lock = threading.Lock()


_LOCKS: WeakSet[Lock] = WeakSet()


def _renew_all() -> None:
    for lock in _LOCKS:
        lock._renew()


if hasattr(os, "register_at_fork"):  # Windows does not fork
    os.register_at_fork(after_in_child=_renew_all)
