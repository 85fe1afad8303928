"""Helpers for tests of receipts: an idempotency key that records, and what waits in the journal."""

from __future__ import annotations

import pytest

from seatkeeper.actors.aggregates.aggregate import Reply
from seatkeeper.actors.aggregates.journal import IdempotencyKey, NotStored, OutcomeUnknown, Receipt
from seatkeeper.actors.aggregates.messages import Outcome, Refusal
from tests.aggregates.held_journal import HeldJournal

UNKNOWN = OutcomeUnknown("the disk is gone")
NOTHING_STORED = NotStored("the disk is full")


class Key(IdempotencyKey):
    """A key that records every outcome it makes a receipt of."""

    def __init__(self, name: str = "a key") -> None:
        self.name = name
        self.outcomes: list[Outcome] = []
        self.error: Exception | None = None

    def receipt(self, outcome: Outcome) -> Receipt:
        if self.error is not None:
            raise self.error
        self.outcomes.append(outcome)
        if isinstance(outcome, Refusal):
            return Receipt(self.name, b"", 409, None, None, None, outcome.slug())
        return Receipt(self.name, b"", 200, outcome.version, 0, None, "done")


def waiting(journal: HeldJournal) -> list[tuple[int, str | None]]:
    """The number of events and the body of the receipt, for each append that waits."""
    return [(len(append.events), None if append.receipt is None else append.receipt.body) for append in journal.waiting]


async def failure(reply: Reply) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - the test compares it
        await reply
    return caught.value
