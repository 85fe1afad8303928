"""The load: clients that sign up, add members, take seats, pay and change plans, one command after the other."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

import msgspec

from tests.service import Service
from tests.torture.rig import commands
from tests.torture.rig.commands import Command
from tests.torture.rig.ledger import Ledger, Record
from tests.wire import BROKEN, Answer, Connection

FREE, TEAM, BUSINESS = (f"00000000-0000-7000-8000-00000000000{number}" for number in (1, 2, 3))
"""The starter plans."""

FEW = 200
"""Accounts that the clients share: few enough that they meet."""


PAUSE = 0.02
"""Seconds that a client waits after a 503: less than its Retry-After."""


class _Id(msgspec.Struct):
    account_id: str = ""
    member_id: str = ""


class _SignedUp(msgspec.Struct):
    account: _Id
    member: _Id


@dataclass
class Known:
    """An account as the clients know it."""

    account_id: str
    members: list[str] = field(default_factory=list)
    seatless: list[str] = field(default_factory=list)
    plan_changed: bool = False


class World:
    """What the clients have learnt of the service, and the next command that makes sense."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.accounts: dict[str, Known] = {}
        self._recent: deque[Known] = deque(maxlen=FEW)

    def next(self) -> Command:
        """Draw a command."""
        if not self._recent or (self.random.random() < 0.4):
            return commands.sign_up(self.random.choice((FREE, TEAM, TEAM)))
        account = self.random.choice(self._recent)
        return self.random.choice(self._choices)(self, account)

    def learn(self, command: Command, answer: Answer) -> None:
        """Take note of what a success has made."""
        if answer.status != 201:
            return
        if command.path == "/v1/signups":
            made = msgspec.json.decode(answer.body, type=_SignedUp)
            account = self.accounts[made.account.account_id] = Known(made.account.account_id)
            self._recent.append(account)
        elif command.path.endswith("/members"):
            account = self.accounts[command.path.split("/")[3]]
            member_id = msgspec.json.decode(answer.body, type=_Id).member_id
            account.members.append(member_id)
            if command.body is not None and b'"seated":true' not in command.body:
                account.seatless.append(member_id)

    def _add(self, account: Known) -> Command:
        return commands.add_member(account.account_id, seated=self.random.random() < 0.3)

    def _remove(self, account: Known) -> Command:
        if not account.members:
            return self._add(account)
        member_id = account.members.pop(self.random.randrange(len(account.members)))
        if member_id in account.seatless:
            account.seatless.remove(member_id)
        return commands.remove_member(account.account_id, member_id)

    def _seat(self, account: Known) -> Command:
        if not account.seatless:
            return self._add(account)
        return commands.take_seat(account.account_id, account.seatless.pop())

    def _pay(self, account: Known) -> Command:
        return commands.adjust_credit(account.account_id, self.random.choice((1250, 500, -100, -700, -2000)))

    def _change(self, account: Known) -> Command:
        if account.plan_changed:
            return self._pay(account)
        account.plan_changed = True
        return commands.change_plan(account.account_id, BUSINESS)

    def _rename(self, account: Known) -> Command:
        return commands.rename_account(account.account_id)

    def _rename_plan(self, _: Known) -> Command:
        return commands.rename_plan(self.random.choice((FREE, TEAM, BUSINESS)))

    _choices: tuple[Callable[[World, Known], Command], ...] = (
        *(_add, _add, _add, _add, _seat, _seat, _remove),
        *(_pay, _pay, _pay, _pay, _change, _rename, _rename_plan),
    )


class Load:
    """A number of clients at work; leaving the block lets each one wait for its last answer and go."""

    def __init__(self, port: int, ledger: Ledger, world: World, *, clients: int = 16) -> None:
        self._port, self._ledger, self._world, self._clients = port, ledger, world, clients
        self._stopping = False
        self.records: list[Record] = []
        self.seconds: list[float] = []  # that each success took
        self.seconds_not_now: list[float] = []  # and each "not now"
        self.answered = 0
        self._got_answer = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._client()) for _ in range(self._clients)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping = True
        await asyncio.gather(*self._tasks)

    async def answers(self, count: int, deadline: float = 60.0) -> None:
        """Wait until so many more commands have been answered."""
        enough = self.answered + count
        async with asyncio.timeout(deadline):
            while self.answered < enough:
                self._got_answer.clear()
                await self._got_answer.wait()

    async def _client(self) -> None:
        while not self._stopping:
            try:
                async with await Connection.open(self._port) as connection:
                    await self._talk(connection)
            except ConnectionRefusedError:
                return  # the service is gone
            except BROKEN:
                continue

    async def _talk(self, connection: Connection) -> None:
        while not self._stopping:
            command = self._world.next()
            record = self._ledger.send(command)
            self.records.append(record)
            started = time.monotonic()
            answer = await connection.ask(command.method, command.path, command.body, command.headers)
            record.note(answer)
            self._world.learn(command, answer)
            self.answered += 1
            if record.outcome in {"done", "not now"}:
                times = self.seconds if record.outcome == "done" else self.seconds_not_now
                times.append(time.monotonic() - started)
            self._got_answer.set()
            if answer.status == 503:
                await asyncio.sleep(PAUSE)
            if answer.headers.get("connection") == "close":
                return


async def warmed_up(service: Service, ledger: Ledger, world: World) -> None:
    """Let a service do some of everything, so that what it opens only once is open."""
    async with Load(service.port, ledger, world, clients=64) as load:
        await load.answers(200)
    for path in ("/v1/plans", "/v1/accounts", "/v1/events", "/openapi.json"):
        assert service.get(path).status_code == 200
