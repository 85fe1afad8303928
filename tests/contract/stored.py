"""What a service of these tests has stored, on whichever engine it is."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.postgresql import stores as postgresql
from tests.service import Service
from tests.storage import stores as sqlite

_TABLES = {
    "sqlite": "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'",
    "postgresql": "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
    " AND relkind = 'r'",
}


def rows_of(service: Service, statement: str) -> list[tuple[object, ...]]:
    """Run a query without parameters."""
    database = service.arguments[1]
    if "://" in database:
        return asyncio.run(postgresql.run(database, statement))
    return sqlite.run(Path(database), statement)


def tables_with(service: Service, text: str) -> set[object]:
    """Name the tables that hold this text."""
    engine = "postgresql" if "://" in service.arguments[1] else "sqlite"
    tables = [name for (name,) in rows_of(service, _TABLES[engine])]
    return {name for name in tables if any(text in str(row) for row in rows_of(service, f"SELECT * FROM {name}"))}
