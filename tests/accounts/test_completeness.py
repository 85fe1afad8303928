"""Completeness: every command is decided, every event changes the account, and neither copies it."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.grants.commands import ExpireGrant, WithdrawGrant
from seatkeeper.actors.accounts.grants.events import GrantEnded
from seatkeeper.actors.accounts.invitations.commands import RevokeInvitation
from seatkeeper.actors.accounts.invitations.events import InvitationAccepted, InvitationRenewed
from seatkeeper.actors.accounts.limits.events import (
    LimitExceeded,
    LimitKept,
    MemberFrozen,
    MemberThawed,
    SeatReturned,
    SeatWithdrawn,
    UsageReached,
)
from seatkeeper.actors.accounts.members.commands import AddMembers, ChangeMember, FreeSeat, RemoveMember, TakeSeat
from seatkeeper.actors.accounts.members.events import (
    MemberAdded,
    MemberEmailChanged,
    MemberExternalIdChanged,
    MemberMetadataChanged,
    MemberRemoved,
    MemberRenamed,
    MemberRoleChanged,
    SeatFreed,
    SeatTaken,
)
from seatkeeper.actors.accounts.profile.commands import ChangeAccount, CloseAccount, ReactivateAccount, SuspendAccount
from seatkeeper.actors.accounts.profile.events import (
    AccountExternalIdChanged,
    AccountMetadataChanged,
    AccountReactivated,
    AccountRenamed,
)
from seatkeeper.actors.accounts.terms.commands import (
    CancelScheduledChange,
    ChangeTrial,
    ConvertTrial,
    EndGrace,
    EndTrial,
    EndTrialOnPlan,
)
from seatkeeper.actors.accounts.terms.events import (
    GraceEnded,
    PlanChanged,
    ScheduledChangeApplied,
    ScheduledChangeCancelled,
    ScheduledChangeRefused,
    TrialChanged,
    TrialEnded,
)
from seatkeeper.actors.accounts.values import GrantId, Terms
from seatkeeper.actors.aggregates.messages import Command, Event, Refusal
from tests.accounts.ahead import (
    AFTER,
    DAN,
    GIFT,
    GUEST,
    NEW_TOKEN,
    OTHER,
    SOON,
    ZOE,
    accept,
    expire,
    expired,
    frozen,
    grant,
    granted,
    in_grace,
    invite,
    invited,
    on_the_day,
    on_trial,
    reached,
    renew,
    revoked,
    schedule,
    scheduled,
    withdrawn,
)
from tests.accounts.past import (
    ACCOUNT,
    ADA,
    BOB,
    CHANGE,
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
from tests.accounts.profile.test_opening import OPEN
from tests.accounts.rooms import COMMANDS as ALL_COMMANDS
from tests.accounts.rooms import EVENTS as ALL_EVENTS
from tests.completeness import check_complete
from tests.scenario import Past

COMMANDS: list[Command] = [
    ChangeAccount("Looms"),
    terms(user_limit=10),
    adjust(1),
    SuspendAccount(),
    ReactivateAccount(),
    CloseAccount(),
    add(EVE),
    ChangeMember(BOB, name="Rob"),
    RemoveMember(BOB),
    TakeSeat(ADA),
    FreeSeat(BOB),
    AddMembers((add(EVE),), atomic=True),
    invite(OTHER, "other@example.org"),
    renew(),
    RevokeInvitation(GUEST),
    accept(EVE),
    expire(),
    grant(members=1),
    WithdrawGrant(GIFT, SOON),
    ExpireGrant(GIFT, SOON),
    schedule("freeze"),
    CancelScheduledChange(),
    on_the_day(),
    ChangeTrial(AFTER),
    ConvertTrial(),
    EndTrial(SOON),
    EndTrialOnPlan(FREE, Terms(FREE, 1, 2, 5), None, SOON),
    EndGrace(CHANGE, SOON),
]
HISTORY: list[Past] = [
    on_trial(),
    joined(BOB, email="bob@example.org", seated=True),
    joined(ZOE, seated=True),
    joined(DAN),
    withdrawn(ZOE),
    frozen(DAN),
    invited(),
    granted(members=1, expires_at=SOON),
    scheduled(),
]
IN_GRACE: list[Past] = [*HISTORY, in_grace(10)]
EVENTS: list[Event] = [
    AccountRenamed("Looms"),
    AccountExternalIdChanged("crm-7"),
    AccountMetadataChanged({"tier": "gold"}),
    PlanChanged(FREE, 2, 5, 5),
    credited(1),
    suspended(),
    closed(),
    MemberAdded(EVE, "Eve", "eve@example.org", "admin", LATER),
    MemberRenamed(BOB, "Rob"),
    MemberEmailChanged(BOB, "rob@example.org"),
    MemberExternalIdChanged(BOB, "user-2"),
    MemberMetadataChanged(BOB, {"team": "night"}),
    MemberRoleChanged(BOB, "admin"),
    MemberRemoved(BOB),
    SeatTaken(ADA),
    SeatFreed(BOB),
    invited(OTHER, "other@example.org"),
    InvitationRenewed(GUEST, NEW_TOKEN, AFTER),
    revoked(),
    InvitationAccepted(GUEST, EVE),
    expired(),
    granted(members=1, grant_id=GrantId("g2")),
    GrantEnded(GIFT, "withdrawn"),
    MemberFrozen(BOB),
    MemberThawed(DAN),
    SeatWithdrawn(BOB),
    SeatReturned(ZOE),
    reached(80, 8, 10),
    LimitExceeded("members", 10, 11),
    LimitKept("members", 10, 10),
    scheduled("freeze"),
    ScheduledChangeCancelled(CHANGE),
    ScheduledChangeApplied(CHANGE),
    ScheduledChangeRefused(CHANGE, "over-limit"),
    in_grace(9),
    GraceEnded(CHANGE, "over"),
    TrialChanged(AFTER, "suspend"),
    TrialEnded("converted"),
]


def named(message: Command | Event) -> str:
    return type(message).__name__


def test_every_command_has_an_example_here() -> None:
    examples = {type(command).__name__ for command in [OPEN, *COMMANDS]}
    wanted = {kind.__name__ for kind in ALL_COMMANDS}
    check_complete("COMMANDS of tests/accounts/test_completeness.py", examples, wanted)


@pytest.mark.parametrize("command", COMMANDS, ids=named)
def test_every_command_is_decided(command: Command) -> None:
    assert not isinstance(ACCOUNT.decide(after(*HISTORY), command), Refusal)


def test_a_command_of_another_context_is_not_decided() -> None:
    with pytest.raises(KeyError):
        given(opened()).when(Command())


def test_every_event_has_an_example_here() -> None:
    opening = opened()[0]
    examples = {type(event) for event in [opening, AccountReactivated(None), *EVENTS]}
    assert examples == set(ALL_EVENTS)


@pytest.mark.parametrize("event", EVENTS, ids=named)
def test_every_event_makes_a_difference(event: Event) -> None:
    before, since = after(*IN_GRACE), after(*IN_GRACE, event)
    if not isinstance(event, UsageReached | LimitExceeded | LimitKept):  # they say what the numbers say too
        since.version = before.version
    assert since != before


def test_to_reactivate_undoes_to_suspend() -> None:
    before, since = after(*HISTORY), after(*HISTORY, suspended(), AccountReactivated(None))
    since.version = before.version
    assert since == before


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


@pytest.mark.parametrize("kind", ALL_EVENTS, ids=lambda kind: kind.__name__)
def test_an_event_is_frozen(kind: type[Event]) -> None:
    assert kind.__struct_config__.frozen
