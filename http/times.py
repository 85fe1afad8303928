"""Times of the API: RFC 3339, with an offset when they come in, UTC with milliseconds when they go out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, TypeAlias

import msgspec

from seatkeeper.http.server.problems import invalid
from seatkeeper.http.server.validation import FieldError

EXPECTED = "a time as RFC 3339 has it"

Time: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True, extra={"expected": EXPECTED})]


def in_utc(field: str, time: datetime) -> datetime:
    """Return a time that a field holds in UTC; raise FieldError where no calendar has it there."""
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise FieldError(field, f"Expected {EXPECTED}") from None


def written(time: datetime) -> str:
    """Write a time as all times are: RFC 3339, UTC, milliseconds."""
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def ahead(field: str, time: datetime, now: str) -> str:
    """Write a time that a field of a request holds; raise ProblemError for one that has come."""
    found = written(time)
    if found <= now:
        raise invalid(f"/{field}", "Expected a time in the future")
    return found


def ahead_if_given(field: str, time: datetime | None, now: str) -> str | None:
    """Write such a time, unless there is none."""
    return None if time is None else ahead(field, time, now)
