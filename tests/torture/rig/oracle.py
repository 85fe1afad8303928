"""A second opinion: the journal, read row by row into plain books, without the service's code."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias
from zlib import crc32

import asyncpg
import msgspec

from tests.torture.rig.commands import Effect, effect_of

Data: TypeAlias = Mapping[str, object]


class Place(NamedTuple):
    """Where an event lies: in which stream, and as which version of it."""

    stream_id: str
    version: int


class StoredReceipt(NamedTuple):
    """A receipt: the status that was answered, and the checksum of the body."""

    status: int
    body: int


@dataclass
class Books:
    """An account as its events make it."""

    total_seats: int = 0
    user_limit: int = 0
    credit: int = 0
    status: str = "active"
    roles: dict[str, str] = field(default_factory=dict)
    seated: set[str] = field(default_factory=set)

    def carry(self, kind: str, data: Data) -> None:
        """Carry one event into the books."""
        member_id = str(data.get("member_id"))
        if kind in {"account.opened", "account.plan_changed"}:
            self.total_seats, self.user_limit = _int(data["total_seats"]), _int(data["user_limit"])
        elif kind in {"member.added", "member.role_changed"}:
            self.roles[member_id] = str(data["role"])
        elif kind == "member.removed":
            del self.roles[member_id]
            self.seated.discard(member_id)
        elif kind == "seat.taken":
            self.seated.add(member_id)
        elif kind == "seat.freed":
            self.seated.remove(member_id)
        elif kind.startswith("credit.adjusted"):
            self.credit += _amount(data["amount"])
        elif kind in {"account.suspended", "account.closed", "account.reactivated"}:
            self.status = "active" if kind == "account.reactivated" else kind.removeprefix("account.")

    def broken(self) -> Iterator[str]:
        """Which limits do not hold."""
        if len(self.roles) > self.user_limit:
            yield f"{len(self.roles)} members of {self.user_limit}"
        if len(self.seated) > self.total_seats:
            yield f"{len(self.seated)} seats of {self.total_seats}"
        if not self.seated <= self.roles.keys():
            yield "a seat without a member"
        if self.credit < 0:
            yield f"a credit of {self.credit}"
        if self.status == "active" and "admin" not in self.roles.values():
            yield "no admin"


class Journal:
    """What lies in the journal of a file, read on from where the last reading ended."""

    def __init__(self) -> None:
        self.places: list[Place] = []  # by position
        self.effects: dict[Effect, list[int]] = defaultdict(list)  # the positions of each
        self.versions: dict[str, int] = defaultdict(int)  # of each stream
        self.books: dict[str, Books] = defaultdict(Books)  # of each account
        self.receipts: dict[str, StoredReceipt] = {}  # by key
        self.last_receipt = 0  # its number: on a server, numbers may be left out
        self.gaps: list[str] = []
        self.broken: list[str] = []

    def read_on(self, database: Path | str) -> None:
        """Read what came since; a position or version out of turn goes into `gaps`, a broken limit into `broken`."""
        events = f"SELECT position, stream_id, version, type, data FROM events WHERE position > {len(self.places)}"
        receipts = f"SELECT number, key, status, body FROM receipts WHERE number > {self.last_receipt}"
        rows, stored = read(database, f"{events} ORDER BY position", f"{receipts} ORDER BY number")
        touched = {self._take(*row) for row in msgspec.convert(rows, list[tuple[int, str, int, str, str]])}
        for number, key, status, body in msgspec.convert(stored, list[tuple[int, str, int, str]]):
            self.receipts[key] = StoredReceipt(status, crc32(body.encode()))
            self.last_receipt = number
        for stream_id in touched & self.books.keys():
            self.broken += [f"{stream_id}: {what}" for what in self.books[stream_id].broken()]

    def _take(self, position: int, stream_id: str, version: int, kind: str, text: str) -> str:
        if position != len(self.places) + 1:
            self.gaps.append(f"position {position} follows {len(self.places)}")
        if version != self.versions[stream_id] + 1:
            self.gaps.append(f"version {version} of {stream_id} follows {self.versions[stream_id]}")
        self.places.append(Place(stream_id, version))
        self.versions[stream_id] = version
        data: dict[str, object] = msgspec.json.decode(text, type=dict)
        self.effects[effect_of(kind, stream_id, data)].append(position)
        if stream_id.startswith("account-"):
            self.books[stream_id].carry(kind, data)
        return stream_id

    def differences(self, database: Path | str) -> Iterator[str]:
        """Where the view of accounts says something else than the books."""
        rows, members = read(
            database,
            "SELECT account_id, version, summary FROM accounts",
            "SELECT account_id, count(*) FROM members GROUP BY account_id",
        )
        if len(rows) != len(self.books):
            yield f"{len(rows)} accounts in the view, {len(self.books)} in the journal"
        for account_id, version, summary in msgspec.convert(rows, list[tuple[str, int, str]]):
            stream_id, shown = f"account-{account_id}", msgspec.json.decode(summary, type=Shown)
            if version != self.versions[stream_id] or shown != Shown.of(self.books[stream_id], version):
                yield f"{account_id}: the view says {shown}, the journal {self.books[stream_id]}"
        for account_id, count in msgspec.convert(members, list[tuple[str, int]]):
            if count != len(self.books[f"account-{account_id}"].roles):
                yield f"{account_id}: {count} members in the view"


class Shown(msgspec.Struct, frozen=True):
    """What an account shows of its books."""

    status: str
    members: dict[str, int]
    seats: dict[str, int]
    credit: dict[str, str | int]
    version: int

    @classmethod
    def of(cls, books: Books, version: int) -> Shown:
        """What these books have to be shown as."""
        return cls(
            books.status,
            {"count": len(books.roles), "held": 0, "limit": books.user_limit},
            {"taken": len(books.seated), "held": 0, "total": books.total_seats},
            {"amount": books.credit, "currency": "EUR"},
            version,
        )


Rows: TypeAlias = list[tuple[object, ...]]


def read(database: Path | str, *selects: str) -> list[Rows]:
    """Read one state of a file, or of the database at an address."""
    if isinstance(database, Path):
        with closing(read_only(database)) as connection:
            connection.execute("BEGIN")
            return [connection.execute(select).fetchall() for select in selects]
    with ThreadPoolExecutor(1) as thread:  # a loop runs in this one
        return thread.submit(asyncio.run, _read(database, selects)).result()


async def _read(address: str, selects: Sequence[str]) -> list[Rows]:
    connection = await asyncpg.connect(address)
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            return [[tuple(row) for row in await connection.fetch(select)] for select in selects]
    finally:
        await connection.close()


def read_only(database: Path) -> sqlite3.Connection:
    """A connection that leaves the file as it is, served or not."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True, isolation_level=None)
    connection.execute("PRAGMA query_only = 1")
    return connection


def _int(value: object) -> int:
    assert isinstance(value, int)
    return value


def _amount(money: object) -> int:
    return _int(money["amount"] if isinstance(money, dict) else money)
