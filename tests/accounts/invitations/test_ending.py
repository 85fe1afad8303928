"""How an invitation ends: it is accepted, once, or revoked; and how it begins anew."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from seatkeeper.actors.accounts.invitations.commands import RevokeInvitation
from seatkeeper.actors.accounts.invitations.events import InvitationAccepted, InvitationRenewed
from seatkeeper.actors.accounts.invitations.refusals import AlreadyInvited, InvitationNotFound, InvitationOver
from seatkeeper.actors.accounts.limits.numbers import balance_of
from seatkeeper.actors.accounts.limits.refusals import NoSeatLeft, UserLimitReached
from seatkeeper.actors.accounts.members.events import MemberAdded, SeatTaken
from seatkeeper.actors.accounts.members.refusals import EmailTaken
from seatkeeper.actors.accounts.values import InvitationStatus
from seatkeeper.actors.aggregates.external import ExternalIdTaken
from seatkeeper.actors.aggregates.messages import Event, Refusal
from tests.accounts.ahead import (
    AFTER,
    GUEST,
    NEW_TOKEN,
    OTHER,
    SOON,
    accept,
    accepted,
    bought,
    expired,
    in_grace,
    invited,
    reached,
    renew,
    revoked,
)
from tests.accounts.past import BOB, EVE, LATER, UNKNOWN, after, given, joined, known_as, opened

RENEWED = InvitationRenewed(GUEST, NEW_TOKEN, AFTER)
REVOKE = RevokeInvitation(GUEST)
OVER: list[tuple[Sequence[Event], InvitationStatus]] = [
    (accepted(), "accepted"),
    ([revoked()], "revoked"),
    ([expired()], "expired"),
]


def test_an_invitation_is_accepted() -> None:
    added = MemberAdded(EVE, "Eve", "guest@example.org", "member", LATER, "user-1")
    events = [InvitationAccepted(GUEST, EVE), added, SeatTaken(EVE)]
    account = given(opened(), invited(seated=True)).when(accept(external_id="user-1")).then(*events)
    assert account.members[EVE].seated
    assert (account.held, account.seats_held, account.timers) == (0, 0, None)


def test_the_last_slot_is_taken_by_who_holds_it() -> None:
    """The acceptance of the invitation that holds the last slot is not one more (sbomify 1622, anarlog 6690)."""
    past = opened(user_limit=2, total_seats=1), invited(seated=True)
    account = given(*past).when(accept()).then(*accepted(), SeatTaken(EVE))
    assert balance_of(account).used == 2


def test_an_invitation_does_not_outlive_its_room() -> None:
    """An invitation from before the limit shrank is not accepted beyond it (langwatch 6572)."""
    past = opened(user_limit=2), invited(), revoked(), bought(1, excess="freeze")
    given(*past).when(accept()).refuses(InvitationOver("revoked"))


def test_an_invitation_is_accepted_in_a_grace() -> None:
    given(opened(user_limit=2), invited(), in_grace(2), bought(1)).when(accept()).then(*accepted())


@pytest.mark.parametrize("past", [[], [invited()], [invited(), *accepted()]], ids=["unknown", "pending", "accepted"])
def test_another_token_is_none(past: Sequence[Event]) -> None:
    given(opened(), past).when(accept(UNKNOWN, token="33" * 32)).refuses(InvitationNotFound())


def test_the_token_of_before_a_renewal_is_none() -> None:
    given(opened(), invited(), RENEWED).when(accept()).refuses(InvitationNotFound())


@pytest.mark.parametrize(("end", "status"), OVER, ids=[status for _, status in OVER])
def test_a_token_is_worth_nothing_after_the_end(end: Sequence[Event], status: InvitationStatus) -> None:
    given(opened(), invited(), end).when(accept(UNKNOWN)).refuses(InvitationOver(status))


@pytest.mark.parametrize("at", [SOON, AFTER])
def test_an_invitation_is_not_accepted_at_its_end(at: str) -> None:
    given(opened(), invited()).when(accept(at=at)).refuses(InvitationOver("expired"))


def test_an_acceptance_with_a_taken_external_id() -> None:
    past = opened(), joined(BOB), known_as(BOB, "user-1"), invited()
    given(*past).when(accept(external_id="user-1")).refuses(ExternalIdTaken("member", "user-1"))


def test_a_pending_invitation_is_renewed() -> None:
    account = given(opened(user_limit=2), invited()).when(renew()).then(RENEWED)
    assert account.timers is not None
    assert account.timers[0][0] == AFTER


def test_a_renewal_that_is_repeated_changes_nothing() -> None:
    given(opened(), invited(), RENEWED).when(renew()).changes_nothing()


def test_an_expired_invitation_is_renewed() -> None:
    past = opened(), invited(), expired(), invited(OTHER, "other@example.org")
    account = given(*past).when(renew()).then(RENEWED)
    assert list((account.invited or {}).values()) == [OTHER, GUEST]


@pytest.mark.parametrize(
    ("past", "refusal"),
    [
        (joined(BOB), UserLimitReached(2)),
        (joined(BOB, email="guest@example.org"), EmailTaken("guest@example.org")),
        ([invited(OTHER, "GUEST@example.org")], AlreadyInvited("guest@example.org")),
        ([bought(2, 0)], NoSeatLeft(0)),
    ],
    ids=["slot", "member", "invitation", "seat"],
)
def test_an_expired_invitation_needs_room_again(past: Sequence[Event], refusal: Refusal) -> None:
    given(opened(user_limit=2), invited(seated=True), expired(), past).when(renew()).refuses(refusal)


@pytest.mark.parametrize(("end", "status"), OVER[:2], ids=["accepted", "revoked"])
def test_an_invitation_that_is_over_is_not_renewed(end: Sequence[Event], status: InvitationStatus) -> None:
    given(opened(), invited(), end).when(renew()).refuses(InvitationOver(status))


def test_an_unknown_invitation_is_neither_renewed_nor_revoked() -> None:
    given(opened()).when(renew()).refuses(InvitationNotFound())
    given(opened()).when(REVOKE).refuses(InvitationNotFound())


def test_an_invitation_is_revoked() -> None:
    account = given(opened(), invited(seated=True)).when(REVOKE).then(revoked())
    assert (account.held, account.seats_held, account.timers) == (0, 0, None)


def test_to_revoke_twice_changes_nothing() -> None:
    given(opened(), invited(), revoked()).when(REVOKE).changes_nothing()


@pytest.mark.parametrize(("end", "status"), [OVER[0], OVER[2]], ids=["accepted", "expired"])
def test_an_invitation_that_is_over_is_not_revoked(end: Sequence[Event], status: InvitationStatus) -> None:
    given(opened(), invited(), end).when(REVOKE).refuses(InvitationOver(status))


def test_a_renewed_invitation_is_told_at_80_per_cent_like_a_new_one() -> None:
    past = opened(user_limit=5), joined(BOB), joined(EVE), invited(), expired()
    given(*past).when(renew()).then(RENEWED, reached(80, 4, 5))


def test_what_is_over_is_still_known() -> None:
    account = after(opened(), invited(), revoked())
    assert account.invitations is not None
    assert account.invitations[GUEST].status == "revoked"
