"""What edges and shards send each other arrives as it was."""

from __future__ import annotations

import pytest
from msgspec import UNSET, Raw

from seatkeeper.actors.accounts.answers import Added, Entry
from seatkeeper.actors.accounts.limits.refusals import NoSeatLeft
from seatkeeper.actors.accounts.members.events import MemberAdded, MemberRenamed, SeatTaken
from seatkeeper.actors.accounts.members.refusals import EntryRefused
from seatkeeper.actors.accounts.members.summaries import MemberSummary
from seatkeeper.actors.accounts.profile.commands import ChangeAccount, OpenAccount
from seatkeeper.actors.accounts.values import AccountId, MemberId, PlanId, Terms
from seatkeeper.actors.aggregates.aggregate import AggregateFailed, CommandOptions, VersionMismatch
from seatkeeper.actors.aggregates.journal import JournalFull, NotStored, OutcomeUnknown, StreamDamaged
from seatkeeper.actors.aggregates.messages import Accepted, Context, DryRun, Outcome, told
from seatkeeper.http.api.routes import ROUTES
from seatkeeper.http.cluster import wire
from seatkeeper.http.server.idempotency import AnswerWriter, RequestKey
from seatkeeper.http.server.problems import problem_type_of
from seatkeeper.http.server.routes import Call
from seatkeeper.storage.errors import StorageDown, StorageFull, StorageLost
from seatkeeper.storage.journal.failures import BatchRejected

ACCOUNT = "01a2228b-240f-7001-80cc-78dba8cbe77f"
OPEN = OpenAccount(
    account_id=AccountId(ACCOUNT),
    account_name="Café \U0001f40d",
    terms=Terms(PlanId("p"), 1, 10, 25),
    currency="EUR",
    member_id=MemberId("m"),
    user_name="Ada",
    user_email=None,
    at="2026-11-28T00:00:00.000Z",
    metadata={"a": "b"},
)

MEMBER = MemberSummary(
    MemberId("m"), "Ada", None, "admin", status="active", seated=True, joined_at=OPEN.at, external_id=None, metadata={}
)


def sent(command: OpenAccount | ChangeAccount, options: CommandOptions) -> wire.SentCommand:
    """Send a command, and read it at the other end."""
    message = wire.write_commands([wire.pack_command("account", ACCOUNT, command, options, fresh=True)])
    return wire.read_commands(message)[0]


def returned(outcome: Outcome | Exception) -> Outcome | Exception:
    """Return an outcome, and read it at the edge."""
    return wire.read_outcomes(wire.write_outcomes([wire.pack_outcome(outcome)]), 1)[0]


@pytest.mark.parametrize("command", [OPEN, ChangeAccount(account_name=UNSET, external_id=None)])
def test_a_command_with_its_options(command: OpenAccount | ChangeAccount) -> None:
    options = CommandOptions(frozenset({3, 1}), None, Context("key:1", "r-1", "ada"))
    arrived = sent(command, options)
    assert (arrived.kind, arrived.aggregate_id, arrived.fresh) == ("account", ACCOUNT, True)
    assert wire.command_of(arrived) == command
    assert wire.options_of(arrived) == options


def test_a_dry_run_is_asked_for_at_the_shard() -> None:
    options = CommandOptions(frozenset({3}), None, Context("key:1", "r-1"), dry_run=True)
    assert wire.options_of(sent(OPEN, options)) == options


def test_the_receipt_of_a_key_is_the_one_that_the_edge_would_write() -> None:
    route = next(route for route in ROUTES if route.name == "add_member")
    call: Call[object, object] = Call(ids={"account_id": ACCOUNT}, query=None, body=None)
    key = RequestKey("k", b"print", AnswerWriter(route, call, f"/v1/accounts/{ACCOUNT}/members", "r-1"))
    arrived = wire.options_of(sent(OPEN, CommandOptions(key=key))).key
    assert arrived is not None
    assert arrived.receipt(NoSeatLeft(10)) == key.receipt(NoSeatLeft(10))


DRY_RUNS = [
    DryRun(None, 3, 7, f"account-{ACCOUNT}", []),
    DryRun(MEMBER, 3, 7, f"account-{ACCOUNT}", [MemberRenamed(MEMBER.member_id, "Ada"), SeatTaken(MEMBER.member_id)]),
    DryRun(MEMBER, 3, 7, f"account-{ACCOUNT}", [MemberAdded(MEMBER.member_id, "Ada", None, "admin", OPEN.at)]),
]


@pytest.mark.parametrize("outcome", [Accepted(None, 3, 7), *DRY_RUNS, NoSeatLeft(10), VersionMismatch(3)])
def test_an_outcome(outcome: Outcome) -> None:
    arrived = returned(outcome)
    assert arrived == outcome
    assert type(arrived) is type(outcome)


@pytest.mark.parametrize(
    "error",
    [
        *(NotStored("a"), StorageDown("a"), StorageFull(), JournalFull(), OutcomeUnknown("a")),
        *(StreamDamaged("a"), AggregateFailed(), BatchRejected("a"), ValueError("a"), StorageLost("a")),
    ],
)
def test_an_error_is_told_to_the_client_as_if_it_had_been_raised_here(error: Exception) -> None:
    arrived = returned(error)
    assert isinstance(arrived, Exception)
    assert problem_type_of(arrived) == problem_type_of(error)


def test_what_this_version_does_not_know_is_of_unknown_outcome_and_nothing_else_is() -> None:
    strange = wire.SentOutcome(wire.REFUSED, "NoSuchRefusal", Raw(b"\x80"))
    first, second = wire.read_outcomes(wire.write_outcomes([strange, wire.pack_outcome(NoSeatLeft(10))]), 2)
    assert isinstance(first, OutcomeUnknown)
    assert second == NoSeatLeft(10)


def test_an_answer_with_too_few_outcomes_is_none() -> None:
    with pytest.raises(ValueError, match="1 outcomes of 2 commands"):
        wire.read_outcomes(wire.write_outcomes([wire.pack_outcome(NoSeatLeft(10))]), 2)


@pytest.mark.parametrize(
    "outcome",
    [
        Accepted(Added((Entry(MEMBER), Entry(None, told(NoSeatLeft(1))))), 3, 7),
        EntryRefused(1, told(NoSeatLeft(1))),
    ],
    ids=["some", "none"],
)
def test_what_became_of_many_comes_back_as_it_was(outcome: Outcome) -> None:
    assert returned(outcome) == outcome
