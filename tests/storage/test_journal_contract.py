"""What every journal does, whether it keeps its events in a file or in memory: appends, positions, loads, snapshots."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.events import AccountRenamed
from seatkeeper.actors.journal import History, JournalFull, NotStored, Receipt
from seatkeeper.actors.messages import Event
from seatkeeper.storage import streams
from seatkeeper.storage.journal import JournalLimits
from tests.accounts.past import BOB, credited, joined, opened
from tests.storage.stores import DEADLINE, NOW, SqliteStore, Store, Stream, Written, account_id, memory_store
from tests.subscriptions.past import defined, revised


def renamed(name: str) -> Event:
    return AccountRenamed(name)


def verdict(key: str) -> Receipt:
    return Receipt(key, b"print", 200, 2, 0, None, "{}")


async def test_an_append_hears_the_position_of_its_last_event(store: Store) -> None:
    assert await store.account().append(opened()) == 2
    assert await store.plan().append(defined()) == 3


async def test_an_append_hears_nothing_before_its_turn(store: Store) -> None:
    written = store.account().append(opened())
    assert written.heard == []
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


async def test_an_event_is_kept_with_its_stream_its_version_its_type_and_its_time(store: Store) -> None:
    account = store.account()
    await account.append(opened(), renamed("Looms"))
    event = (await account.events())[-1]
    assert event == (3, account.id, 3, "account.renamed", NOW, '{"account_name":"Looms"}')


async def test_of_a_stream_that_is_not_there_nothing_is_loaded(store: Store) -> None:
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


async def test_what_is_loaded_beside_a_commit_is_what_was_before_it_or_all_of_it(store: Store) -> None:
    account = store.account()
    await account.append(opened())
    written = account.append(renamed("Looms"), renamed("Mills"))
    history = await account.load()
    position = await written
    before, after = History(None, 0, opened(), 2), History(None, 0, [*opened(), *written.events], position)
    assert history in (before, after)


async def test_what_is_refused_at_its_commit_is_at_no_time_loaded(store: Store) -> None:
    account = store.account()
    await account.append(opened(), receipt=verdict("a key"))
    refused = Written(account.id, 2, [renamed("Looms")], account.state, verdict("a key"))
    store.journal.append(refused)
    while not refused.heard:
        assert (await account.load()).events == opened()
    with pytest.raises(NotStored):
        await refused
    assert (await account.load()).events == opened()


async def test_a_snapshot_is_loaded_in_place_of_the_events_that_led_to_it(store: Store) -> None:
    account = store.account()
    await account.append(opened(), joined(BOB, email="bob@example.org", seated=True), credited(700))
    account.save_snapshot()
    await store.plan().append(defined())  # a snapshot is on the disk when what came after it is
    assert await account.load() == History(account.state, 5, [], 5)


async def test_a_snapshot_is_kept_although_nothing_comes_after_it(store: Store) -> None:
    account = store.account()
    await account.append(opened())
    account.save_snapshot()
    async with asyncio.timeout(DEADLINE):
        while (await account.load()).version != 2:
            pass


async def test_the_events_behind_a_snapshot_are_loaded_with_it(store: Store) -> None:
    account = store.account()
    await account.append(opened())
    account.save_snapshot()
    await account.append(joined(BOB))
    history = await account.load()
    assert (history.version, history.events, history.position) == (2, joined(BOB), 3)
    assert await account.loaded() == account.state


async def test_a_newer_snapshot_takes_the_place_of_an_older_one(store: Store) -> None:
    plan = store.plan()
    await plan.append(defined())
    plan.save_snapshot()
    await plan.append(revised())
    plan.save_snapshot()
    await store.account().append(opened())
    assert (await plan.load()).version == 2


async def test_a_snapshot_is_of_its_moment(store: Store) -> None:
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
    monkeypatch.setattr(streams, "PAGE", 3)
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


async def test_the_pages_behind_a_snapshot_begin_with_its_state(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "PAGE", 3)
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
    assert written.heard == []


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
    assert await store.views.last_position() == 0


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
        store.journal.admit()
    with pytest.raises(JournalFull):
        store.account().append(opened())
    assert [await append for append in appends] == [2, 4, 6]
    store.journal.admit()
    assert await store.account().append(opened()) == 8


@pytest.mark.parametrize("seed", range(3))
async def test_any_mixture_of_appends_is_kept_in_order(store: Store, seed: int) -> None:
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
    feed = await store.views.feed(0, 10_000)
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
