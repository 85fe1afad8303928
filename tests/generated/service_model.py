"""What the service machine knows of plans and accounts, and what it draws."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import requests
from hypothesis import strategies as st

from tests.contract.shapes import Member
from tests.generated.books import Books, Person

NUMBERS = itertools.count()
MOST = 3  # plans and accounts: more of them, and nothing happens to any
Tag = Literal["none", "any", "right", "wrong"]
Call = Callable[[str | None], requests.Response]

whom = st.integers(0, 9)
tags: st.SearchStrategy[Tag] = st.sampled_from(["none", "none", "any", "right", "right", "wrong"])
names = st.sampled_from(["Ada", "Bob", "Ren\u00e9e"])
emails = st.sampled_from(
    [
        *(None, "ada@example.org", "ADA@example.org", "stra\u00dfe@example.org", "STRASSE@example.org"),
        *("bob@example.org", "bob@m\u00fcnchen.de", "BOB@m\u00fcnchen.de"),
    ]
)
statuses = st.sampled_from(["active", "active", "active", "active", "suspended", "closed"])
external_ids = st.sampled_from(["one", "two", "ONE", None])
entries = st.dictionaries(st.sampled_from(["tier", "region"]), st.sampled_from([None, "", "gold"]))
roles = st.sampled_from(["admin", "member", "viewer"])
packages = st.fixed_dictionaries({"total_seats": st.integers(0, 3), "user_limit": st.sampled_from([3, 4, 2, 1])})


@dataclass
class Stream:
    """How far an aggregate is: its version, and the position of its last event."""

    version: int = 0
    position: int = 0


@dataclass
class PlanModel:
    """A plan in the model."""

    plan_id: str
    name: str
    type: str
    package: dict[str, int]
    stream: Stream
    revision: int = 1
    retired: bool = False
    external_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass
class Customer:
    """An account in the model."""

    account_id: str
    books: Books
    stream: Stream

    @property
    def path(self) -> str:
        """Where it is."""
        return f"/v1/accounts/{self.account_id}"


def terms(plan: PlanModel) -> tuple[str, int, int, int]:
    """What a plan sells now, as the model has it."""
    return (plan.plan_id, plan.revision, plan.package["total_seats"], plan.package["user_limit"])


def rests(customer: Customer) -> str | None:
    """What a call to an account that stands still is refused with."""
    return {"suspended": "account-suspended", "closed": "account-closed"}.get(customer.books.status)


def check_member(member: Member, person: Person) -> None:
    """The member is as the model has it."""
    shown = (member.name, member.email, member.role, member.seated, member.external_id, member.metadata)
    assert Person(member.member_id, *shown) == person
