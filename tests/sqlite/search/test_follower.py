"""The search index follows the journal: what it takes in, when, and what a failure leaves."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from seatkeeper.actors.accounts.profile.events import AccountRenamed
from seatkeeper.actors.accounts.terms.events import PlanChanged
from seatkeeper.actors.aggregates.journal import JournalFull, OutcomeUnknown
from seatkeeper.actors.aggregates.messages import Event
from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.sqlite.reading.readers import Readers
from seatkeeper.storage.sqlite.search import accounts as searching
from seatkeeper.storage.sqlite.search import follower as following
from seatkeeper.storage.sqlite.search.entries import CHANGED
from seatkeeper.storage.sqlite.search.follower import Follower
from seatkeeper.storage.sqlite.search.words import SEPARATOR, words
from tests.accounts.past import FREE, TEAM, closed, opened, suspended
from tests.sqlite.faults import until
from tests.sqlite.search.following import FollowedStore
from tests.storage.stores import account_id
from tests.subscriptions.past import defined


async def test_what_is_not_taken_in_yet_is_found(store: FollowedStore) -> None:
    await store.open("Looms", "Mills")
    assert store.taken_in() == []
    assert await store.found("oom") == ["Looms"]


async def test_what_was_taken_in_is_found(store: FollowedStore) -> None:
    await store.open("Looms", "Mills")
    await store.catch_up()
    assert store.taken_in() == [(1, "looms"), (2, "mills")]
    assert (store.position(), store.follower.behind) == (4, 0)
    assert await store.found("oom") == ["Looms"]


async def test_an_account_is_found_by_its_new_name_only_before_and_after_that_is_taken_in(store: FollowedStore) -> None:
    account = store.account(1)
    await account.append(opened(account_id=account_id(1), account_name="Looms"))
    await store.catch_up()
    await account.append(AccountRenamed("Mills"))
    assert (await store.found("oom"), await store.found("ill")) == ([], ["Mills"])
    await store.catch_up()
    assert (await store.found("oom"), await store.found("ill")) == ([], ["Mills"])


@pytest.mark.parametrize(
    ("change", "new"),
    [
        (AccountRenamed("Weir"), ("weir", TEAM, "suspended")),
        (PlanChanged(FREE, 1, 1, 3), ("looms", FREE, "suspended")),
        (closed(), ("looms", TEAM, "closed")),
    ],
)
async def test_the_index_has_the_words_of_what_an_account_is_and_none_of_what_it_was(
    store: FollowedStore, change: Event, new: tuple[str, str, str]
) -> None:
    account = store.account(1)
    await account.append(opened(account_id=account_id(1), account_name="Looms", plan_id=TEAM), suspended())
    await store.catch_up()
    await account.append(change)
    await store.catch_up()
    old_words, new_words = (set(words(*what).split(SEPARATOR)) for what in (("looms", TEAM, "suspended"), new))
    assert {word for word in old_words | new_words if store.has_word(word)} == new_words


@pytest.fixture
def none_is_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """The full-text index leads, in its order, however few accounts there are."""
    for bound in ("FEW", "MORE"):
        monkeypatch.setattr(searching, bound, 0)


@pytest.mark.usefixtures("none_is_few")
async def test_an_account_is_found_under_its_new_plan_only_before_and_after_that_is_taken_in(
    store: FollowedStore,
) -> None:
    account = store.account(1)
    await account.append(opened(account_id=account_id(1), account_name="Looms", plan_id=TEAM))
    await store.catch_up()
    assert (await store.found("oom", TEAM), await store.found("oom", FREE)) == (["Looms"], [])
    await account.append(PlanChanged(FREE, 1, 1, 3))
    assert (await store.found("oom", TEAM), await store.found("oom", FREE)) == ([], ["Looms"])
    await store.catch_up()
    assert (await store.found("oom", TEAM), await store.found("oom", FREE)) == ([], ["Looms"])


@pytest.mark.usefixtures("none_is_few")
async def test_an_account_is_found_under_its_new_status_only_before_and_after_that_is_taken_in(
    store: FollowedStore,
) -> None:
    account = store.account(1)
    await account.append(opened(account_id=account_id(1), account_name="Looms"))
    await store.catch_up()
    for event, old, new in ((suspended(), "active", "suspended"), (closed(), "suspended", "closed")):
        assert (await store.found("oom", None, old), await store.found("oom", None, new)) == (["Looms"], [])
        await account.append(event)
        assert (await store.found("oom", None, old), await store.found("oom", None, new)) == ([], ["Looms"])
        await store.catch_up()
        assert (await store.found("oom", None, old), await store.found("oom", None, new)) == ([], ["Looms"])


async def test_a_status_that_is_not_taken_in_yet_counts(store: FollowedStore) -> None:
    account = store.account(1)
    await account.append(opened(account_id=account_id(1), account_name="Looms"))
    await store.catch_up()
    await account.append(closed())
    assert store.sql("SELECT status FROM account_search") == [("active",)]
    await store.catch_up()
    assert store.sql("SELECT status FROM account_search") == [("closed",)]


async def test_events_of_other_kinds_only_move_the_position(store: FollowedStore) -> None:
    await store.plan(1).append(defined())
    await store.catch_up()
    assert (store.taken_in(), store.position()) == ([], 1)


async def test_each_transaction_takes_in_a_few_events(store: FollowedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "EVENTS_AT_ONCE", 2)
    await store.open("Looms", "Mills", "Presses")
    await store.follower.step()
    assert (store.taken_in(), store.position(), store.follower.behind) == ([(1, "looms")], 2, 4)


async def test_a_crash_between_two_transactions_loses_nothing(
    store: FollowedStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(following, "EVENTS_AT_ONCE", 2)
    await store.open("Looms", "Mills", "Presses")
    await store.follower.step()
    for suffix in ("", "-wal"):
        shutil.copyfile(f"{store.path}{suffix}", tmp_path / f"crashed.db{suffix}")
    async with FollowedStore(tmp_path / "crashed.db") as crashed:
        assert await crashed.found("s") == ["Presses", "Mills", "Looms"]
        await crashed.catch_up()
        assert crashed.taken_in() == [(1, "looms"), (2, "mills"), (3, "presses")]
        assert await crashed.found("s") == ["Presses", "Mills", "Looms"]


async def test_it_follows_by_itself(store: FollowedStore) -> None:
    store.follower.start()
    try:
        await store.open("Looms")
        await until(lambda: store.follower.behind == 0)
        await store.account(2).append(opened(account_id=account_id(2), account_name="Mills"))
        await until(lambda: store.follower.behind == 0)
    finally:
        await store.follower.stop()
    assert store.taken_in() == [(1, "looms"), (2, "mills")]


async def test_it_takes_some_in_although_commits_do_not_pause(
    store: FollowedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "QUIET", 1e6)
    monkeypatch.setattr(following, "MOST_BEHIND", 4)
    await store.open("Looms", "Mills")
    store.follower.start()
    try:
        await until(lambda: store.follower.behind == 0)
    finally:
        await store.follower.stop()
    assert store.taken_in() == [(1, "looms"), (2, "mills")]


async def test_an_index_that_is_far_behind_is_not_used(store: FollowedStore, monkeypatch: pytest.MonkeyPatch) -> None:
    await store.open("Looms")
    await store.catch_up()
    store.sql("UPDATE account_search SET name = 'presses'")
    monkeypatch.setattr("seatkeeper.storage.sqlite.search.accounts.FAR_BEHIND", 0)
    assert await store.found("oom") == ["Looms"]


class FailingJournal:
    """A journal whose first writes beside it fail."""

    def __init__(self, store: FollowedStore, failures: list[Exception]) -> None:
        self._store = store
        self._failures = failures

    @property
    def readers(self) -> Readers:
        return self._store.journal.readers

    async def write_aside(self, statements: Sequence[Statement]) -> None:
        if self._failures:
            raise self._failures.pop()
        await self._store.journal.write_aside(statements)


@pytest.mark.parametrize("failure", [JournalFull(), OutcomeUnknown("disk I/O error")], ids=["refused", "unknown"])
async def test_what_could_not_be_written_is_told_and_tried_again(
    store: FollowedStore, caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    await store.open("Looms")
    follower = Follower(FailingJournal(store, [failure]), rest=0.001)
    with caplog.at_level(logging.WARNING, logger="seatkeeper.storage.sqlite.search.follower"):
        follower.start()
        try:
            await until(lambda: store.position() == 2)
        finally:
            await follower.stop()
    assert [record.message for record in caplog.records] == ["the search index was not updated"]
    assert store.taken_in() == [(1, "looms")]


async def test_events_are_read_by_their_positions_and_accounts_by_their_ids(store: FollowedStore) -> None:
    plan = [str(row[3]) for row in store.sql(f"EXPLAIN QUERY PLAN {CHANGED}", 0, 300)]
    assert any(step.startswith("SEARCH events USING INTEGER PRIMARY KEY") for step in plan), plan
    assert any(step.startswith("SEARCH a USING INDEX") for step in plan), plan
