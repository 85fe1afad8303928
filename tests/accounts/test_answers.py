"""Answers to accepted commands: immutable values that share nothing with the account."""

from __future__ import annotations

import msgspec
import pytest

from seatkeeper.actors.accounts.answers import Added, Entry, answer, stored_answer
from seatkeeper.actors.accounts.grants.commands import MakeGrant, WithdrawGrant
from seatkeeper.actors.accounts.grants.summaries import summarize_grant
from seatkeeper.actors.accounts.invitations.commands import Invite, RenewInvitation, RevokeInvitation
from seatkeeper.actors.accounts.invitations.summaries import (
    InvitationSummary,
    InvitationWithToken,
    summarize_invitation,
)
from seatkeeper.actors.accounts.limits.refusals import UserLimitReached
from seatkeeper.actors.accounts.members.adding import ManyAdded
from seatkeeper.actors.accounts.members.commands import AddMembers, RemoveMember
from seatkeeper.actors.accounts.members.events import MemberRemoved
from seatkeeper.actors.accounts.members.summaries import MemberSummary, summarize_member
from seatkeeper.actors.accounts.summaries import (
    AccountSummary,
    MemberSlots,
    PlanReference,
    Seats,
    SignedUp,
    summarize,
)
from seatkeeper.actors.accounts.values import MemberId, Money
from seatkeeper.actors.aggregates.messages import Command, told
from tests.accounts.ahead import GIFT, GUEST, SOON, grant, granted, invite, invited, renew, revoked
from tests.accounts.past import ADA, AT, BOB, ENGINES, EVE, LATER, TEAM, add, after, credited, joined, opened
from tests.accounts.profile.test_opening import OPEN
from tests.accounts.test_completeness import COMMANDS
from tests.completeness import is_immutable

RARE = (AddMembers, Invite, RenewInvitation, RevokeInvitation, MakeGrant, WithdrawGrant)
ABOUT_THE_ACCOUNT = [
    command for command in COMMANDS if "member_id" not in command.__struct_fields__ and not isinstance(command, RARE)
]
ABOUT_A_MEMBER = [
    command
    for command in COMMANDS
    if "member_id" in command.__struct_fields__ and not isinstance(command, RemoveMember)
]


def named(command: Command) -> str:
    return type(command).__name__


def test_a_summary_shows_the_account_with_its_counts_and_limits() -> None:
    account = after(opened(total_seats=2, user_limit=10), joined(BOB, seated=True), credited(1250))
    assert summarize(account, 4) == AccountSummary(
        account_id=ENGINES,
        account_name="Engines",
        status="active",
        plan=PlanReference(TEAM, 1),
        members=MemberSlots(count=2, held=0, limit=10),
        seats=Seats(taken=1, held=0, total=2),
        credit=Money(1250, "EUR"),
        version=4,
        created_at=AT,
        external_id=None,
        metadata={},
        trial=None,
    )


def test_a_summary_shows_a_member() -> None:
    account = after(opened(), joined(BOB, email="Bob@example.org", role="viewer", seated=True))
    assert summarize_member(account, BOB) == MemberSummary(
        member_id=BOB,
        name="Bob",
        email="Bob@example.org",
        role="viewer",
        seated=True,
        status="active",
        joined_at=LATER,
        external_id=None,
        metadata={},
    )


def test_there_is_no_summary_of_an_unknown_member() -> None:
    with pytest.raises(KeyError):
        summarize_member(after(opened()), BOB)


def test_a_sign_up_is_answered_with_the_account_and_its_first_member() -> None:
    account = after(opened())
    assert answer(account, 2, OPEN) == SignedUp(summarize(account, 2), summarize_member(account, ADA))


@pytest.mark.parametrize("command", ABOUT_THE_ACCOUNT, ids=named)
def test_a_change_of_an_account_is_answered_with_the_account(command: Command) -> None:
    account = after(opened(), joined(BOB))
    assert answer(account, 3, command) == summarize(account, 3)


