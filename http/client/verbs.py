"""How the methods of resources write their calls: a verb, a path, a query or a body."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar, cast
from urllib.parse import quote

from msgspec import UNSET, UnsetType

from seatkeeper.http.client.calls import Call, Fields, Listing, PageOptions, Query, ReadOptions, WriteOptions
from seatkeeper.http.client.structs.answers import Page

T = TypeVar("T")

NOTHING = type(None)
"""The type of an answer without a body."""


def path(*segments: str) -> str:
    """Write a path below /v1, each segment of which is one segment whatever is in it."""
    return "/".join(("/v1", *(quote(segment, safe="") for segment in segments)))


def moment(given: datetime | int | UnsetType) -> str | int | UnsetType:
    """Write a moment of the past: a time, or a position of the journal."""
    return given.isoformat() if isinstance(given, datetime) else given


def get(where: str, answer: type[T], options: ReadOptions, query: Query | None = None) -> Call[T]:
    """Make a call that reads."""
    return Call("GET", where, answer, query or {}, options=cast("WriteOptions", options))  # all of which may be missing


def post(where: str, answer: type[T], options: WriteOptions, body: Fields | None = None) -> Call[T]:
    """Make a call that does something."""
    return Call("POST", where, answer, body=body, options=options)


def put(where: str, answer: type[T], options: WriteOptions, body: Fields | None = None) -> Call[T]:
    """Make a call that sets something."""
    return Call("PUT", where, answer, body=body, options=options)


def patch(where: str, answer: type[T], options: WriteOptions, body: Fields) -> Call[T]:
    """Make a call that changes fields."""
    return Call("PATCH", where, answer, body=body, options=options)


def delete(where: str, answer: type[T], options: WriteOptions) -> Call[T]:
    """Make a call that takes something away."""
    return Call("DELETE", where, answer, options=options)


def pages(where: str, page: type[Page[T]], options: PageOptions, query: Query | None = None) -> Listing[Page[T], T]:
    """Make a list whose pages name the cursor of the next one."""
    call = get(where, page, options, {**(query or {}), **paging(options)})
    return Listing(call, lambda found: found.items, lambda found, _: after_cursor(found.next_cursor))


def paging(options: PageOptions) -> Query:
    """Write how many are in a page, and where to begin."""
    return {"limit": options.get("limit", UNSET), "cursor": options.get("cursor", UNSET)}


def after_cursor(cursor: str | None) -> Query | None:
    """Say what changes in the query for the page after a cursor, None after the last page."""
    return None if cursor is None else {"cursor": cursor}
