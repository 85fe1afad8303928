"""Times, as commands and events have them: RFC 3339, UTC, milliseconds, so that later times are greater texts."""

from __future__ import annotations

from datetime import datetime, timedelta


def later(at: str, seconds: int) -> str:
    """Return the time so many seconds later."""
    moment = datetime.fromisoformat(at) + timedelta(seconds=seconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
