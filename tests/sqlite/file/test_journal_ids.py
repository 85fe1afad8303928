"""A journal has an id that restarts keep; a copy gets another, and knows up to where both are one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from seatkeeper.storage.journal_ids import JournalIdentity
from seatkeeper.storage.sqlite.file.backup import backup
from seatkeeper.storage.sqlite.verify.verify import verify
from tests.accounts.past import opened
from tests.storage.stores import SqliteStore, run


async def served(path: Path, *, accounts: int = 0) -> JournalIdentity:
    """Serve a file for a moment, in which so many accounts are opened, with two events each."""
    async with SqliteStore(path) as store:
        first = (await store.queries.last_position()) // 2 + 1
        for number in range(first, first + accounts):
            await store.account(number).append(opened())
        return store.journal.identity


def copied(path: Path, name: str) -> Path:
    """Make a backup of this name."""
    copy = path.with_name(name)
    backup(path, copy)
    return copy


def findings(path: Path) -> list[str]:
    """Verify a file, and list what is wrong with its ids."""
    found: list[str] = []
    verify(path, on_finding=found.append)
    return [line.partition(": ")[2] for line in found if line.startswith("journal id")]


async def test_a_restart_keeps_the_id(tmp_path: Path) -> None:
    first = await served(tmp_path / "a.db", accounts=1)
    assert await served(tmp_path / "a.db") == first
    assert first.earlier == {}


async def test_two_journals_have_two_ids(tmp_path: Path) -> None:
    assert (await served(tmp_path / "a.db")).journal_id != (await served(tmp_path / "b.db")).journal_id


async def test_a_copy_has_another_id_and_knows_the_last_position_that_both_share(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    ours = await served(path, accounts=2)
    theirs = await served(copied(path, "b.db"), accounts=3)
    assert theirs.journal_id != ours.journal_id
    assert theirs.earlier == {ours.journal_id: 4}


async def test_a_backup_leaves_the_id_of_what_it_copies(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    ours = await served(path, accounts=1)
    copied(path, "b.db")
    assert await served(path) == ours


async def test_a_copy_gets_its_id_when_it_is_first_served_and_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    await served(path, accounts=1)
    copy = copied(path, "b.db")
    assert await served(copy) == await served(copy)


async def test_a_copy_of_a_copy_that_was_never_served_shares_what_that_shares(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    ours = await served(path, accounts=1)
    again = copied(copied(path, "b.db"), "c.db")
    assert (await served(again)).earlier == {ours.journal_id: 2}


async def test_a_copy_of_a_copy_knows_both(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    ours = await served(path, accounts=1)
    copy = copied(path, "b.db")
    theirs = await served(copy, accounts=1)
    assert (await served(copied(copy, "c.db"))).earlier == {ours.journal_id: 2, theirs.journal_id: 4}


async def test_a_copy_of_an_empty_journal_shares_nothing(tmp_path: Path) -> None:
    ours = await served(tmp_path / "a.db")
    assert (await served(copied(tmp_path / "a.db", "b.db"))).earlier == {ours.journal_id: 0}


async def test_a_crash_keeps_the_id(tmp_path: Path) -> None:
    path, crashed = tmp_path / "a.db", tmp_path / "crashed" / "a.db"
    crashed.parent.mkdir()
    async with SqliteStore(path) as store:
        await store.account().append(opened())
        for end in ("", "-wal", ".lock"):
            shutil.copy(path.with_name(path.name + end), crashed.with_name(path.name + end))
        ours = store.journal.identity
    assert await served(crashed) == ours


async def test_the_ids_of_a_copy_are_verified(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    await served(path, accounts=1)
    copy = copied(path, "b.db")
    assert findings(copy) == []
    await served(copy, accounts=1)
    assert findings(copy) == []


@pytest.mark.parametrize(
    ("damage", "found"),
    [
        ("UPDATE journal_ids SET last_shared = 9 WHERE number = 1", "shares position 9, which is not from 0 to 2"),
        ("UPDATE journal_ids SET last_shared = -1 WHERE number = 1", "shares position -1, which is not from 0 to 2"),
        ("UPDATE journal_ids SET last_shared = NULL WHERE number = 1", "comes after the journal's own"),
    ],
)
async def test_a_changed_id_is_found(tmp_path: Path, damage: str, found: str) -> None:
    path = tmp_path / "a.db"
    await served(path, accounts=1)
    copy = copied(path, "b.db")
    await served(copy)
    run(copy, damage)
    assert findings(copy) == [found]


@pytest.mark.parametrize(
    ("journal_id", "after", "shared"),
    [
        ("own", 10, None),
        ("own", 0, None),
        ("earlier", 4, None),
        ("earlier", 5, 4),
        ("unknown", 0, 0),
        ("unknown", 5, 0),
    ],
)
def test_a_reader_learns_what_it_has_to_go_back_to(journal_id: str, after: int, shared: int | None) -> None:
    assert JournalIdentity("own", {"earlier": 4}).last_shared(journal_id, after) == shared
