"""A standby: refused while it is one, waited for when it takes over, and never passed over by a commit."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator

import pytest

from seatkeeper.actors.aggregates.journal import OutcomeUnknown
from seatkeeper.storage.errors import StorageAway
from seatkeeper.storage.journal.limits import JournalLimits
from tests.postgresql.server import Server, running_server
from tests.postgresql.stores import PostgresqlStore
from tests.postgresql.test_failures import begin, committed, eventually_signed_up, sign_up
from tests.postgresql.test_verify import report_of
from tests.storage.stores import DEADLINE

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


@pytest.fixture
def primary() -> Iterator[Server]:
    """A server of its own."""
    with running_server() as server:
        yield server


@pytest.fixture
def standby(primary: Server) -> Iterator[Server]:
    """One that follows it, and that it waits for."""
    with running_server(primary=primary) as server:
        wait_for_standbys(primary, "*")
        yield server


def wait_for_standbys(server: Server, names: str) -> None:
    """Have commits wait for these standbys."""
    server.sql(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
    server.sql("SELECT pg_reload_conf()")


async def test_it_is_refused_at_the_start(standby: Server) -> None:
    with pytest.raises(StorageAway, match="is a standby, which takes no writes"):
        await PostgresqlStore(standby.url()).journal.open()


async def test_it_can_be_verified(primary: Server, standby: Server) -> None:
    async with PostgresqlStore(primary.url()) as store:
        assert await sign_up(store, 1) == 2
    async with asyncio.timeout(DEADLINE):
        while standby.sql(  # noqa: ASYNC110 - it is another process
            "SELECT pg_last_wal_replay_lsn() < pg_last_wal_receive_lsn()"
        ) != [["f"]]:
            await asyncio.sleep(0.05)
    report, found = await report_of(standby.url())
    assert (report.events, found) == (2, [])


async def test_a_standby_that_is_promoted_has_all_that_was_acknowledged(primary: Server, standby: Server) -> None:
    both = f"postgresql://owner@127.0.0.1:{primary.port},127.0.0.1:{standby.port}/postgres?target_session_attrs=primary"
    async with PostgresqlStore(both) as store:
        assert await sign_up(store, 1) == 2
        before = store.journal.identity
        primary.stop(signal.SIGQUIT)
        waiting = asyncio.ensure_future(eventually_signed_up(store, 2))
        await asyncio.sleep(0)
        standby.sql("SELECT pg_promote()")
        assert await waiting == 4
        assert store.journal.identity.earlier == {before.journal_id: 2}
    assert await committed(standby.url()) == [1, 2, 3, 4]


@pytest.fixture
async def lonely(primary: Server) -> AsyncIterator[PostgresqlStore]:
    """A store on a server that waits for a standby that is not there."""
    async with PostgresqlStore(primary.url(), limits=JournalLimits(commit_deadline=0.3)) as store:
        wait_for_standbys(primary, "nobody")
        yield store


async def test_a_commit_that_waits_for_a_standby_is_unknown_and_seen_by_nobody_before_it_has_it(
    primary: Server, lonely: PostgresqlStore
) -> None:
    append = begin(lonely, 1)
    assert isinstance(await append.outcome(), OutcomeUnknown)
    assert primary.sql(WAITING) == [["1"]]
    assert await committed(primary.url()) == []
    wait_for_standbys(primary, "")
    assert await eventually_signed_up(lonely, 2) == 4
