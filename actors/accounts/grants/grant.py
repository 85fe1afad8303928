"""A grant: seats and member slots beside those of the plan."""

from __future__ import annotations

import msgspec


class Grant(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A grant in force; what it takes away is negative."""

    seats: int
    members: int
    reason: str
    created_at: str
    version: int
    """Of the event that made it, so that it can be named."""
    expires_at: str | None = None
