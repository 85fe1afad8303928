"""Past events of an account, and commands: three people, and short functions for what tests begin with."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from seatkeeper.actors.accounts.account import Account
from seatkeeper.actors.accounts.decisions import decide
from seatkeeper.actors.accounts.evolution import evolve
from seatkeeper.actors.accounts.members.commands import AddMember
from seatkeeper.actors.accounts.members.events import MemberAdded, MemberExternalIdChanged, SeatTaken
from seatkeeper.actors.accounts.profile.commands import AdjustCredit
from seatkeeper.actors.accounts.profile.events import (
    AccountClosed,
    AccountExternalIdChanged,
    AccountOpened,
    AccountSuspended,
    CreditAdjusted,
)
from seatkeeper.actors.accounts.terms.commands import ChangeTerms
from seatkeeper.actors.accounts.values import AccountId, ChangeId, MemberId, Money, PlanId, Role, Terms
from seatkeeper.actors.aggregates.messages import Event
from tests.scenario import Aggregate

ACCOUNT = Aggregate[Account](decide, evolve)
given, after = ACCOUNT.given, ACCOUNT.after

ENGINES = AccountId("01900000-0000-7000-8000-00000000ac01")
TEAM = PlanId("01900000-0000-7000-8000-0000000091a1")
FREE = PlanId("01900000-0000-7000-8000-0000000091a2")
ADA = MemberId("01900000-0000-7000-8000-00000000ada0")
BOB = MemberId("01900000-0000-7000-8000-00000000b0b0")
EVE = MemberId("01900000-0000-7000-8000-00000000e4e0")
CHANGE = ChangeId("01900000-0000-7000-8000-0000000c4a01")
UNKNOWN = MemberId("01900000-0000-7000-8000-000000000000")
NAMES = {ADA: "Ada", BOB: "Bob", EVE: "Eve"}

AT = "2026-11-22T18:12:00.000Z"
LATER = "2026-11-23T09:00:00.000Z"


def opened(  # noqa: PLR0913 - each test names only the arguments that it is about
    *,
    total_seats: int = 2,
    user_limit: int = 10,
    email: str | None = None,
    account_id: AccountId = ENGINES,
    account_name: str = "Engines",
    plan_id: PlanId = TEAM,
    external_id: str | msgspec.UnsetType = msgspec.UNSET,
) -> list[Event]:
    """An open account; Ada, who signed up, is the first member and the only admin."""
    return [
        AccountOpened(account_id, account_name, plan_id, 1, total_seats, user_limit, "EUR", AT, external_id),
        MemberAdded(ADA, "Ada", email, "admin", AT),
    ]


def joined(
    member_id: MemberId, *, email: str | None = None, role: Role = "member", seated: bool = False
) -> Sequence[Event]:
    """Another member, perhaps with a seat."""
    added = MemberAdded(member_id, NAMES.get(member_id, "Somebody"), email, role, LATER)
    return [added, SeatTaken(member_id)] if seated else [added]


def called(external_id: str | None) -> Event:
    """The account got this external id."""
    return AccountExternalIdChanged(external_id)


def known_as(member_id: MemberId, external_id: str | None) -> Event:
    """The member got this external id."""
    return MemberExternalIdChanged(member_id, external_id)


def credited(amount: int, balance: int | None = None) -> Event:
    """Credit that was added to a balance of zero, unless the new balance is given."""
    return CreditAdjusted(Money(amount, "EUR"), "a gift", Money(amount if balance is None else balance, "EUR"))


def suspended() -> Event:
    """The account was suspended."""
    return AccountSuspended("unpaid")


def closed() -> Event:
    """The account was closed."""
    return AccountClosed("moved on")


def add(member_id: MemberId, *, email: str | None = None, role: Role = "member", seated: bool = False) -> AddMember:
    """Add a member."""
    return AddMember(member_id, NAMES.get(member_id, "Somebody"), email, role, seated, LATER)


def adjust(amount: int, currency: str = "EUR") -> AdjustCredit:
    """Add to the credit, or charge it."""
    return AdjustCredit(Money(amount, currency), "a gift")


def terms(*, plan_id: PlanId = FREE, revision: int = 1, total_seats: int = 1, user_limit: int = 3) -> ChangeTerms:
    """Change to the terms of another plan."""
    return ChangeTerms(Terms(plan_id, revision, total_seats, user_limit), CHANGE, LATER)
