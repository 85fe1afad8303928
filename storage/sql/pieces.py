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


_MIDDLE = "(low + high + 1) / 2"


def last_version(column: str, kind: str) -> str:
    """Write the tables of a query for the last event of a stream whose column is at most a value, which is of a type.

    The column grows with the versions, so they are halved: an account may have a million. Its marks are the stream and
    the value. `wanted` has them as `stream` and `upto`; the row of `versions` with `low >= high` has the version as
    `low`, 0 if there is no such event.
    """
    at = f"(SELECT {column} FROM events WHERE stream_id = stream AND version = {_MIDDLE})"  # noqa: S608 - our own names
    return f"""
WITH RECURSIVE wanted (stream, upto) AS (SELECT CAST(? AS TEXT), CAST(? AS {kind})),
versions (low, high) AS (
    SELECT CAST(0 AS BIGINT), (SELECT coalesce(max(version), 0) FROM events WHERE stream_id = stream) FROM wanted
    UNION ALL
    SELECT CASE WHEN {at} <= upto THEN {_MIDDLE} ELSE low END,
        CASE WHEN {at} <= upto THEN high ELSE (low + high - 1) / 2 END
    FROM versions, wanted WHERE low < high
)"""  # noqa: S608 - our own names
