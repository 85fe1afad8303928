"""The lock of a database, which one process holds."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

from seatkeeper.storage.errors import DatabaseRefused


class Lock:
    """A lock on a file beside the database. The kernel drops it when the process ends, so it is never stale.

    The file holds the identities that the database may have (`identity.py`), one a line.
    """

    def __init__(self, database: Path) -> None:
        """Take the lock; raise DatabaseRefused when another process holds it or the folder cannot be written."""
        path = lock_of(database)
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            message = f"cannot open {path}: {error.strerror}"
            raise DatabaseRefused(message) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            message = f"{database} is in use by another process, which holds {path}"
            raise DatabaseRefused(message) from error

    def write(self, identities: Sequence[str]) -> None:
        """Write these identities in place of those that it holds; raise OSError."""
        content = "".join(f"{identity}\n" for identity in identities).encode()
        os.pwrite(self._file, content, 0)
        os.ftruncate(self._file, len(content))
        os.fsync(self._file)

    def release(self) -> None:
        """Release the lock."""
        os.close(self._file)


def lock_of(database: Path) -> Path:
    """Return the path of the lock, which lies beside the file and not beside a link to it."""
    database = database.resolve()
    return database.with_name(database.name + ".lock")


def identities_beside(database: Path) -> list[str]:
    """Read the identities in the lock of a database: none where it was never served, or the lock was removed."""
    try:
        return lock_of(database).read_text("ascii", "replace").split()
    except OSError:
        return []
