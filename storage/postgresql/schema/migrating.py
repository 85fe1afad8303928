"""Bringing the tables of an older release up to date, and making the views that it did not have."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import closing

import asyncpg

from seatkeeper.actors.aggregates.journal import StreamDamaged
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.postgresql.schema import ddl
from seatkeeper.storage.postgresql.schema.version import stored_version
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.server.connection import refusal
from seatkeeper.storage.postgresql.server.session import PATIENT
from seatkeeper.storage.postgresql.sharding.alone import be_alone
from seatkeeper.storage.postgresql.verify.reading import PostgresqlReading
from seatkeeper.storage.postgresql.verify.rebuild import fill

logger = logging.getLogger(__name__)


def is_old(version: int, kinds: Kinds, tables: set[str]) -> bool:
    """Tell whether there is anything to migrate."""
    return version < ddl.SCHEMA_VERSION or any(view.table not in tables for view in kinds.views)


def migrate(address: Address, kinds: Kinds) -> None:
    """Migrate a database and fill the views that it lacks from the journal, in one transaction, or change nothing.

    Raise DatabaseRefused, also while a process of the older release runs on it. Call it where no event loop runs.
    """
    with closing(PostgresqlReading(address, PATIENT)) as reading:
        try:
            _migrate(reading, kinds)
        except asyncpg.PostgresError as error:
            raise refusal(address, error) from error
        except StreamDamaged as error:
            message = f"{address} lacks a view, which cannot be made from its events: {error}. Restore a backup"
            raise DatabaseRefused(message) from error


def _migrate(reading: PostgresqlReading, kinds: Kinds) -> None:
    run, connection = reading.run, reading.connection
    run(connection.execute(f"BEGIN; {ddl.PATIENCE}; SELECT pg_advisory_xact_lock({ddl.LOCK})"))
    version = run(stored_version(connection, reading.address))
    if version is None or not is_old(version, kinds, {str(name) for name in reading.tables}):
        return  # another process has done it
    try:
        run(be_alone(connection, str(reading.address)))
    except DatabaseRefused as error:
        message = f"{error}, and this release changes its tables: stop that process first"
        raise DatabaseRefused(message) from error
    for step in range(version + 1, ddl.SCHEMA_VERSION + 1):
        run(connection.execute(ddl.migration(step)))
    run(connection.execute("UPDATE seatkeeper_schema SET version = $1", ddl.SCHEMA_VERSION))
    made = _add_views(reading, kinds)
    run(connection.execute("COMMIT"))
    fields = {"from": version, "to": ddl.SCHEMA_VERSION, "views": made}
    logger.info("the database was migrated", extra=fields)


def _add_views(reading: PostgresqlReading, kinds: Kinds) -> Sequence[str]:
    """Create the tables of the views that are missing, which a migration may have dropped, and fill them."""
    del reading.tables  # as they are now
    missing = [view for view in kinds.views if view.table not in reading.tables]
    for statements in ddl.of_views(missing):
        reading.run(reading.connection.execute(statements))
    if missing:
        fill(reading, kinds, missing)
    return [view.table for view in missing]
