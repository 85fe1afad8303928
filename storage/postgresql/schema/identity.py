"""Who the journal is: a copy of the database lies elsewhere than the journal did, so it gets an id of its own."""

from __future__ import annotations

import logging

from seatkeeper.storage.journal_ids import JournalIdentity, new_journal_id
from seatkeeper.storage.postgresql.server.connection import Connection

logger = logging.getLogger(__name__)

_HOME = """
SELECT system_identifier || ' ' || pg_database.oid || ' ' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)
    || ' ' || pg_relation_filenode('events') AS here, (SELECT home FROM journal_home) AS home
FROM pg_control_system(), pg_database WHERE datname = current_database()
"""
"""Where the journal is, and where it was. The cluster, the database and the file of the events differ in what
pg_restore, CREATE DATABASE and initdb make, the timeline after a recovery to an earlier time and on a standby that was
promoted, where the last events may be missing. It also differs after VACUUM FULL, where another id does no harm: both
journals share all events."""

_SHARED = "UPDATE journal_ids SET last_shared = (SELECT position FROM journal_head) WHERE last_shared IS NULL"

_ALONE = "LOCK TABLE journal_home IN EXCLUSIVE MODE"
"""Shards that come to a promoted standby at the same moment give the journal one id between them."""

_MOVE_IN = "INSERT INTO journal_home (home) VALUES ($1) ON CONFLICT (one) DO UPDATE SET home = excluded.home"


async def close_off(connection: Connection) -> None:
    """Note up to which position a copy is one with the journal that it was made of."""
    await connection.execute(_SHARED)


async def journal_identity(connection: Connection) -> JournalIdentity:
    """Read who the journal is, after giving an id to a new one and to a copy; raise PostgresError."""
    async with connection.transaction():
        ((here, home),) = await connection.fetch(_HOME)
        if here != home:
            await renew(connection, unless_here=True)
        return await stored_identity(connection)


async def renew(connection: Connection, *, unless_here: bool = False) -> None:
    """Give the journal another id in the open transaction; if asked, not if another process has done it meanwhile."""
    await connection.execute(_ALONE)
    ((here, home),) = await connection.fetch(_HOME)
    if unless_here and here == home:
        return
    await close_off(connection)
    own = new_journal_id()
    await connection.execute("INSERT INTO journal_ids (journal_id) VALUES ($1)", own)
    await connection.execute(_MOVE_IN, here)
    logger.info("the journal has a new id", extra={"journal_id": own, "here": here, "before": home})


async def stored_identity(connection: Connection) -> JournalIdentity:
    """Read who the journal is; raise PostgresError."""
    rows = await connection.fetch("SELECT journal_id, last_shared FROM journal_ids ORDER BY number")
    return JournalIdentity.of((journal_id, shared) for journal_id, shared in rows)
