"""What edges and shards send each other arrives as it was."""

from __future__ import annotations

import pytest
from msgspec import UNSET

from seatkeeper.actors.accounts.commands import ChangeAccount, OpenAccount, Terms
from seatkeeper.actors.accounts.events import AccountId, MemberId, PlanId
from seatkeeper.actors.accounts.refusals import NoSeatLeft
from seatkeeper.actors.aggregates.aggregate import AggregateFailed, CommandOptions, VersionMismatch
from seatkeeper.actors.aggregates.journal import JournalFull, NotStored, OutcomeUnknown, StreamDamaged
from seatkeeper.actors.aggregates.messages import Accepted, Context, Outcome
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


def sent(command: OpenAccount | ChangeAccount, options: CommandOptions) -> wire.SentCommand:
    """Send a command, and read it at the other end."""
    message = wire.write_commands([wire.pack_command("account", ACCOUNT, command, options, fresh=True)])
    return wire.read_commands(message)[0]


def returned(outcome: Outcome | Exception) -> Outcome | Exception:
    """Return an outcome, and read it at the edge."""
    return wire.read_outcomes(wire.write_outcomes([wire.pack_outcome(outcome)]))[0]


@pytest.mark.parametrize("command", [OPEN, ChangeAccount(account_name=UNSET, external_id=None)])
def test_a_command_with_its_options(command: OpenAccount | ChangeAccount) -> None:
    options = CommandOptions(frozenset({3, 1}), None, Context("key:1", "r-1", "ada"))
    arrived = sent(command, options)
    assert (arrived.kind, arrived.aggregate_id, arrived.fresh) == ("account", ACCOUNT, True)
    assert wire.command_of(arrived) == command
    assert wire.options_of(arrived) == options


def test_the_receipt_of_a_key_is_the_one_that_the_edge_would_write() -> None:
    route = next(route for route in ROUTES if route.name == "add_member")
    call: Call[object, object] = Call(ids={"account_id": ACCOUNT}, query=None, body=None)
    key = RequestKey("k", b"print", AnswerWriter(route, call, f"/v1/accounts/{ACCOUNT}/members", "r-1"))
    arrived = wire.options_of(sent(OPEN, CommandOptions(key=key))).key
    assert arrived is not None
    assert arrived.receipt(NoSeatLeft(10)) == key.receipt(NoSeatLeft(10))


@pytest.mark.parametrize("outcome", [Accepted(None, 3, 7), NoSeatLeft(10), VersionMismatch(3)])
def test_an_outcome(outcome: Outcome) -> None:
    assert returned(outcome) == outcome


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
