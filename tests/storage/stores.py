"""A journal with its queries, and streams that append to it as actors do."""

from __future__ import annotations

import asyncio
import itertools
import json
import sqlite3
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Generic, Self, TypeVar

from seatkeeper.actors.access.api_key import ApiKey
from seatkeeper.actors.access.events import KeyId
from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.profile.events import AccountRenamed
from seatkeeper.actors.accounts.values import AccountId
from seatkeeper.actors.aggregates.journal import Append, History, Journal, Receipt
from seatkeeper.actors.aggregates.messages import Context, Event, Refusal
from seatkeeper.actors.notifications.events import WebhookId
from seatkeeper.actors.notifications.webhook import Webhook
from seatkeeper.actors.subscriptions.events import PlanId
from seatkeeper.actors.subscriptions.plan import Plan
from seatkeeper.storage.deliveries import Deliveries
from seatkeeper.storage.journal.limits import JournalLimits
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.memory.deliveries import MemoryDeliveries
from seatkeeper.storage.memory.journal import MemoryJournal
from seatkeeper.storage.queries import Item, Queries, Sort, StoredEvent
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite.database import Limits
from seatkeeper.storage.sqlite.deliveries import SqliteDeliveries
from seatkeeper.storage.sqlite.journal import SqliteJournal
from seatkeeper.storage.sqlite.reading.queries import SqliteQueries
from tests.access.past import API_KEY
from tests.accounts.past import ACCOUNT
from tests.notifications.past import WEBHOOK
from tests.scenario import Aggregate, Past, flat
from tests.subscriptions.past import PLAN

S = TypeVar("S")
NEWEST: Sort = "-created_at"
NOW = "2026-11-22T18:12:00.000Z"
DEADLINE = 20.0


class Written(Append):
    """An append that records its results; await it for the position, or for the error."""

    def __init__(  # noqa: PLR0913 - those of an append, and the one before it in its stream
        self,
        stream_id: str,
        version: int,
        events: Sequence[Event],
        state: object,
        receipt: Receipt | None = None,
        *,
        before: Written | None = None,
        context: Context | None = None,
    ) -> None:
        super().__init__(stream_id, version, events, state, receipt, context)
        self.results: list[int | Refusal | Exception] = []
        self._finished = asyncio.Event()
        self._before = before

    def stream_position(self) -> int:
        before = self._before
        while before is not None:
            if before.results and isinstance(before.results[0], int):
                return before.results[0]
            before = before._before
        return 0

    def committed(self, position: int) -> None:
        self.results.append(position)
        self._finished.set()

    def refused(self, refusal: Refusal) -> None:
        self.results.append(refusal)
        self._finished.set()

    def failed(self, error: Exception) -> None:
        self.results.append(error)
        self._finished.set()

    def __await__(self) -> Generator[object, None, int]:
        yield from self._wait().__await__()
        result = self.results[0]
        if isinstance(result, Refusal):
            message = f"refused: {result}"
            raise TypeError(message)
        if isinstance(result, Exception):
            raise result
        return result

    async def outcome(self) -> int | Refusal | Exception:
        """Return what became of it, whatever that is."""
        await self._wait()
        return self.results[0]

    async def _wait(self) -> None:
        async with asyncio.timeout(DEADLINE):
            await self._finished.wait()


class Stream(Generic[S]):
    """One stream, with the state that its actor would have."""

    def __init__(self, store: Store, stream_id: str, aggregate: Aggregate[S]) -> None:
        self.id = stream_id
        self.state: S | None = None
        self.version = 0
        self._store = store
        self._aggregate = aggregate
        self._last: Written | None = None

    def append(self, *past: Past, receipt: Receipt | None = None, actor: str | None = None) -> Written:
        """Append events of an actor, and a receipt, to the journal; await the append for its commit."""
        events = flat(past)
        for event in events:
            self.state = self._aggregate.evolve(self.state, event)
        context = None if actor is None else Context(actor, "a-request")
        self._last = written = Written(
            self.id, self.version, events, self.state, receipt, before=self._last, context=context
        )
        self._store.journal.append(written)
        self._store.appends.append(written)
        self.version += len(events)
        return written

    def save_snapshot(self, *, kept: bool = False) -> None:
        """Store the state as it is now, and keep it."""
        self._store.journal.save_snapshot(self.id, self.version, self.state, kept=kept)

    async def load(self, after: int = 0) -> History:
        """Read a page of the stream."""
        async with asyncio.timeout(DEADLINE):
            return await self._store.journal.load(self.id, after)

    async def loaded(self) -> S | None:
        """Return the state that follows from the history."""
        history = await self.load()
        state: S | None = history.state  # type: ignore[assignment]
        for event in history.events:
            state = self._aggregate.evolve(state, event)
        return state

    async def events(self) -> list[StoredEvent]:
        """List the events by a query."""
        return await self._store.queries.stream(self.id, 0, 1000)


