"""The blocks of types and actors: written with the events, verified, and rebuilt."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatkeeper.storage.sqlite.verify.rebuild import rebuild
from seatkeeper.storage.sqlite.verify.verify import verify
from tests.accounts.past import opened
from tests.storage.stores import SqliteStore, account_id, renamed, run

ROWS = [
    ("actor open", 0),
    ("type account.opened", 0),
    ("type account.renamed", 0),
    ("type account.renamed", 1),
    ("type member.added", 0),
]


@pytest.fixture
async def stored(tmp_path: Path) -> Path:
    """A file with the events of two blocks."""
    path = tmp_path / "a.db"
    async with SqliteStore(path) as store:
        account = store.account(1)
        await account.append(opened(account_id=account_id(1)), actor="open")
        for _ in range(2):
            await account.append([renamed(str(number)) for number in range(600)])
    return path


def rows(path: Path) -> list[tuple[object, ...]]:
    """List the rows of the table."""
    return run(path, "SELECT what, block FROM event_blocks ORDER BY what, block")


def findings(path: Path) -> list[str]:
    """Verify a file, and list what is wrong with its blocks."""
    found: list[str] = []
    verify(path, on_finding=found.append)
    return [line for line in found if line.startswith("event_blocks")]


async def test_each_block_has_a_row_for_each_type_and_each_actor(stored: Path) -> None:
    assert rows(stored) == ROWS
    assert findings(stored) == []


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (
            "DELETE FROM event_blocks WHERE what = 'type account.renamed' AND block = 1",
            "event_blocks type account.renamed, block 1: is missing",
        ),
        (
            "INSERT INTO event_blocks VALUES ('actor timer', 7)",
            "event_blocks actor timer, block 7: has no such event",
        ),
    ],
)
async def test_a_wrong_row_is_found_and_a_rebuild_writes_all_anew(stored: Path, damage: str, found: str) -> None:
    run(stored, damage)
    assert findings(stored) == [found]
    rebuild(stored)
    assert rows(stored) == ROWS
