"""What PostgreSQL's errors mean for a commit of which surely nothing was stored."""

from __future__ import annotations

from collections.abc import Mapping

import asyncpg

from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.storage.errors import StorageDown, StorageFull
from seatkeeper.storage.journal.failures import BatchRejected, PageUnreadable, StreamUnwritable

_OF_ONE_APPEND = ("22", "23", "54")
"""Classes of SQLSTATEs for data that does not fit, or breaks a constraint or a limit."""

DEADLOCK = "40P01"
SERIALIZATION = "40001"
DISK_FULL = "53100"
DAMAGED = ("XX001", "XX002")
IO_ERROR = "58030"

LOST = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What asyncpg raises for a connection that is gone."""


class Deadlocked(StorageDown):
    """Another transaction waited for this one, and this one for it: nothing was stored, and it can be tried again."""


_BY_STATE: Mapping[str, type[NotStored]] = {
    **dict.fromkeys((DEADLOCK, SERIALIZATION), Deadlocked),
    **dict.fromkeys(DAMAGED, StreamUnwritable),
    IO_ERROR: PageUnreadable,
}


def rejection(error: Exception) -> NotStored:
    """Say what it means for the appends that a statement before the commit failed with this."""
    if isinstance(error, asyncpg.DataError):
        return BatchRejected(f"nothing was stored: {type(error).__name__}")
    if not isinstance(error, asyncpg.PostgresError):
        return StorageDown(f"nothing was stored: the connection was lost: {str(error) or type(error).__name__}")
    state = error.sqlstate or ""
    reason = f"nothing was stored: {str(error).partition(chr(10))[0]} ({state})"  # the other lines quote values
    if state == DISK_FULL:
        return StorageFull()
    if state in _BY_STATE:
        return _BY_STATE[state](reason)
    return (BatchRejected if state.startswith(_OF_ONE_APPEND) else StorageDown)(reason)
