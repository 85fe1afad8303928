"""The shapes that the contract promises, written down independently of the service, and how an answer is read.

Decoding is strict: a missing field, a wrong type or an unknown status fails the test that reads the answer.
Fields that the contract gains later are let through.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

import msgspec

if TYPE_CHECKING:
    import requests

T = TypeVar("T")

UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
SLUG = re.compile(r"/problems/[a-z0-9]+(-[a-z0-9]+)*")


class Percent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So much beyond a limit."""

    percent: int


class Package(msgspec.Struct, frozen=True):
    """What a plan sells."""

    total_seats: int
    user_limit: int
    overage: Literal["refuse", "allow"] | Percent = "refuse"


class OfPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plan, by its id."""

    plan_id: str


class PlannedTrial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The trial that sign-ups to a plan start."""

    days: int
    then: Literal["suspend", "continue"] | OfPlan


class Trial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The trial that an account is in."""

    ends_at: str
    then: Literal["suspend", "continue"] | OfPlan


class Plan(msgspec.Struct, frozen=True):
    """A plan as the API shows it."""

    plan_id: str
    name: str
    type: str
    package: Package
    revision: int
    status: Literal["active", "retired"]
    version: int
    created_at: str
    external_id: str | None
    metadata: dict[str, str]
    trial: PlannedTrial | None


class PlanOfAccount(msgspec.Struct, frozen=True):
    """Which revision of which plan an account bought."""

    plan_id: str
    revision: int


class MemberSlots(msgspec.Struct, frozen=True):
    """Member slots in use, held by invitations, and there to be used."""

    count: int
    held: int
    limit: int


class Seats(msgspec.Struct, frozen=True):
    """Seats in use, held by invitations, and there to be used."""

    taken: int
    held: int
    total: int


class Money(msgspec.Struct, frozen=True):
    """Minor units of a currency."""

    amount: int
    currency: str


class ScheduledChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change of plan that lies ahead."""

    plan_id: str
    effective_at: str
    excess: Literal["refuse", "freeze", "grace"]
    keep: list[str]


class Grace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Until when the limits of before go on."""

    ends_at: str


class Account(msgspec.Struct, frozen=True):
    """An account as the API shows it."""

    account_id: str
    account_name: str
    status: Literal["active", "suspended", "closed"]
    plan: PlanOfAccount
    members: MemberSlots
    seats: Seats
    credit: Money
    version: int
    created_at: str
    external_id: str | None
    metadata: dict[str, str]
    trial: Trial | None
    scheduled_change: ScheduledChange | None = None
    grace: Grace | None = None


class Member(msgspec.Struct, frozen=True):
    """A member as the API shows it."""

    member_id: str
    name: str
    email: str | None
    role: Literal["admin", "member", "viewer"]
    seated: bool
    status: Literal["active", "frozen"]
    joined_at: str
    external_id: str | None
    metadata: dict[str, str]


class AccountReference(msgspec.Struct, frozen=True):
    """An account, in short."""

    account_id: str
    account_name: str
    status: Literal["active", "suspended", "closed"]


class Membership(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member, and the account in which it is one."""

    account: AccountReference
    member: Member


class SignedUp(msgspec.Struct, frozen=True):
    """The answer to a sign-up."""

    account: Account
    member: Member


class ApiKey(msgspec.Struct, frozen=True):
    """An API key as the API shows it."""

    key_id: str
    name: str
    scopes: list[str]
    rate_limit: int | None
    status: Literal["active", "revoked", "expired"]
    created_at: str
    expires_at: str | None
    last_used_at: str | None
    version: int


class KeyWithSecret(msgspec.Struct, frozen=True):
    """A key with its secret, which only the first answer has."""

    api_key: ApiKey
    secret: str | None


class Event(msgspec.Struct, frozen=True):
    """A fact in the journal."""

    position: int
    stream_id: str
    version: int
    type: str
    recorded_at: str
    data: dict[str, object]
    context: dict[str, str] | None


class FeedPage(msgspec.Struct, frozen=True):
    """A page of the journal."""

    journal_id: str
    items: list[Event]
    last_position: int


class LastFailure(msgspec.Struct, frozen=True):
    """The newest delivery of a webhook that failed."""

    at: str
    status: int | None
    error: str | None


class Webhook(msgspec.Struct, frozen=True):
    """A webhook as the API shows it."""

    webhook_id: str
    url: str
    types: list[str]
    status: Literal["active", "paused", "failing", "disabled"]
    disabled_because: Literal["gone", "retries-exhausted"] | None
    position: int | None
    last_failure: LastFailure | None
    created_at: str
    version: int


class WebhookWithSecret(msgspec.Struct, frozen=True):
    """A webhook and its new secret."""

    webhook: Webhook
    secret: str | None


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A page of a list."""

    items: list[T]
    next_cursor: str | None


class FieldError(msgspec.Struct, frozen=True):
    """One wrong field of a body."""

    pointer: str
    detail: str


class Excess(msgspec.Struct, frozen=True):
    """How much of what is in use does not fit a smaller plan."""

    members: int
    seats: int


class Problem(msgspec.Struct, frozen=True):
    """An error (RFC 9457), with the extensions that the contract names."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldError] = []
    excess: Excess | None = None
    index: int | None = None

    @property
    def pointers(self) -> list[str]:
        """The JSON pointers (RFC 6901) to what is wrong."""
        return [error.pointer for error in self.errors]


def media_type(response: requests.Response) -> str:
    """The content type without its parameters."""
    return response.headers.get("Content-Type", "").partition(";")[0].strip()


def described(response: requests.Response) -> str:
    """What came back, for the message of a failing test."""
    return f"{response.request.method} {response.request.url}: {response.status_code} {response.text[:2000]}"


def answer(response: requests.Response, status: int, shape: type[T]) -> T:
    """The body of a success with this status and of this shape."""
    assert response.status_code == status, described(response)
    assert media_type(response) == "application/json", described(response)
    return msgspec.json.decode(response.content, type=shape)


def problem(response: requests.Response, status: int, slug: str | None = None) -> Problem:
    """The problem in an error with this status; `slug` where the contract names one."""
    assert response.status_code == status, described(response)
    assert media_type(response) == "application/problem+json", described(response)
    found = msgspec.json.decode(response.content, type=Problem)
    assert SLUG.fullmatch(found.type), described(response)
    assert slug is None or found.type == f"/problems/{slug}", described(response)
    assert found.status == status
    assert found.title
    assert found.detail
    assert found.instance
    assert status != 400 or found.errors, described(response)
    return found


def wrong_field(response: requests.Response, pointer: str) -> None:
    """The answer is a 400 that points at this field."""
    assert pointer in problem(response, 400).pointers, described(response)


def client_error(response: requests.Response) -> None:
    """The answer is a 4xx with a problem."""
    assert 400 <= response.status_code < 500, described(response)
    problem(response, response.status_code)


def version_of(response: requests.Response) -> int:
    """The aggregate's version in the `ETag` of a successful answer."""
    tag = response.headers.get("ETag", "")
    assert re.fullmatch(r'"\d+"', tag), f"ETag {tag!r} of {described(response)}"
    return int(tag.strip('"'))


def position_of(response: requests.Response) -> int:
    """The position in the journal that a successful write answers with."""
    return int(response.headers["Seatkeeper-Position"])
