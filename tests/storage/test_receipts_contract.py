"""What every journal does with receipts: they are on the disk with the events of their command, or not at all."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from seatkeeper.actors.accounts.profile.events import AccountRenamed
from seatkeeper.actors.aggregates.journal import JournalFull, NotStored, Receipt
from seatkeeper.actors.aggregates.messages import NOTHING
from tests.accounts.past import opened
from tests.storage.stores import DEADLINE, NOW, Store, Written, account_id, memory_store
from tests.subscriptions.past import defined, revised


def accepted(key: str = "a key", version: int = 2) -> Receipt:
    return Receipt(key, b"\x00print\xff", 201, version, 0, "/v1/accounts/1", '{"name":"Ærø"}')


def refused(key: str = "a refusal") -> Receipt:
    return Receipt(key, b"print", 409, None, None, None, '{"type":"/problems/no-seat-left"}')


def at(receipt: Receipt, position: int | None) -> Receipt:
    """The receipt as it is found: with the position that its commit gave it."""
    return msgspec.structs.replace(receipt, position=position, recorded_at=NOW)


async def found(store: Store, key: str = "a key") -> Receipt | None:
    async with asyncio.timeout(DEADLINE):
        return await store.journal.receipt(key)


async def test_an_unknown_key_has_no_receipt(store: Store) -> None:
    assert await found(store) is None


async def test_a_receipt_is_found_as_it_was_written_with_the_position_of_its_events(store: Store) -> None:
    await store.plan().append(defined())
    position = await store.account().append(opened(), receipt=accepted())
    assert position == 3
    assert await found(store) == at(accepted(), 3)


async def test_a_receipt_of_a_refusal_has_no_position(store: Store) -> None:
    account = store.account()
    await account.append(opened())
    assert await account.append(receipt=refused()) == 2
    assert await found(store, "a refusal") == at(refused(), None)


async def test_a_receipt_of_no_stream_is_stored(store: Store) -> None:
    append = Written("", 0, NOTHING, None, refused())
    store.journal.append(append)
    await append
    assert await found(store, "a refusal") == at(refused(), None)
    assert await store.positions() == []


async def test_a_receipt_without_events_leaves_its_stream_as_it_is(store: Store) -> None:
    account = store.account()
    await account.append(opened())
    await account.append(receipt=accepted())
    assert await store.positions() == [1, 2]
    assert (await account.load()).events == opened()
    assert await account.append(AccountRenamed("Looms")) == 3


async def test_a_receipt_without_events_has_the_position_of_its_streams_last_event(store: Store) -> None:
    account = store.account()
    await account.append(opened())
    await store.plan().append(defined(), revised())
    assert await account.append(receipt=accepted()) == 2
    assert await found(store) == at(accepted(), 2)


async def test_it_has_that_position_also_when_the_event_is_in_the_same_commit(store: Store) -> None:
    account, plan = store.account(), store.plan()
    appends = [
        account.append(opened()),
        plan.append(defined()),
        account.append(AccountRenamed("Looms")),
        plan.append(revised()),
        account.append(receipt=accepted()),
        plan.append(receipt=accepted("another")),
    ]
    assert [await append for append in appends] == [2, 3, 4, 5, 4, 5]
    assert await found(store) == at(accepted(), 4)
    assert await found(store, "another") == at(accepted("another"), 5)


async def test_it_has_not_the_position_of_what_comes_after_it_in_the_same_commit(store: Store) -> None:
    account = store.account()
    await account.append(opened())
    quiet, loud = account.append(receipt=accepted()), account.append(AccountRenamed("Looms"))
    assert [await quiet, await loud] == [2, 3]
    assert await found(store) == at(accepted(), 2)


async def test_one_that_follows_another_without_events_has_the_same_position(store: Store) -> None:
    account = store.account()
    keys = ["first", "second", "third"]
    appends = [account.append(opened()), *(account.append(receipt=accepted(key)) for key in keys)]
    later = [await append for append in appends]
    assert later == [2, 2, 2, 2]
    assert [await found(store, key) for key in keys] == [at(accepted(key), 2) for key in keys]
    assert await account.append(receipt=accepted("fourth")) == 2


async def test_a_lookup_during_a_commit_finds_nothing_or_all_of_the_receipt(store: Store) -> None:
    written = store.account().append(opened(), receipt=accepted())
    assert written.results == []
    early = await found(store)
    position = await written
    assert early in (None, at(accepted(), position))
    assert await found(store) == at(accepted(), position)


async def test_after_the_commit_the_receipt_is_found(store: Store) -> None:
    for number in range(20):
        await store.account().append(opened(), receipt=accepted(f"key {number}"))
        assert await found(store, f"key {number}") == at(accepted(f"key {number}"), 2 * number + 2)


async def test_an_append_that_does_not_follow_on_its_stream_leaves_no_receipt(store: Store) -> None:
    account = store.account()
    await account.append(opened())
    late = Written(account.id, 1, [AccountRenamed("Looms")], account.state, accepted())
    store.journal.append(late)
    with pytest.raises(NotStored):
        await late
    assert await found(store) is None
    assert await account.append(AccountRenamed("Mills"), receipt=accepted()) == 3
    assert await found(store) == at(accepted(), 3)


async def test_an_event_that_cannot_be_written_leaves_no_receipt(store: Store) -> None:
    account = store.account()
    await account.append(opened())
    impossible = AccountRenamed(object())  # type: ignore[arg-type]
    with pytest.raises(NotStored):
        store.journal.append(Written(account.id, 2, [impossible], account.state, accepted()))
    await store.plan().append(defined())
    assert await found(store) is None


async def test_a_full_journal_takes_no_receipt() -> None:
    store = memory_store(waiting=1)
    first = store.account().append(opened())
    with pytest.raises(JournalFull):
        store.journal.append(Written("", 0, NOTHING, None, refused()))
    await first
    assert await found(store, "a refusal") is None


async def test_a_key_is_used_once_and_the_events_of_the_second_go_with_its_receipt(store: Store) -> None:
    account = store.account()
    await account.append(opened(), receipt=accepted())
    again = Written(account.id, 2, [AccountRenamed("Looms")], account.state, accepted())
    store.journal.append(again)
    with pytest.raises(NotStored):
        await again
    assert await store.positions() == [1, 2]
    assert await found(store) == at(accepted(), 2)


async def test_many_are_found_at_once(store: Store) -> None:
    account = store.account()
    await account.append(opened())
    for append in [account.append(receipt=accepted(f"key {number}")) for number in range(300)]:
        await append
    asked = [f"key {number}" for number in range(0, 600, 2)]
    async with asyncio.timeout(DEADLINE):
        receipts = await asyncio.gather(*(store.journal.receipt(key) for key in asked))
    assert receipts == [at(accepted(key), 2) if number < 150 else None for number, key in enumerate(asked)]


async def test_many_lookups_of_one_key_all_find_it(store: Store) -> None:
    await store.account().append(opened(), receipt=accepted())
    async with asyncio.timeout(DEADLINE):
        receipts = await asyncio.gather(*(store.journal.receipt("a key") for _ in range(200)))
    assert receipts == [at(accepted(), 2)] * 200


async def test_a_cancelled_lookup_does_not_disturb_the_others(store: Store) -> None:
    await store.account().append(opened(), receipt=accepted())
    asked = [asyncio.ensure_future(found(store)) for _ in range(100)]
    await asyncio.sleep(0)
    for some in asked[::2]:
        some.cancel()
    async with asyncio.timeout(DEADLINE):
        ended = await asyncio.gather(*asked, return_exceptions=True)
    assert ended[1::2] == [at(accepted(), 2)] * 50
    assert await found(store) is not None


@pytest.mark.parametrize("key", ["k" * 255, "it's", '"quoted"', "100%", "_", "a\\b", "'; DROP TABLE receipts; --", " "])
async def test_any_key_is_found_as_it_is_and_no_other(store: Store, key: str) -> None:
    await store.account().append(opened(), receipt=accepted(key))
    assert await found(store, key) == at(accepted(key), 2)
    assert await found(store, key.swapcase() + "x") is None


async def test_an_answer_may_be_as_large_as_they_get(store: Store) -> None:
    large = msgspec.structs.replace(accepted(), body='{"name":"' + "ä" * 100_000 + '"}')
    await store.account().append(opened(account_id=account_id(1)), receipt=large)
    assert await found(store) == at(large, 2)
