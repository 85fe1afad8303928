"""Answers to accepted commands: immutable values that share nothing with the account."""

from __future__ import annotations

import msgspec
import pytest

from seatkeeper.actors.accounts import commands
from seatkeeper.actors.accounts.events import MemberId, MemberRemoved, Money
from seatkeeper.actors.accounts.summaries import (
    AccountSummary,
    MemberSlots,
    MemberSummary,
    PlanReference,
    Seats,
    SignedUp,
    answer,
    summarize,
    summarize_member,
)
from seatkeeper.actors.aggregates.messages import Command
from tests.accounts.past import ADA, AT, BOB, ENGINES, EVE, LATER, TEAM, after, credited, joined, opened
from tests.accounts.test_completeness import COMMANDS
from tests.accounts.test_opening import OPEN
from tests.completeness import is_immutable

ABOUT_THE_ACCOUNT = [command for command in COMMANDS if "member_id" not in command.__struct_fields__]
ABOUT_A_MEMBER = [
    command
    for command in COMMANDS
    if "member_id" in command.__struct_fields__ and not isinstance(command, commands.RemoveMember)
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
        members=MemberSlots(count=2, limit=10),
        seats=Seats(taken=1, total=2),
        credit=Money(1250, "EUR"),
        version=4,
        created_at=AT,
        external_id=None,
        metadata={},
    )


def test_a_summary_shows_a_member() -> None:
    account = after(opened(), joined(BOB, email="Bob@example.org", role="viewer", seated=True))
    assert summarize_member(account, BOB) == MemberSummary(
        member_id=BOB,
        name="Bob",
        email="Bob@example.org",
        role="viewer",
        seated=True,
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


def test_the_removal_of_a_member_is_answered_with_none() -> None:
    account = after(opened(), joined(BOB), MemberRemoved(BOB))
    assert answer(account, 4, commands.RemoveMember(BOB)) is None


@pytest.mark.parametrize("command", [OPEN, *ABOUT_THE_ACCOUNT, *ABOUT_A_MEMBER], ids=named)
def test_an_answer_is_immutable(command: Command) -> None:
    answered = answer(after(opened(), joined(BOB), joined(EVE)), 4, command)
    assert is_immutable(answered)


@pytest.mark.parametrize("command", [OPEN, *ABOUT_THE_ACCOUNT, *ABOUT_A_MEMBER], ids=named)
def test_a_command_is_immutable(command: Command) -> None:
    assert isinstance(hash(command), int)
