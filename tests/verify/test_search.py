"""Verification of the search index: an entry that does not say what the account says is a finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatkeeper.actors.accounts.profile.events import AccountRenamed
from seatkeeper.storage.sqlite.verify.rebuild import rebuild
from tests.sqlite.search.following import FollowedStore
from tests.storage.stores import run
from tests.verify.sound_file import ONE, TWO, findings, write_sound_file


@pytest.fixture
async def path(tmp_path: Path) -> Path:
    """A sound file, whose search index is up to date."""
    path = tmp_path / "seatkeeper.db"
    await write_sound_file(path)
    async with FollowedStore(path) as store:
        await store.catch_up()
    return path


def test_an_index_that_is_up_to_date_is_sound(path: Path) -> None:
    assert findings(path) == []


WRONG = {
    "UPDATE account_search SET name = 'mills' WHERE number = 1": [
        f"account_search {ONE}: differs from the account in name",
        "account_words 1: its words are missing",
    ],
    "UPDATE account_search SET members_free = 7, seats_free = 7 WHERE number = 2": [
        f"account_search {TWO}: differs from the account in members_free, seats_free"
    ],
    "UPDATE account_search SET plan_id = 'x', status = 'x' WHERE number = 2": [
        f"account_search {TWO}: differs from the account in plan_id, status",
        "account_words 2: its words are missing",
    ],
    "DELETE FROM account_search WHERE number = 2": [f"account_search {TWO}: is missing"],
    "INSERT INTO account_search VALUES (3, 'p', 'active', 'looms', 1, 1)": [
        "account_search 3: its account does not exist",
        "account_words 3: its words are missing",
    ],
    "INSERT INTO account_words (account_words) VALUES ('delete-all')": [
        "account_words 1: its words are missing",
        "account_words 2: its words are missing",
    ],
    "UPDATE account_search_progress SET position = 11": [
        "account_search_progress: its position is not one of the journal"
    ],
    "DELETE FROM account_search_progress": ["account_search_progress: its position is not one of the journal"],
}


@pytest.mark.parametrize(("damage", "lines"), WRONG.items())
def test_a_wrong_entry_is_named(path: Path, damage: str, lines: list[str]) -> None:
    run(path, damage)
    assert findings(path) == lines


def test_entries_without_words_are_found_in_all_parts_of_a_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("seatkeeper.storage.sqlite.verify.search._TOGETHER", 1)
    assert findings(path) == []
    run(path, "INSERT INTO account_words (account_words) VALUES ('delete-all')")
    assert findings(path) == [f"account_words {number}: its words are missing" for number in (1, 2)]


async def test_what_is_not_taken_in_yet_is_no_finding(path: Path) -> None:
    async with FollowedStore(path) as store:
        stream = store.account(1)
        history = await stream.load()
        stream.state, stream.version = history.state, history.version + len(history.events)  # type: ignore[assignment]
        await stream.append(AccountRenamed("Presses"))
    assert run(path, "SELECT name FROM account_search WHERE number = 1") == [("looms",)]
    assert findings(path) == []


async def test_a_rebuild_empties_the_index_and_it_follows_again(path: Path) -> None:
    run(path, "UPDATE account_search SET name = 'mills'")
    rebuild(path)
    assert run(path, "SELECT count(*), (SELECT position FROM account_search_progress) FROM account_search") == [(0, 0)]
    assert findings(path) == []
    async with FollowedStore(path) as store:
        assert await store.found("oom") == ["Looms"]
        await store.catch_up()
        assert await store.found("oom") == ["Looms"]
    assert findings(path) == []
