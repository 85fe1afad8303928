"""Clients of several edges beside the load: twins of one key, reads of what was acknowledged, and one that waits."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from itertools import pairwise
from typing import Self

import msgspec

from tests.torture.rig import commands
from tests.torture.rig.ledger import Ledger, Record, outcome_of
from tests.torture.rig.load import PAUSE, TEAM
from tests.wire import BROKEN, Answer, Connection

EVERY = 0.1
"""Seconds between two questions of who only waits."""


class _Version(msgspec.Struct):
    version: int


class Crowd:
    """Clients at work on all edges; leaving the block lets each one wait for its last answer and go."""

    def __init__(self, ports: Sequence[int], ledger: Ledger, *, twins: int, readers: int) -> None:
        self._ports, self._ledger = ports, ledger
        self._work: Sequence[Callable[[], Coroutine[object, object, None]]] = [self._twin] * twins + [
            self._read
        ] * readers
        self._stopping = False
        self._known: list[tuple[str, int]] = []
        self._random = random.Random(0)
        self.twins = self.reads = 0

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._go_on(work)) for work in self._work]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._stopping = True
        await asyncio.gather(*self._tasks)

    async def _go_on(self, work: Callable[[], Awaitable[None]]) -> None:
        while not self._stopping:
            await work()

    async def _ask(self, port: int, command: commands.Command) -> Answer | None:
        try:
            async with await Connection.open(port) as connection:
                return await connection.ask(command.method, command.path, command.body, command.headers)
        except BROKEN:
            return None

    async def _twin(self) -> None:
        """Send one command with one key through each edge at once: they have one effect and one answer."""
        command = commands.sign_up(TEAM)
        record = self._ledger.send(command)
        answers = await asyncio.gather(*(self._ask(port, command) for port in self._ports))
        self._note(record, answers)
        self.twins += 1
        if record.outcome == "done":
            assert record.answer is not None
            account_id = record.answer.headers["location"].rpartition("/")[2]
            self._known.append((account_id, int(record.answer.headers["etag"].strip('"'))))
        else:
            await asyncio.sleep(PAUSE)

    def _note(self, record: Record, answers: Sequence[Answer | None]) -> None:
        given = [answer for answer in answers if answer is not None]
        final = [answer for answer in given if outcome_of(answer) in {"done", "refused"}]
        if len({(answer.status, answer.body) for answer in final}) > 1:
            self._ledger.findings.add("changed answer", f"twins of {record.command} got {final}")
        if final:
            record.note(final[0])
        elif len(given) == len(answers) and all(outcome_of(answer) == "not now" for answer in given):
            record.note(given[0])

    async def _read(self) -> None:
        """Read an account through some edge: what was acknowledged through any is there."""
        if not self._known:
            await asyncio.sleep(EVERY)
            return
        account_id, version = self._random.choice(self._known[-200:])
        try:
            async with await Connection.open(self._random.choice(self._ports)) as connection:
                answer = await connection.ask("GET", f"/v1/accounts/{account_id}", None, {})
        except BROKEN:
            return
        self.reads += 1
        await asyncio.sleep(PAUSE)
        if answer.status != 503 and (
            answer.status != 200 or msgspec.json.decode(answer.body, type=_Version).version < version
        ):
            self._ledger.findings.add("lost", f"a read of {account_id} after version {version} got {answer}")


class Waiting:
    """A client that changes one account again and again, and notes when that went well and what it got in between."""

    def __init__(self, port: int, account_id: str) -> None:
        self._port, self._account_id = port, account_id
        self.answers: list[tuple[float, float, str]] = []
        """When each was asked for and came, and what it was: a status, a problem, or nothing."""

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._go_on())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _go_on(self) -> None:
        while True:
            asked = time.monotonic()
            command = commands.rename_account(self._account_id)
            try:
                async with await Connection.open(self._port) as connection:
                    answer = await connection.ask(command.method, command.path, command.body, {})
                told = answer.slug or str(answer.status)
            except BROKEN:
                told = "no answer"
            self.answers.append((asked, time.monotonic(), told))
            await asyncio.sleep(EVERY)

    def was_well(self, since: float) -> bool:
        """Whether a command that was sent after this moment went well."""
        return any(asked >= since and told == "200" for asked, _, told in self.answers)

    def without(self, since: float) -> float:
        """The longest time, from this moment on, that no command went well."""
        times = [since, *(came for _, came, told in self.answers if came >= since and told == "200")]
        return max((later - earlier for earlier, later in pairwise(times)), default=0.0)

    def told(self, since: float) -> Counter[str]:
        """What it got, from this moment on."""
        return Counter(told for _, came, told in self.answers if came >= since)
