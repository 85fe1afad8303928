"""Lists of accounts: which index leads, and what was not taken into the search index yet.

The search index has the accounts as of a position of the journal. A query takes from it the accounts that no event has
touched since, and looks at the others one by one. It does so in one statement, which sees one state of the file.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from seatkeeper.storage.queries import AccountFilter, Item, Place, Sort
from seatkeeper.storage.sql.accounts import beyond, items, order
from seatkeeper.storage.sql.pieces import Row, Sql, Value, concatenated, joined, where
from seatkeeper.storage.sqlite.search.words import match

FEW = 5_000
"""Entries of an index that are all looked at, at 1 us each, rather than the accounts in their order."""

MORE = 20_000
"""The same where the accounts in their order may have few of the list, or none for long: a million take 0.3 s."""

FAR_BEHIND = 150_000
"""Events from which on the search index is not used: looking at every account is faster."""

STATE = """
WITH taken_in (position, number) AS (
    SELECT (SELECT position FROM account_search_progress), (SELECT ifnull(max(number), 0) FROM account_search)
),
touched (number) AS MATERIALIZED (
    SELECT number FROM accounts WHERE account_id IN (
        SELECT substr(e.stream_id, 9) FROM events AS e
        WHERE e.position > (SELECT position FROM taken_in)
        AND +e.stream_id >= 'account-' AND +e.stream_id < 'account.'
        AND NOT EXISTS (
            SELECT 1 FROM events AS opening WHERE opening.position = e.position - e.version + 1
            AND opening.position > (SELECT position FROM taken_in)
            AND opening.version = 1 AND +opening.stream_id = e.stream_id
        )
    )
)
"""
"""What is not as the search index has it: `touched`, and the accounts that were opened since, with higher numbers.

