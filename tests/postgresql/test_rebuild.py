"""Rebuilding the views of a database: they are made from the journal as they were."""

from __future__ import annotations

import asyncio

import pytest

from seatkeeper.actors.accounts.members.events import MemberRemoved
from seatkeeper.actors.accounts.profile.events import AccountRenamed
from seatkeeper.actors.aggregates.journal import StreamDamaged
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.postgresql.server.address import Address
from seatkeeper.storage.postgresql.verify.rebuild import rebuild
from seatkeeper.storage.verify import views
from tests.accounts.past import BOB, joined, opened
from tests.notifications.past import FIRST, created
from tests.postgresql.stores import PostgresqlStore, run
from tests.postgresql.test_verify import findings
from tests.storage.stores import account_id, plan_id, webhook_id
from tests.subscriptions.past import defined, retired

TABLES = ("plans", "accounts", "members", "webhooks", "webhook_secrets", "event_blocks", "events", "snapshots")


@pytest.fixture
async def url(database_url: str) -> str:
    """The address of a database in which the accounts were opened in another order than that of their ids."""
    async with PostgresqlStore(database_url) as store:
        for number in (3, 1, 2):
            await store.account(number).append(opened(account_id=account_id(number)), joined(BOB, seated=True))
            await store.plan(number).append(defined(plan_id=plan_id(number)), retired(), actor="key:1")
        account = store.account(4)
        await account.append(opened(account_id=account_id(4), account_name="a\0b"), joined(BOB))
        await account.append(AccountRenamed("Looms"), MemberRemoved(BOB))
        await store.deliveries.add_secret(webhook_id(1), FIRST, "whsec_1")
        await store.webhook(1).append(created(webhook_id=webhook_id(1)))
    return database_url


async def rebuilt(url: str) -> None:
    """Rebuild, as a program that does nothing else."""
    await asyncio.to_thread(rebuild, Address(url))


async def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows, those of views without the numbers, but in the order of these."""
    found = {table: await run(url, f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}
    return {table: [row[isinstance(row[0], int) :] for row in some] for table, some in found.items()}


@pytest.mark.parametrize("at_once", [1, 5_000])
@pytest.mark.parametrize(
    "damage",
    [
        "SELECT 1",
        "DELETE FROM accounts",
        "UPDATE plans SET status = 'sold', summary = '{}'",
        "UPDATE accounts SET number = DEFAULT WHERE account_id LIKE '%3'",
        "INSERT INTO event_blocks VALUES ('type x', 7)",
        "DELETE FROM event_blocks",
    ],
)
async def test_the_views_are_what_they_were(
    url: str, damage: str, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "ROWS_AT_ONCE", at_once)
    before = await rows(url)
    await run(url, damage)
    await rebuilt(url)
    assert await rows(url) == before
    assert await findings(url) == []


async def test_a_database_that_was_rebuilt_can_be_served_at_once(url: str) -> None:
    await rebuilt(url)
    async with PostgresqlStore(url) as store:
        await store.account(9).append(opened(account_id=account_id(9)))
    assert await findings(url) == []


async def test_a_database_that_is_served_is_not_rebuilt(url: str) -> None:
    async with PostgresqlStore(url) as store:
        with pytest.raises(DatabaseRefused, match="in use by another process"):
            await rebuilt(url)
        assert await store.account(9).append(opened(account_id=account_id(9)))


async def test_a_damaged_journal_changes_nothing(url: str) -> None:
    await run(url, "UPDATE events SET data = '{}' WHERE position = 3")
    await run(url, "DELETE FROM plans")
    before = await rows(url)
    with pytest.raises(StreamDamaged, match="does not match its checksum"):
        await rebuilt(url)
    assert await rows(url) == before
    assert before["plans"] == []
