"""The actor that stores: one connection, one commit with an fsync for each sign-up."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

import msgspec
import pykka

from bench.peers.threading_actor.shapes import Account, SignedUp

SCHEMA: Final = Path(__file__).with_name("schema.sql").read_text("utf-8")
ACCOUNT: Final = "INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
MEMBER: Final = "INSERT INTO members VALUES (?, ?, ?, ?, ?, ?, ?)"
EVENT: Final = "INSERT INTO events (account_id, version, type, recorded_at, data) VALUES (?, ?, ?, ?, ?)"


class ReadPlans(msgspec.Struct, frozen=True):
    """Ask for all that is for sale."""


class PlanRow(msgspec.Struct, frozen=True):
    """A plan as it is stored."""

    plan_id: str
    revision: int
    total_seats: int
    user_limit: int


class Storage(pykka.ThreadingActor):
    """Reads plans, and saves sign-ups."""

    def __init__(self, database: Path) -> None:
        super().__init__()
        self._database = database
        self._connection: sqlite3.Connection

    def on_start(self) -> None:
        """Open the file in the actor's own thread."""
        self._connection = sqlite3.connect(self._database, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(SCHEMA)

    def on_stop(self) -> None:
        """Close the file."""
        self._connection.close()

    def on_receive(self, message: ReadPlans | SignedUp) -> list[PlanRow] | None:
        """Handle a message."""
        if isinstance(message, ReadPlans):
            rows = self._connection.execute("SELECT plan_id, revision, total_seats, user_limit FROM plans")
            return [PlanRow(*row) for row in rows]
        self._save(message)
        return None

    def _save(self, signed_up: SignedUp) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        with self._connection as transaction:
            transaction.execute(ACCOUNT, account_row(signed_up.account))
            transaction.execute(MEMBER, member_row(signed_up))
            transaction.execute(EVENT, event_row(signed_up))


def account_row(account: Account) -> tuple[object, ...]:
    """Give the columns in the order of the table."""
    return (
        account.account_id,
        account.account_name,
        account.status,
        account.plan.plan_id,
        account.plan.revision,
        account.members.limit,
        account.seats.total,
        account.credit.amount,
        account.credit.currency,
        account.version,
        account.created_at,
    )


def member_row(signed_up: SignedUp) -> tuple[object, ...]:
    """Give the columns in the order of the table."""
    member = signed_up.member
    ids = (member.member_id, signed_up.account.account_id)
    return (*ids, member.name, member.email, member.role, member.seated, member.joined_at)


def event_row(signed_up: SignedUp) -> tuple[object, ...]:
    """Give the columns in the order of the table, but for the position."""
    account, data = signed_up.account, msgspec.json.encode(signed_up).decode()
    return (account.account_id, account.version, "account.opened", account.created_at, data)
