"""Pieces of SQL with their parameters, which the engines with tables share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

Value: TypeAlias = str | int | float | bytes | None
Row: TypeAlias = tuple[Value, ...]


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


def where(pieces: Sequence[Sql]) -> Sql:
    """Return the clause for these terms."""
    return concatenated("WHERE", joined(" AND ", pieces)) if pieces else Sql("")
