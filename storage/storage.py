"""What an engine gives to whoever opens the service."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from seatkeeper.storage.deliveries import Deliveries
from seatkeeper.storage.journal.batching import BatchingJournal
from seatkeeper.storage.queries import Queries


class Gauge(NamedTuple):
    """A figure of the engine: its name, what it is, and how it is read now."""

    name: str
    what: str
    read: Callable[[], int]


class Storage(Protocol):
    """A database: its journal, what reads beside it, and what follows behind it."""

    @property
    def journal(self) -> BatchingJournal:
        """The journal, which is opened first and closed last."""

    @property
    def queries(self) -> Queries:
        """The queries."""

    @property
    def deliveries(self) -> Deliveries:
        """What is stored of the deliveries of webhooks."""

    @property
    def name(self) -> str:
        """What messages call the database; there is no secret in it."""

    @property
    def versions(self) -> Mapping[str, str]:
        """The versions of what the engine is made of, for the log."""

    @property
    def gauges(self) -> Sequence[Gauge]:
        """What the engine shows beside what every journal shows."""

    async def first_event(self) -> str | None:
        """Return the type of the first event, before the journal is opened; None if there is none.

        What cannot be read is left for the opening to tell. Raise DatabaseRefused if no server answers.
        """

    def start(self) -> None:
        """Start what follows behind the journal, which is open, and warn of versions that are known for something."""

    async def stop(self) -> None:
        """Stop what follows behind the journal."""

    async def save_key_uses(self, uses: Sequence[tuple[str, str]]) -> None:
        """Store these API keys with the time of their last use; raise NotStored or OutcomeUnknown."""
