"""Files with very many accounts, written straight into their tables: in minutes what sign-ups would take hours for.

The rows of one account are made by the service's own code, and those of the others from them; `seatkeeper verify` finds
nothing in such a file.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

from bench.measures.actor_memory import command, opened
from seatkeeper.actors.accounts.decisions import decide
from seatkeeper.actors.messages import Refusal
from seatkeeper.storage import records, views

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

AT: Final = "2026-01-01T00:00:00.000Z"
TOGETHER: Final = 20_000
"""Accounts whose rows are handed to SQLite in one go."""

EVENTS: Final = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)"
ACCOUNTS: Final = "INSERT INTO accounts (account_id, plan_id, status, name, version, summary) VALUES (?, ?, ?, ?, ?, ?)"
MEMBERS: Final = "INSERT INTO members VALUES (?, ?, ?)"

Columns = list[str | int]


def write(database: Path, count: int, tell: Callable[[int], None]) -> None:
    """Put so many accounts into a file that the service has made and left; `tell` hears of how many there are."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -262144"):
            connection.execute(f"PRAGMA {pragma}")
        ((position,),) = connection.execute("SELECT max(position) FROM events")
        template = Template()
        connection.execute("BEGIN")
        for first in range(0, count, TOGETHER):
            numbers = range(first, min(first + TOGETHER, count))
            connection.executemany(EVENTS, template.events(numbers, position))
            connection.executemany(ACCOUNTS, (renumbered(template.account, number) for number in numbers))
            connection.executemany(MEMBERS, (renumbered(template.member, number) for number in numbers))
            position += len(template.rows) * len(numbers)
            tell(numbers.stop)
        connection.execute("COMMIT")


def account_id(number: int) -> str:
    """Give the id of an account in such a file."""
    return command(number).account_id


class Template:
    """The rows of the account with the number of `MARK`, of which every other account's follow."""

    def __init__(self) -> None:
        order = command(MARK)
        events, state = decide(None, order), opened(order)
        if isinstance(events, Refusal):
            raise TypeError(events)
        stream = f"account-{order.account_id}"
        self.rows: list[Columns] = [
            list(records.event_columns(stream, version, event, AT)[:-1]) for version, event in enumerate(events, 1)
        ]
        self.account: Columns = list(views.account_row(state, len(self.rows)))
        member = views.member_row(state, order.member_id)
        self.member: Columns = [member.account_id, member.member_id, str(member.summary)]

    def events(self, numbers: range, position: int) -> Iterator[Columns]:
        """Give the events of these accounts, with positions behind the one that is the last so far."""
        for number in numbers:
            for row in self.rows:
                position += 1
                columns = renumbered(row, number)
                yield [position, *columns, records.checksum(*columns)]


MARK: Final = 777_777_777
"""A number whose nine digits stand nowhere else in the rows."""


def renumbered(columns: Columns, number: int) -> Columns:
    """Give a row for another account."""
    digits = f"{number:09}"
    return [column.replace(str(MARK), digits) if isinstance(column, str) else column for column in columns]