@pytest.mark.parametrize("command", ABOUT_A_MEMBER, ids=named)
def test_a_change_of_a_member_is_answered_with_the_member(command: Command) -> None:
    account = after(opened(), joined(BOB), joined(EVE))
    member_id = MemberId(msgspec.structs.asdict(command)["member_id"])
    assert answer(account, 4, command) == summarize_member(account, member_id)


@pytest.mark.parametrize("command", [invite(), renew()], ids=named)
def test_a_new_invitation_is_answered_without_its_token(command: Command) -> None:
    account = after(opened(), invited())
    summary = InvitationSummary(GUEST, "guest@example.org", "member", False, "pending", SOON, LATER)  # noqa: FBT003 - as it is shown
    assert answer(account, 3, command) == InvitationWithToken(summary, None)


def test_the_revocation_of_an_invitation_is_answered_with_it() -> None:
    account = after(opened(), invited(), revoked())
    answered = answer(account, 4, RevokeInvitation(GUEST))
    assert answered == summarize_invitation(account, GUEST)


def test_a_grant_is_answered_with_the_grant_and_its_withdrawal_with_none() -> None:
    account = after(opened(), granted(members=1))
    assert answer(account, 3, grant(members=1)) == summarize_grant(account, GIFT)
    assert answer(account, 4, WithdrawGrant(GIFT, SOON)) is None


def test_many_members_are_answered_one_by_one() -> None:
    account = after(opened(), joined(BOB))
    command = AddMembers((add(BOB), add(EVE)), atomic=False)
    refused = UserLimitReached(2)
    answered = answer(account, 3, command, ManyAdded(joined(BOB), {1: refused}))
    assert answered == Added((Entry(summarize_member(account, BOB)), Entry(None, told(refused))))


def test_the_removal_of_a_member_is_answered_with_none() -> None:
    account = after(opened(), joined(BOB), MemberRemoved(BOB))
    assert answer(account, 4, RemoveMember(BOB)) is None


@pytest.mark.parametrize("command", [OPEN, *ABOUT_THE_ACCOUNT, *ABOUT_A_MEMBER], ids=named)
def test_an_answer_is_immutable(command: Command) -> None:
    answered = answer(after(opened(), joined(BOB), joined(EVE)), 4, command)
    assert is_immutable(answered)


@pytest.mark.parametrize("command", [OPEN, *ABOUT_THE_ACCOUNT, *ABOUT_A_MEMBER], ids=named)
def test_a_command_is_immutable(command: Command) -> None:
    assert isinstance(hash(command), int)


STORED = after(opened(), joined(BOB), invited(), granted(members=1))


@pytest.mark.parametrize(
    "answered",
    [
        summarize(STORED, 5),
        summarize_member(STORED, BOB),
        SignedUp(summarize(STORED, 5), summarize_member(STORED, ADA)),
        summarize_invitation(STORED, GUEST),
        InvitationWithToken(summarize_invitation(STORED, GUEST)),
        summarize_grant(STORED, GIFT),
    ],
    ids=lambda answered: type(answered).__name__,
)
def test_a_stored_answer_is_that_of_its_state(answered: msgspec.Struct) -> None:
    assert stored_answer(STORED, 5, msgspec.to_builtins(answered)) == answered


@pytest.mark.parametrize("stored", [{"member_id": EVE}, {"grant_id": "g"}, {"invitation_id": "i"}])
def test_there_is_no_answer_about_what_is_not_in_the_account(stored: dict[str, object]) -> None:
    assert stored_answer(STORED, 5, stored) is None


def test_the_members_of_a_stored_answer_about_many_are_those_of_the_state() -> None:
    bob = msgspec.to_builtins(summarize_member(STORED, BOB))
    problem = {"status": 409, "problem": {"type": "/problems/user-limit-reached"}}
    stored = {"results": [{"status": 201, "member": {**bob, "name": "Somebody else"}}, problem]}
    today = {"results": [{"status": 201, "member": bob}, problem]}
    assert msgspec.to_builtins(stored_answer(STORED, 5, stored)) == today
