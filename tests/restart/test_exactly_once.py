"""Keys under faults: commits that are refused, that fail, and that fail but are kept; one effect and one answer each.

    EXACTLY_ONCE_SEEDS=200 python -m pytest tests/restart/test_exactly_once.py

tries more seeds; a failure names its own. What is on the disk depends on the seed and on the timing of its threads.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import sqlite3
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import NamedTuple, cast

import pytest

from seatkeeper.actors.accounts import commands
from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.events import AccountId, MemberId, Money
from seatkeeper.actors.aggregate import Reply
from seatkeeper.actors.directory import Directory
from seatkeeper.actors.journal import NotStored, OutcomeUnknown
from seatkeeper.actors.messages import Command, Done, Outcome, Refusal
from seatkeeper.actors.signup import SignUp, SignupCoordinator
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.commands import DefinePlan
from seatkeeper.actors.subscriptions.events import Package, PlanId
from seatkeeper.http.receipts import KeyOfCall, Repeats, refused
from seatkeeper.http.routes import Answer, encode
from seatkeeper.storage.journal import JournalLimits, SqliteJournal
from seatkeeper.storage.opening import Opened
from seatkeeper.storage.writer import Statement
from tests.storage.stores import NOW, account_id, plan_id, run

SEEDS = range(int(os.environ.get("EXACTLY_ONCE_SEEDS", "5")))
DEADLINE = 20.0
KEYS, CLIENTS, CALLS = 60, 12, 30
TEAM, GONE = PlanId(plan_id(1)), PlanId(plan_id(2))
ACCOUNTS = [AccountId(account_id(number)) for number in (1, 2, 3)]
ADA = MemberId(account_id(9))

EFFECTS = "SELECT count(*) FROM events WHERE instr(data, ?)"
GAPS = "SELECT stream_id FROM events GROUP BY stream_id HAVING max(version) != count(*)"

Sending = Callable[["House", KeyOfCall], Awaitable[Outcome]]


class Said(NamedTuple):
    """What of an answer must be the same each time."""

    status: int
    body: bytes
    version: int | None
    position: int | None


class House:
    """Aggregates and keys on a journal in a file whose commits go wrong while `faulty`."""

    def __init__(self, path: Path, chance: random.Random) -> None:
        self.chance = chance
        limits = JournalLimits(waiting=chance.choice([3, 50, 10_000]), batch=chance.choice([1, 5, 500]))
        self.journal = SqliteJournal(path, now=lambda: NOW, in_doubt=self._in_doubt, limits=limits)
        self.directory = Directory(self.journal, max_live=chance.choice([3, 100]))
        self.repeats = Repeats(self.journal.receipt)
        self.numbers = itertools.count(100)
        self.faulty = False

    def _in_doubt(self) -> None:
        self.directory.forget_all()

    async def open(self) -> None:
        """Sell a plan and open the accounts, then let things go wrong."""
        await self.journal.open()
        self.signup = SignupCoordinator.start(self.directory)
        await self.directory.ask(PlanActor, TEAM, DefinePlan(TEAM, "Team", "team", Package(2, 4), NOW))
        for opened in ACCOUNTS:
            assert isinstance(await self.sign_up(TEAM, opened, "Acme", None), Done)
        self.faulty = True
        self._break()
        take = self.journal._take

        def take_and_break(opened: Opened) -> None:
            take(opened)
            self._break()

        self.journal._take = take_and_break  # type: ignore[method-assign]

    def _break(self) -> None:
        connection = self.journal._database.writer
        commit_all = connection.commit_all

        async def commit(statements: Iterable[Statement]) -> None:
            fault = self.chance.random() if self.faulty else 1.0
            if 0.05 <= fault < 0.15:
                raise failure(sqlite3.SQLITE_FULL)
            if fault < 0.2:
                if fault < 0.05:
                    await commit_all(statements)
                raise failure(sqlite3.SQLITE_IOERR)
            await commit_all(statements)

        connection.commit_all = commit  # type: ignore[method-assign]

    async def sign_up(self, plan: PlanId, opened: AccountId, name: str, key: KeyOfCall | None) -> Outcome:
        message = SignUp(plan, opened, name, "EUR", ADA, "Ada", None, NOW, None, key)
        return await cast("Reply", self.signup.ask(message, block=False))

    def new_id(self) -> str:
        return account_id(next(self.numbers))

    async def call(self, key: str, send: Sending) -> Said:
        """Send a command as the edge does, with its name for a fingerprint."""

        def answered(outcome: Outcome) -> Answer:
            if isinstance(outcome, Refusal):
                return refused(outcome, "/", key)
            return Answer(encode(outcome.value), 200, outcome.version, outcome.position)

        async def run() -> Answer:
            return answered(await send(self, KeyOfCall(key, key.encode(), answered)))

        answer, _ = await self.repeats.once(key, key.encode(), run)
        return Said(answer.status, answer.body, answer.version, answer.position)


def failure(code: int) -> sqlite3.OperationalError:
    """An error of SQLite's."""
    error = sqlite3.OperationalError("injected")
    error.sqlite_errorcode = code
    return error


