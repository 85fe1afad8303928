"""The door to all aggregates, as a port: a directory is it where they live in this process."""

from __future__ import annotations

from typing import Protocol

from seatkeeper.actors.aggregates.aggregate import NO_OPTIONS, AnyAggregate, CommandOptions, Reply
from seatkeeper.actors.aggregates.journal import IdempotencyKey
from seatkeeper.actors.aggregates.messages import Command, Refusal


class Door(Protocol):
    """Takes commands to aggregates, wherever those are."""

    def ask(
        self,
        actor_class: type[AnyAggregate],
        aggregate_id: str,
        command: Command,
        options: CommandOptions = NO_OPTIONS,
        *,
        fresh: bool = False,
    ) -> Reply:
        """Send the command to the aggregate; `fresh` means that its id is new, so that nothing is stored of it.

        The reply brings the outcome; the errors are those of `Directory.ask`.
        """

    def store_refusal(self, refusal: Refusal, key: IdempotencyKey | None, reply: Reply | None = None) -> Reply:
        """Store a refusal that no aggregate has decided under the key of its command; the reply brings the refusal."""
