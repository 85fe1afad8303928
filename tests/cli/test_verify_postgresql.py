"""`seatkeeper verify` on a database of PostgreSQL: what it prints, and how it ends."""

from __future__ import annotations

import asyncio

import pytest

from tests.postgresql.server import Server
from tests.postgresql.stores import PostgresqlStore, run
from tests.service import run_to_its_end
from tests.verify.sound_file import TWO, fill


@pytest.fixture
def address(database_url: str) -> str:
    """The address of a sound database."""

    async def filled() -> None:
        async with PostgresqlStore(database_url) as store:
            await fill(store)

    asyncio.run(filled())
    return database_url


def test_a_database_agrees(address: str) -> None:
    ended = run_to_its_end("verify", "--database", address)
    assert ended.status == 0
    assert "2 accounts, 3 members, 0 invitations, 0 grants, 0 timers, 1 plans" in ended.output
    assert "everything agrees" in ended.output


def test_what_does_not_agree_is_named_and_made_anew_when_asked_for(address: str) -> None:
    asyncio.run(run(address, "UPDATE accounts SET status = 'closed' WHERE account_id = $1", TWO))
    ended = run_to_its_end("verify", environment={"SEATKEEPER_DATABASE": address})
    assert ended.status == 1
    assert f"accounts {TWO}: differs from its events in status" in ended.output
    assert run_to_its_end("verify", "--database", address, "--rebuild").status == 0


def test_a_database_that_cannot_be_reached_has_status_two(postgresql: Server) -> None:
    ended = run_to_its_end("verify", "--database", f"{postgresql.url('nowhere')}?password=secret")
    assert ended.status == 2
    assert "nowhere" in ended.errors
    assert "secret" not in ended.errors
