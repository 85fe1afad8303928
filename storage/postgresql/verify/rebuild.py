"""Rebuilding the tables of the views from the journal."""

from __future__ import annotations

from contextlib import closing

import asyncpg

from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.postgresql.reading.marks import storable
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import refusal
from seatkeeper.storage.postgresql.shards import be_alone
from seatkeeper.storage.postgresql.verify.reading import DIALECT, PostgresqlReading
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.verify.verification import Progress, silent
from seatkeeper.storage.verify.views import made_anew

_FENCE = "UPDATE shards SET epoch = epoch + 1"
"""A service whose connection is not noticed as lost stores nothing any more, and one that starts waits."""


def rebuild(address: Address, *, progress: Progress = silent, kinds: Kinds = KINDS) -> None:
    """Rebuild the views and the blocks in one transaction; if an event is damaged, change nothing.

    Raise DatabaseRefused, also while a service runs on the database, and StreamDamaged. Call it where no event loop
    runs.
    """
    with closing(PostgresqlReading(address, writes=True)) as reading:
        try:
            _rebuild(reading, progress, kinds)
        except asyncpg.PostgresError as error:
            raise refusal(address, error) from error


def _rebuild(reading: PostgresqlReading, progress: Progress, kinds: Kinds) -> None:
    run, connection = reading.run, reading.connection
    run(be_alone(connection, str(reading.address)))
    run(connection.execute(_FENCE))
    tables = ", ".join(view.table for view in kinds.views)
    run(connection.execute(f"TRUNCATE {tables}, event_blocks RESTART IDENTITY"))
    for rows, done, total in made_anew(reading, kinds, kinds.views):
        for view, some in rows.items():
            records = [tuple(map(storable, row)) for row in some]
            run(connection.copy_records_to_table(view.table, columns=view.columns, records=records))
        progress(done, total)
    run(connection.execute(f"INSERT INTO event_blocks (what, block) {DIALECT.blocks}"))
    run(connection.execute("COMMIT"))
