"""The order of a list of accounts, and its pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from seatkeeper.storage.queries import Item, Place, Sort, name_key
from seatkeeper.storage.sql.pieces import Row, Sql


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


def items(sort: Sort, rows: Iterable[Row]) -> list[Item]:
    """Return the items of rows of number, name and summary."""
    found = cast("Iterable[tuple[int, str, str]]", rows)
    by_name = sort == "account_name"
    return [Item(name_key(number, name) if by_name else number, summary) for number, name, summary in found]