def to_account(account: AccountId, command: Command) -> Sending:
    async def send(house: House, key: KeyOfCall) -> Outcome:
        return await house.directory.ask(AccountActor, account, command, None, key)

    return send


def signing_up(plan: PlanId) -> Sending:
    async def send(house: House, key: KeyOfCall) -> Outcome:
        return await house.sign_up(plan, AccountId(house.new_id()), key.key, key)

    return send


def joining(account: AccountId) -> Sending:
    async def send(house: House, key: KeyOfCall) -> Outcome:
        joins = commands.AddMember(MemberId(house.new_id()), key.key, None, "member", seated=False, at=NOW)
        return await house.directory.ask(AccountActor, account, joins, None, key)

    return send


class Written(NamedTuple):
    """A command, and whether its events name the key that it comes with."""

    send: Sending
    is_named: bool = True


def any_command(chance: random.Random, key: str) -> Written:
    account = chance.choice([*ACCOUNTS, AccountId(account_id(99))])
    seat = chance.choice([commands.TakeSeat, commands.FreeSeat])
    return chance.choice(
        [
            Written(signing_up(TEAM)),
            Written(signing_up(GONE)),
            Written(joining(account)),
            Written(to_account(account, commands.AdjustCredit(Money(chance.choice([3, -2]), "EUR"), key))),
            Written(to_account(account, commands.RenameAccount(key))),
            Written(to_account(account, seat(ADA)), is_named=False),
        ]
    )


async def client(house: House, written: dict[str, Written], answers: dict[str, Said]) -> None:
    """Send any of the commands, again and again; whatever is answered must be what was answered before."""
    for _ in range(CALLS):
        key = house.chance.choice(list(written))
        try:
            said = await house.call(key, written[key].send)
        except (NotStored, OutcomeUnknown):
            await asyncio.sleep(0)
        else:
            assert answers.setdefault(key, said) == said


async def settle(house: House, key: str, sending: Sending) -> Said:
    """Send a command until it is answered."""
    while True:
        try:
            return await house.call(key, sending)
        except (NotStored, OutcomeUnknown):
            await asyncio.sleep(0.001)  # until the file is open again; the caller has a deadline


def ask(path: Path, query: str, *parameters: object) -> object:
    """The one value that a query finds in the file."""
    ((value,),) = run(path, query, *parameters)
    return value


@pytest.mark.parametrize("seed", SEEDS)
async def test_each_key_has_one_effect_and_one_answer(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "seatkeeper.db"
    house = House(path, random.Random(seed))
    written = {key: any_command(house.chance, key) for key in (f"key {number}" for number in range(KEYS))}
    answers: dict[str, Said] = {}
    async with asyncio.timeout(DEADLINE):
        await house.open()
        await asyncio.gather(*(client(house, written, answers) for _ in range(CLIENTS)))
        house.faulty = False
        settled = {key: await settle(house, key, each.send) for key, each in written.items()}
        kept = {key: await house.journal.receipt(key) for key in written}
        house.signup.stop(block=False)
        await house.journal.close()
    assert answers.items() <= settled.items()
    assert len(house.repeats) == 0
    for key, said in settled.items():
        receipt = kept[key]
        assert receipt is not None
        assert Said(receipt.status, receipt.body.encode(), receipt.version, receipt.position) == said
        assert not written[key].is_named or ask(path, EFFECTS, f'"{key}"') == (said.status == 200)
    assert ask(path, "SELECT count(*) FROM receipts") == KEYS
    assert ask(path, "SELECT max(position) - count(*) FROM events") == 0
    assert run(path, GAPS) == []
