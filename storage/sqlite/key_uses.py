"""When API keys were last used, stored beside the events: no event knows it, and it may lag a minute behind."""

from __future__ import annotations

from collections.abc import Sequence

from seatkeeper.storage.sqlite.journal import SqliteJournal

_SAVE = (
    "INSERT INTO key_uses (key_id, last_used_at) VALUES (?, ?)"
    " ON CONFLICT (key_id) DO UPDATE SET last_used_at = excluded.last_used_at"
)

AT_ONCE = 500
"""Rows of a transaction, in a few milliseconds: commits wait meanwhile."""


async def save_uses(journal: SqliteJournal, uses: Sequence[tuple[str, str]]) -> None:
    """Store these keys with the time of their last use; raise NotStored or OutcomeUnknown."""
    for start in range(0, len(uses), AT_ONCE):
        await journal.write_aside([(_SAVE, use) for use in uses[start : start + AT_ONCE]])
