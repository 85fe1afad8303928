"""Keys under faults: commits that are refused, that fail, or that fail but are stored; one effect and one answer each.

A failure names its seed. What is on the disk depends on the seed and on the timing of the threads.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import sqlite3
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import NamedTuple, cast

import pytest

from seatkeeper.actors.accounts.actor import AccountActor
from seatkeeper.actors.accounts.members.commands import AddMember, FreeSeat, TakeSeat
from seatkeeper.actors.accounts.profile.commands import AdjustCredit, ChangeAccount
from seatkeeper.actors.accounts.values import AccountId, MemberId, Money
from seatkeeper.actors.aggregates.aggregate import CommandOptions, Reply
from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown
from seatkeeper.actors.aggregates.messages import Accepted, Command, Outcome, Refusal
from seatkeeper.actors.processes.sign_up import SignUp, SignUpCoordinator
from seatkeeper.actors.subscriptions.actor import PlanActor
from seatkeeper.actors.subscriptions.commands import DefinePlan
from seatkeeper.actors.subscriptions.events import Package, PlanId
from seatkeeper.http.server.idempotency import IdempotentRequests, RequestKey
from seatkeeper.http.server.responses import refusal_answer
from seatkeeper.http.server.routes import Answer, encode
from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.journal.engine import Opened
from seatkeeper.storage.journal.limits import JournalLimits
from seatkeeper.storage.sqlite.journal import SqliteJournal
from tests.storage.stores import NOW, account_id, plan_id, run
from tests.suite import pick

SEEDS = range(pick(short=3, middle=6, long=200))
DEADLINE = 20.0
KEYS, CLIENTS, CALLS = 60, 12, 30
TEAM, GONE = PlanId(plan_id(1)), PlanId(plan_id(2))
ACCOUNTS = [AccountId(account_id(number)) for number in (1, 2, 3)]
ADA = MemberId(account_id(9))

EFFECTS = "SELECT count(*) FROM events WHERE instr(data, ?)"
GAPS = "SELECT stream_id FROM events GROUP BY stream_id HAVING max(version) != count(*)"

Sending = Callable[["KeyedService", RequestKey], Awaitable[Outcome]]


class Same(NamedTuple):
    """The part of an answer that must be the same each time."""

    status: int
    body: bytes
    version: int | None
    position: int | None


class KeyedService:
    """Aggregates and keys on a journal in a file whose commits fail while `faulty`."""

    def __init__(self, path: Path, chance: random.Random) -> None:
        self.chance = chance
        limits = JournalLimits(waiting=chance.choice([3, 50, 10_000]), batch=chance.choice([1, 5, 500]))
        self.journal = SqliteJournal(path, now=lambda: NOW, on_outcome_unknown=self._on_outcome_unknown, limits=limits)
        self.directory = Directory(self.journal, max_live=chance.choice([3, 100]))
        self.idempotent = IdempotentRequests(self.journal.receipt)
        self.numbers = itertools.count(100)
        self.faulty = False

    def _on_outcome_unknown(self) -> None:
        self.directory.reset_all()

    async def open(self) -> None:
        """Define a plan and open the accounts, then let commits fail."""
        await self.journal.open()
        self.sign_ups = SignUpCoordinator.start(self.directory)
        await self.directory.ask(PlanActor, TEAM, DefinePlan(TEAM, "Team", "team", Package(2, 4), NOW))
        for opened in ACCOUNTS:
            assert isinstance(await self.sign_up(TEAM, opened, "Acme", None), Accepted)
        self.faulty = True
        self._break()
        open_again = self.journal.engine.open_again

        async def open_and_break() -> Opened:
            opened = await open_again()
            self._break()
            return opened

        self.journal.engine.open_again = open_and_break  # type: ignore[method-assign]

    def _break(self) -> None:
        connection = self.journal.engine.database.writer
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

    async def sign_up(self, plan: PlanId, opened: AccountId, name: str, key: RequestKey | None) -> Outcome:
        message = SignUp(plan, opened, name, "EUR", ADA, "Ada", None, NOW, CommandOptions(key=key))
        return await cast("Reply", self.sign_ups.ask(message, block=False))

    def new_id(self) -> str:
        return account_id(next(self.numbers))

    async def call(self, key: str, send: Sending) -> Same:
        """Send a command as the service does, with its key as the fingerprint."""

        def write(outcome: Outcome) -> Answer:
            if isinstance(outcome, Refusal):
                return refusal_answer(outcome, "/", key)
            return Answer(encode(outcome.value), 200, outcome.version, outcome.position)

        request = RequestKey(key, key.encode(), write)

        async def run() -> Answer:
            return request.answer(await send(self, request))

        answer, _ = await self.idempotent.run_once(key, key.encode(), run)
        return Same(answer.status, answer.body, answer.version, answer.position)


def failure(code: int) -> sqlite3.OperationalError:
    """An error of SQLite's."""
    error = sqlite3.OperationalError("injected")
    error.sqlite_errorcode = code
    return error


