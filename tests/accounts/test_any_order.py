"""Random commands in any order: the limits hold, there is an admin, and the counts are right."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import msgspec
import pytest

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.grants.commands import ExpireGrant, MakeGrant, WithdrawGrant
from seatkeeper.actors.accounts.invariants import broken_rules, unsettled
from seatkeeper.actors.accounts.invitations.commands import (
    AcceptInvitation,
    ExpireInvitation,
    Invite,
    RenewInvitation,
    RevokeInvitation,
)
from seatkeeper.actors.accounts.members.commands import (
    AddMember,
    AddMembers,
    ChangeMember,
    FreeSeat,
    RemoveMember,
    TakeSeat,
)
from seatkeeper.actors.accounts.members.member import same_email
from seatkeeper.actors.accounts.profile.commands import AdjustCredit, ChangeAccount, ReactivateAccount, SuspendAccount
from seatkeeper.actors.accounts.terms.commands import (
    ApplyScheduledChange,
    CancelScheduledChange,
    ChangeTerms,
    ChangeTrial,
    ConvertTrial,
    EndGrace,
    EndTrial,
    EndTrialOnPlan,
    ScheduleChange,
)
from seatkeeper.actors.accounts.timers import next_due, timers
from seatkeeper.actors.accounts.values import (
    LARGEST_AMOUNT,
    ChangeId,
    ExcessPolicy,
    GrantId,
    InvitationId,
    MemberId,
    Overage,
    Percent,
    Role,
)
from seatkeeper.actors.aggregates.external import MetadataChange
from seatkeeper.actors.aggregates.messages import Command, Event, Refusal
from tests.accounts.ahead import GUEST, NEW_TOKEN, TOKEN
from tests.accounts.past import ACCOUNT, FREE, TEAM, add, adjust, opened, terms
from tests.accounts.rooms import COMMANDS as ALL_COMMANDS
from tests.completeness import check_complete

ONCE = (AdjustCredit, AddMember, AddMembers, RemoveMember, Invite, AcceptInvitation, MakeGrant, WithdrawGrant)
"""What makes or ends something each time."""

PEOPLE = [MemberId(f"01900000-0000-7000-8000-{number:012x}") for number in range(8)]
EMAILS = [
    *(None, "a@example.org", "A@example.org", "stra\u00dfe@example.org", "STRASSE@example.org"),
    *(f"{name}@example.org" for name in "bcdefgh"),
]
EXTERNAL_IDS = [None, "user-1", "user-2", "USER-2"]
METADATA: list[MetadataChange] = [{}, {"tier": "gold"}, {"tier": None}, {"tier": "silver", "region": "EU"}]
TIMES = [f"2026-12-0{day}T00:00:00.000Z" for day in range(1, 10)]
EXCESS: Sequence[ExcessPolicy | None] = (None, "refuse", "freeze", "freeze", "grace")
OVERAGES: Sequence[Overage] = ("refuse", "refuse", "refuse", "allow", Percent(50))
ROLES: Sequence[Role] = ("admin", "member", "viewer")
AMOUNTS = [0, 1, -1, 100, -100, LARGEST_AMOUNT, -LARGEST_AMOUNT]


def anything(dice: random.Random, account: Account) -> Command:
    """Make any command, also one that makes no sense; a new member has an unused id."""
    if account.status == "suspended" and dice.random() < 0.3:
        return ReactivateAccount()
    makers = [*about_the_account(dice), *about_members(dice, account), *what_is_ahead(dice, account)]
    return dice.choice(makers)()


def about_the_account(dice: random.Random) -> list[Callable[[], Command]]:
    return [
        lambda: ChangeAccount(
            dice.choice(["Engines", "Looms"]),
            external_id=dice.choice(EXTERNAL_IDS) if dice.random() < 0.5 else msgspec.UNSET,
            metadata=dice.choice(METADATA) if dice.random() < 0.5 else msgspec.UNSET,
        ),
        lambda: adjust(dice.choice(AMOUNTS), dice.choice(["EUR", "EUR", "USD"])),
        lambda: dice.choice([SuspendAccount(), ReactivateAccount(), ReactivateAccount(), ReactivateAccount()]),
    ]


def about_members(dice: random.Random, account: Account) -> list[Callable[[], Command]]:
    someone = dice.choice([*PEOPLE, *account.members])
    candidates = [person for person in PEOPLE if person not in account.members]
    makers: list[Callable[[], Command]] = [
        lambda: RemoveMember(someone),
        lambda: TakeSeat(someone),
        lambda: FreeSeat(someone),
        lambda: ChangeMember(
            someone,
            name="Kim" if dice.random() < 0.5 else msgspec.UNSET,
            email=dice.choice(EMAILS) if dice.random() < 0.5 else msgspec.UNSET,
            role=dice.choice(ROLES) if dice.random() < 0.5 else msgspec.UNSET,
            external_id=dice.choice(EXTERNAL_IDS) if dice.random() < 0.5 else msgspec.UNSET,
            metadata=dice.choice(METADATA) if dice.random() < 0.5 else msgspec.UNSET,
        ),
        lambda: AddMembers(tuple(joins(dice, person) for person in candidates[:3]), atomic=dice.random() < 0.5),
    ]
    if candidates:
        makers += [lambda: joins(dice, dice.choice(candidates))] * 3
    return makers


def joins(dice: random.Random, person: MemberId) -> AddMember:
    joining = add(person, email=dice.choice(EMAILS), role=dice.choice(ROLES), seated=dice.random() < 0.5)
    return msgspec.structs.replace(joining, external_id=dice.choice(EXTERNAL_IDS))


def what_is_ahead(dice: random.Random, account: Account) -> list[Callable[[], Command]]:
    at, later = sorted([dice.choice(TIMES), dice.choice(TIMES)])
    invitation_id = dice.choice([*(account.invitations or [GUEST])])
    excess = dice.choice(EXCESS)
    grace_seconds = 86_400 if excess == "grace" else None
    keep = tuple(dice.sample([*account.members], k=min(len(account.members), dice.randint(0, 2))))
    new = [person for person in PEOPLE if person not in account.members]
    package = terms(
        plan_id=dice.choice([TEAM, FREE]),
        revision=dice.randint(1, 5),
        total_seats=dice.randint(0, 4),
        user_limit=dice.randint(1, 6),
    ).terms
    sold = msgspec.structs.replace(package, overage=dice.choice(OVERAGES))
    change_id, grant_id = ChangeId(f"c{dice.randint(0, 99)}"), GrantId(f"g{account.version}")
    scheduled_id = account.scheduled_change.change_id if account.scheduled_change else change_id
    grace_id = account.grace.grace_id if account.grace else change_id
    seated, token = dice.random() < 0.5, dice.choice([TOKEN, NEW_TOKEN])
    invite = Invite(
        InvitationId(f"i{account.version}"), dice.choice(EMAILS[1:]) or "", dice.choice(ROLES), seated, token, later, at
    )
    makers: list[Callable[[], Command]] = [
        lambda: invite,
        lambda: invite,
        lambda: RenewInvitation(invitation_id, NEW_TOKEN, later, at),
        lambda: RevokeInvitation(invitation_id),
        lambda: ExpireInvitation(invitation_id, at),
        lambda: MakeGrant(grant_id, dice.randint(-2, 2), dice.randint(-2, 2), "a gift", at, later),
        lambda: WithdrawGrant(dice.choice([*(account.grants or [grant_id])]), at),
        lambda: ExpireGrant(dice.choice([*(account.grants or [grant_id])]), at),
        lambda: ChangeTerms(sold, change_id, at, excess, grace_seconds, keep),
        lambda: ScheduleChange(change_id, FREE, later, excess, grace_seconds, keep),
        CancelScheduledChange,
        lambda: ApplyScheduledChange(scheduled_id, sold if seated else None, None if seated else "plan-retired", at),
        lambda: ChangeTrial(later),
        ConvertTrial,
        lambda: EndTrial(at),
        lambda: EndTrialOnPlan(FREE, sold, None, at),
        lambda: EndGrace(grace_id, at),
    ]
    if new:
        makers += [lambda: AcceptInvitation(invitation_id, token, new[0], "Kim", at)] * 2
    return makers


def test_anything_makes_every_command() -> None:
    dice, account = random.Random(0), ACCOUNT.after(opened())
    made = {type(anything(dice, account)).__name__ for _ in range(1000)}
    wanted = {kind.__name__ for kind in ALL_COMMANDS} - {"OpenAccount", "CloseAccount"}  # a run's two ends
    check_complete("anything() of tests/accounts/test_any_order.py", made, wanted)


def check(account: Account) -> None:
    """Recount everything."""
    members, frozen = account.members.values(), account.frozen or {}
    active = [member for member_id, member in account.members.items() if member_id not in frozen]
    assert account.count == len(active) >= 1
    assert account.seats_taken == sum(member.seated for member in members)
    assert account.admins == sum(member.role == "admin" for member in active) >= 1
    check_rooms(account)
    assert 0 <= account.credit <= LARGEST_AMOUNT
    known = [(same_email(member.email), id_) for id_, member in account.members.items() if member.email is not None]
    assert dict(known) == account.emails
    assert len(known) == len(account.emails)
    named = [(member.external_id, id_) for id_, member in account.members.items() if member.external_id is not None]
    assert dict(named) == (account.external_ids or {})
    assert len(named) == len(account.external_ids or {})


def check_rooms(account: Account) -> None:
    """Recount what is held and granted, and what is frozen or owed beside free room."""
    pending = {id_: one for id_, one in (account.invitations or {}).items() if one.status == "pending"}
    assert {same_email(one.email): id_ for id_, one in pending.items()} == (account.invited or {})
    assert account.seats_held == sum(one.seated for one in pending.values())
    assert not account.emails.keys() & (account.invited or {}).keys()
    grants = (account.grants or {}).values()
    assert account.granted_members == sum(grant.members for grant in grants)
    assert account.granted_seats == sum(grant.seats for grant in grants)
    waiting = {*(account.frozen or ()), *(account.owed_seats or ())}
    assert not any(account.members[member_id].seated for member_id in waiting)
    wanted = sorted(timers(account))
    assert next_due(account) == (wanted[0][0] if wanted else None)
    assert set(wanted) <= set(account.timers or ())
    assert unsettled(account) == []


@pytest.mark.parametrize("seed", range(25))
def test_the_rules_hold_in_any_order(seed: int) -> None:
    dice = random.Random(seed)
    account, history = ACCOUNT.after(opened(total_seats=2, user_limit=5)), opened(total_seats=2, user_limit=5)
    for _ in range(300):
        decision = ACCOUNT.decide(account, anything(dice, account))
        if not isinstance(decision, Refusal):
            history += decision
            for event in decision:
                account = ACCOUNT.evolve(account, event)
                assert broken_rules(account, event) == []
        check(account)
    assert len(history) > 20, "most commands were refused"
    assert account == ACCOUNT.after(history)


@pytest.mark.parametrize("seed", range(25))
def test_an_accepted_command_changes_nothing_when_it_is_repeated(seed: int) -> None:
    dice = random.Random(seed)
    account = ACCOUNT.after(opened(total_seats=2, user_limit=5))
    for _ in range(300):
        command = anything(dice, account)
        decision = ACCOUNT.decide(account, command)
        if isinstance(decision, Refusal):
            continue
        account = evolved(account, decision)
        if not isinstance(command, ONCE):
            assert list(repeated(account, command)) == []


@pytest.mark.parametrize("seed", range(10))
def test_an_account_read_back_from_its_snapshot_is_the_same_account(seed: int) -> None:
    dice = random.Random(seed)
    account = ACCOUNT.after(opened(total_seats=2, user_limit=5))
    for _ in range(100):
        decision = ACCOUNT.decide(account, anything(dice, account))
        account = evolved(account, () if isinstance(decision, Refusal) else decision)
    assert msgspec.json.decode(msgspec.json.encode(account), type=Account) == account


def evolved(account: Account, events: Sequence[Event]) -> Account:
    for event in events:
        account = ACCOUNT.evolve(account, event)
    return account


def repeated(account: Account, command: Command) -> Sequence[Event]:
    decision = ACCOUNT.decide(account, command)
    if isinstance(decision, Refusal):
        assert account.status == "suspended", decision
        return ()
    return decision
