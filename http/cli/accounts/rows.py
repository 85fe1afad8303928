"""A row of a file of accounts: what is exported, and imported again."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

import msgspec

from seatkeeper.http import fields
from seatkeeper.http.api.accounts.grants import NewGrant
from seatkeeper.http.api.accounts.members import NewMember
from seatkeeper.http.server.validation import FieldError
from seatkeeper.http.times import Time, in_utc

LARGEST_CREDIT = 2**63 - 1

CSV, JSON_LINES = "csv", "jsonl"

FORMATS = {".csv": CSV, ".tsv": CSV, ".jsonl": JSON_LINES, ".ndjson": JSON_LINES, ".json": JSON_LINES}
"""What the end of a file's name says of how the accounts stand in it."""


class MemberRow(NewMember, forbid_unknown_fields=True, omit_defaults=True):
    """A member. What is in a file of failed rows has an id, if only the seat is left to take, and a problem."""

    member_id: fields.Id | None = None
    problem: str | None = None


class AccountRow(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """An account with its members, of whom the first admin signs it up; the first member, if none is an admin.

    The plan is the first that the service has of `plan_id`, `plan_external_id` and `plan_name`.
    A file of failed rows adds the last four: an account that has an id is there, and gets what it still lacks.
    """

    account_name: fields.Name = ""
    plan_id: fields.Id | None = None
    plan_external_id: str | None = None
    plan_name: str | None = None
    external_id: fields.ExternalId | None = None
    metadata: fields.Metadata | None = None
    currency: fields.AnyCurrency | None = None
    credit: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_CREDIT)] = 0
    trial_ends_at: Time | None = None
    status: Literal["active", "suspended", "closed"] = "active"
    grants: list[NewGrant] = []
    members: list[MemberRow] = []
    account_id: fields.Id | None = None
    line: int | None = None
    attempt: int = 1
    problem: str | None = None

    def __post_init__(self) -> None:
        if self.credit and self.currency is None:
            raise FieldError("currency", "Expected with a credit")
        if self.trial_ends_at is not None:
            self.trial_ends_at = in_utc("trial_ends_at", self.trial_ends_at)
        if self.account_id is not None:
            return
        self.account_name = fields.name("account_name", self.account_name)
        self.external_id = fields.external_id_if_given("external_id", self.external_id)
        fields.check_metadata("metadata", self.metadata)
        if not self.members:
            raise FieldError("members", "Expected at least one member")

    @property
    def first(self) -> int:
        """The place of the member who signs the account up."""
        return next((place for place, member in enumerate(self.members) if member.role == "admin"), 0)


class Entry(NamedTuple):
    """What a file holds in one row, or from one line on: the account as it stands there, or why it cannot be read."""

    line: int
    raw: dict[str, object]
    problem: str | None = None
