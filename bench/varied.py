"""Accounts that differ in all that lists and searches look at, written directly to the tables of a file.

Unlike in `bulk.py`, the service's own code decides each command and makes each row, in 0.1 ms an account. What an
account is like follows from its number, so whoever asks knows what must be found. `seatkeeper verify` finds nothing in
such a file.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

from bench.bulk import AT, BLOCKS, TOGETHER, account_id, marks
from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.decisions import decide
from seatkeeper.actors.accounts.evolution import evolve
from seatkeeper.actors.accounts.members.commands import AddMember, TakeSeat
from seatkeeper.actors.accounts.profile.commands import ChangeAccount, CloseAccount, OpenAccount, SuspendAccount
from seatkeeper.actors.accounts.values import AccountId, MemberId, PlanId, Terms
from seatkeeper.actors.aggregates.messages import Refusal
from seatkeeper.storage import records
from seatkeeper.storage.records import EventRow
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite import blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from seatkeeper.actors.aggregates.messages import Command
    from seatkeeper.storage.sqlite.reading.readers import Value

FREE, TEAM, BUSINESS, RARE, LARGE = (PlanId(f"00000000-0000-7000-8000-{number:012}") for number in (1, 2, 3, 91, 92))
"""The starter plans, and two that the measure defines. `RARE` has every 997th account, and `LARGE` the first alone."""

TERMS: Final = {
    FREE: Terms(FREE, 1, total_seats=1, user_limit=3),
    TEAM: Terms(TEAM, 1, total_seats=10, user_limit=25),
    BUSINESS: Terms(BUSINESS, 1, total_seats=100, user_limit=250),
    RARE: Terms(RARE, 1, total_seats=5, user_limit=5),
    LARGE: Terms(LARGE, 1, total_seats=10, user_limit=20_000),
}

CROWD: Final = 10_000
"""Members of the first account."""

FIRST: Final = ("Northern", "Royal", "United", "Pacific", "Golden", "Smart", "Urban", "Global", "Blue", "Café")
SECOND: Final = (
    "Timber",
    "Data",
    "Harbour",
    "Foods",
    "Cloud",
    "Motor",
    "Garden",
    "Energy",
    "Paper",
    "Müller",
    "Travel",
)
THIRD: Final = ("Group", "Works", "Partners", "Studio", "Labs", "Systems", "Trading")
CITIES: Final = ("上海", "北京", "深圳", "杭州", "成都", "西安", "广州", "南京")
TRADES: Final = ("明华", "新光", "东方", "金泰", "龙腾", "海天", "云创", "瑞丰", "同心")
EVERY: Final = {"chinese": 20, "rare": 4_999, "renamed": 53, "suspended": 211, "closed": 331, "full": 101, "seated": 41}
"""What every so many-th account is."""

HOLDING: Final = "Holding"
"""A word that the accounts of the plan `BUSINESS` have in their names, and no others."""

CONSULTANT: Final = "consultant@example.com"
"""The address of a member in every 1,000th account."""

OPEN, KEY = (f'{{"actor":"{actor}","request_id":"bench"}}' for actor in ("open", "key:rare"))
"""The contexts of events: `key:rare` has suspended accounts, and `open` has done all else."""


def is_(kind: str, number: int) -> bool:
    """Tell whether an account is one of these."""
    return number % EVERY[kind] == EVERY[kind] - 1


def plan(number: int) -> PlanId:
    """Choose the plan: 59 % are free, 36 % on `TEAM` and 5 % on `BUSINESS`."""
    if number == 0 or number % 997 == 0:
        return RARE if number else LARGE
    share = number * 7_919 % 100
    return FREE if share < 59 else TEAM if share < 95 else BUSINESS


def name(number: int) -> str:
    """Name an account as it was opened."""
    if is_("chinese", number):
        return f"{CITIES[number // 20 % 8]}{TRADES[number // 160 % 9]}{number:06}有限公司"
    if is_("rare", number):
        return f"Quetzalcoatl {SECOND[number % 11]} {number:06}"
    last = HOLDING if plan(number) == BUSINESS else THIRD[number // 3 % 7]
    return f"{FIRST[number % 10]} {SECOND[number // 7 % 11]} {last} {number:06}"


def new_name(number: int) -> str:
    """Name an account as it was renamed."""
    return f"Phoenix {SECOND[number % 11]} {number:06}"


def email(number: int) -> str:
    """Give the address of an account's first member; each person is the first member of two accounts."""
    return f"person-{number // 2 * 7_919 % 1_000_003:07}@mail-{number % 2_000 // 2}.example"


