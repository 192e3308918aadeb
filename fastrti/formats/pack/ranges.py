"""A file that is read in parts, by any number of threads and by forked processes."""

import os
import sys
from pathlib import Path
from weakref import finalize

from fastrti.errors import ObjectError
from fastrti.files import cannot, open_file
from fastrti.locks import Lock

WHAT = "a pack that can be read"


class RangedFile:
    """The bytes of a file as it was when it was opened, even if another takes its place.

    Attributes:
        path: the file.
        size: in bytes, when it was opened.

    Raises:
        ObjectError: a file that cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = open_file(path, WHAT)
        self.size = os.fstat(self._file.fileno()).st_size
        self._seeking = Lock()
        finalize(self, self._file.close)

    def read(self, start: int, count: int, what: str) -> bytes:
        """So many bytes from a place on, or an ObjectError that says what they should have been."""
        if start + count > self.size:
            raise ObjectError(
                f"{self.path}: expected {what} at byte {start:,}, got a file of {self.size:,} bytes: "
                "copy or pack it again"
            )
        try:
            data = self._at(start, count)
        except OSError as error:
            raise ObjectError(cannot(self.path, WHAT, error)) from None
        if len(data) != count:
            raise ObjectError(f"{self.path}: expected {what} at byte {start:,}, got a file that was cut: open it again")
        return data

    def _at(self, start: int, count: int) -> bytes:
        if sys.platform == "win32":
            with self._seeking:
                self._file.seek(start)
                return self._file.read(count)
        return os.pread(self._file.fileno(), count, start)  # moves no position that forked processes would share