The events of a sign-up follow one another, so most that belong to a new account are told by their versions, in 0.5 us,
and the account is not looked up.
"""

BEHIND = """
(SELECT ifnull(max(position), 0) FROM events) - (SELECT ifnull(max(position), 0) FROM account_search_progress)
"""

Fetch = Callable[..., Awaitable[list[Row]]]
"""Runs SQL with these values."""


class Page(NamedTuple):
    """What a list of accounts is asked for."""

    which: AccountFilter
    sort: Sort
    after: Place | None
    limit: int


class Index(NamedTuple):
    """An index that has the accounts of a term, or of several.

    `entries` are its rows and `term` picks those of the accounts, whose numbers `key` names; `counted` is the part of
    it that is counted. With one key of the index they are `in_order` of these numbers. The full-text index is read
    `forwards`: backwards it reads all entries of each word, and a name of 28 characters takes 50 ms instead of 3.
    """

    entries: str
    counted: Sql
    term: Sql
    key: str
    in_order: bool = True
    forwards: bool = False


async def list_accounts(fetch: Fetch, page: Page) -> list[Item]:
    """List accounts, through the index that has the fewest of them."""
    if page.which.external_id is not None:
        return await _directly(fetch, page, None)
    indexes = _indexes(page)
    in_order = all(index.in_order for index in indexes)
    # The words are those of all terms but of what is free.
    alone = len(indexes) == 1 or (in_order and bool(page.which.part))
    most = FEW if alone and (in_order or page.sort == "account_name") else MORE
    behind, counts = await _survey(fetch, indexes, most)
    fewest = min(zip(counts, indexes, strict=True), default=(0, None), key=lambda counted: counted[0])
    if _needs_search(page) and behind < FAR_BEHIND:
        return await _by_search(fetch, page, fewest[1], few=fewest[0] <= most)
    return await _directly(fetch, page, fewest[1])


def terms(which: AccountFilter, table: str) -> list[Sql]:
    """Return the terms of a filter on a row of `accounts` or `account_search`, in which + keeps an index out."""
    given: list[tuple[str, Value]] = [
        (f"+{table}.plan_id = ?", which.plan_id),
        (f"+{table}.status = ?", which.status),
        (f"{table}.external_id = ?", which.external_id),
        (f"+{table}.members_free <= ?", which.members_free_at_most),
        (f"+{table}.seats_free <= ?", which.seats_free_at_most),
        (f"instr({table}.name, ?) > 0", which.part.casefold() if which.part else None),
    ]
    return [Sql(text, [value]) for text, value in given if value is not None]


def _needs_search(page: Page) -> bool:
    which = page.which
    by_search = (which.part or None, which.members_free_at_most, which.seats_free_at_most)
    return page.sort == "account_name" or any(value is not None for value in by_search)


def _indexes(page: Page) -> list[Index]:
    """Return the indexes that have the accounts of a term, with the most precise first."""
    which, found = page.which, list[Index]()
    if which.part:
        found.append(_words(which.part.casefold(), page))
    if which.plan_id is not None:
        term = Sql("l.plan_id = ?", [which.plan_id])
        found.append(Index("accounts AS l INDEXED BY accounts_by_plan", term, term, "l.number"))
    if which.status not in {None, "active"}:
        term = Sql("l.status = ? AND l.status <> 'active'", [which.status])
        found.append(Index("accounts AS l INDEXED BY accounts_at_rest", term, term, "l.number"))
    given = {"members_free": which.members_free_at_most, "seats_free": which.seats_free_at_most}
    free = {column: Sql(f"l.{column} <= ?", [most]) for column, most in given.items() if most is not None}
    for column, counted in free.items():
        entries = f"account_search AS l INDEXED BY account_search_by_{column}"
        found.append(Index(entries, counted, joined(" AND ", free.values()), "l.number", in_order=False))
    return found


def _words(part: str, page: Page) -> Index:
    """Return the full-text index.

    Among a million accounts, finding that many names have none of a plan of many takes 15 ms, and counting the names
    alone 1 ms. In the order of the names it is worth it: all names would be looked at, in 250 ms.
    """
    term = Sql("l.account_words MATCH ?", [match(part, page.which.plan_id, page.which.status)])
    counted = term if page.sort == "account_name" else Sql("l.account_words MATCH ?", [match(part)])
    return Index("account_words AS l", counted, term, "l.rowid", forwards=True)


async def _survey(fetch: Fetch, indexes: list[Index], most: int) -> tuple[int, list[int]]:
    """Count the events that are not taken in, and the entries of each index up to one more than `most`."""
    counts = [
        concatenated(
            "(SELECT count(*) FROM (SELECT 1 FROM", index.entries, where([index.counted]), _limit(most + 1), "))"
        )
        for index in indexes
    ]
    sql = concatenated("SELECT", joined(", ", [Sql(BEHIND), *counts]))
    ((behind, *numbers),) = await fetch(sql.text, *sql.values)
    return _number(behind), [_number(number) for number in numbers]


def _number(value: Value) -> int:
    return value if isinstance(value, int) else 0


def _limit(rows: int) -> Sql:
    return Sql("LIMIT ?", [rows])


async def _directly(fetch: Fetch, page: Page, index: Index | None) -> list[Item]:
    """Look at the accounts themselves, through an index of theirs if that is the best one."""
    which, sort, after, limit = page
    source, given = "accounts AS l", [*terms(which, "l"), *beyond(sort, after, "l.number", "l.name")]
    if index is not None and index.entries.startswith(source):
        source = index.entries
        given.append(index.term)
    columns = "SELECT l.number, l.name, l.summary FROM"
    sql = concatenated(columns, source, where(given), order(sort, "l.number", "l.name"), _limit(limit))
    return items(sort, await fetch(sql.text, *sql.values))


async def _by_search(fetch: Fetch, page: Page, index: Index | None, *, few: bool) -> list[Item]:
    """Look at the search index, and at the accounts that it does not have as they are now."""
    _, sort, _, limit = page
    opened_since = concatenated(_as_they_are(page, "a.number > (SELECT number FROM taken_in)"), _limit(limit))
    sql = concatenated(
        STATE,
        "SELECT a.number, a.name, a.summary FROM (",
        joined(
            " UNION ",
            [
                concatenated("SELECT number FROM (", some, ")")
                for some in (
                    _untouched(page, index, few=few),
                    opened_since,
                    _as_they_are(page, "a.number IN (SELECT number FROM touched)"),
                )
            ],
        ),
        ") AS found CROSS JOIN accounts AS a ON a.number = found.number",
        order(sort, "a.number", "a.name"),
        _limit(limit),
    )
    return items(sort, await fetch(sql.text, *sql.values))


def _as_they_are(page: Page, which: str) -> Sql:
    """Write the query for some accounts as they are now."""
    given = [Sql(which), *terms(page.which, "a"), *beyond(page.sort, page.after, "a.number", "a.name")]
    return concatenated("SELECT a.number FROM accounts AS a", where(given), order(page.sort, "a.number", "a.name"))


def _untouched(page: Page, index: Index | None, *, few: bool) -> Sql:
    """Write the query for the accounts that the search index has as they are.

    They are taken from the leading index, in its order or all of them if they are few, or else from the search index
    in the order of the list.
    """
    which, sort, after, limit = page
    source, key, given = "account_search AS s", "s.number", terms(which, "s")
    if index is not None and index.in_order and sort != "account_name" and not (few and index.forwards):
        source, key = f"{index.entries} CROSS JOIN account_search AS s ON s.number = {index.key}", index.key
        given.append(index.term)
    elif index is not None and few:
        given.append(concatenated("s.number IN (SELECT", index.key, "FROM", index.entries, where([index.term]), ")"))
    elif sort == "account_name":
        source += " INDEXED BY account_search_by_name"
    given += [concatenated(key, "NOT IN (SELECT number FROM touched)"), *beyond(sort, after, key, "s.name")]
    return concatenated("SELECT s.number FROM", source, where(given), order(sort, key, "s.name"), _limit(limit))
