"""The identity of a journal: what a reader of its positions has to know after a backup was restored."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Self


class JournalIdentity(NamedTuple):
    """The id of a journal, and those that it had before, each with the last position up to which the two are one."""

    journal_id: str
    earlier: Mapping[str, int]

    @classmethod
    def of(cls, rows: Iterable[tuple[str, int | None]]) -> Self:
        """Read the stored ids, of which the own one shares no last position."""
        found = dict(rows)
        own = next(journal_id for journal_id, shared in found.items() if shared is None)
        return cls(own, {journal_id: shared for journal_id, shared in found.items() if shared is not None})

    def last_shared(self, journal_id: str, after: int) -> int | None:
        """Tell what a reader of another journal has to go back to; None if it may go on after this position.

        An unknown journal shares nothing.
        """
        if journal_id == self.journal_id:
            return None
        shared = self.earlier.get(journal_id)
        if shared is None:
            return 0
        return None if after <= shared else shared


def new_journal_id() -> str:
    """Make an id that no other journal has: 128 random bits."""
    return secrets.token_hex(16)
