"""What every journal does, in a file or in memory: appends, positions, refusals."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.profile.events import AccountRenamed
from seatkeeper.actors.aggregates.journal import JournalFull, NotStored
from seatkeeper.storage.journal.limits import JournalLimits
from tests.accounts.past import credited, opened
from tests.storage.stores import NOW, SqliteStore, Store, Stream, Written, account_id, memory_store, renamed
from tests.subscriptions.past import defined


async def test_an_append_is_committed_with_the_position_of_its_last_event(store: Store) -> None:
    assert await store.account().append(opened()) == 2
    assert await store.plan().append(defined()) == 3


async def test_an_append_is_not_committed_at_once(store: Store) -> None:
    written = store.account().append(opened())
    assert written.results == []
    await written


async def test_positions_are_given_in_the_order_of_the_appends(store: Store) -> None:
    streams = [store.account() for _ in range(20)]
    appends = [stream.append(opened()) for stream in streams]
    assert [await append for append in appends] == list(range(2, 42, 2))
    assert await store.positions() == list(range(1, 41))


async def test_one_stream_may_have_many_appends_in_one_commit(store: Store) -> None:
    account = store.account()
    appends = [
        account.append(opened()),
        account.append(renamed("Looms")),
        account.append(credited(5), renamed("Mills")),
    ]
    assert [await append for append in appends] == [2, 3, 5]
    assert [event.version for event in await account.events()] == [1, 2, 3, 4, 5]


async def test_an_event_is_stored_with_its_stream_version_type_and_time(store: Store) -> None:
    account = store.account()
    await account.append(opened(), renamed("Looms"))
    event = (await account.events())[-1]
    assert event == (3, account.id, 3, "account.renamed", NOW, '{"account_name":"Looms"}', None)


async def test_an_append_that_does_not_follow_on_its_stream_is_refused(store: Store) -> None:
    account = store.account()
    await account.append(opened())
    again = Written(account.id, 1, [renamed("Looms")], account.state)
    store.journal.append(again)
    with pytest.raises(NotStored):
        await again
    assert await account.append(renamed("Mills")) == 3
    assert (await account.load()).events == [*opened(), renamed("Mills")]


async def test_an_event_that_cannot_be_written_is_refused_and_leaves_nothing_behind(store: Store) -> None:
    account = store.account()
    await account.append(opened())
    impossible = AccountRenamed(object())  # type: ignore[arg-type]
    written = Written(account.id, 2, [renamed("Looms"), impossible], account.state)
    with pytest.raises(NotStored, match=account.id):
        store.journal.append(written)
    assert await store.plan().append(defined()) == 3
    assert (await account.load()).events == opened()
    assert written.results == []


@pytest.mark.parametrize("name", ["\ud800", "a\udfffb"], ids=["high surrogate", "low surrogate"])
async def test_text_that_is_no_unicode_is_refused(store: Store, name: str) -> None:
    account = store.account()
    await account.append(opened())
    with pytest.raises(NotStored):
        store.journal.append(Written(account.id, 2, [renamed(name)], account.state))
    assert await store.positions() == [1, 2]


async def test_a_state_without_a_view_is_refused(store: Store) -> None:
    with pytest.raises(NotStored):
        store.journal.append(Written("account-1", 0, opened(), {"account_name": "Engines"}))
    assert await store.queries.last_position() == 0


@pytest.mark.parametrize(
    "name", ["Ærøskøbing", "東京", "🪑🎟️", 'a "quoted" \\ name', "it's; DROP TABLE events; --", "\x00\x1f", "e\u0301"]
)
async def test_any_text_comes_back_as_it_went_in(store: Store, name: str) -> None:
    account = store.account()
    await account.append(opened(account_name=name))
    assert (await account.load()).events == opened(account_name=name)
    assert await account.loaded() == account.state


async def test_the_largest_amount_comes_back_as_it_went_in(store: Store) -> None:
    account = store.account()
    await account.append(opened(), credited(2**63 - 1))
    assert (await account.load()).events[-1] == credited(2**63 - 1)


@pytest.mark.parametrize("kind", ["sqlite", "memory"])
async def test_a_full_queue_takes_no_more_and_is_empty_again_after_the_commit(kind: str, tmp_path: Path) -> None:
    if kind == "memory":
        await fill(memory_store(waiting=3))
    else:
        async with SqliteStore(tmp_path / "seatkeeper.db", limits=JournalLimits(waiting=3)) as store:
            await fill(store)


async def fill(store: Store) -> None:
    appends = [store.account().append(opened()) for _ in range(3)]
    with pytest.raises(JournalFull):
        store.journal.check_capacity()
    with pytest.raises(JournalFull):
        store.account().append(opened())
    assert [await append for append in appends] == [2, 4, 6]
    store.journal.check_capacity()
    assert await store.account().append(opened()) == 8


@pytest.mark.parametrize("seed", range(3))
async def test_any_mixture_of_appends_is_stored_in_order(store: Store, seed: int) -> None:
    dice = random.Random(seed)
    streams = [store.account(number) for number in range(1, 8)]
    appends: list[Written] = []
    for step in range(150):
        appends.append(appended(dice.choice(streams), step))
        if dice.random() < 0.3:
            await appends[-1]
        elif dice.random() < 0.1:
            await asyncio.sleep(0)
    positions = [await append for append in appends]
    assert positions == sorted(positions)
    feed = await store.queries.feed(0, 10_000)
    assert [event.position for event in feed] == list(range(1, positions[-1] + 1))
    for stream in streams:
        versions = [event.version for event in feed if event.stream_id == stream.id]
        assert versions == list(range(1, stream.version + 1))
        assert await stream.loaded() == stream.state


def appended(stream: Stream[Account], step: int) -> Written:
    if stream.version == 0:
        return stream.append(opened(account_id=account_id(step + 100)))
    if stream.version % 5 == 0:
        stream.save_snapshot()
    return stream.append(renamed(f"Looms {step}"))
