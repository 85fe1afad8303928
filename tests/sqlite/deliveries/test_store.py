"""The tables of the deliveries in a file: what is cleaned, what grows old, and what a rebuild leaves alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from seatkeeper.actors.aggregates.journal import NotStored
from seatkeeper.storage.deliveries import Attempt, Secret, Waiting
from seatkeeper.storage.sql.deliveries.statements import TABLES
from seatkeeper.storage.sqlite.deliveries import SqliteDeliveries
from seatkeeper.storage.sqlite.file.backup import backup
from seatkeeper.storage.sqlite.verify.rebuild import rebuild
from seatkeeper.storage.sqlite.verify.verify import verify
from tests.notifications.past import DELETED, FIRST, SECOND, THIRD, created, rotated
from tests.storage.stores import NOW, SqliteStore, run, webhook_id

HOOK = webhook_id(1)
LONG_AGO = "2026-10-01T00:00:00.000Z"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """A file with a webhook, its two secrets, an attempt and an event that waits."""
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        await store.deliveries.add_secret(HOOK, FIRST, "whsec_1")
        await store.deliveries.add_secret(HOOK, SECOND, "whsec_2")
        await store.webhook(1).append(created(webhook_id=HOOK, after=0), rotated())
        await store.deliveries.progress(HOOK)
        await store.deliveries.record(
            HOOK, position=1, attempts=[tried(1, NOW)], waiting=[Waiting(1, "account-a1", 1, NOW, NOW)]
        )
        yield store


def tried(position: int, at: str) -> Attempt:
    return Attempt(position, f"m{position}", 1, at, 3, 500, None, "failed")


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """All that the tables of the deliveries hold."""
    return {table: run(path, f"SELECT * FROM {table}") for table in TABLES}


def findings(path: Path) -> list[str]:
    found: list[str] = []
    verify(path, on_finding=found.append)
    return found


async def test_a_rebuild_leaves_the_deliveries_alone(store: SqliteStore) -> None:
    await store.journal.close()
    before = rows(store.path)
    rebuild(store.path)
    assert all(before.values())
    assert rows(store.path) == before
    assert findings(store.path) == []
    await store.journal.open()


async def test_a_backup_has_the_deliveries(store: SqliteStore, tmp_path: Path) -> None:
    backup(store.path, tmp_path / "copy.db")
    assert rows(tmp_path / "copy.db") == rows(store.path)


async def test_a_webhook_without_its_secret_is_a_finding(store: SqliteStore) -> None:
    store.sql("DELETE FROM webhook_secrets WHERE secret = 'whsec_2'")
    assert findings(store.path) == [f"webhook {HOOK}: its secret is missing, so nothing can be signed; rotate it"]


async def test_a_deleted_webhook_needs_no_secret(store: SqliteStore) -> None:
    await store.webhook(2).append(created(webhook_id=webhook_id(2)), DELETED)
    assert findings(store.path) == []


async def test_what_no_living_webhook_names_is_cleaned_away(store: SqliteStore) -> None:
    deliveries, gone = store.deliveries, webhook_id(2)
    await deliveries.add_secret(HOOK, THIRD, "whsec_3")
    await deliveries.add_secret(webhook_id(3), FIRST, "whsec_4")
    await store.webhook(2).append(created(webhook_id=gone), DELETED)
    await deliveries.record(gone, position=1, attempts=[tried(1, NOW)], waiting=[Waiting(1, "a", 1, NOW, NOW)])
    before = [one for table in rows(store.path).values() for one in table if HOOK in one and "whsec_3" not in one]
    assert isinstance(deliveries, SqliteDeliveries)
    await deliveries.clean()
    assert [one for table in rows(store.path).values() for one in table] == before


async def test_old_attempts_are_removed_by_the_next_ones(store: SqliteStore) -> None:
    await store.deliveries.record(HOOK, position=3, attempts=[tried(2, LONG_AGO), tried(3, LONG_AGO)])
    await store.deliveries.record(HOOK, position=4, attempts=[tried(4, NOW)])
    found = await store.deliveries.deliveries(HOOK, None, None, 50)
    assert [delivery.position for delivery in found] == [4, 1]


async def test_a_secret_is_stored_once(store: SqliteStore) -> None:
    with pytest.raises(NotStored):
        await store.deliveries.add_secret(HOOK, FIRST, "whsec_9")
    assert Secret("whsec_9", None) not in await store.deliveries.secrets(HOOK)
