"""Who follows the journal: everybody gets every event once, and nobody holds up another."""

from __future__ import annotations

import asyncio

import pytest

from seatkeeper.http.events_out import stream as streams_module
from seatkeeper.http.events_out import tail as tail_module
from seatkeeper.http.server.problems import ProblemError
from seatkeeper.http.server.routes import OPEN, Caller
from seatkeeper.storage.journal_ids import JournalIdentity
from seatkeeper.storage.memory.journal import MemoryJournal
from seatkeeper.storage.queries import EVERYTHING, FeedFilter
from tests.events_out.following import DEADLINE, TakesAll, following, has
from tests.storage.stores import account_id, renamed
from tests.wire import until

ADA, EVE = Caller("key:ada", "ada", frozenset()), Caller("key:eve", "eve", frozenset())


async def test_many_readers_cost_one_read_of_the_journal() -> None:
    async with following() as here:
        clients = [await here.follow() for _ in range(200)]
        await here.open_accounts(50)
        for client in clients:
            await has(client, range(1, 101))
        assert len(here.reads) == here.streams.tail.reads <= 2


async def test_nothing_is_read_while_nobody_follows() -> None:
    async with following() as here:
        await here.open_accounts(5)
        client = await here.follow(after=0)
        await has(client, range(1, 11))
        client.abort()
        here.later(0)
        await until(lambda: len(here.streams) == 0)
        before = len(here.reads)
        await here.open_accounts(5)
        assert len(here.reads) == before


async def test_without_a_position_it_begins_now() -> None:
    async with following() as here:
        await here.open_accounts(2)
        client = await here.follow()
        await here.open_accounts(1)
        await has(client, [5, 6])


async def test_who_is_behind_catches_up_and_goes_on_without_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams_module, "PAGE", 3)
    monkeypatch.setattr(tail_module, "PAGE", 3)
    async with following() as here:
        await here.open_accounts(20)
        live = await here.follow()
        client = await here.follow(after=7)
        await here.open_accounts(10)
        await has(client, range(8, 61))
        await has(live, range(41, 61))


async def test_a_position_beyond_the_end_is_the_end() -> None:
    async with following() as here:
        await here.open_accounts(1)
        client = await here.follow(after=1_000)
        await here.open_accounts(1)
        await has(client, [3, 4])


async def test_readers_of_one_page_get_what_they_want_of_it() -> None:
    async with following() as here:
        account = here.store.account(1)
        everything = await here.follow()
        types = await here.follow(wanted=FeedFilter(types=frozenset({"account.renamed"})))
        one = await here.follow(wanted=FeedFilter(stream_id=f"account-{account_id(2)}"))
        await here.open_accounts(3)
        account.version, account.state = 2, await account.loaded()
        await account.append(renamed("a"))
        await has(everything, range(1, 8))
        await has(types, [7])
        await has(one, [3, 4])


async def test_who_catches_up_gets_what_it_wants() -> None:
    async with following() as here:
        await here.open_accounts(3)
        client = await here.follow(after=0, wanted=FeedFilter(types=frozenset({"account.opened"})))
        await here.open_accounts(1)
        await has(client, [1, 3, 5, 7])


async def test_a_slow_reader_is_cut_and_the_others_go_on() -> None:
    async with following() as here:
        slow, quick = await here.follow(), await here.follow()
        slow.hold()
        await here.open_accounts(1)
        await has(quick, [1, 2])
        here.later(DEADLINE - 1)
        assert here.streams.cut == 0
        here.later(DEADLINE + 1)
        assert slow.aborted
        await until(lambda: len(here.streams) == 1)
        await here.open_accounts(1)
        await has(quick, [1, 2, 3, 4])
        assert here.streams.cut == 1


async def test_a_slow_reader_is_cut_while_it_catches_up() -> None:
    async with following() as here:
        await here.open_accounts(400)
        slow = TakesAll()
        slow.hold()
        here.start(await here.streams.open(FeedFilter(), 0, ADA), slow)
        await until(lambda: slow.received != b"")
        here.later(DEADLINE + 1)
        await until(lambda: len(here.streams) == 0)
        assert slow.aborted


async def test_who_falls_out_of_the_tail_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_module, "MOST_EVENTS", 10)
    async with following() as here:
        slow, quick = await here.follow(), await here.follow()
        slow.hold()
        for count in range(1, 21):
            await here.open_accounts(1)
            await has(quick, range(1, 2 * count + 1))
        slow.release()
        await until(lambda: slow.aborted)
        assert slow.events == [1, 2]
        again = await here.follow(after=2)
        await has(again, range(3, 41))


