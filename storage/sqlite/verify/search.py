"""The check of the search index: it has the accounts as they were at its position."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from seatkeeper.storage.sqlite.search.words import match
from seatkeeper.storage.verify.replay import printable

_LOOKED_UP = 4
"""Characters of a name that are looked up, beside the plan and the status: what was not taken in has no words."""

_TOGETHER = 10_000
"""Accounts that are looked up together, by each query that finds some of them.

A look-up reads the list of each word up to the account: one by one, 60,000 accounts that share their words took 57 s.
"""

_COLUMNS = ("plan_id", "status", "name", "members_free", "seats_free")

_DIFFERING = f"""
WITH touched (number) AS MATERIALIZED (
    SELECT a.number FROM events AS e CROSS JOIN accounts AS a ON a.account_id = substr(e.stream_id, 9)
    WHERE e.position > (SELECT position FROM account_search_progress)
    AND +e.stream_id >= 'account-' AND +e.stream_id < 'account.'
)
SELECT a.account_id, s.number IS NULL, {", ".join(f"s.{name} = a.{name}" for name in _COLUMNS)}
FROM accounts AS a LEFT JOIN account_search AS s ON s.number = a.number
WHERE a.number NOT IN (SELECT number FROM touched)
AND (s.number IS NULL OR NOT ({" AND ".join(f"s.{name} = a.{name}" for name in _COLUMNS)}))
"""  # noqa: S608 - our own names

_LEFT_OVER = """
SELECT s.number FROM account_search AS s LEFT JOIN accounts AS a ON a.number = s.number WHERE a.number IS NULL
"""

_ENTRIES = "SELECT number, name, plan_id, status FROM account_search WHERE number > ? ORDER BY number LIMIT ?"

_HAVE_WORDS = "SELECT rowid FROM account_words WHERE account_words MATCH ? AND rowid BETWEEN ? AND ?"


def search_findings(connection: sqlite3.Connection) -> Iterator[str]:
    """Report the entries that are wrong, of accounts that no event has touched since the position of the index."""
    positions = connection.execute("SELECT position FROM account_search_progress").fetchall()
    ((last,),) = connection.execute("SELECT ifnull(max(position), 0) FROM events").fetchall()
    if len(positions) != 1 or not 0 <= positions[0][0] <= last:
        yield "account_search_progress: its position is not one of the journal"
        return
    for account_id, missing, *same in connection.execute(_DIFFERING):
        columns = [name for name, is_same in zip(_COLUMNS, same, strict=True) if not is_same]
        what = "is missing" if missing else f"differs from the account in {', '.join(columns)}"
        yield f"account_search {printable(account_id)}: {what}"
    for (number,) in connection.execute(_LEFT_OVER):
        yield f"account_search {number}: its account does not exist"
    for number in _without_words(connection):
        yield f"account_words {number}: its words are missing"


def _without_words(connection: sqlite3.Connection) -> Iterator[int]:
    """Find the entries without their words, in the order of their numbers."""
    after = -(1 << 63)
    while entries := connection.execute(_ENTRIES, (after, _TOGETHER)).fetchall():
        first, after = entries[0][0], entries[-1][0]
        numbers: dict[str, set[int]] = {}
        for number, *texts in entries:
            name, plan_id, status = [text.decode() for text in texts]
            numbers.setdefault(match(name[:_LOOKED_UP], plan_id, status), set()).add(number)
        missing: set[int] = set()
        for query, some in numbers.items():
            missing |= some.difference(number for (number,) in connection.execute(_HAVE_WORDS, (query, first, after)))
        yield from sorted(missing)
