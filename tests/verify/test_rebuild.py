"""Rebuilding: the views are made from the journal as they were; a damaged journal changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatkeeper.actors.accounts.members.events import MemberRemoved
from seatkeeper.actors.accounts.profile.events import AccountRenamed
from seatkeeper.actors.aggregates.journal import StreamDamaged
from seatkeeper.storage.errors import DatabaseRefused
from seatkeeper.storage.sqlite.verify.rebuild import rebuild
from seatkeeper.storage.sqlite.verify.verify import verify
from seatkeeper.storage.verify import views as rebuilding
from tests.accounts.past import BOB, joined, opened
from tests.sqlite.file.old_files import write_schema_1
from tests.storage.stores import SqliteStore, account_id, plan_id, run
from tests.subscriptions.past import defined, retired

TABLES = ("plans", "accounts", "members")


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A file in which the accounts were opened in another order than that of their ids."""
    async with SqliteStore(tmp_path / "seatkeeper.db") as store:
        for number in (3, 1, 2):
            await store.account(number).append(opened(account_id=account_id(number)), joined(BOB, seated=True))
            await store.plan(number).append(defined(plan_id=plan_id(number)), retired())
        account = store.account(4)
        await account.append(opened(account_id=account_id(4)), joined(BOB))
        await account.append(AccountRenamed("Looms"), MemberRemoved(BOB))
    return tmp_path / "seatkeeper.db"


def rows(path: Path) -> dict[str, list[tuple[object, ...]]]:
    return {table: run(path, f"SELECT * FROM {table} ORDER BY 1, 2") for table in TABLES}


@pytest.mark.parametrize("at_once", [1, 5_000])
@pytest.mark.parametrize(
    "damage",
    [
        "SELECT 1",
        "DELETE FROM accounts",
        "DELETE FROM members",
        "UPDATE plans SET status = 'sold', summary = '{}'",
        "UPDATE accounts SET number = 10 - number",
        "INSERT INTO accounts VALUES (9, 'a0', 'p', 'active', 'n', NULL, 2, 1, 1, '{}')",
        "INSERT INTO members VALUES ('a0', 'm0', 'n', NULL, NULL, 'admin', 0, 'active', '{}')",
    ],
)
def test_the_views_are_what_they_were(path: Path, damage: str, at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "ROWS_AT_ONCE", at_once)
    before = rows(path)
    run(path, damage)
    rebuild(path)
    assert rows(path) == before
    assert verify(path, on_finding=print).findings == 0


def test_events_and_snapshots_are_left_as_they_are(path: Path) -> None:
    before = [run(path, f"SELECT * FROM {table} ORDER BY 1") for table in ("events", "snapshots", "receipts")]
    rebuild(path)
    assert [run(path, f"SELECT * FROM {table} ORDER BY 1") for table in ("events", "snapshots", "receipts")] == before


async def test_a_file_that_is_served_is_not_rebuilt(path: Path) -> None:
    async with SqliteStore(path) as store:
        with pytest.raises(DatabaseRefused, match="in use by another process"):
            rebuild(path)
        assert store.journal.ready()


def test_a_file_that_was_rebuilt_can_be_served_at_once(path: Path) -> None:
    rebuild(path)
    rebuild(path)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        ("UPDATE events SET data = '{}' WHERE position = 2", "event 2 .* does not match its checksum"),
        ("DELETE FROM events WHERE position = 2", "event 3 .* comes after version 1"),
        ("DELETE FROM events WHERE version = 1 AND position > 1", "events belong to streams that have no first event"),
    ],
)
def test_a_damaged_journal_makes_no_views(path: Path, damage: str, why: str) -> None:
    run(path, "DELETE FROM accounts")
    before = rows(path)
    run(path, damage)
    with pytest.raises(StreamDamaged, match=why):
        rebuild(path)
    assert rows(path) == before


def test_a_file_of_another_schema_is_refused(tmp_path: Path) -> None:
    write_schema_1(tmp_path / "seatkeeper.db")
    with pytest.raises(DatabaseRefused, match="has schema version 1: start the service once"):
        rebuild(tmp_path / "seatkeeper.db")


def test_progress_is_reported(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "ROWS_AT_ONCE", 1)
    steps: list[tuple[int, int]] = []
    rebuild(path, progress=lambda done, of: steps.append((done, of)))
    assert steps == [(4, 23), (6, 23), (10, 23), (12, 23), (16, 23), (18, 23), (23, 23)]
