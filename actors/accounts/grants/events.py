"""The events of grants."""

from __future__ import annotations

from typing import ClassVar, Literal

from seatkeeper.actors.accounts.values import GrantId
from seatkeeper.actors.aggregates.messages import Event


class GrantMade(Event, frozen=True, gc=False):
    """Seats and member slots are granted beside those of the plan; negative ones are taken away."""

    tag: ClassVar[str] = "grant.made"

    grant_id: GrantId
    seats: int
    members: int
    reason: str
    expires_at: str | None
    created_at: str


class GrantEnded(Event, frozen=True, gc=False):
    """The grant is over."""

    tag: ClassVar[str] = "grant.ended"

    grant_id: GrantId
    outcome: Literal["expired", "withdrawn"]