async def test_the_tail_is_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail_module, "MOST_BYTES", 2_000)
    async with following() as here:
        client = await here.follow()
        for count in range(1, 11):
            await here.open_accounts(1)
            await has(client, range(1, 2 * count + 1))
        assert 14 <= here.streams.tail.start <= 18


async def test_a_revoked_key_ends_its_readers_at_once_and_no_others() -> None:
    async with following() as here:
        ada, eve = await here.follow(caller=ADA), await here.follow(caller=EVE)
        eve.hold()
        here.disallowed.add("key:eve")
        here.streams.recheck()
        await here.open_accounts(1)
        await has(ada, [1, 2])
        assert (eve.aborted, eve.events) == (True, [])
        assert here.streams.cut == 1


async def test_an_expired_key_ends_its_readers_with_the_next_sweep() -> None:
    async with following() as here:
        eve = await here.follow(caller=EVE)
        here.disallowed.add("key:eve")
        here.later(0)
        await until(lambda: len(here.streams) == 0)
        assert eve.aborted


async def test_a_journal_that_gets_another_id_ends_its_readers_with_the_next_sweep() -> None:
    async with following() as here:
        journal = here.store.journal
        assert isinstance(journal, MemoryJournal)
        before = journal.identity.journal_id
        await here.follow()
        here.later(0)
        assert len(here.streams) == 1
        journal.identity = JournalIdentity("another", {before: 0})
        here.later(0)
        await until(lambda: len(here.streams) == 0)
        again = await here.streams.open(EVERYTHING, 0, OPEN)
        assert again.headers["Seatkeeper-Journal"] == "another"


async def test_a_comment_comes_when_nothing_else_has_come_for_a_while() -> None:
    async with following() as here:
        client = await here.follow()
        here.later(10)
        await asyncio.sleep(0)
        assert b"\n: " not in client.received
        here.later(16)
        await until(lambda: b"\n: " in client.received)
        assert client.events == []


async def test_a_comment_moves_the_id_on_past_what_is_not_wanted() -> None:
    async with following() as here:
        client = await here.follow(wanted=FeedFilter(types=frozenset({"account.closed"})))
        await here.open_accounts(2)
        other = await here.follow(after=0)
        await has(other, range(1, 5))
        here.later(16)
        await until(lambda: b": \nid: 4\n\n" in client.received)


async def test_a_reader_that_is_gone_is_not_counted_any_more() -> None:
    async with following() as here:
        client = await here.follow()
        client.closed = True
        here.later(0)
        await until(lambda: len(here.streams) == 0)
        assert here.streams.cut == 0


async def test_so_many_may_follow_and_no_more() -> None:
    async with following(most=2) as here:
        first = await here.follow()
        await here.follow()
        with pytest.raises(ProblemError, match="busy"):
            await here.streams.open(FeedFilter(), None, ADA)
        first.closed = True
        here.later(0)
        await until(lambda: len(here.streams) == 1)
        await here.follow()


async def test_who_was_let_in_at_the_same_time_as_the_last_is_ended() -> None:
    async with following(most=1) as here:
        readers = [await here.streams.open(FeedFilter(), None, ADA) for _ in range(2)]
        clients = [TakesAll() for _ in readers]
        for reader, client in zip(readers, clients, strict=True):
            here.start(reader, client)
        await until(lambda: clients[1].closed)
        assert not clients[0].closed


async def test_a_stop_ends_everybody_at_once() -> None:
    async with following() as here:
        idle, held = await here.follow(), await here.follow()
        held.hold()
        await here.open_accounts(1)
        await has(idle, [1, 2])
        here.streams.stop()
        await asyncio.wait_for(asyncio.gather(*here.tasks), DEADLINE)
        assert (idle.aborted, held.aborted) == (False, True)
        with pytest.raises(ProblemError):
            await here.streams.open(FeedFilter(), None, ADA)


async def test_a_journal_that_cannot_be_read_ends_who_follows_it() -> None:
    async with following() as here:
        client = await here.follow()
        here.failing = True
        await here.open_accounts(1)
        await until(lambda: client.closed)
        here.failing = False
        again = await here.follow(after=0)
        await has(again, [1, 2])


async def test_the_end_of_the_journal_is_looked_up_after_a_commit_of_unknown_outcome() -> None:
    async with following() as here:
        await here.open_accounts(2)
        here.streams.tail.newest = 2
        client = await here.follow()
        await here.streams.look_again()
        await has(client, [3, 4])
