"""The simulation bites: it finds bugs that are planted, each within a few seeds."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Collection, Iterable, Sequence

import pytest

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.invitations import evolution as invitation_evolution
from seatkeeper.actors.accounts.limits import shrinking
from seatkeeper.actors.accounts.limits.draft import Draft
from seatkeeper.actors.accounts.limits.events import MemberFrozen, SeatWithdrawn
from seatkeeper.actors.accounts.values import InvitationId, InvitationStatus, MemberId
from seatkeeper.actors.aggregates.aggregate import AggregateActor, AnyAggregate
from seatkeeper.actors.aggregates.pending import PendingAppend
from seatkeeper.http.events_out.webhooks.backlog import Backlog
from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.journal.batching import BatchingJournal
from seatkeeper.storage.journal.engine import Stored
from seatkeeper.storage.journal.failures import acknowledge
from seatkeeper.storage.journal.writes import QueuedWrite, place
from seatkeeper.storage.kinds import Kinds
from seatkeeper.storage.projections.accounts import ACCOUNTS
from seatkeeper.storage.registry import KINDS
from seatkeeper.storage.sqlite import batch
from seatkeeper.storage.sqlite.engine import SqliteEngine
from seatkeeper.storage.sqlite.failures import rejection
from tests.simulation.repertoire import SERVICE, Repertoire
from tests.simulation.run import run
from tests.simulation.shrink import shortest
from tests.simulation.world import Broken, Script

SEEDS = 120


def first_broken(repertoire: Repertoire = SERVICE, first: int = 1) -> tuple[Script, Broken]:
    """Run seeds until one breaks an invariant."""
    for seed in range(first, first + SEEDS):
        script = Script.drawn(seed, repertoire)
        broken = run(script).broken
        if broken is not None:
            return script, broken
    pytest.fail(f"nothing was found in {SEEDS} seeds")


async def commit_in_parts(engine: SqliteEngine, parts: Iterable[Sequence[Statement]], events: int) -> Stored:
    """Commit what belongs together in transactions of their own."""
    try:
        for part in parts:
            if part:
                await engine.database.writer.commit_all(part)
    except sqlite3.Error as error:
        raise await rejection(engine.database.writer, error, engine._path) from error
    engine._position += events
    return Stored(events, engine._position)


def test_an_answer_before_the_commit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    commit = SqliteEngine.commit

    async def answer_first(engine: SqliteEngine, some: Sequence[QueuedWrite]) -> Stored:
        place(some, engine._position)
        acknowledge(some)
        return await commit(engine, some)

    monkeypatch.setattr(SqliteEngine, "commit", answer_first)
    monkeypatch.setattr("seatkeeper.storage.journal.batching.acknowledge", lambda _some: None)
    assert first_broken()[1].invariant == "I1"


def test_an_actor_that_goes_on_after_its_append_failed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    finished = AggregateActor.append_finished

    def go_on(actor: AnyAggregate, append: PendingAppend, position: int | None) -> None:
        if position is not None:
            finished(actor, append, position)
        elif actor._last_append is append:
            actor._last_append = None

    monkeypatch.setattr(AggregateActor, "append_finished", go_on)
    first_broken()


def test_a_damaged_page_that_costs_others_in_the_commit_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BatchingJournal, "_split", BatchingJournal._reject)
    assert first_broken()[1].invariant == "I6"


def test_a_receipt_in_a_second_transaction_is_found_and_its_log_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    async def commit_twice(engine: SqliteEngine, some: Sequence[QueuedWrite]) -> Stored:
        statements, events = batch.statements(some, engine._position)
        receipts = [statement for statement in statements if "INTO receipts" in statement[0]]
        return await commit_in_parts(
            engine, ([statement for statement in statements if statement not in receipts], receipts), events
        )

    monkeypatch.setattr(SqliteEngine, "commit", commit_twice)
    script, broken = first_broken()
    assert len(shortest(script, broken, 60.0).log) < 40


def test_a_refusal_that_does_not_wait_for_the_events_before_it_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    fail = PendingAppend.failed

    def refuse_anyway(append: PendingAppend, error: Exception) -> None:
        for waiting in append.replies:
            if not hasattr(waiting.outcome, "value"):
                waiting.reply.set(waiting.outcome)
        append.replies = [waiting for waiting in append.replies if hasattr(waiting.outcome, "value")]
        fail(append, error)

    monkeypatch.setattr(PendingAppend, "failed", refuse_anyway)
    first_broken()


def test_progress_that_is_stored_before_the_delivery_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Backlog, "position", property(lambda backlog: backlog.read_to))
    assert first_broken()[1].invariant == "I8"


def test_a_member_slot_that_is_counted_twice_when_an_invitation_is_accepted_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    end = invitation_evolution._end

    def hold_on(account: Account, invitation_id: InvitationId, status: InvitationStatus) -> None:
        held = dict(account.invited or {})
        end(account, invitation_id, status)
        if status == "accepted":
            account.invited = held

    monkeypatch.setattr(invitation_evolution, "_end", hold_on)
    assert first_broken()[1].invariant == "I4"


def test_a_timer_that_is_removed_in_another_transaction_than_its_event_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def commit_twice(engine: SqliteEngine, some: Sequence[QueuedWrite]) -> Stored:
        statements, events = batch.statements(some, engine._position)
        removals = [statement for statement in statements if "DELETE FROM timers" in statement[0]]
        return await commit_in_parts(
            engine, ([statement for statement in statements if statement not in removals], removals), events
        )

    monkeypatch.setattr(SqliteEngine, "commit", commit_twice)
    assert first_broken(first=401)[1].invariant == "I3"


def test_a_freeze_that_takes_the_last_admin_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def take_all(draft: Draft, keep: Collection[MemberId]) -> None:
        account, now = draft.account, draft.now
        for member_id in shrinking._latest_first(account, keep):
            if now.free_members < 0 and not account.is_frozen(member_id):
                now.count -= 1
                now.taken -= account.members[member_id].seated
                seated = account.members[member_id].seated
                draft.events += [*([SeatWithdrawn(member_id)] if seated else []), MemberFrozen(member_id)]
                draft.left.add(member_id)

    monkeypatch.setattr(shrinking, "_freeze", take_all)
    assert first_broken(first=401)[1].invariant == "I4"


def test_an_external_id_that_two_accounts_have_is_found() -> None:
    lax = dataclasses.replace(ACCOUNTS, unique=None, sqlite=ACCOUNTS.sqlite.replace("UNIQUE INDEX", "INDEX"))
    kinds = [
        dataclasses.replace(kind, views=[lax if view is ACCOUNTS else view for view in kind.views]) for kind in KINDS
    ]
    _, broken = first_broken(Repertoire(kinds=Kinds(*kinds)))
    assert broken.invariant == "I4"