def external_id(number: int) -> str | None:
    """Give the external id, which every third account has."""
    return f"crm-{number * 7_919 % 10_000_019:08}" if number % 3 == 0 else None


def history(number: int) -> Iterator[Command]:
    """Yield what an account was asked."""
    terms, crowd = TERMS[plan(number)], CROWD if number == 0 else 0
    admin = MemberId(f"00000000-0000-7000-8001-{number:012}")
    yield OpenAccount(
        account_id=AccountId(account_id(number)),
        account_name=name(number),
        terms=terms,
        currency="EUR",
        member_id=admin,
        user_name=f"Person {number:07}",
        user_email=email(number),
        at=AT,
        external_id=external_id(number),
        user_external_id=f"user-{number}" if number % 3 == 0 else None,
    )
    consulted = number % 1_000 == 0
    if consulted:
        yield added(number, 1, CONSULTANT)
    for member in range(2 + consulted, (crowd or (terms.user_limit if is_("full", number) else 0)) + 1):
        yield added(number, member, f"member-{member}@crowd-{number}.example" if crowd or member % 3 == 0 else None)
    if is_("seated", number):
        yield TakeSeat(admin)
    if is_("renamed", number):
        yield ChangeAccount(account_name=new_name(number))
    if is_("suspended", number):
        yield SuspendAccount("unpaid")
    if is_("closed", number):
        yield CloseAccount()


def added(number: int, member: int, address: str | None) -> AddMember:
    """Add a member; every 500th one is a viewer."""
    return AddMember(
        member_id=MemberId(f"00000000-0000-7000-9{member % 4096:03x}-{number:09}{member // 4096:03x}"),
        name=f"Member {member:05}",
        email=address,
        role="viewer" if member % 500 == 499 else "member",
        seated=False,
        at=AT,
    )


class Writer:
    """The rows of accounts, in the order of their numbers."""

    def __init__(self, position: int) -> None:
        """Begin after this position."""
        self._position = position
        self.events: list[tuple[Value, ...]] = []
        self.views: dict[str, list[tuple[Value, ...]]] = {}

    def write(self, number: int) -> None:
        """Make the rows of an account."""
        state: Account | None = None
        stream, version = f"account-{account_id(number)}", 0
        for command in history(number):
            decision = decide(state, command)
            if isinstance(decision, Refusal):
                raise TypeError(decision)
            context = KEY if isinstance(command, SuspendAccount) else OPEN
            for event in decision:
                state, version, self._position = evolve(state, event), version + 1, self._position + 1
                self.events.append((self._position, *records.event_columns(stream, version, event, AT, context)))
        for view in KINDS.of_stream(stream).views:
            statement = f"INSERT INTO {view.table} ({', '.join(view.columns)}) VALUES ({marks(view.columns)})"
            self.views.setdefault(statement, []).extend(view.rows(state, version))

    def store(self, connection: sqlite3.Connection) -> None:
        """Store what has been made."""
        connection.executemany(f"INSERT INTO events VALUES ({marks(EventRow._fields)})", self.events)
        connection.executemany(BLOCKS, blocks.rows(self.events))
        for statement, rows in self.views.items():
            connection.executemany(statement, rows)
        self.events.clear()
        self.views.clear()


def write(database: Path, count: int, progress: Callable[[int], None]) -> None:
    """Write so many accounts to a file that the service has made and closed; `progress` is called with their number."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1048576"):
            connection.execute(f"PRAGMA {pragma}")
        ((position,),) = connection.execute("SELECT max(position) FROM events")
        writer = Writer(position)
        connection.execute("BEGIN")
        for number in range(count):
            writer.write(number)
            if (number + 1) % TOGETHER == 0 or number + 1 == count:
                writer.store(connection)
                progress(number + 1)
        connection.execute("COMMIT")
