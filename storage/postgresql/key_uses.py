"""When API keys were last used, stored beside the events: no event knows it, and it may lag a minute behind."""

from __future__ import annotations

from collections.abc import Sequence

from seatkeeper.storage.postgresql.deliveries import Aside
from seatkeeper.storage.records import to_json

_SAVE = """
INSERT INTO key_uses (key_id, last_used_at)
SELECT value ->> 0, value ->> 1 FROM json_array_elements(CAST($1 AS json)) AS listed (value)
ON CONFLICT (key_id) DO UPDATE SET last_used_at = excluded.last_used_at
"""

AT_ONCE = 500
"""Rows of a transaction, in a few milliseconds: commits wait meanwhile."""


async def save_uses(journal: Aside, uses: Sequence[tuple[str, str]]) -> None:
    """Store these keys, each once, with the time of their last use; raise NotStored or OutcomeUnknown."""
    for start in range(0, len(uses), AT_ONCE):
        await journal.write_aside([(_SAVE, [to_json(uses[start : start + AT_ONCE])])])