def to_account(account: AccountId, command: Command) -> Sending:
    async def send(service: KeyedService, key: RequestKey) -> Outcome:
        return await service.directory.ask(AccountActor, account, command, CommandOptions(key=key))

    return send


def signing_up(plan: PlanId) -> Sending:
    async def send(service: KeyedService, key: RequestKey) -> Outcome:
        return await service.sign_up(plan, AccountId(service.new_id()), key.key, key)

    return send


def joining(account: AccountId) -> Sending:
    async def send(service: KeyedService, key: RequestKey) -> Outcome:
        joins = AddMember(MemberId(service.new_id()), key.key, None, "member", seated=False, at=NOW)
        return await service.directory.ask(AccountActor, account, joins, CommandOptions(key=key))

    return send


class Written(NamedTuple):
    """A command, and whether its events name its key."""

    send: Sending
    is_named: bool = True


def any_command(chance: random.Random, key: str) -> Written:
    account = chance.choice([*ACCOUNTS, AccountId(account_id(99))])
    seat = chance.choice([TakeSeat, FreeSeat])
    return chance.choice(
        [
            Written(signing_up(TEAM)),
            Written(signing_up(GONE)),
            Written(joining(account)),
            Written(to_account(account, AdjustCredit(Money(chance.choice([3, -2]), "EUR"), key))),
            Written(to_account(account, ChangeAccount(key))),
            Written(to_account(account, seat(ADA)), is_named=False),
        ]
    )


async def client(service: KeyedService, written: dict[str, Written], answers: dict[str, Same]) -> None:
    """Send random commands, again and again; each answer must be the same as before."""
    for _ in range(CALLS):
        key = service.chance.choice(list(written))
        try:
            same = await service.call(key, written[key].send)
        except (NotStored, OutcomeUnknown):
            await asyncio.sleep(0)
        else:
            assert answers.setdefault(key, same) == same


async def resolve(service: KeyedService, key: str, sending: Sending) -> Same:
    """Send a command until it is answered."""
    while True:
        try:
            return await service.call(key, sending)
        except (NotStored, OutcomeUnknown):
            await asyncio.sleep(0.001)  # until the file is open again; the caller has a deadline


def ask(path: Path, query: str, *parameters: object) -> object:
    """The one value that a query finds in the file."""
    ((value,),) = run(path, query, *parameters)
    return value


@pytest.mark.parametrize("seed", SEEDS)
async def test_each_key_has_one_effect_and_one_answer(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "seatkeeper.db"
    service = KeyedService(path, random.Random(seed))
    written = {key: any_command(service.chance, key) for key in (f"key {number}" for number in range(KEYS))}
    answers: dict[str, Same] = {}
    async with asyncio.timeout(DEADLINE):
        await service.open()
        await asyncio.gather(*(client(service, written, answers) for _ in range(CLIENTS)))
        service.faulty = False
        resolved = {key: await resolve(service, key, each.send) for key, each in written.items()}
        receipts = {key: await service.journal.receipt(key) for key in written}
        service.sign_ups.stop(block=False)
        await service.journal.close()
    assert answers.items() <= resolved.items()
    assert len(service.idempotent) == 0
    for key, same in resolved.items():
        receipt = receipts[key]
        assert receipt is not None
        assert Same(receipt.status, receipt.body.encode(), receipt.version, receipt.position) == same
        assert not written[key].is_named or ask(path, EFFECTS, f'"{key}"') == (same.status == 200)
    assert ask(path, "SELECT count(*) FROM receipts") == KEYS
    assert ask(path, "SELECT max(position) - count(*) FROM events") == 0
    assert run(path, GAPS) == []
