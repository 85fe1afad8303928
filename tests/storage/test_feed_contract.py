"""The feed with filters, on every engine: what is wanted, and how far was looked."""

from __future__ import annotations

import itertools

import pytest

from seatkeeper.storage.queries import EVERYTHING, FeedFilter
from seatkeeper.storage.sql import feed
from seatkeeper.storage.sql.pieces import Row, Value
from seatkeeper.storage.sql.queries import SqlQueries
from tests.accounts.past import BOB, joined, opened
from tests.storage.stores import Store, account_id, renamed
from tests.subscriptions.past import defined

RENAMED = FeedFilter(types=frozenset({"account.renamed"}))
KEY = "key:01900000-0000-7000-8000-000000000001"


async def positions(store: Store, wanted: FeedFilter, after: int = 0, limit: int = 100) -> tuple[list[int], int]:
    """Read a page, as positions and the one to go on after."""
    page = await store.queries.feed_page(after, limit, wanted)
    return [event.position for event in page.events], page.last_position


async def some_events(store: Store) -> None:
    """Fill the positions 1 to 7 with those of two accounts and a plan, by three actors and none."""
    one, two = store.account(1), store.account(2)
    await one.append(opened())
    await two.append(opened(), actor="open")
    await one.append(renamed("a"), actor=KEY)
    await two.append(renamed("b"), actor="timer")
    await store.plan().append(defined(), actor=KEY)


async def test_without_a_filter_everything_is_wanted(store: Store) -> None:
    await some_events(store)
    assert await positions(store, EVERYTHING) == ([1, 2, 3, 4, 5, 6, 7], 7)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (RENAMED, [5, 6]),
        (FeedFilter(types=frozenset({"account.opened", "plan.defined"})), [1, 3, 7]),
        (FeedFilter(types=frozenset({"account.closed"})), []),
        (FeedFilter(types=frozenset()), []),
        (FeedFilter(stream_id=f"account-{account_id(2)}"), [3, 4, 6]),
        (FeedFilter(stream_id=f"account-{account_id(3)}"), []),
        (FeedFilter(actor=KEY), [5, 7]),
        (FeedFilter(actor="open"), [3, 4]),
        (FeedFilter(actor="ope"), []),
        (FeedFilter(actor='a "quoted" one'), []),
        (RENAMED._replace(stream_id=f"account-{account_id(1)}"), [5]),
        (RENAMED._replace(actor="timer"), [6]),
        (RENAMED._replace(actor="timer", stream_id=f"account-{account_id(1)}"), []),
    ],
)
async def test_a_filter_lets_through_what_is_wanted(store: Store, wanted: FeedFilter, found: list[int]) -> None:
    await some_events(store)
    assert await positions(store, wanted) == (found, 7)
    every = await store.queries.feed(0, 100)
    assert [event.position for event in every if wanted.matches(event)] == found


async def test_a_full_page_goes_on_after_its_last_event(store: Store) -> None:
    await some_events(store)
    assert await positions(store, RENAMED, limit=1) == ([5], 5)
    assert await positions(store, RENAMED, after=5, limit=1) == ([6], 6)
    assert await positions(store, RENAMED, after=6, limit=1) == ([], 7)


async def test_the_pages_of_an_account_go_on_after_a_position(store: Store) -> None:
    await some_events(store)
    wanted = FeedFilter(stream_id=f"account-{account_id(2)}")
    assert await positions(store, wanted, limit=2) == ([3, 4], 4)
    assert await positions(store, wanted, after=4, limit=2) == ([6], 7)


async def test_a_page_beyond_the_end_goes_back_to_the_end(store: Store) -> None:
    await some_events(store)
    for wanted in (EVERYTHING, RENAMED, FeedFilter(actor=KEY), FeedFilter(stream_id=f"account-{account_id(2)}")):
        assert await positions(store, wanted, after=9) == ([], 7)


