"""What becomes of a commit when the server, the network or another session gets in its way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown
from seatkeeper.storage.errors import StorageDown
from seatkeeper.storage.journal.limits import JournalLimits
from seatkeeper.storage.postgresql.server import connection
from tests.accounts.past import opened
from tests.postgresql.proxy import COMMIT, Fault, Proxy, proxied
from tests.postgresql.server import Server
from tests.postgresql.stores import PostgresqlStore, run
from tests.storage.stores import DEADLINE, Written, account_id

EVENTS = b"UPDATE journal_head"
OTHERS = "SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND application_name = 'seatkeeper'"


@pytest.fixture
async def proxy(postgresql: Server) -> AsyncIterator[Proxy]:
    """The network before the server."""
    async with proxied(postgresql.port) as network:
        yield network


@pytest.fixture
async def store(proxy: Proxy, database_url: str) -> AsyncIterator[PostgresqlStore]:
    """A store behind the network, with one account in it."""
    async with PostgresqlStore(proxy.url(database_url)) as behind:
        await sign_up(behind, 1)
        yield behind


def begin(store: PostgresqlStore, number: int) -> Written:
    """Append the two events of an account."""
    return store.account(number).append(opened(account_id=account_id(number)))


async def sign_up(store: PostgresqlStore, number: int) -> int:
    """Open an account, and return its position."""
    return await begin(store, number)


async def eventually_signed_up(store: PostgresqlStore, number: int) -> int:
    """Open an account, as soon as the journal takes it."""
    async with asyncio.timeout(DEADLINE):
        while True:
            try:
                return await sign_up(store, number)
            except (NotStored, OutcomeUnknown):
                await asyncio.sleep(0.02)


async def committed(url: str) -> list[object]:
    """The positions that an operator finds."""
    return [position for (position,) in await run(url, "SELECT position FROM events ORDER BY position")]


async def test_a_connection_lost_before_the_commit_was_sent_has_stored_nothing(
    proxy: Proxy, store: PostgresqlStore, database_url: str
) -> None:
    proxy.set_trap(b"BEGIN\0", Fault.CUT_BEFORE)
    with pytest.raises(StorageDown, match="nothing was stored"):
        await sign_up(store, 2)
    assert await committed(database_url) == [1, 2]


async def test_the_next_commit_after_it_connects_again(proxy: Proxy, store: PostgresqlStore) -> None:
    proxy.set_trap(b"BEGIN\0", Fault.CUT_BEFORE)
    with pytest.raises(StorageDown):
        await sign_up(store, 2)
    assert await sign_up(store, 2) == 4
    assert store.journal.reopened == 0


async def test_a_connection_lost_at_the_commit_is_an_unknown_outcome_which_was_not_stored(
    proxy: Proxy, store: PostgresqlStore, database_url: str
) -> None:
    proxy.set_trap(COMMIT, Fault.CUT_BEFORE)
    with pytest.raises(OutcomeUnknown):
        await sign_up(store, 2)
    assert await eventually_signed_up(store, 3) == 4
    assert await committed(database_url) == [1, 2, 3, 4]


async def test_a_connection_lost_at_the_commit_is_an_unknown_outcome_which_was_stored(
    proxy: Proxy, store: PostgresqlStore, database_url: str
) -> None:
    proxy.set_trap(COMMIT, Fault.CUT_AFTER)
    with pytest.raises(OutcomeUnknown):
        await sign_up(store, 2)
    assert await eventually_signed_up(store, 3) == 6
    assert await committed(database_url) == [1, 2, 3, 4, 5, 6]


async def test_a_commit_that_hangs_is_an_unknown_outcome_and_cannot_come_later(
    proxy: Proxy, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.SETTINGS, "idle_in_transaction_session_timeout", "500ms")
    async with PostgresqlStore(proxy.url(database_url), limits=JournalLimits(commit_deadline=0.2)) as store:
        proxy.set_trap(COMMIT, Fault.HOLD)
        with pytest.raises(OutcomeUnknown):
            await sign_up(store, 1)
        assert await eventually_signed_up(store, 2) == 2
        proxy.let_go()
        assert await eventually_signed_up(store, 3) == 4
    assert await committed(database_url) == [1, 2, 3, 4]
    assert await run(database_url, "SELECT account_id FROM accounts ORDER BY number") == [
        (account_id(2),),
        (account_id(3),),
    ]


async def test_a_transaction_that_the_server_ended_for_its_silence_has_stored_nothing(
    proxy: Proxy, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connection.SETTINGS, "idle_in_transaction_session_timeout", "100ms")
    async with PostgresqlStore(proxy.url(database_url)) as store:
        proxy.set_trap(EVENTS, Fault.HOLD)
        with pytest.raises(StorageDown, match=r"nothing was stored: (terminating connection|connection was closed)"):
            await sign_up(store, 1)
        proxy.let_go()
        assert await sign_up(store, 2) == 2


async def test_a_backend_that_was_ended_between_commits_is_replaced(store: PostgresqlStore, database_url: str) -> None:
    await run(database_url, f"SELECT pg_terminate_backend(pid) FROM ({OTHERS}) AS others")
    assert await eventually_signed_up(store, 2) == 4
    assert [event.version for event in await store.account(1).events()] == [1, 2]


async def test_a_lock_of_another_session_ends_the_wait_of_a_commit(store: PostgresqlStore, database_url: str) -> None:
    async with locked(database_url, "LOCK TABLE events IN SHARE MODE"):
        await store.journal.engine.database.writer.connection.execute("SET lock_timeout = '100ms'")
        with pytest.raises(StorageDown, match="55P03"):
            await sign_up(store, 2)
    assert await sign_up(store, 2) == 4


async def test_a_commit_that_the_operator_cancels_has_stored_nothing(store: PostgresqlStore, database_url: str) -> None:
    async with locked(database_url, "LOCK TABLE events IN SHARE MODE"):
        waiting = asyncio.ensure_future(begin(store, 2).outcome())
        cancel = f"SELECT pg_cancel_backend(pid) FROM ({OTHERS} AND wait_event_type = 'Lock') AS others"
        async with asyncio.timeout(DEADLINE):
            while not await run(database_url, cancel):
                pass
        outcome = await waiting
    assert isinstance(outcome, StorageDown)
    assert "57014" in str(outcome)
    assert await sign_up(store, 3) == 4


@asynccontextmanager
async def locked(url: str, statement: str) -> AsyncIterator[None]:
    """Run a statement in a transaction that stays open."""
    session = await asyncpg.connect(url)
    try:
        async with session.transaction():
            await session.execute(statement)
            yield
    finally:
        await session.close()


async def test_a_receipt_that_cannot_be_read_is_no_answer(database_url: str) -> None:
    async with PostgresqlStore(database_url) as store:
        await run(database_url, "ALTER TABLE receipts RENAME TO elsewhere")
        with pytest.raises(StorageDown, match="receipts cannot be read"):
            await store.journal.receipt("one")
