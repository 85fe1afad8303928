"""The simulation bites: it finds bugs that are planted, each within a few seeds."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import pytest

from seatkeeper.actors.aggregate import AggregateActor, AnyAggregate, _Commitment
from seatkeeper.storage import batch
from seatkeeper.storage.batch import Waiting
from seatkeeper.storage.failures import undone
from seatkeeper.storage.journal import SqliteJournal
from tests.simulation.run import run
from tests.simulation.shrink import shortest
from tests.simulation.world import Broken, Script

SEEDS = 40


def first_broken() -> tuple[Script, Broken]:
    """Run seeds until one breaks an invariant."""
    for seed in range(1, SEEDS + 1):
        script = Script.drawn(seed)
        broken = run(script).broken
        if broken is not None:
            return script, broken
    pytest.fail(f"nothing was found in {SEEDS} seeds")


def test_an_answer_before_the_commit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    commit, settle = SqliteJournal._commit, SqliteJournal._settle

    async def answer_first(journal: SqliteJournal, some: Sequence[Waiting]) -> int:
        batch.statements(some, journal._position)  # tells each append its position
        settle(journal, some)
        return await commit(journal, some)

    monkeypatch.setattr(SqliteJournal, "_commit", answer_first)
    monkeypatch.setattr(SqliteJournal, "_settle", lambda _journal, _some: None)
    assert first_broken()[1].invariant == "I1"


def test_an_actor_that_goes_on_after_its_append_failed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    settled = AggregateActor.settled

    def go_on(actor: AnyAggregate, append: _Commitment, position: int | None) -> None:
        if position is not None:
            settled(actor, append, position)
        elif actor._last_append is append:
            actor._last_append = None

    monkeypatch.setattr(AggregateActor, "settled", go_on)
    first_broken()


def test_a_damaged_page_that_costs_those_who_share_the_commit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SqliteJournal, "_part", SqliteJournal._refuse)
    assert first_broken()[1].invariant == "I6"


def test_a_receipt_in_a_second_transaction_is_found_and_told_in_a_few_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    async def commit_twice(journal: SqliteJournal, some: Sequence[Waiting]) -> int:
        statements, events = batch.statements(some, journal._position)
        receipts = [statement for statement in statements if "INTO receipts" in statement[0]]
        try:
            for part in ([statement for statement in statements if statement not in receipts], receipts):
                await journal._database.writer.commit_all(part)
        except sqlite3.Error as error:
            raise await undone(journal._database.writer, error, journal._path) from error
        journal._position += events
        return events

    monkeypatch.setattr(SqliteJournal, "_commit", commit_twice)
    script, broken = first_broken()
    assert len(shortest(script, broken, 60.0).log) < 40


def test_a_refusal_that_does_not_wait_for_what_it_was_decided_upon_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    fail = _Commitment.failed

    def refuse_anyway(append: _Commitment, error: Exception) -> None:
        for reply, outcome in append.replies:
            if not hasattr(outcome, "value"):
                reply.set(outcome)
        append.replies = [pair for pair in append.replies if hasattr(pair[1], "value")]
        fail(append, error)

    monkeypatch.setattr(_Commitment, "failed", refuse_anyway)
    first_broken()
