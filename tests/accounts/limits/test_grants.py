"""Grants: seats and member slots beside those of the plan, for a time or for ever."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from seatkeeper.actors.accounts.grants.commands import ExpireGrant, MakeGrant, WithdrawGrant
from seatkeeper.actors.accounts.grants.events import GrantEnded
from seatkeeper.actors.accounts.grants.refusals import GrantNotFound
from seatkeeper.actors.accounts.grants.summaries import GrantSummary, summarize_grant
from seatkeeper.actors.accounts.limits.events import MemberThawed
from seatkeeper.actors.accounts.limits.numbers import balance_of
from seatkeeper.actors.accounts.limits.refusals import OverLimit
from seatkeeper.actors.accounts.terms.events import GraceStarted
from seatkeeper.actors.accounts.values import Excess, GrantId
from seatkeeper.actors.aggregates.messages import Command, Event
from tests.accounts.ahead import AFTER, GIFT, SOON, bought, frozen, grant, granted, in_grace, reached, team
from tests.accounts.past import ADA, BOB, EVE, LATER, add, after, given, joined, opened

WITHDRAWN, EXPIRED = GrantEnded(GIFT, "withdrawn"), GrantEnded(GIFT, "expired")
WITHDRAW = WithdrawGrant(GIFT, SOON)
SHRINKS: list[tuple[Sequence[Event], Command, Event]] = [
    ([bought(3)], grant(members=-2), granted(members=-2)),
    ([bought(1), granted(members=2)], WITHDRAW, WITHDRAWN),
]
NAMES = ["a negative grant", "a withdrawal"]


@pytest.mark.parametrize(
    ("members", "seats", "limits"), [(3, 1, (13, 3)), (-3, -1, (7, 1)), (-11, -5, (0, 0))], ids=["more", "less", "zero"]
)
def test_a_grant_moves_the_limits(members: int, seats: int, limits: tuple[int, int]) -> None:
    balance = balance_of(after(opened(), granted(members, seats)))
    assert (balance.limit, balance.total) == limits


def test_grants_add_up() -> None:
    past = granted(3, 1), granted(-1, 2, grant_id=GrantId("g2"))
    balance = balance_of(after(opened(), *past))
    assert (balance.limit, balance.total) == (12, 5)


def test_a_grant_is_made() -> None:
    account = given(opened()).when(grant(members=3, expires_at=SOON)).then(granted(members=3, expires_at=SOON))
    assert summarize_grant(account, GIFT) == GrantSummary(GIFT, 0, 3, "a gift", SOON, LATER)
    assert account.timers == [(SOON, "grant-expires", GIFT)]


@pytest.mark.parametrize(("past", "command", "_event"), SHRINKS, ids=NAMES)
def test_a_grant_that_takes_too_much_is_refused(past: Sequence[Event], command: Command, _event: Event) -> None:
    given(opened(), team(), past).when(command).refuses(OverLimit(Excess(members=2, seats=0)))


@pytest.mark.parametrize(("past", "command", "event"), SHRINKS, ids=NAMES)
def test_a_grant_that_takes_too_much_freezes(past: Sequence[Event], command: Command, event: Event) -> None:
    policy = bought(3, excess="freeze")
    account = given(opened(), team(), policy, past).when(command).then(*frozen(BOB, EVE), event)
    assert list(account.frozen or ()) == [BOB, EVE]


@pytest.mark.parametrize(("past", "command", "event"), SHRINKS, ids=NAMES)
def test_a_grant_that_takes_too_much_starts_a_grace(past: Sequence[Event], command: Command, event: Event) -> None:
    policy = bought(3, excess="grace", grace_seconds=604_800)
    ends_at = AFTER if command is WITHDRAW else "2026-11-30T09:00:00.000Z"
    started = GraceStarted(GIFT, ends_at, 3, 2, ())
    account = given(opened(), team(), policy, past).when(command).then(started, event)
    assert (balance_of(account).shown_limit, balance_of(account).limit) == (3, 1)


def test_a_grant_is_withdrawn() -> None:
    account = given(opened(), granted(members=3, expires_at=SOON)).when(WITHDRAW).then(WITHDRAWN)
    assert (account.grants, account.granted_members, account.timers) == (None, 0, None)


@pytest.mark.parametrize("past", [[], [granted(members=3), EXPIRED]], ids=["unknown", "over"])
def test_a_grant_that_is_over_is_not_withdrawn(past: Sequence[Event]) -> None:
    given(opened(), past).when(WITHDRAW).refuses(GrantNotFound())


def test_a_grant_expires_and_freezes() -> None:
    past = opened(user_limit=1), granted(members=2, expires_at=SOON), team()
    given(*past).when(ExpireGrant(GIFT, SOON)).then(*frozen(BOB, EVE), EXPIRED)


def test_a_grant_that_expires_starts_a_grace_where_that_is_the_policy() -> None:
    policy = bought(1, excess="grace", grace_seconds=604_800)
    past = opened(user_limit=1), policy, granted(members=2, expires_at=SOON), team()
    given(*past).when(ExpireGrant(GIFT, SOON)).then(GraceStarted(GIFT, AFTER, 3, 2, ()), EXPIRED)


@pytest.mark.parametrize(
    "past",
    [[granted(members=1, expires_at=AFTER)], [granted(members=1)], [granted(members=1), EXPIRED], []],
    ids=["early", "without an end", "twice", "unknown"],
)
def test_an_early_timer_of_a_grant_is_nothing(past: Sequence[Event]) -> None:
    given(opened(), past).when(ExpireGrant(GIFT, SOON)).changes_nothing()


def test_a_negative_grant_that_ends_makes_room() -> None:
    past = opened(user_limit=3), team(), frozen(BOB, EVE), granted(members=-2)
    given(*past).when(WITHDRAW).then(WITHDRAWN, MemberThawed(BOB), MemberThawed(EVE))


def test_a_grace_takes_in_what_shrinks_further() -> None:
    past = opened(user_limit=3), team(), in_grace(3), bought(2)
    account = given(*past).when(grant(members=-1)).then(granted(members=-1))
    assert account.grace is not None
    assert account.grace.ends_at == SOON


def test_a_grant_of_seats_is_no_harm_to_the_last_admin_beyond_the_limit() -> None:
    past = opened(user_limit=1), granted(members=-1)
    command = MakeGrant(GrantId("g2"), 1, 0, "a gift", LATER)
    given(*past).when(command).then(granted(seats=1, grant_id=GrantId("g2")))


def test_a_granted_slot_is_a_slot() -> None:
    given(opened(user_limit=1), granted(members=1)).when(add(BOB)).then(*joined(BOB), reached(100, 2, 2))
    assert after(opened(user_limit=1)).members.keys() == {ADA}
