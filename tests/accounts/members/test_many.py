"""Many members at once: each as if alone, in one append."""

from __future__ import annotations

from seatkeeper.actors.accounts.answers import Added, Entry, answer
from seatkeeper.actors.accounts.limits.events import LimitExceeded
from seatkeeper.actors.accounts.limits.refusals import GraceRunning, NoSeatLeft, UserLimitReached
from seatkeeper.actors.accounts.members.adding import ManyAdded
from seatkeeper.actors.accounts.members.commands import AddMember, AddMembers
from seatkeeper.actors.accounts.members.refusals import EmailTaken, EntryRefused
from seatkeeper.actors.accounts.members.summaries import summarize_member
from seatkeeper.actors.accounts.values import MemberId
from seatkeeper.actors.aggregates.external import ExternalIdTaken
from seatkeeper.actors.aggregates.messages import Event, Refusal, told
from tests.accounts.ahead import DAN, SOON, ZOE, bought, in_grace, invited, reached, revoked
from tests.accounts.past import ACCOUNT, BOB, EVE, LATER, add, after, given, joined, opened


def many(*entries: AddMember, atomic: bool = False) -> AddMembers:
    return AddMembers(entries, atomic)


def decided(past: list[Event], command: AddMembers) -> ManyAdded:
    decision = ACCOUNT.decide(after(past), command)
    assert isinstance(decision, ManyAdded)
    return decision


def known_as(member_id: MemberId, external_id: str) -> AddMember:
    return AddMember(member_id, "Somebody", None, "member", seated=False, at=LATER, external_id=external_id)


def test_many_are_added_one_after_the_other() -> None:
    added = decided(opened(user_limit=3), many(add(BOB), add(EVE), add(DAN)))
    assert list(added) == [*joined(BOB), *joined(EVE), reached(100, 3, 3)]
    assert added.refused == {2: UserLimitReached(3)}


def test_what_stands_twice_among_many_is_taken_the_second_time() -> None:
    entries = add(BOB, email="a@example.org"), add(EVE, email="A@example.org"), known_as(DAN, "x"), known_as(ZOE, "x")
    refused: dict[int, Refusal] = {1: EmailTaken("A@example.org"), 3: ExternalIdTaken("member", "x")}
    assert decided(opened(), many(*entries)).refused == refused


def test_seats_are_counted_among_many() -> None:
    added = decided(opened(total_seats=1), many(add(BOB, seated=True), add(EVE, seated=True), add(DAN)))
    assert added.refused == {1: NoSeatLeft(1)}


def test_an_invitation_is_taken_up_once_among_many() -> None:
    entries = add(BOB, email="guest@example.org"), add(EVE, email="guest@example.org")
    added = decided([*opened(user_limit=3), invited()], many(*entries))
    assert list(added) == [revoked(), *joined(BOB, email="guest@example.org")]
    assert added.refused == {1: EmailTaken("guest@example.org")}


def test_all_or_nobody_is_added() -> None:
    given(opened(user_limit=2)).when(many(add(BOB), add(EVE), atomic=True)).refuses(
        EntryRefused(1, told(UserLimitReached(2)))
    )
    given(opened()).when(many(add(BOB), add(EVE), atomic=True)).then(*joined(BOB), *joined(EVE))


def test_nobody_may_be_left_to_add() -> None:
    added = decided([*opened(), *joined(ZOE), in_grace(10), bought(1)], many(add(BOB), add(EVE)))
    assert list(added) == []
    assert added.refused == {0: GraceRunning(SOON), 1: GraceRunning(SOON)}


def test_what_is_passed_by_many_is_told_once() -> None:
    past = [*opened(), bought(2, overage="allow")]
    added = decided(past, many(add(BOB), add(EVE), add(DAN)))
    assert [event for event in added if not event.tag.startswith("member.")] == [
        LimitExceeded("members", 2, 4),
        reached(100, 4, 2),
    ]


def test_each_of_many_is_answered_in_its_place() -> None:
    command = many(add(BOB), add(EVE), add(DAN))
    added = decided(opened(user_limit=3), command)
    account = after(opened(user_limit=3), added)
    there = [Entry(summarize_member(account, member_id)) for member_id in (BOB, EVE)]
    expected = Added((*there, Entry(None, told(UserLimitReached(3)))))
    assert answer(account, account.version, command, added) == expected
