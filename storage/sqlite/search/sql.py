"""Pieces of SQL with their parameters, and the terms of a list of accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from seatkeeper.storage.queries import AccountFilter, Place, Sort
from seatkeeper.storage.sqlite.reading.readers import Value


class Sql(NamedTuple):
    """Some SQL, and the values of its marks."""

    text: str
    values: Sequence[Value] = ()


def joined(between: str, pieces: Iterable[Sql]) -> Sql:
    """Put pieces together."""
    some = list(pieces)
    return Sql(between.join(piece.text for piece in some), [value for piece in some for value in piece.values])


def concatenated(*pieces: Sql | str) -> Sql:
    """Put pieces together, with a blank between them."""
    return joined(" ", [Sql(piece) if isinstance(piece, str) else piece for piece in pieces])


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


def beyond(sort: Sort, after: Place | None, number: str, name: str) -> list[Sql]:
    """Return the term for what comes after a place in a list; the last two name the columns."""
    if after is None:
        return []
    if sort == "account_name":
        return [Sql(f"({name}, {number}) > (?, ?)", [after.name, after.number])]
    return [Sql(f"{number} {'<' if sort == '-created_at' else '>'} ?", [after.number])]


def order(sort: Sort, number: str, name: str) -> str:
    """Return the clause that orders a list."""
    if sort == "account_name":
        return f"ORDER BY {name}, {number}"
    return f"ORDER BY {number}{' DESC' if sort == '-created_at' else ''}"


def where(pieces: Sequence[Sql]) -> Sql:
    """Return the clause for these terms."""
    return concatenated("WHERE", joined(" AND ", pieces)) if pieces else Sql("")
