"""Moments of the past, as a query names them: a time, or a position of the journal."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

import msgspec

from seatkeeper.http.api.lists.pages import LARGEST_NUMBER
from seatkeeper.http.server.problems import ProblemError, invalid
from seatkeeper.http.times import EXPECTED, written
from seatkeeper.storage.queries import Moment

_FORMS = [{"format": "date-time"}, {"pattern": "^[0-9]{1,18}$"}]

MomentText: TypeAlias = Annotated[
    str, msgspec.Meta(max_length=64, examples=["2026-11-22T18:12:00Z", "7"], extra_json_schema={"anyOf": _FORMS})
]
"""A moment: one that lies ahead is now, as the clock of whoever asks may be ahead of this one."""


def read_moment(field: str, text: str) -> Moment:
    """Read a moment; raise ProblemError for what is none."""
    if text.isascii() and text.isdigit() and len(text) < len(str(LARGEST_NUMBER)):
        return int(text)
    try:
        time = datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign of an offset that was not encoded
        if time.tzinfo is None or "T" not in text.upper():
            raise _no_moment(field)
        return written(time)
    except (ValueError, OverflowError):
        raise _no_moment(field) from None


def _no_moment(field: str) -> ProblemError:
    return invalid(f"/{field}", f"Expected {EXPECTED}, or a position of the journal")
