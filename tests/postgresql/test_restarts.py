"""A server that stops, crashes or has a full disk: what was acknowledged stays, and the service comes back."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seatkeeper.actors.aggregates.journal import NotStored, OutcomeUnknown
from seatkeeper.storage.errors import DatabaseRefused, StorageAway, StorageFull
from seatkeeper.storage.journal.limits import JournalLimits
from tests.postgresql.proxy import COMMIT, Fault, proxied
from tests.postgresql.server import Server, ordinary_user, running_server
from tests.postgresql.stores import PostgresqlStore
from tests.postgresql.test_failures import begin, committed, eventually_signed_up, sign_up
from tests.storage.stores import DEADLINE
from tests.torture.rig.machinery import need


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """A server that tests of this file may stop."""
    with running_server() as server:
        yield server


@pytest.fixture
def url(own_server: Server) -> str:
    """An empty database in it."""
    return own_server.url(own_server.new_database())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
async def test_a_server_that_restarts_has_all_that_was_acknowledged(
    own_server: Server, url: str, how: signal.Signals
) -> None:
    async with PostgresqlStore(url) as store:
        await sign_up(store, 1)
        own_server.stop(how)
        with pytest.raises((NotStored, OutcomeUnknown)):
            await sign_up(store, 2)
        own_server.start()
        assert await eventually_signed_up(store, 3) == 4
        assert await committed(url) == [1, 2, 3, 4]


async def test_a_server_that_is_away_for_long_is_waited_for_after_an_unknown_outcome(
    own_server: Server, url: str
) -> None:
    once = JournalLimits(reopenings=1)
    async with proxied(own_server.port) as proxy, PostgresqlStore(proxy.url(url), limits=once) as store:
        await sign_up(store, 1)
        proxy.set_trap(COMMIT, Fault.HOLD)
        outcome = asyncio.ensure_future(begin(store, 2).outcome())
        await proxy.sprung.wait()
        own_server.stop()
        assert isinstance(await outcome, OutcomeUnknown)
        reason = store.journal.unready_reason()
        while reason is None or "cannot be opened" not in reason:
            await asyncio.sleep(0.02)
            reason = store.journal.unready_reason()
        own_server.start()
        proxy.let_go()
        assert await eventually_signed_up(store, 3) == 4


async def other_reason(store: PostgresqlStore, before: str | None) -> str:
    """Wait until another reason keeps the journal from being ready, or none does."""
    reason = before
    while reason == before:
        await asyncio.sleep(0.02)
        reason = store.journal.unready_reason()
    return reason or ""


async def test_a_journal_that_nobody_writes_to_knows_that_its_server_is_away_and_when_it_is_back(
    own_server: Server, url: str
) -> None:
    async with PostgresqlStore(url, limits=JournalLimits(probe_every=0.05)) as store, asyncio.timeout(DEADLINE):
        own_server.stop()
        try:
            assert "connection to the server was lost" in await other_reason(store, None)
        finally:
            own_server.start()
        reason = "the server is away"
        while reason:
            reason = await other_reason(store, reason)


async def test_a_journal_is_closed_while_its_server_is_away(own_server: Server, url: str) -> None:
    try:
        async with PostgresqlStore(url) as store:
            await sign_up(store, 1)
            own_server.stop()
            with pytest.raises((NotStored, OutcomeUnknown)):
                await sign_up(store, 2)
    finally:
        own_server.start()


async def test_a_journal_that_waits_for_its_server_gives_up_when_it_is_closed(own_server: Server, url: str) -> None:
    async with proxied(own_server.port) as proxy:
        store = PostgresqlStore(proxy.url(url))
        await store.journal.open()
        proxy.set_trap(COMMIT, Fault.CUT_BEFORE)
        outcome = begin(store, 1)
        await proxy.sprung.wait()
        own_server.stop()
        try:
            assert isinstance(await outcome.outcome(), OutcomeUnknown)
            with pytest.raises(DatabaseRefused, match="could not be opened again"):
                await store.journal.close()
        finally:
            own_server.start()


async def test_a_start_without_a_server_is_refused(own_server: Server, url: str) -> None:
    own_server.stop()
    try:
        with pytest.raises(StorageAway, match="Connect call failed"):
            await PostgresqlStore(url).journal.open()
    finally:
        own_server.start()


async def test_a_full_disk_is_said_to_be_full_and_used_again_once_there_is_room(
    own_server: Server, tmp_path: Path
) -> None:
    need("mount", "umount", root=True)
    with small_disk(tmp_path.parent / f"{tmp_path.name}-disk", megabytes=24) as disk:
        own_server.sql(f"CREATE TABLESPACE small LOCATION '{disk}/data'")
        name = own_server.new_database("TABLESPACE small")
        async with PostgresqlStore(own_server.url(name)) as store:
            await sign_up(store, 1)
            filler = fill(disk)
            number, full = 2, False
            while not full:
                try:
                    await sign_up(store, number)
                except StorageFull:
                    full = True
                number += 1
            assert "disk is full" in (store.journal.unready_reason() or "")
            filler.unlink()
            await eventually_signed_up(store, number)
            assert store.journal.unready_reason() is None
            positions = await committed(own_server.url(name))
            assert positions == list(range(1, len(positions) + 1))
        own_server.drop(name)
        own_server.sql("DROP TABLESPACE small")


def fill(disk: Path) -> Path:
    """Fill a disk with one file."""
    filler = disk / "filler"
    subprocess.run(["dd", "if=/dev/zero", f"of={filler}", "bs=64k"], check=False, capture_output=True)
    return filler


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[Path]:
    """A file system of this size, with a folder `data` of the server's user."""
    folder = Path("/tmp") / folder.name  # noqa: S108 - the server's user has to get there
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], check=True)
    try:
        (folder / "data").mkdir()
        subprocess.run(["chown", "-R", str(ordinary_user()), folder], check=True)
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        folder.rmdir()
