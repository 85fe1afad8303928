"""Commands, each of which leaves one mark in the journal that no other leaves: so what was done can be counted.

The mark is independent of the idempotency keys: it shows whether those work.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

MARKS: Mapping[str, str] = {
    "account.opened": "account_name",
    "account.renamed": "account_name",
    "credit.adjusted": "reason",
    "member.added": "name",
    "member.removed": "member_id",
    "member.role_changed": "member_id",
    "plan.renamed": "name",
    "seat.taken": "member_id",
}
"""The field of each event that names the command; of any other event it is the stream."""

_numbers = itertools.count(1)


class Effect(NamedTuple):
    """What a command that was accepted leaves behind exactly once: an event of this type with this mark."""

    type: str
    mark: str


class Command(NamedTuple):
    """A request that changes something; `effect` is what a success leaves behind."""

    key: str
    method: str
    path: str
    body: bytes | None
    effect: Effect

    @property
    def headers(self) -> dict[str, str]:
        """The headers that make it safe to send again."""
        return {"Idempotency-Key": self.key}


def effect_of(type_: str, stream_id: str, data: Mapping[str, object]) -> Effect:
    """The effect that an event stands for; `credit.adjusted.2` is what `credit.adjusted` was."""
    kind = type_.removesuffix(".2")
    field = MARKS.get(kind)
    return Effect(kind, stream_id if field is None else str(data[field]))


def new_mark() -> str:
    """A word that no other command in this run uses."""
    return f"mark-{next(_numbers):07d}"


def _command(method: str, path: str, body: object, type_: str, mark: str) -> Command:
    encoded = None if body is None else msgspec.json.encode(body)
    return Command(new_mark().replace("mark", "key"), method, path, encoded, Effect(type_, mark))


def sign_up(plan_id: str) -> Command:
    """A new account; its first member has its name."""
    mark = new_mark()
    body = {"account_name": mark, "user_name": mark, "plan_id": plan_id}
    return _command("POST", "/v1/signups", body, "account.opened", mark)


def add_member(account_id: str, *, seated: bool = False, name: str = "") -> Command:
    """One more member, with a seat or without."""
    mark = name or new_mark()
    body = {"name": mark, "seated": seated}
    return _command("POST", f"/v1/accounts/{account_id}/members", body, "member.added", mark)


def remove_member(account_id: str, member_id: str) -> Command:
    """The end of a membership; can succeed once a member."""
    return _command("DELETE", f"/v1/accounts/{account_id}/members/{member_id}", None, "member.removed", member_id)


def take_seat(account_id: str, member_id: str) -> Command:
    """A seat for a member; can succeed with an event once, if nobody frees it."""
    return _command("PUT", f"/v1/accounts/{account_id}/members/{member_id}/seat", None, "seat.taken", member_id)


def adjust_credit(account_id: str, amount: int) -> Command:
    """More credit, or less."""
    mark = new_mark()
    body = {"amount": {"amount": amount, "currency": "EUR"}, "reason": mark}
    return _command("POST", f"/v1/accounts/{account_id}/credit", body, "credit.adjusted", mark)


def change_plan(account_id: str, plan_id: str) -> Command:
    """Another plan; may be asked for once an account, for its only mark is the account."""
    path, mark = f"/v1/accounts/{account_id}/plan", f"account-{account_id}"
    return _command("PUT", path, {"plan_id": plan_id}, "account.plan_changed", mark)


def rename_account(account_id: str, name: str = "") -> Command:
    """Another name for an account."""
    mark = name or new_mark()
    return _command("PATCH", f"/v1/accounts/{account_id}", {"account_name": mark}, "account.renamed", mark)


def rename_plan(plan_id: str) -> Command:
    """Another name for a plan."""
    mark = new_mark()
    return _command("PATCH", f"/v1/plans/{plan_id}", {"name": mark}, "plan.renamed", mark)


def retire_plan(plan_id: str) -> Command:
    """The end of a plan's sale."""
    return _command("POST", f"/v1/plans/{plan_id}/retire", None, "plan.retired", f"plan-{plan_id}")
