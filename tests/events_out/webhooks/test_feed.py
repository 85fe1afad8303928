"""The journal as the workers read it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from seatkeeper.http.events_out.webhooks.feed import PAGE, Feed
from seatkeeper.storage.queries import StoredEvent
from tests.event_loop import awaiting, turns

EVENTS = [StoredEvent(number, "account-1", number, "member.added", "", "{}", None) for number in range(1, PAGE + 50)]


class Journal:
    """Counts the reads, and holds them up until it is let go on."""

    def __init__(self) -> None:
        self.reads: list[tuple[int, int]] = []
        self.going = asyncio.Event()
        self.broken = False

    async def read(self, after: int, limit: int) -> Sequence[StoredEvent]:
        self.reads.append((after, limit))
        await self.going.wait()
        if self.broken:
            raise OSError("the disk does not answer")
        return EVENTS[after : after + limit]


async def test_who_asks_for_the_same_page_at_the_same_time_shares_it() -> None:
    journal = Journal()
    feed = Feed(journal.read)
    asking = [awaiting(feed.page(0)) for _ in range(100)]
    await turns()
    journal.going.set()
    pages = await asyncio.gather(*asking)
    assert journal.reads == [(0, PAGE)]
    assert all(page == EVENTS[:PAGE] for page in pages)
    assert await feed.page(0) == EVENTS[:PAGE]
    assert len(journal.reads) == 2


async def test_who_leaves_takes_the_page_from_nobody() -> None:
    journal = Journal()
    feed = Feed(journal.read)
    leaving, staying = awaiting(feed.page(PAGE)), awaiting(feed.page(PAGE))
    await turns()
    leaving.cancel()
    await turns()
    journal.going.set()
    assert await staying == EVENTS[PAGE:]


async def test_a_page_that_cannot_be_read_fails_for_all_and_is_read_anew_later() -> None:
    journal = Journal()
    journal.broken = True
    feed = Feed(journal.read)
    asking = [awaiting(feed.page(0)) for _ in range(2)]
    await turns()
    journal.going.set()
    for one in asking:
        with pytest.raises(OSError, match="the disk does not answer"):
            await one
    journal.broken = False
    assert await feed.page(0) == EVENTS[:PAGE]


async def test_one_event_is_found_by_its_position() -> None:
    journal = Journal()
    journal.going.set()
    assert await Feed(journal.read).event(7) == EVENTS[6]


async def test_commits_of_the_same_moment_wake_once() -> None:
    feed, woken = Feed(Journal().read), asyncio.Event()
    wakes: list[int] = []

    def wake() -> None:
        wakes.append(feed.committed)
        woken.set()

    feed.listen(wake)
    for position in (3, 5, 9):
        feed.on_commit(position)
    async with asyncio.timeout(10):
        await woken.wait()
    assert wakes == [9]
    feed.forget(wake)
    feed.on_commit(10)
    feed.close()
    assert feed.committed == 10
