"""Whether the files that a service has open still lie at their paths.

A file that is removed, renamed or replaced stays open: SQLite goes on writing to it without an error, and everything is
gone when the process ends. See https://www.sqlite.org/howtocorrupt.html, 2.4 and 2.5.
"""

from __future__ import annotations

import os
from pathlib import Path

from seatkeeper.storage.errors import DatabaseRefused, FileReplaced
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
        self._path = path
        self._log = log_of(path)
        index = path.with_name(path.name + "-shm")
        found = [(str(one), which_file(str(one))) for one in (path, self._log, index, lock_of(path))]
        self._expected = [(one, which) for one, which in found if which != GONE]

    def check(self) -> None:
        """Raise FileReplaced if a path has another file than it had, or none: 2 us each."""
        for path, which in self._expected:
            if which is not None and which_file(path) not in (which, None):
                raise FileReplaced(path, holds_commits=path in (str(self._path), str(self._log)))

    def log_bytes(self) -> int:
        """Return the size of the log, 0 without one."""
        try:
            return self._log.stat().st_size
        except OSError:
            return 0


def which_file(path: str) -> Found | None:
    """Tell which file lies at a path: GONE if none does, None if that cannot be told, as in a folder without access."""
    try:
        status = os.stat(path)  # noqa: PTH116 - Path.stat takes twice as long
    except (FileNotFoundError, NotADirectoryError):
        return GONE
    except OSError:
        return None
    return status.st_dev, status.st_ino


def refuse_hard_links(path: Path) -> None:
    """Raise DatabaseRefused if the file has a second name, under which SQLite would look for another log."""
    if path.is_file() and (names := path.stat().st_nlink) > 1:
        message = (
            f"{path} has {names} names (hard links), and a second process on another of them would damage it:"
            f" remove the others, which find -samefile {path} lists, or serve a copy"
        )
        raise DatabaseRefused(message)
