"""Stored timers are compared with the events, and made anew from them, in a file and on a server."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from seatkeeper.storage import engines
from tests.accounts.past import opened
from tests.postgresql.stores import PostgresqlStore
from tests.postgresql.stores import run as run_on_server
from tests.storage.stores import SqliteStore, Store, account_id, run
from tests.storage.test_timers_contract import ALL, FIRST, SECOND, THIRD

ACCOUNT = account_id(1)
TIMERS = "SELECT * FROM timers ORDER BY 1, 2, 3"
DAMAGE = [
    ("DELETE FROM timers WHERE kind = 'trial-ends'", f"timers {ACCOUNT} trial-ends {ACCOUNT}: is missing"),
    (
        f"UPDATE timers SET due_at = '{THIRD}' WHERE due_at = '{FIRST}'",
        f"timers {ACCOUNT} trial-ends {ACCOUNT}: differs from its events in due_at",
    ),
    (
        f"INSERT INTO timers VALUES ('{ACCOUNT}', 'grant-expires', 'gone', 'gone', '{SECOND}', NULL)",
        f"timers {ACCOUNT} grant-expires gone: follows from no event",
    ),
]


async def fill(store: Store) -> None:
    """Store an account with a timer of each kind."""
    await store.account(1).append(opened(account_id=ACCOUNT), *ALL)


def findings(database: str) -> list[str]:
    """What verify finds."""
    found: list[str] = []
    engines.verify(database, on_finding=found.append, on_pages=lambda *_: None, on_events=lambda *_: None)
    return found


@pytest.mark.parametrize(("damage", "line"), DAMAGE)
async def test_a_timer_of_a_file_that_differs_from_the_events_is_named_and_made_anew(
    tmp_path: Path, damage: str, line: str
) -> None:
    path = tmp_path / "seatkeeper.db"
    async with SqliteStore(path) as store:
        await fill(store)
    before = run(path, TIMERS)
    assert len(before) == len(ALL)
    run(path, damage)
    assert await asyncio.to_thread(findings, str(path)) == [line]
    await asyncio.to_thread(engines.rebuild, str(path), progress=lambda *_: None)
    assert run(path, TIMERS) == before
    assert await asyncio.to_thread(findings, str(path)) == []


@pytest.mark.parametrize(("damage", "line"), DAMAGE)
async def test_a_timer_on_a_server_that_differs_from_the_events_is_named_and_made_anew(
    database_url: str, damage: str, line: str
) -> None:
    async with PostgresqlStore(database_url) as store:
        await fill(store)
    before = await run_on_server(database_url, TIMERS)
    await run_on_server(database_url, damage)
    assert await asyncio.to_thread(findings, database_url) == [line]
    await asyncio.to_thread(engines.rebuild, database_url, progress=lambda *_: None)
    assert await run_on_server(database_url, TIMERS) == before
    assert await asyncio.to_thread(findings, database_url) == []
