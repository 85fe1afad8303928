"""A plan and an account, each in an actor of its own, which is a thread of its own."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pykka
from uuid_utils import uuid7

from bench.peers.threading_actor.shapes import (
    Account,
    Member,
    MemberSlots,
    Money,
    NewSignUp,
    PlanRevision,
    Seats,
    SignedUp,
)
from bench.peers.threading_actor.storage import PlanRow, Storage


class GetPackage(msgspec.Struct, frozen=True):
    """Read the package of a plan."""


class Open(msgspec.Struct, frozen=True):
    """Open an account."""

    sign_up: NewSignUp
    plan: PlanRow


class PlanActor(pykka.ThreadingActor):
    """A plan that is for sale."""

    def __init__(self, plan: PlanRow) -> None:
        super().__init__()
        self._plan = plan

    def on_receive(self, _: GetPackage) -> PlanRow:
        """Give the package."""
        return self._plan


class AccountActor(pykka.ThreadingActor):
    """An account: it is saved before it answers."""

    def __init__(self, storage: pykka.ActorRef[Storage]) -> None:
        super().__init__()
        self._storage = storage
        self._state: SignedUp

    def on_receive(self, message: Open) -> SignedUp:
        """Open, save, and give what was opened."""
        self._state = opened(message.sign_up, message.plan)
        self._storage.ask(self._state, block=True)
        return self._state


def opened(sign_up: NewSignUp, plan: PlanRow) -> SignedUp:
    """Make the account with the limits of its plan, and its first member."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    account = Account(
        account_id=str(uuid7()),
        account_name=sign_up.account_name,
        status="active",
        plan=PlanRevision(plan.plan_id, plan.revision),
        members=MemberSlots(1, plan.user_limit),
        seats=Seats(0, plan.total_seats),
        credit=Money(0, sign_up.currency),
        version=1,
        created_at=now,
    )
    return SignedUp(
        account, Member(str(uuid7()), sign_up.user_name, sign_up.user_email, role="admin", seated=False, joined_at=now)
    )
