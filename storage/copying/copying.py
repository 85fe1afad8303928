"""A copy of everything that is stored: every event at its position, and all that belongs to the events."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeAlias

from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.kinds import Kind, Kinds
from seatkeeper.storage.projections.view import View
from seatkeeper.storage.sql.deliveries import statements

TABLES = (
    "events",
    "event_blocks",
    "receipts",
    "snapshots",
    "milestones",
    "key_uses",
    "journal_ids",
    *statements.TABLES,
)
"""What is copied beside the views."""

_NUMBERED = ("receipts", "journal_ids")
"""The tables, beside the ordered views, whose rows are numbered in their order."""

AT_ONCE = 5_000
"""Rows that are held in memory."""

Row: TypeAlias = tuple[object, ...]
Progress: TypeAlias = Callable[[int, int], None]
"""Is called with the events done and their total."""


class Source(Protocol):
    """One state of a database on which no service runs; text comes as text."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def columns(self, table: str) -> Sequence[str]:
        """Name the columns of a table."""

    def chunks(self, select: str, size: int) -> Iterator[Sequence[Row]]:
        """Go through the rows of a query, so many at once; raise DatabaseRefused."""


class Destination(Protocol):
    """An empty database, in a transaction."""

    def write(self, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Write rows; raise DatabaseRefused."""

    def finish(self, events: int, numbered: Iterable[str]) -> None:
        """Commit, with so many events, and go on counting the rows of these tables; raise DatabaseRefused."""


def copy_all(source: Source, destination: Destination, kinds: Kinds, progress: Progress) -> int:
    """Copy everything, and return the number of the events; raise DatabaseRefused."""
    ((count, last),) = next(source.chunks("SELECT count(*), coalesce(max(position), 0) FROM events", 1))
    if count != last:
        message = f"{source.name} has {count} events, and the last at position {last}: `seatkeeper verify` says more"
        raise DatabaseRefused(message)
    total, done = int(str(count)), 0
    views = [(kind, view) for kind in kinds for view in kind.views]
    numbered = {*_NUMBERED, *(view.table for _, view in views if view.ordered)}
    for table, select in [
        *((table, _select(source, table)) for table in TABLES),
        *(_of_view(source, *one) for one in views),
    ]:
        columns, counter = source.columns(table), itertools.count(1)
        for rows in source.chunks(select, AT_ONCE):
            some = [(next(counter), *row[1:]) for row in rows] if table in numbered else rows
            destination.write(table, columns, some)
            if table == "events":
                done += len(rows)
                progress(done, total)
    destination.finish(total, sorted(numbered))
    return total


def _select(source: Source, table: str) -> str:
    columns = source.columns(table)
    return f"SELECT {', '.join(columns)} FROM {table} ORDER BY {columns[0]}"  # noqa: S608 - our own names


def _of_view(source: Source, kind: Kind, view: View) -> tuple[str, str]:
    """Select the rows of a view; those of an ordered one as their streams began, which shards may number otherwise."""
    if not view.ordered:
        return view.table, _select(source, view.table)
    columns = ", ".join(f"{view.table}.{column}" for column in source.columns(view.table))
    began = f"began.stream_id = '{kind.actor.kind}-' || {view.key[0]} AND began.version = 1"
    return view.table, (
        f"SELECT {columns} FROM {view.table} LEFT JOIN events AS began ON {began}"  # noqa: S608 - our own names
        f" ORDER BY began.position, {view.table}.number"
    )