async def test_an_empty_journal_has_an_empty_page(store: Store) -> None:
    for wanted in (EVERYTHING, RENAMED, FeedFilter(actor=KEY), FeedFilter(stream_id="account-1")):
        assert await positions(store, wanted) == ([], 0)


@pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)
async def test_a_page_of_an_account_looks_at_a_bounded_number_of_its_events(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "IN_STREAM", feed.IN_STREAM.replace(f"low + {feed.LOOKED_AT}", "low + 3"))
    monkeypatch.setattr(feed, "LOOKED_AT", 3)
    await store.account(1).append(opened())
    account = store.account(2)
    await account.append(opened(), joined(BOB), renamed("a"), renamed("b"))
    wanted = RENAMED._replace(stream_id=account.id)
    assert await positions(store, wanted) == ([], 5)
    assert await positions(store, wanted, after=5) == ([6, 7], 7)


async def test_an_account_is_read_after_each_position(store: Store) -> None:
    one, two = store.account(1), store.account(2)
    await one.append(opened())
    await two.append(opened())
    for number in range(10):
        await (one, two)[number % 3 == 0].append(renamed(str(number)))
    every = [event.position for event in await one.events()]
    for after in range(15):
        found, last = await positions(store, FeedFilter(stream_id=one.id), after=after)
        assert (found, last) == ([position for position in every if position > after], 14)


@pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize(
    "wanted",
    [FeedFilter(stream_id=f"account-{account_id(1)}"), RENAMED, FeedFilter(actor=KEY)],
    ids=["one", "type", "actor"],
)
async def test_what_is_committed_while_a_page_is_read_comes_once(
    store: Store, monkeypatch: pytest.MonkeyPatch, wanted: FeedFilter, at: int
) -> None:
    account, queries = store.account(1), store.queries
    await account.append(opened(), renamed("a"), actor=KEY)
    assert isinstance(queries, SqlQueries)
    fetch, count = queries._fetch, itertools.count(1)

    async def fetch_and_write(sql: str, *values: Value) -> list[Row]:
        rows = await fetch(sql, *values)
        if next(count) == at:
            await account.append(renamed("b"), actor=KEY)
        return rows

    monkeypatch.setattr(queries, "_fetch", fetch_and_write)
    first, last = await positions(store, wanted)
    monkeypatch.undo()
    second, _ = await positions(store, wanted, after=last)
    every, _ = await positions(store, wanted)
    assert first + second == every


async def many(store: Store, count: int) -> None:
    """Fill the journal with renamings of one account by nobody, and every thousandth by a key."""
    account = store.account(1)
    await account.append(opened())
    for number in range(3, count + 1, 1_000):
        await account.append(renamed("a"), actor=KEY)
        await account.append([renamed(str(more)) for more in range(min(999, count - number))])


async def test_a_filter_goes_through_many_blocks(store: Store) -> None:
    await many(store, 4_000)
    assert await positions(store, FeedFilter(actor=KEY)) == ([3, 1_003, 2_003, 3_003], 4_000)


@pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)
async def test_a_page_looks_at_a_bounded_number_of_blocks(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "BLOCKS", 3)
    await many(store, 8_000)
    assert await positions(store, FeedFilter(actor=KEY)) == ([3, 1_003, 2_003, 3_003], 3_071)
    assert await positions(store, FeedFilter(actor=KEY), after=3_071, limit=2) == ([4_003, 5_003], 5_003)
    assert await positions(store, FeedFilter(types=frozenset({"account.opened"}))) == ([1], 8_000)


@pytest.mark.parametrize(
    ("found", "joined"),
    [
        ([], []),
        ([0], [(0, 1_023)]),
        ([2, 3, 4], [(2_048, 5_119)]),
        ([0, 2, 3, 9], [(0, 1_023), (2_048, 4_095), (9_216, 10_239)]),
    ],
)
def test_blocks_that_follow_each_other_are_read_at_once(found: list[int], joined: list[tuple[int, int]]) -> None:
    assert feed.runs(found) == joined
