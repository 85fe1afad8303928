"""What is stored of the deliveries of webhooks: secrets, progress, what waits, and every attempt.

None of it is an event: it is written far more often than events are, or must not be read by who reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol, TypeAlias

Outcome: TypeAlias = Literal["delivered", "failed"]
Status: TypeAlias = Literal["delivered", "waiting", "failed"]

ATTEMPTS_KEPT = 10_000
"""Attempts of a webhook that are kept, the newest ones."""

DAYS_KEPT = 30
"""Days for which an attempt is kept."""

ALL_IDS = "~"
"""What all ids are before."""


class Secret(NamedTuple):
    """A secret that signs; the one that signs until further notice has no end."""

    secret: str
    valid_until: str | None


class Attempt(NamedTuple):
    """One request to a receiver, and the answer: a status, or the error because of which there was none."""

    position: int
    message_id: str
    attempt: int
    """The count for this event: 1, 2, 3, ..."""
    at: str
    milliseconds: int
    status: int | None
    error: str | None
    outcome: Outcome


class Waiting(NamedTuple):
    """An event whose delivery failed, or that waits behind such a one of its stream (with no attempts)."""

    position: int
    stream_id: str
    attempts: int
    first_at: str
    """When the first attempt failed, or when it began to wait."""
    next_at: str


class Delivery(NamedTuple):
    """An event that a webhook got or should get, with the attempts that are still kept."""

    position: int
    status: Status
    next_at: str | None
    attempts: Sequence[Attempt]


class Failure(NamedTuple):
    """The newest attempt that failed."""

    at: str
    status: int | None
    error: str | None


class Health(NamedTuple):
    """How far a webhook is, and what went wrong."""

    position: int
    """All events up to it are delivered, or wait after a failure."""
    failing: bool
    """Whether an event waits after a failure."""
    last_failure: Failure | None


class Deliveries(Protocol):
    """The tables of the deliveries. A write returns after its commit; it raises `NotStored` or `OutcomeUnknown`."""

    async def clean(self, before: str = ALL_IDS) -> None:
        """Remove what no living webhook names, secrets only if their id is before this one.

        A new secret is named a moment after it is stored: call it before webhooks are made, or give an id of before.
        """

    async def add_secret(self, webhook_id: str, secret_id: str, secret: str) -> None:
        """Store a secret; it signs as soon as an event of the webhook names it."""

    async def remove_secret(self, webhook_id: str, secret_id: str) -> None:
        """Remove a secret that no event names."""

    async def remove(self, webhook_id: str) -> None:
        """Remove all that is stored of a webhook that was deleted."""

    async def secrets(self, webhook_id: str) -> list[Secret]:
        """List the secrets that sign, the newest first; that of before may have ended (`valid_until`)."""

    async def progress(self, webhook_id: str) -> int:
        """Return the position to go on after.

        Call it when a worker begins: it takes in the position that the webhook was created with or told to replay from,
        and then forgets what waited.
        """

    async def waiting(self, webhook_id: str) -> list[Waiting]:
        """List what waits, in the order of the journal."""

    async def record(
        self,
        webhook_id: str,
        *,
        position: int,
        attempts: Sequence[Attempt] = (),
        waiting: Sequence[Waiting] = (),
        done: Sequence[int] = (),
    ) -> None:
        """Store in one transaction that all events up to a position are delivered, or in `waiting`.

        `waiting` are new or changed rows, `done` the positions that no longer wait.
        """

    async def deliveries(
        self, webhook_id: str, status: Status | None, before: int | None, limit: int
    ) -> list[Delivery]:
        """List the deliveries of which something is still kept, newest first, before a position."""

    async def health(self, webhook_ids: Sequence[str]) -> Mapping[str, Health]:
        """Look at several webhooks; an unknown one is left out."""