class Store:
    """A journal, its queries, and every append that was made through it."""

    def __init__(self, journal: Journal, queries: Queries, deliveries: Deliveries) -> None:
        self.journal = journal
        self.queries = queries
        self.deliveries = deliveries
        self.appends: list[Written] = []
        self._numbers = itertools.count(1)

    def account(self, number: int | None = None) -> Stream[Account]:
        """A stream of an account."""
        return Stream(self, f"account-{account_id(number or next(self._numbers))}", ACCOUNT)

    def plan(self, number: int | None = None) -> Stream[Plan]:
        """A stream of a plan."""
        return Stream(self, f"plan-{plan_id(number or next(self._numbers))}", PLAN)

    def api_key(self, number: int | None = None) -> Stream[ApiKey]:
        """A stream of an API key."""
        return Stream(self, f"apikey-{key_id(number or next(self._numbers))}", API_KEY)

    def webhook(self, number: int | None = None) -> Stream[Webhook]:
        """A stream of a webhook."""
        return Stream(self, f"webhook-{webhook_id(number or next(self._numbers))}", WEBHOOK)

    async def positions(self) -> list[int]:
        """Return the positions of all events, in the order of the feed."""
        return [event.position for event in await self.queries.feed(0, 10_000)]


def account_id(number: int) -> AccountId:
    """The id of an account."""
    return AccountId(f"01900000-0000-7000-8000-{number:012x}")


def plan_id(number: int) -> PlanId:
    """The id of a plan."""
    return PlanId(f"01900000-0000-7000-9000-{number:012x}")


def key_id(number: int) -> KeyId:
    """The id of an API key."""
    return KeyId(f"01900000-0000-7000-a000-{number:012x}")


def webhook_id(number: int) -> WebhookId:
    """The id of a webhook."""
    return WebhookId(f"01900000-0000-7000-b000-{number:012x}")


class SqliteStore(Store):
    """A store in a file, whose tables can be looked at and damaged."""

    journal: SqliteJournal

    def __init__(
        self,
        path: Path,
        *,
        limits: JournalLimits | None = None,
        files: Limits | None = None,
        on_outcome_unknown: Callable[[], None] = lambda: None,
        kinds: Kinds = KINDS,
    ) -> None:
        journal = SqliteJournal(
            path, now=lambda: NOW, on_outcome_unknown=on_outcome_unknown, limits=limits, files=files, kinds=kinds
        )
        super().__init__(
            journal, SqliteQueries(lambda: journal.readers, kinds), SqliteDeliveries(journal, now=lambda: NOW)
        )
        self.path = path

    async def __aenter__(self) -> Self:
        await self.journal.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        async with asyncio.timeout(DEADLINE):
            await self.journal.close()

    def sql(self, statement: str, *parameters: object) -> list[tuple[object, ...]]:
        """Run a statement as an operator with the sqlite3 shell would."""
        return run(self.path, statement, *parameters)


def run(path: Path, statement: str, *parameters: object) -> list[tuple[object, ...]]:
    """Run a statement on its own connection, and commit it."""
    connection = sqlite3.connect(path)
    try:
        with connection:
            return connection.execute(statement, parameters).fetchall()
    finally:
        connection.close()


def names_in(folder: Path) -> set[str]:
    """List what is in a folder."""
    return {path.name for path in folder.iterdir()}


def memory_store(*, waiting: int = 10_000, kinds: Kinds = KINDS) -> Store:
    """A store in memory."""
    journal = MemoryJournal(now=lambda: NOW, waiting=waiting, kinds=kinds)
    return Store(journal, journal.queries, MemoryDeliveries(journal.queries))


def renamed(name: str) -> Event:
    """An account has another name."""
    return AccountRenamed(name)


def answered(key: str) -> Receipt:
    """A receipt of an accepted command."""
    return Receipt(key, b"print", 200, 2, 0, None, "{}")


def field(items: list[Item], name: str) -> list[object]:
    """One field of each summary."""
    return [json.loads(item.summary)[name] for item in items]
