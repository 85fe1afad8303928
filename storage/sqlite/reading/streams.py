"""Reading a stream from the file, a page of which may be damaged."""

from __future__ import annotations

import sqlite3

from seatkeeper.actors.aggregates.journal import History, StreamDamaged
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.sql import history
from seatkeeper.storage.sqlite.reading.readers import Readers


async def read_history(readers: Readers, stream_id: str, after: int, kinds: Kinds) -> History:
    """Read the first page of a stream, or the page after version `after`.

    Raise StreamDamaged when the stream has a gap, a changed row or a malformed page, JournalFull when too many queries
    wait or this one takes too long, and sqlite3.Error.
    """
    try:
        return await history.read_history(readers.fetch, stream_id, after, kinds)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise
        message = f"what is stored of {stream_id} cannot be read: {error}"
        raise StreamDamaged(message) from error
