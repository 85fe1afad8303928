"""The lock of a database, which one process holds."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from seatkeeper.storage.errors import DatabaseRefused


class Lock:
    """A lock on a file beside the database. The kernel drops it when the process ends, so it is never stale."""

    def __init__(self, database: Path) -> None:
        """Take the lock; raise DatabaseRefused when another process holds it or the folder cannot be written."""
        path = database.with_name(database.name + ".lock")
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            message = f"cannot open {path}: {error.strerror}"
            raise DatabaseRefused(message) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            message = f"{database} is in use by another process, which holds {path}"
            raise DatabaseRefused(message) from error

    def release(self) -> None:
        """Release the lock."""
        os.close(self._file)
