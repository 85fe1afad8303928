"""Lists in pages: `limit`, an opaque `cursor`, and JSON that is returned as it is stored."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

import msgspec

from seatkeeper.http.server.problems import ProblemError, invalid
from seatkeeper.http.server.routes import Answer, Call, encode
from seatkeeper.storage.queries import Found, Item, Place

T = TypeVar("T")

Limit = Annotated[int, msgspec.Meta(ge=1, le=200)]
Cursor = Annotated[str, msgspec.Meta(max_length=4_000)]
"""One of a list that is sorted by name holds a name, of up to 200 characters, and more when it is case-folded."""

LARGEST_NUMBER = 2**63 - 1


class PageQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a page starts and how long it is."""

    limit: Limit = 50
    cursor: Cursor | msgspec.UnsetType = msgspec.UNSET


P = TypeVar("P", bound=PageQuery)


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list; `next_cursor` is null on the last one."""

    items: list[T]
    next_cursor: str | None


def show_found(found: Found) -> Answer:
    """Answer with one stored summary."""
    return Answer(found.summary.encode(), version=found.version)


def show_page(kind: str, call: Call[None, P], items: Sequence[Item]) -> Answer:
    """Answer with a page of a list of this kind; `items` holds one more than the limit if there is a next page."""
    limit = call.query.limit
    shown = [msgspec.Raw(item.summary.encode()) for item in items[:limit]]
    cursor = list_cursor(kind, call, items[limit - 1].key) if len(items) > limit else None
    return Answer(encode(Page(shown, cursor)))


def list_cursor(kind: str, call: Call[None, P], key: str | int) -> str:
    """Make the cursor for the page of a list after a key."""
    return base64.urlsafe_b64encode(f"{_list_of(kind, call)}:{key}".encode()).decode().rstrip("=")


def _list_of(kind: str, call: Call[None, P]) -> str:
    """Tell lists apart: a digest of the kind, the ids in the path, and the filters as they were given."""
    filters = msgspec.structs.replace(call.query, limit=1, cursor=msgspec.UNSET)
    return hashlib.blake2b(encode((kind, call.ids, filters)), digest_size=6).hexdigest()


def read_cursor(kind: str, call: Call[None, P]) -> str | None:
    """Return the key of the cursor, None where there is none; that of another list or other filters is a 400."""
    query = call.query
    if not isinstance(query.cursor, str):
        return None
    try:
        padding = "=" * (-len(query.cursor) % 4)
        text = base64.b64decode(query.cursor + padding, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise _another_list() from error
    given, _, key = text.partition(":")
    if given != _list_of(kind, call) or not key:
        raise _another_list()
    return key


def _another_list() -> ProblemError:
    return invalid("/cursor", "Expected the next_cursor of a page of this list, with the same filters")


def read_number(kind: str, call: Call[None, P]) -> int | None:
    """Return the key of a cursor whose keys are numbers."""
    key = read_cursor(kind, call)
    if key is None:
        return None
    return _number(key)


def read_numbered(kind: str, call: Call[None, P]) -> Place | None:
    """Return the key of a cursor whose keys are a number and a name."""
    key = read_cursor(kind, call)
    if key is None:
        return None
    number, _, name = key.partition(":")
    return Place(_number(number), name)


def _number(key: str) -> int:
    if not (key.isascii() and key.isdigit() and len(key) < 20 and int(key) <= LARGEST_NUMBER):  # noqa: PLR2004 - digits
        raise _another_list()
    return int(key)
