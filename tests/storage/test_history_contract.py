"""What every journal does to load a stream: its events, its snapshot, its pages."""

from __future__ import annotations

import asyncio

import pytest

from seatkeeper.actors.aggregates.journal import History, NotStored
from seatkeeper.storage.memory import journal as memory
from seatkeeper.storage.sql import history
from tests.accounts.past import BOB, credited, joined, opened
from tests.storage.stores import DEADLINE, Store, Written, answered, renamed
from tests.subscriptions.past import defined, revised


async def test_a_stream_that_does_not_exist_has_an_empty_history(store: Store) -> None:
    assert await store.account().load() == History(None, 0, [], 0)


async def test_what_was_appended_is_loaded(store: Store) -> None:
    account = store.account()
    await account.append(opened(), joined(BOB, seated=True))
    assert await account.load() == History(None, 0, [*opened(), *joined(BOB, seated=True)], 4)


async def test_a_history_has_the_position_of_its_own_last_event(store: Store) -> None:
    account = store.account()
    await account.append(opened())
    await store.plan().append(defined(), revised())
    assert (await account.load()).position == 2


async def test_streams_do_not_mix(store: Store) -> None:
    one, other = store.account(), store.account()
    one.append(opened())
    other.append(opened(account_name="Looms"))
    await one.append(renamed("Mills"))
    assert (await one.load()).events == [*opened(), renamed("Mills")]
    assert (await other.load()).events == opened(account_name="Looms")


async def test_a_load_during_a_commit_sees_all_of_it_or_nothing(store: Store) -> None:
    account = store.account()
    await account.append(opened())
    written = account.append(renamed("Looms"), renamed("Mills"))
    history = await account.load()
    position = await written
    before, after = History(None, 0, opened(), 2), History(None, 0, [*opened(), *written.events], position)
    assert history in (before, after)


async def test_a_refused_append_is_never_loaded(store: Store) -> None:
    account = store.account()
    await account.append(opened(), receipt=answered("a key"))
    refused = Written(account.id, 2, [renamed("Looms")], account.state, answered("a key"))
    store.journal.append(refused)
    while not refused.results:
        assert (await account.load()).events == opened()
    with pytest.raises(NotStored):
        await refused
    assert (await account.load()).events == opened()


async def test_a_snapshot_is_loaded_instead_of_its_events(store: Store) -> None:
    account = store.account()
    await account.append(opened(), joined(BOB, email="bob@example.org", seated=True), credited(700))
    account.save_snapshot()
    await store.plan().append(defined())  # a snapshot is on the disk when what came after it is
    assert await account.load() == History(account.state, 5, [], 5)


async def test_a_snapshot_is_stored_although_nothing_comes_after_it(store: Store) -> None:
    account = store.account()
    await account.append(opened())
    account.save_snapshot()
    async with asyncio.timeout(DEADLINE):
        while (await account.load()).version != 2:
            pass


async def test_the_events_after_a_snapshot_are_loaded_with_it(store: Store) -> None:
    account = store.account()
    await account.append(opened())
    account.save_snapshot()
    await account.append(joined(BOB))
    history = await account.load()
    assert (history.version, history.events, history.position) == (2, joined(BOB), 3)
    assert await account.loaded() == account.state


async def test_a_newer_snapshot_replaces_an_older_one(store: Store) -> None:
    plan = store.plan()
    await plan.append(defined())
    plan.save_snapshot()
    await plan.append(revised())
    plan.save_snapshot()
    await store.account().append(opened())
    assert (await plan.load()).version == 2


async def test_a_snapshot_does_not_change_with_the_state(store: Store) -> None:
    account = store.account()
    await account.append(opened())
    account.save_snapshot()
    await account.append(renamed("Looms"))
    account_then = (await account.load()).state
    assert getattr(account_then, "account_name", None) == "Engines"


async def test_two_loads_share_no_state(store: Store) -> None:
    account = store.account()
    await account.append(opened())
    account.save_snapshot()
    await store.plan().append(defined())
    one, other = await account.load(), await account.load()
    assert one.state == other.state
    assert one.state is not other.state


async def test_a_long_stream_is_loaded_in_pages(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE", 3)
    monkeypatch.setattr(memory, "PAGE", 3)
    account = store.account()
    names = [renamed(f"Looms {number}") for number in range(5)]
    await account.append(opened(), *names)
    await store.plan().append(defined())
    pages, after, more = [], 0, True
    while more:
        pages.append(page := await account.load(after))
        after, more = after + len(page.events), page.more
    assert [event for page in pages for event in page.events] == [*opened(), *names]
    assert all(page.state is None and len(page.events) <= 4 for page in pages)
    assert pages[0].version == 0
    assert pages[-1].position == 7


async def test_the_pages_after_a_snapshot_begin_with_its_state(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PAGE", 3)
    monkeypatch.setattr(memory, "PAGE", 3)
    account = store.account()
    await account.append(opened())
    account.save_snapshot()
    names = [renamed(f"Looms {number}") for number in range(3)]
    await account.append(*names[:2])
    first = await account.load()
    assert (first.version, first.events, first.position, first.more) == (2, names[:2], 4, False)
    await account.append(names[2], renamed("Mills"))
    first = await account.load()
    assert (first.version, first.events, first.position, first.more) == (2, names, 5, True)
    assert await account.load(5) == History(None, 5, [renamed("Mills")], 6)
    assert await account.load(6) == History(None, 6, [], 6)
