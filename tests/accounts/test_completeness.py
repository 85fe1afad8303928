"""Completeness: every command is decided, every event changes the account, and neither copies it."""

from __future__ import annotations

import msgspec
import pytest

from seatkeeper.actors.accounts import commands, events
from seatkeeper.actors.aggregates.messages import Command, Event, Refusal
from tests.accounts.past import (
    ACCOUNT,
    ADA,
    BOB,
    EVE,
    FREE,
    LATER,
    add,
    adjust,
    after,
    closed,
    credited,
    given,
    joined,
    opened,
    suspended,
    terms,
)
from tests.accounts.test_opening import OPEN
from tests.completeness import check_complete
from tests.scenario import Past, kinds

COMMANDS: list[Command] = [
    commands.ChangeAccount("Looms"),
    terms(user_limit=10),
    adjust(1),
    commands.SuspendAccount(),
    commands.ReactivateAccount(),
    commands.CloseAccount(),
    add(EVE),
    commands.ChangeMember(BOB, name="Rob"),
    commands.RemoveMember(BOB),
    commands.TakeSeat(ADA),
    commands.FreeSeat(BOB),
]
HISTORY: list[Past] = [opened(), joined(BOB, email="bob@example.org", seated=True)]
EVENTS: list[Event] = [
    events.AccountRenamed("Looms"),
    events.AccountExternalIdChanged("crm-7"),
    events.AccountMetadataChanged({"tier": "gold"}),
    events.PlanChanged(FREE, 2, 5, 5),
    credited(1),
    suspended(),
    closed(),
    events.MemberAdded(EVE, "Eve", "eve@example.org", "admin", LATER),
    events.MemberRenamed(BOB, "Rob"),
    events.MemberEmailChanged(BOB, "rob@example.org"),
    events.MemberExternalIdChanged(BOB, "user-2"),
    events.MemberMetadataChanged(BOB, {"team": "night"}),
    events.MemberRoleChanged(BOB, "admin"),
    events.MemberRemoved(BOB),
    events.SeatTaken(ADA),
    events.SeatFreed(BOB),
]


def named(message: Command | Event) -> str:
    return type(message).__name__


def test_every_command_has_an_example_here() -> None:
    examples = {type(command).__name__ for command in [OPEN, *COMMANDS]}
    wanted = {kind.__name__ for kind in kinds(commands, Command)}
    check_complete("COMMANDS of tests/accounts/test_completeness.py", examples, wanted)


@pytest.mark.parametrize("command", COMMANDS, ids=named)
def test_every_command_is_decided(command: Command) -> None:
    assert not isinstance(ACCOUNT.decide(after(*HISTORY), command), Refusal)


def test_a_command_of_another_context_is_not_decided() -> None:
    with pytest.raises(KeyError):
        given(opened()).when(Command())


def test_every_event_has_an_example_here() -> None:
    opening = opened()[0]
    examples = {type(event) for event in [opening, events.AccountReactivated(None), *EVENTS]}
    assert examples == set(kinds(events, Event))


@pytest.mark.parametrize("event", EVENTS, ids=named)
def test_every_event_makes_a_difference(event: Event) -> None:
    before, since = after(*HISTORY), after(*HISTORY, event)
    assert msgspec.json.encode(since) != msgspec.json.encode(before)


def test_to_reactivate_undoes_to_suspend() -> None:
    before, since = after(*HISTORY), after(*HISTORY, suspended(), events.AccountReactivated(None))
    assert msgspec.json.encode(since) == msgspec.json.encode(before)


@pytest.mark.parametrize("event", EVENTS, ids=named)
def test_an_event_changes_the_account_in_place(event: Event) -> None:
    account = after(*HISTORY)
    members, emails, ada = account.members, account.emails, account.members[ADA]
    evolved = ACCOUNT.evolve(account, event)
    assert evolved is account
    assert evolved.members is members
    assert evolved.emails is emails
    assert evolved.members[ADA] is ada


def test_an_event_of_another_context_is_no_event_of_an_account() -> None:
    with pytest.raises(KeyError):
        after(opened(), Event())


@pytest.mark.parametrize("kind", kinds(events, Event), ids=lambda kind: kind.__name__)
def test_an_event_is_frozen(kind: type[Event]) -> None:
    assert kind.__struct_config__.frozen
