"""Whether the files that a service has open still lie at their paths.

A file that is removed, renamed or replaced stays open: SQLite goes on writing to it without an error, and everything is
gone when the process ends. See https://www.sqlite.org/howtocorrupt.html, 2.4 and 2.5.
"""

from __future__ import annotations

import os
from pathlib import Path

from seatkeeper.storage.errors import FileReplaced
from seatkeeper.storage.sqlite.file.lock import lock_of
from seatkeeper.storage.sqlite.file.wal import log_of

Found = tuple[int, int]
"""The device and the inode of a file."""

GONE: Found = (0, 0)
"""No file."""


class FileWatch:
    """The database, its log, the index of that, and the lock, as they lay when the file was opened."""

    def __init__(self, path: Path) -> None:
        """Remember what lies there; the file is open in WAL mode."""
        self.path = path
        index = path.with_name(path.name + "-shm")
        found = [(str(one), which_file(str(one))) for one in (path, log_of(path), index, lock_of(path))]
        self._expected = [(one, which) for one, which in found if which != GONE]

    def check(self) -> None:
        """Raise FileReplaced if a path has another file than it had, or none: 2 us each."""
        for path, which in self._expected:
            if which is not None and which_file(path) not in (which, None):
                raise FileReplaced(path, holds_commits=path in (str(self.path), str(log_of(self.path))))


def which_file(path: str) -> Found | None:
    """Tell which file lies at a path: GONE if none does, None if that cannot be told, as in a folder without access."""
    try:
        status = os.stat(path)  # noqa: PTH116 - Path.stat takes twice as long
    except (FileNotFoundError, NotADirectoryError):
        return GONE
    except OSError:
        return None
    return status.st_dev, status.st_ino
