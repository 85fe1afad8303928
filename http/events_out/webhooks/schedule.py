"""When a delivery that failed is tried again: later each time, for three days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

SHORTEST = 5.0
LONGEST = 24 * 3600.0
"""Seconds between two tries."""

GIVEN_UP_AFTER = 3 * 24 * 3600.0
"""Seconds after the first failure of a delivery after which its webhook is disabled."""

JITTER = 0.25
"""The part by which a wait is made shorter or longer, so that what failed together does not come back together."""


def next_try(
    attempts: int, first_at: float, now: float, *, random: Callable[[], float], asked: float = 0.0
) -> float | None:
    """Return when to try again after so many failures, None after three days of them.

    `random` returns a number from 0 to 1, and `asked` are the seconds that the endpoint asks for. The last try is at
    the end of the three days, however long the wait before it would be.
    """
    last = first_at + GIVEN_UP_AFTER
    if now >= last:
        return None
    usual = min(LONGEST, SHORTEST * 2.0 ** min(attempts - 1, 30))
    least, most = max(SHORTEST, usual * (1 - JITTER)), min(LONGEST, usual * (1 + JITTER))
    wait = max(least + (most - least) * random(), min(asked, LONGEST))
    return min(now + wait, last)


def asked_wait(retry_after: str | None, now: float) -> float:
    """Read a Retry-After, seconds or a date (RFC 9110, section 10.2.3); 0.0 where there is none that can be read."""
    if retry_after is None:
        return 0.0
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, moment.timestamp() - now)


def written(seconds: float) -> str:
    """Write a moment as the journal does: RFC 3339, UTC, milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def read_time(text: str) -> float:
    """Read a moment that was written so."""
    return datetime.fromisoformat(text).timestamp()
