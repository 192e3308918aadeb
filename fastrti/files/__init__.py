"""The one way in and out of the file system: what opens files for reading, and what writes files and folders.

What a reader may expect:

- Only regular files are opened. A folder, a pipe, a socket or a device in the place of a file is refused in a sentence,
  and never waited for.
- A file is read up to a limit that its reader names.
- `unchanged` reads a folder while another process replaces it: all of the old one, or all of the new one.

What a writer may expect:

- Whoever looks finds the whole old thing or the whole new one, whenever the process dies, and whoever else writes to
  the same path. The last writer wins.
- A file is prepared beside its place, under a hidden name that no other process has, and takes its place by `rename`.
- A folder is prepared in the same way. It takes its place by `renameat2(RENAME_EXCHANGE)`, which swaps the old folder
  and the new one in one step. Linux has this call, and most of its file systems do it.
- Where there is no such call, a folder takes two renames. Between them nothing stands at the path. Readers then find
  the old folder under its hidden name, and the next writer puts it back if the process died there.
- The folder above has to be writable. The folder itself may be neither a mount point nor the current folder.
- What a killed process left behind is hidden, and is recognised by its name. The next write in the same folder deletes
  it, unless a living process holds its lock. Systems without such locks (Windows) keep it.

Every `OSError` becomes the project's error that the caller names. Its sentence has the path, the reason and a remedy.
"""

from fastrti.files.places import real_path
from fastrti.files.reading import open_file, read_file, unchanged
from fastrti.files.reasons import ErrorType, cannot
from fastrti.files.replacing import (
    check_place,
    new_folder,
    replace_file,
    replace_folder,
    replaced_file,
    scratch_folder,
    write_file,
)

__all__ = [
    "ErrorType",
    "cannot",
    "check_place",
    "new_folder",
    "open_file",
    "read_file",
    "real_path",
    "replace_file",
    "replace_folder",
    "replaced_file",
    "scratch_folder",
    "unchanged",
    "write_file",
]
