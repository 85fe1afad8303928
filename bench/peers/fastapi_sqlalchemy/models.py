"""The tables."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import JSON, ForeignKey, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Plan(Base):
    __tablename__ = "plans"

    plan_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    status: Mapped[str] = mapped_column(default="active")
    revision: Mapped[int] = mapped_column(default=1)
    total_seats: Mapped[int]
    user_limit: Mapped[int]


class Account(Base):
    __tablename__ = "accounts"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_name: Mapped[str]
    status: Mapped[str]
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("plans.plan_id"), index=True)
    plan_revision: Mapped[int]
    user_limit: Mapped[int]
    total_seats: Mapped[int]
    credit: Mapped[int]
    currency: Mapped[str]
    version: Mapped[int]
    created_at: Mapped[str]
    members: Mapped[list[Member]] = relationship()


class Member(Base):
    __tablename__ = "members"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.account_id"), index=True)
    name: Mapped[str]
    email: Mapped[str | None]
    role: Mapped[str]
    seated: Mapped[bool]
    joined_at: Mapped[str]


class Event(Base):
    __tablename__ = "events"
    __table_args__ = (UniqueConstraint("account_id", "version"),)

    position: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[UUID]
    version: Mapped[int]
    type: Mapped[str]
    recorded_at: Mapped[str]
    data: Mapped[dict[str, object]] = mapped_column(JSON)
