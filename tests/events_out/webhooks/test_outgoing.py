"""The parts of the deliveries put together: what happens when the webhooks cannot be read again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

import msgspec
import pytest

from seatkeeper.actors.aggregates.directory import Directory
from seatkeeper.http import outgoing
from seatkeeper.http.events_out.webhooks.sender import HttpSender
from seatkeeper.http.outgoing import Outgoing
from seatkeeper.storage.deliveries import Deliveries
from seatkeeper.storage.errors import QueryTooSlow
from seatkeeper.storage.journal.batching import BatchingJournal
from seatkeeper.storage.observers import Observed
from seatkeeper.storage.queries import Item, Queries, StoredEvent
from tests.events_out.webhooks.store import MemoryDeliveries
from tests.events_out.webhooks.virtual import ONE


class SlowQueries:
    """A journal without events, and a list of webhooks that is too slow for some times."""

    def __init__(self) -> None:
        self.too_slow = 0
        self.tries = 0
        self.webhook = ONE

    async def feed(self, _after: int, _limit: int) -> Sequence[StoredEvent]:
        await asyncio.sleep(0)
        return []

    async def last_position(self) -> int:
        await asyncio.sleep(0)
        return 0

    async def webhooks(self, after: int | None, _limit: int) -> Sequence[Item]:
        await asyncio.sleep(0)
        self.tries += 1
        if self.too_slow:
            self.too_slow -= 1
            raise QueryTooSlow
        return [] if after else [Item("1", msgspec.json.encode(self.webhook).decode())]


async def test_webhooks_that_cannot_be_read_after_a_reopening_are_read_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outgoing, "PAUSE", 0.001)
    journal, queries = Observed(), SlowQueries()
    sending = Outgoing(
        cast("BatchingJournal", journal),
        cast("Queries", queries),
        cast("Deliveries", MemoryDeliveries()),
        HttpSender(),
        lambda: "id",
    )
    await sending.start(cast("Directory", None))
    try:
        queries.webhook = msgspec.structs.replace(ONE, status="paused", version=2)
        queries.too_slow = 3
        await journal.tell_reopened()
        await journal.tell_reopened()
        assert sending._trying is not None
        await asyncio.wait_for(sending._trying, 10)
        assert queries.too_slow == 0
        assert sending._deliveries._targets["one"].status == "paused"
    finally:
        await sending.stop()
        await sending.close()
