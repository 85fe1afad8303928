"""F14: a long journal. The service is ready as soon as with a short one, and takes no more memory."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from seatkeeper.actors.accounts import account as accounts
from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.commands import AddMember, AdjustCredit, OpenAccount, Terms
from seatkeeper.actors.accounts.decisions import decide
from seatkeeper.actors.accounts.events import AccountId, MemberId, Money, PlanId
from seatkeeper.actors.messages import Refusal
from seatkeeper.storage import records, views
from tests.service import Service
from tests.torture.ledger import complaint_of_verify
from tests.torture.load import TEAM
from tests.torture.machinery import Footprint
from tests.torture.trial import Trial, short_or_long

AT = "2026-11-22T18:12:00.000Z"
EVENTS_AN_ACCOUNT = 10
MARKER = "00000000-0000-7000-8000-ffffffff"
"""How the ids of the template begin, and of nothing else."""


class Rows(NamedTuple):
    """The rows of one account in every table."""

    events: list[tuple[str, int, str, str, str]]
    account: views.AccountRow
    members: list[views.MemberRow]


def template() -> Rows:
    """An account of ten events, as the service itself would write it."""
    account_id, member_id = AccountId(MARKER + "0000"), MemberId(MARKER + "0001")
    terms = Terms(PlanId(TEAM), 1, 10, 25)
    state: Account | None = None
    rows: list[tuple[str, int, str, str, str]] = []
    more = MemberId(MARKER + "0002")
    for command in (
        OpenAccount(account_id, "Engines", terms, "EUR", member_id, "Ada", None, AT),
        AddMember(more, "Bob", None, "member", True, AT),  # noqa: FBT003 - as the command has it
        *(AdjustCredit(Money(100, "EUR"), "a gift") for _ in range(EVENTS_AN_ACCOUNT - 4)),
    ):
        events = decide(state, command)
        assert not isinstance(events, Refusal), events
        for event in events:
            state = accounts.evolve(state, event)
            rows.append(records.event_columns(f"account-{account_id}", len(rows) + 1, event, AT)[:-1])
    assert state is not None
    assert len(rows) == EVENTS_AN_ACCOUNT
    members = [views.member_row(state, member) for member in (member_id, more)]
    return Rows(rows, views.account_row(state, len(rows)), members)


def written(database: Path, count: int) -> None:
    """Put so many accounts into the file of a service that is down."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        ((last,),) = connection.execute("SELECT max(position) FROM events")
        rows = template()
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)", event_rows(rows, last, count))
        connection.executemany(
            "INSERT INTO accounts (account_id, plan_id, status, name, version, summary) VALUES (?, ?, ?, ?, ?, ?)",
            ([renamed(column, number) for column in rows.account] for number in range(count)),
        )
        connection.executemany(
            "INSERT INTO members VALUES (?, ?, ?)",
            ([renamed(column, number) for column in row] for number in range(count) for row in rows.members),
        )
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def event_rows(rows: Rows, last: int, count: int) -> Iterator[list[object]]:
    """The events of all the accounts, with positions that follow the last one."""
    position = last
    for number in range(count):
        for row in rows.events:
            position += 1
            columns = [renamed(column, number) for column in row]
            yield [position, *columns, records.checksum(*columns)]


def renamed(column: object, number: int) -> object:
    """A column of the template, for the account with this number."""
    return column.replace(MARKER, f"01900000-0000-7000-8000-{number:08x}") if isinstance(column, str) else column


def started(service: Service) -> tuple[float, Footprint]:
    """Start it; the seconds until it was ready, and what it holds then."""
    begun = time.monotonic()
    service.start()
    assert service.get("/readyz").status_code == 200
    return time.monotonic() - begun, Footprint.of(service.pid)


def test_f14_the_length_of_the_journal_costs_no_start_and_no_memory(trial: Trial) -> None:
    count = short_or_long(5_000, 1_000_000)
    trial.fault, trial.rounds = f"F14 {count:,} accounts", 1
    service = trial.service()
    first, _ = started(service)
    base = Footprint.of(service.pid)
    service.stop()
    written(trial.database, count)
    for _ in range(2):
        seconds, now = started(service)
        assert seconds < first + 3
        assert now.resident < base.resident + 64 * 1_048_576
        account_id = renamed(MARKER + "0000", count - 1)
        changed = service.patch(f"/v1/accounts/{account_id}", {"account_name": f"Looms {seconds}"})
        assert changed.status_code == 200, changed.text
        service.kill()
    assert complaint_of_verify(trial.database) == ""
