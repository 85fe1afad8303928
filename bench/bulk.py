"""Files with very many accounts, written directly to the tables, in minutes instead of the hours of sign-ups.

The service's own code makes the rows of one account, and those of the others are copies with other ids. `seatkeeper
verify` finds nothing in such a file.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

import msgspec

from bench.measures.actor_memory import command, opened
from seatkeeper.actors.accounts.decisions import decide
from seatkeeper.actors.aggregates.messages import Refusal
from seatkeeper.storage import records
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite import blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from seatkeeper.actors.accounts.values import TrialTerms

AT: Final = "2026-01-01T00:00:00.000Z"
TOGETHER: Final = 20_000
"""Accounts whose rows are written at a time."""

EVENTS: Final = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, NULL)"
BLOCKS: Final = "INSERT INTO event_blocks (what, block) VALUES (?, ?) ON CONFLICT DO NOTHING"

Columns = list[str | int | None]


def write(database: Path, count: int, progress: Callable[[int], None], trial: TrialTerms | None = None) -> None:
    """Write so many accounts to a file that the service has made and closed; `progress` is called with their number."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -262144"):
            connection.execute(f"PRAGMA {pragma}")
        ((position,),) = connection.execute("SELECT max(position) FROM events")
        template = Template(trial)
        connection.execute("BEGIN")
        for first in range(0, count, TOGETHER):
            numbers = range(first, min(first + TOGETHER, count))
            connection.executemany(EVENTS, template.events(numbers, position))
            connection.executemany(BLOCKS, template.blocks(numbers, position))
            for statement, row in template.views:
                connection.executemany(statement, (renumbered(row, number) for number in numbers))
            position += len(template.rows) * len(numbers)
            progress(numbers.stop)
        connection.execute("COMMIT")


def account_id(number: int) -> str:
    """Return the id of an account in such a file."""
    return command(number).account_id


class Template:
    """The rows of the account with the number `MARK`, from which those of all others are copied."""

    def __init__(self, trial: TrialTerms | None = None) -> None:
        order = msgspec.structs.replace(command(MARK), trial=trial)
        events, state = decide(None, order), opened(order)
        if isinstance(events, Refusal):
            raise TypeError(events)
        stream = f"account-{order.account_id}"
        self.rows: list[Columns] = [
            list(records.event_columns(stream, version, event, AT)[:-2]) for version, event in enumerate(events, 1)
        ]
        self.views: list[tuple[str, Columns]] = [
            (f"INSERT INTO {view.table} ({', '.join(view.columns)}) VALUES ({marks(view.columns)})", list(row))
            for view in KINDS.of_stream(stream).views
            for row in view.rows(state, len(self.rows))
        ]

    def events(self, numbers: range, position: int) -> Iterator[Columns]:
        """Yield the events of these accounts, with positions after the last one."""
        for number in numbers:
            for row in self.rows:
                position += 1
                columns = renumbered(row, number)
                yield [position, *columns, records.checksum(*columns)]

    def blocks(self, numbers: range, position: int) -> set[tuple[str, int]]:
        """Return the blocks of the same events, by their types."""
        types = [blocks.of_type(str(row[TYPE])) for row in self.rows]
        count = len(types) * len(numbers)
        return {(types[at % len(types)], position + 1 + at >> blocks.BITS) for at in range(count)}


TYPE: Final = 2
"""The type of an event among its columns, which are without its position."""

MARK: Final = 777_777_777
"""A number whose nine digits are nowhere else in the rows."""


def marks(columns: Sequence[str]) -> str:
    """Return a placeholder for each column."""
    return ", ".join("?" * len(columns))


def renumbered(columns: Columns, number: int) -> Columns:
    """Return the row for another account."""
    digits = f"{number:09}"
    return [column.replace(str(MARK), digits) if isinstance(column, str) else column for column in columns]
