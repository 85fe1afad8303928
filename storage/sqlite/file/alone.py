"""A file of today that no service has, for a program that reads or changes it as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.sqlite.file.identity import refuse_mismatch
from seatkeeper.storage.sqlite.file.lock import Lock
from seatkeeper.storage.sqlite.file.reading import SCHEMA_VERSION, open_snapshot
from seatkeeper.storage.sqlite.file.wal import refuse_damaged_log


@contextmanager
def alone_with(path: Path) -> Iterator[Path]:
    """Lock a file, and give its path without links; raise DatabaseRefused."""
    path = path.resolve()
    if not path.is_file():
        open_snapshot(path)  # which says why not, before a lock is made beside it
    lock = Lock(path)
    try:
        refuse_mismatch(path)
        refuse_damaged_log(path)
        with closing(open_snapshot(path)) as connection:
            ((version,),) = connection.execute("PRAGMA user_version")
        if version != SCHEMA_VERSION:
            message = (
                f"{path} has schema version {version}: start the service once, which brings it to {SCHEMA_VERSION}"
            )
            raise DatabaseRefused(message)
        yield path
    finally:
        lock.release()
