"""F14: a long journal. The service reads no more of it at its start than of a short one, and takes no more memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.decisions import decide
from seatkeeper.actors.accounts.evolution import evolve
from seatkeeper.actors.accounts.members.commands import AddMember
from seatkeeper.actors.accounts.profile.commands import AdjustCredit, OpenAccount
from seatkeeper.actors.accounts.values import AccountId, MemberId, Money, PlanId, Terms
from seatkeeper.actors.aggregates.messages import Refusal
from seatkeeper.storage import records
from seatkeeper.storage.projections.view import Row, View
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite import blocks
from tests import suite
from tests.service import Service
from tests.torture.rig.ledger import complaint_of_verify
from tests.torture.rig.load import TEAM
from tests.torture.rig.machinery import Footprint
from tests.torture.rig.trial import Trial

AT = "2026-11-22T18:12:00.000Z"
EVENTS_AN_ACCOUNT = 10
SOME = 4 * 1_048_576
"""Bytes that a start may read of any file, however long its journal is."""

MARKER = "00000000-0000-7000-8000-ffffffff"
"""How the ids of the template begin, and of nothing else."""


class Rows(NamedTuple):
    """The rows of one account in every table."""

    events: list[tuple[str, int, str, str, str]]
    views: dict[View, list[Row]]


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
            state = evolve(state, event)
            rows.append(records.event_columns(f"account-{account_id}", len(rows) + 1, event, AT)[:-2])
    assert state is not None
    assert len(rows) == EVENTS_AN_ACCOUNT
    views = KINDS.of_stream(f"account-{account_id}").views
    return Rows(rows, {view: list(view.rows(state, len(rows))) for view in views})


def written(database: Path, count: int) -> None:
    """Put so many accounts into the file of a service that is down."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        ((last,),) = connection.execute("SELECT max(position) FROM events")
        rows = template()
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, NULL)", event_rows(rows, last, count))
        connection.execute("DELETE FROM event_blocks")
        connection.execute(blocks.FILL)
        for view, template_rows in rows.views.items():
            places = ", ".join("?" * len(view.columns))
            connection.executemany(
                f"INSERT INTO {view.table} ({', '.join(view.columns)}) VALUES ({places})",
                ([renamed(column, number) for column in row] for number in range(count) for row in template_rows),
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


def started(service: Service) -> tuple[int, Footprint]:
    """Start it; return the bytes that it read until it was ready, and what it holds then."""
    service.start()
    assert service.get("/readyz").status_code == 200
    fields = dict(line.split(": ") for line in Path(f"/proc/{service.pid}/io").read_text("utf-8").splitlines())
    return int(fields["rchar"]), Footprint.of(service.pid)


@suite.thorough
def test_f14_the_length_of_the_journal_costs_no_start_and_no_memory(trial: Trial) -> None:
    count = suite.pick(short=2_500, middle=12_000, long=1_000_000)
    trial.fault, trial.rounds = f"F14 {count:,} accounts", 1
    service = trial.service()
    read_before, base = started(service)
    service.stop()
    written(trial.database, count)
    for number in range(2):
        read, now = started(service)
        assert read - read_before < SOME < trial.database.stat().st_size / 2
        assert now.resident < base.resident + 64 * 1_048_576
        account_id = renamed(MARKER + "0000", count - 1)
        changed = service.patch(f"/v1/accounts/{account_id}", {"account_name": f"Looms {number}"})
        assert changed.status_code == 200, changed.text
        service.kill()
    assert complaint_of_verify(trial.database) == ""
