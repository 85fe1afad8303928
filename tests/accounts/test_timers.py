"""What an account does by itself: the earliest timer is known, and what is over is no timer any more."""

from __future__ import annotations

import pytest

from seatkeeper.actors.accounts.grants.commands import ExpireGrant
from seatkeeper.actors.accounts.grants.events import GrantEnded
from seatkeeper.actors.accounts.invitations.commands import ExpireInvitation
from seatkeeper.actors.accounts.invitations.events import InvitationRenewed
from seatkeeper.actors.accounts.terms.commands import EndGrace, EndTrial
from seatkeeper.actors.accounts.terms.events import TrialChanged
from seatkeeper.actors.accounts.timers import SPARE_TIMERS, due, next_due, subject, timers
from seatkeeper.actors.accounts.values import GrantId, MoveTo
from seatkeeper.actors.aggregates.messages import Command, Event
from tests.accounts.ahead import (
    AFTER,
    GIFT,
    GUEST,
    NEW_TOKEN,
    SOON,
    granted,
    in_grace,
    invited,
    on_trial,
    revoked,
    scheduled,
)
from tests.accounts.past import ACCOUNT, CHANGE, ENGINES, FREE, LATER, after, opened

WANTED: list[tuple[list[Event], Command | None, str]] = [
    ([*opened(), invited()], ExpireInvitation(GUEST, SOON), GUEST),
    ([*opened(), granted(members=1, expires_at=SOON)], ExpireGrant(GIFT, SOON), GIFT),
    ([*opened(), in_grace(10)], EndGrace(CHANGE, SOON), CHANGE),
    (on_trial(), EndTrial(SOON), ENGINES),
    (on_trial(MoveTo(FREE)), None, FREE),
    ([*opened(), scheduled()], None, FREE),
]
NAMES = ["invitation", "grant", "grace", "trial", "trial with a plan", "scheduled change"]


@pytest.mark.parametrize(("past", "command", "about"), WANTED, ids=NAMES)
def test_what_is_due_sends_its_command_unless_a_plan_is_asked_first(
    past: list[Event], command: Command | None, about: str
) -> None:
    account = after(past)
    (timer,) = timers(account)
    assert (next_due(account), timer[0], subject(account, timer)) == (SOON, SOON, about)
    assert due(account, SOON) == command
    assert due(account, "2026-11-30T08:59:59.999Z") is None


def test_an_account_with_nothing_ahead_has_no_timer() -> None:
    account = after(opened())
    assert (next_due(account), due(account, AFTER), list(timers(account))) == (None, None, [])


def test_the_earliest_timer_is_due_first() -> None:
    account = after(opened(), invited(expires_at=AFTER), granted(members=1, expires_at=SOON))
    assert due(account, AFTER) == ExpireGrant(GIFT, AFTER)
    assert due(after(opened(), invited(expires_at=AFTER)), AFTER) == ExpireInvitation(GUEST, AFTER)


@pytest.mark.parametrize(
    ("past", "earliest"),
    [
        ([invited(), revoked()], None),
        ([invited(), InvitationRenewed(GUEST, NEW_TOKEN, AFTER)], AFTER),
        ([granted(members=1, expires_at=SOON), GrantEnded(GIFT, "withdrawn")], None),
        ([TrialChanged(SOON, "suspend"), TrialChanged(AFTER, "suspend")], AFTER),
        ([TrialChanged(AFTER, "suspend"), TrialChanged(SOON, "suspend")], SOON),
        ([granted(members=1)], None),
    ],
    ids=["revoked", "renewed", "withdrawn", "extended", "shortened", "for ever"],
)
def test_what_is_over_or_later_is_not_due(past: list[Event], earliest: str | None) -> None:
    assert next_due(after(opened(), past)) == earliest


def test_timers_that_are_over_do_not_pile_up() -> None:
    account = after(opened(), granted(members=1, expires_at=LATER, grant_id=GrantId("first")), invited())
    for number in range(1000):
        renewed = InvitationRenewed(GUEST, NEW_TOKEN, f"2027-01-01T00:00:00.{number:03}Z")
        account = ACCOUNT.evolve(account, renewed)
    assert account.timers is not None
    assert len(account.timers) <= 2 * 2 + SPARE_TIMERS
    assert set(timers(account)) <= set(account.timers)
