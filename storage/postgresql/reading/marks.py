"""SQL as it is written here, with a question mark for each value, made ready for PostgreSQL."""

from __future__ import annotations

from functools import lru_cache

from seatkeeper.storage.sql.pieces import Sql, Value


@lru_cache(1_000)
def numbered(sql: str) -> str:
    """Number the marks of some SQL, which has no question mark but these."""
    first, *others = sql.split("?")
    return first + "".join(f"${number}{text}" for number, text in enumerate(others, 1))


def storable(value: Value) -> Value:
    """Return a value that PostgreSQL takes: it knows no U+0000, for which the character after it stands.

    No stored name and no stored id has a control character, so neither is found, and both come before all others.
    """
    return value.replace("\0", "\1") if isinstance(value, str) else value


def statement(sql: Sql) -> tuple[str, list[Value]]:
    """Make a statement of the journal's engine."""
    return numbered(sql.text), [*map(storable, sql.values)]
