"""Rebuilding the tables of the views from the journal."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

import asyncpg

from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.postgresql.reading.marks import storable
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import refusal
from seatkeeper.storage.postgresql.sharding.alone import be_alone
from seatkeeper.storage.postgresql.verify.reading import DIALECT, PostgresqlReading, open_reading
from seatkeeper.storage.projections.view import View
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.verify.verification import Progress, silent
from seatkeeper.storage.verify.views import made_anew


def rebuild(address: Address, *, progress: Progress = silent, kinds: Kinds = KINDS) -> None:
    """Rebuild the views and the blocks in one transaction; if an event is damaged, change nothing.

    Raise DatabaseRefused, also while a service runs on the database, and StreamDamaged. Call it where no event loop
    runs.
    """
    with closing(open_reading(address, writes=True)) as reading:
        run, connection = reading.run, reading.connection
        try:
            run(be_alone(connection, str(address)))
            tables = ", ".join(view.table for view in kinds.views)
            run(connection.execute(f"TRUNCATE {tables}, event_blocks RESTART IDENTITY"))
            fill(reading, kinds, kinds.views, progress)
            run(connection.execute(f"INSERT INTO event_blocks (what, block) {DIALECT.blocks}"))
            run(connection.execute("COMMIT"))
        except asyncpg.PostgresError as error:
            raise refusal(address, error) from error


def fill(reading: PostgresqlReading, kinds: Kinds, views: Sequence[View], progress: Progress = silent) -> None:
    """Write the rows of these views, whose tables are empty, in the open transaction; raise StreamDamaged."""
    for rows, done, total in made_anew(reading, kinds, views):
        for view, some in rows.items():
            records = [tuple(map(storable, row)) for row in some]
            writing = reading.connection.copy_records_to_table(view.table, columns=view.columns, records=records)
            reading.run(writing)
        progress(done, total)
