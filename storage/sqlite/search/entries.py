"""The entries of the search index: what changed in the journal, and the statements that write it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec

from seatkeeper.storage.journal.aside import Statement
from seatkeeper.storage.sqlite.search.words import words

MERGED_AT_ONCE = 8
"""Pages that a transaction merges: as many as it writes."""

CHANGED = """
SELECT json_group_array(json_array(
    a.number, a.plan_id, a.status, a.name, a.members_free, a.seats_free,
    s.name, ifnull(s.plan_id, ''), ifnull(s.status, '')))
FROM (SELECT DISTINCT substr(stream_id, 9) AS account_id FROM events
      WHERE position > ? AND position <= ? AND +stream_id >= 'account-' AND +stream_id < 'account.')
CROSS JOIN accounts AS a USING (account_id) LEFT JOIN account_search AS s ON s.number = a.number
"""

FORGET = """
INSERT INTO account_words (account_words, rowid, words)
SELECT 'delete', json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)
"""

ADD = """
INSERT INTO account_words (rowid, words)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)
"""

PUT = """
INSERT INTO account_search (number, plan_id, status, name, members_free, seats_free)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
       json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]')
FROM json_each(?) WHERE true
ON CONFLICT (number) DO UPDATE SET plan_id = excluded.plan_id, status = excluded.status, name = excluded.name,
    members_free = excluded.members_free, seats_free = excluded.seats_free
"""

MERGE = f"INSERT INTO account_words (account_words, rank) VALUES ('merge', {MERGED_AT_ONCE})"  # noqa: S608 - our number
ADVANCE = "UPDATE account_search_progress SET position = ?"
POSITIONS = """
SELECT (SELECT position FROM account_search_progress), (SELECT max(position) FROM events)
"""

EMPTY = (
    "DELETE FROM account_search",
    "INSERT INTO account_words (account_words) VALUES ('delete-all')",
    "UPDATE account_search_progress SET position = 0",
)
"""The statements that empty the index, so that it begins again with the first event."""


class Changed(NamedTuple):
    """An account as it is now, and as it is in the index: its name is None if it is not there."""

    number: int
    plan_id: str
    status: str
    name: str
    members_free: int
    seats_free: int
    name_before: str | None
    plan_id_before: str
    status_before: str


def statements(accounts: Iterable[Changed], position: int) -> Iterator[Statement]:
    """Write the statements that bring these accounts up to date, and the index to a position."""
    rows, old, new = [], [], []
    for account in accounts:
        rows.append(account[:6])
        now = (account.name, account.plan_id, account.status)
        if now != account[6:]:
            new.append((account.number, words(*now)))
            if account.name_before is not None:
                old.append((account.number, words(account.name_before, account.plan_id_before, account.status_before)))
    for sql, values in ((FORGET, old), (ADD, new), (PUT, rows)):
        if values:
            yield sql, (msgspec.json.encode(values).decode(),)
    if new:
        yield MERGE, ()
    yield ADVANCE, (position,)
