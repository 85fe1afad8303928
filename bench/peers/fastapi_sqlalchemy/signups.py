"""What a sign-up does: account, member and event in one transaction."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import HTTPException
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from bench.peers.fastapi_sqlalchemy import schemas
from bench.peers.fastapi_sqlalchemy.models import Account, Event, Member, Plan


async def sign_up(session: AsyncSession, body: schemas.NewSignUp) -> schemas.SignedUp:
    """Open an account on a plan, with the customer as its first member."""
    plan = await session.get(Plan, body.plan_id)
    if plan is None:
        raise HTTPException(404, "There is no such plan.")
    if plan.status == "retired":
        raise HTTPException(409, "This plan is retired.")
    account, member = opened(plan, body), joined(body)
    account.members.append(member)
    signed_up = answer(account, member)
    session.add_all([account, happened(account, signed_up)])
    await session.commit()
    return signed_up


def now() -> str:
    """Give the time, RFC 3339 in UTC with milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def opened(plan: Plan, body: schemas.NewSignUp) -> Account:
    """Make the account, with the limits of its plan."""
    return Account(
        account_id=uuid7(),
        account_name=body.account_name,
        status="active",
        plan_id=plan.plan_id,
        plan_revision=plan.revision,
        user_limit=plan.user_limit,
        total_seats=plan.total_seats,
        credit=0,
        currency=body.currency,
        version=1,
        created_at=now(),
    )


def joined(body: schemas.NewSignUp) -> Member:
    """Make the account's first member."""
    return Member(
        member_id=uuid7(), name=body.user_name, email=body.user_email, role="admin", seated=False, joined_at=now()
    )


def happened(account: Account, signed_up: schemas.SignedUp) -> Event:
    """Make the event."""
    return Event(
        account_id=account.account_id,
        version=account.version,
        type="account.opened",
        recorded_at=account.created_at,
        data=signed_up.model_dump(mode="json"),
    )


def answer(account: Account, member: Member) -> schemas.SignedUp:
    """Make the answer."""
    return schemas.SignedUp(
        account=schemas.Account(
            account_id=account.account_id,
            account_name=account.account_name,
            status="active",
            plan=schemas.PlanRevision(plan_id=account.plan_id, revision=account.plan_revision),
            members=schemas.MemberSlots(count=1, limit=account.user_limit),
            seats=schemas.Seats(taken=0, total=account.total_seats),
            credit=schemas.Money(amount=account.credit, currency=account.currency),
            version=account.version,
            created_at=account.created_at,
        ),
        member=schemas.Member(
            member_id=member.member_id,
            name=member.name,
            email=member.email,
            role="admin",
            seated=member.seated,
            joined_at=member.joined_at,
        ),
    )
